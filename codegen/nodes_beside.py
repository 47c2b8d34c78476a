"""Nodes next to a place where a function is infinite, closer to it than doubles lie; values there in many digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp

from codegen.mp_functions import real_function

__all__ = ["NodesBeside", "in_every_period", "nodes_beside"]

_RUNGS = range(8, 100)
_NODES = 16
_DIGITS = 60
_RISES = 8
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NodesBeside:
    """Panels from ``2^-k`` to ``2^-(k+1)`` on either side of ``place + rest``, and the function at their nodes.

    ``place`` is a double; arrays have a row for each panel, those of one k side by side.
    """

    place: float
    rest: float
    offsets: Array
    weights: Array
    values: Array

    def within(self, most: float) -> tuple[float, Any]:
        """The largest distance at most ``most`` at which a panel ends, and which rows lie below it."""
        rung = max(_RUNGS.start, math.ceil(-math.log2(most)))
        return 2.0**-rung, slice(2 * (rung - _RUNGS.start), None)


def nodes_beside(function: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> NodesBeside | None:
    """The nodes next to a place; None where the function is not infinite there, or doubles lie close enough, at 0.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> nodes_beside(sp.log(sp.Abs(x - 3)), x, sp.Integer(3)).within(0.3)[0]
    0.00390625
    >>> nodes_beside(sp.sqrt(sp.Abs(x - 3)), x, sp.Integer(3)) is None
    True
    """
    if place == 0:
        return None
    value = real_function(function, variable, _DIGITS)
    with mpmath.workdps(_DIGITS):
        exact = mpmath.mpf(str(sp.N(place, _DIGITS + 10)))
        heights = [abs(value(exact + mpmath.ldexp(1, -k))) for k in (40, 60, 80)]
        if not all(high > (1 + 2.0**-_RISES) * low for low, high in pairwise(heights)):
            return None
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        offsets, shares, values = [], [], []
        for k in _RUNGS:
            for side in (-1, 1):
                at = side * 0.5**k * (0.75 + 0.25 * nodes)
                offsets.append(at)
                shares.append(weights * 0.25 * 0.5**k)
                values.append([float(value(exact + mpmath.mpf(one))) for one in at])
    arrays = (np.array(one) for one in (offsets, shares, values))
    return NodesBeside(float(place), _rest(place), *arrays)


def in_every_period(
    function: sp.Expr, variable: sp.Symbol, places: Sequence[sp.Expr], period: sp.Expr
) -> tuple[NodesBeside, ...]:
    """The nodes next to places of a function with a period, values made once for those a multiple of it apart.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> found = in_every_period(sp.log(sp.Abs(sp.cos(x))), x, [-sp.pi / 2, sp.pi / 2], sp.pi)
    >>> [one.place for one in found], found[0].values is found[1].values
    ([-1.5707963267948966, 1.5707963267948966], True)
    """
    made: dict[sp.Expr, NodesBeside | None] = {}
    found = []
    for place in places:
        turns = sp.N(place / period, _DIGITS)
        within = sp.N(turns - sp.floor(turns + sp.Rational(1, 3)), _DIGITS // 3)
        if within not in made:
            made[within] = nodes_beside(function, variable, place)
        if (known := made[within]) is not None:
            found.append(replace(known, place=float(place), rest=_rest(place)))
    return tuple(found)


def _rest(place: sp.Expr) -> float:
    """What a double leaves of a place."""
    return float(sp.N(place - sp.Rational(float(place)), _DIGITS))
