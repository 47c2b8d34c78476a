"""Smooth functions that only rise, or only fall, between two limits."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.bounds import NoBoundError
from symbolic_moments.growth import bound_of
from symbolic_moments.symbols import x

__all__ = ["slope_sign"]

_SWITCHES = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise)


def slope_sign(function: Any) -> int:
    """1 of a smooth function that rises everywhere, -1 of one that falls; 0 where neither is seen.

    Examples
    --------
    >>> [slope_sign(u) for u in (sp.tanh(x), 1 / (1 + sp.exp(x)), sp.exp(-(x**2)), sp.Abs(x), sp.Integer(3))]
    [1, -1, 0, 0, 0]
    """
    if not function.has(x) or function.has(*_SWITCHES):
        return 0
    slope = sp.diff(function, x)
    if slope.is_nonnegative or slope.is_nonpositive:
        return 1 if slope.is_nonnegative else -1
    try:
        bound = bound_of(slope)
    except NoBoundError:
        return 0
    return int(bound.low >= 0) - int(bound.high <= 0)
