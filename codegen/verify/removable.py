"""A branch at a place where its denominator vanishes and it has a limit all the same."""

from __future__ import annotations

from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.smooth import SmoothFunction

__all__ = ["filled"]


def filled(function: SmoothFunction, place: sp.Rational | None) -> SmoothFunction:
    """The function; within h = 2^-(precision/2 + 16) of ``place`` the mean of its values at distance h, right to h^2.

    Examples
    --------
    >>> from codegen.verify.smooth import compile_smooth
    >>> x = sp.Symbol("x")
    >>> sinc = filled(compile_smooth(sp.sin(x) / x, x), sp.Integer(0))
    >>> libmp.to_float(sinc(libmp.fzero, 100))
    1.0
    """
    if place is None:
        return function

    def value(x: Any, precision: int) -> Any:
        centre = libmp.from_rational(int(place.p), int(place.q), 4 * precision)
        step = libmp.from_man_exp(1, -precision // 2 - 16)
        if libmp.mpf_ge(libmp.mpf_abs(libmp.mpf_sub(x, centre)), step):
            return function(x, precision)
        sides = [function(libmp.mpf_add(x, one), precision + 16) for one in (step, libmp.mpf_neg(step))]
        return libmp.mpf_shift(libmp.mpf_add(*sides, precision, "n"), -1)

    return value
