"""Whether a function is a polynomial on a panel, its exponential trend divided out: its Chebyshev coefficients.

They are those of the function itself, computed with 80 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from mpmath import libmp
from scipy.special import ive

from codegen.mp_functions import mp_function

__all__ = ["DEGREE", "NEGLIGIBLE", "Function", "ResolvedPanel", "evaluator", "logarithm", "resolved"]

NEGLIGIBLE = 1e-290
"""Of what is smaller everywhere on a panel only the level is looked at."""
NODES = 72
"""Chebyshev points on a panel; coefficients from ``DEGREE`` on are to be negligible."""
DEGREE = 60
_DIGITS = 80
_BITS = 200
_SMALL = 2.0**-57
_UNEVEN = 16
_PART = 8
_NEARLY, _ROOT = 8, 150
_INSIDE = mpmath.mpf(10) ** -60
_TREND = 3.0
_SEEN = 80

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class ResolvedPanel:
    """``|g(x)| <= exp(level + slope (x - middle))`` from ``lower`` to ``upper``, and about as large somewhere.

    ``singular`` is 1 where g has no Taylor series at the lower end, -1 where it has none at the upper, else 0; a
    logarithm there may exceed the bound. ``degree`` is that of a polynomial as good as g, its trend included.
    """

    lower: sp.Expr
    upper: sp.Expr
    level: float
    slope: float
    singular: int = 0
    degree: int = DEGREE

    @property
    def middle(self) -> float:
        """The middle of the panel."""
        return (float(self.lower) + float(self.upper)) / 2


def evaluator(function: sp.Expr, variable: sp.Symbol, digits: int = _DIGITS) -> Function:
    """The function as a map of rationals, doubles or mpf to mpf of ``digits`` digits."""
    context = mpmath.MPContext()
    context.dps = digits
    value = mp_function(context, function, variable)
    return lambda y: value(_number(context, y))


def resolved(function: Function, lower: sp.Expr, upper: sp.Expr) -> ResolvedPanel | None:
    """The panel, if coefficients of the function from ``DEGREE`` on are negligible there; else None.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> bump = evaluator(1 / (1 + x**2), x)
    >>> [resolved(bump, sp.Integer(0), sp.Integer(end)) is not None for end in (1, 16)]
    [True, False]
    """
    nodes = _nodes()
    start, end = (_number(_CONTEXT, one) for one in (lower, upper))
    half, middle = (end - start) / 2, (end + start) / 2
    values = [function(middle + half * node) for node, _ in nodes]
    sizes = [logarithm(value) for value in values]
    if max(sizes) < math.log(NEGLIGIBLE):
        return ResolvedPanel(lower, upper, max(-1e6, *sizes), 0.0, degree=0)
    length = 2 * float(half)
    crests = [max(range(*part), key=lambda j: sizes[j]) for part in _THIRDS]
    slope = 0.0
    if all(sizes[j] > -math.inf for j in crests):
        first, last = crests[0], crests[-1]
        slope = 2 * (sizes[first] - sizes[last]) / (length * (nodes[first][1] - nodes[last][1]))
        slope = 0.0 if abs(slope) * length < _TREND else slope
    trends = [slope * length / 2 * place for _, place in nodes]
    tilted = [size - trend for size, trend in zip(sizes, trends, strict=True)]
    level = max(tilted)
    if slope and level - min(max(tilted[slice(*part)]) for part in _THIRDS) > _UNEVEN:
        return None
    groups = [max(tilted[n : n + _PART]) for n in range(0, NODES, _PART)]
    if _dips(groups):
        return None
    if slope and _falls_at_an_end(function, (start, end), level, slope, groups):
        return None
    trend = _CONTEXT.mpf(slope) * half
    flat = None if slope else _CONTEXT.exp(-_CONTEXT.mpf(level))
    scaled = [
        _fixed(value * (flat or _CONTEXT.exp(-(level + trend * node)))) if value else 0
        for value, (node, _) in zip(values, nodes, strict=True)
    ]
    if abs(_coefficient(scaled, DEGREE)) >> (_BITS + _BITS - 50):
        return None
    coefficients = [abs(_coefficient(scaled, k)) for k in range(NODES)]
    highest = max(k for k, one in enumerate(coefficients) if one > _SMALL * max(coefficients[:DEGREE]))
    if highest >= DEGREE:
        return None
    return ResolvedPanel(lower, upper, level, slope, degree=highest + _degree_of_trend(abs(slope) * length / 2))


def _dips(sizes: Sequence[float]) -> bool:
    """Whether one of them is far less than something on either side: a bound for all would make it nothing."""
    return any(size < min(max(sizes[:n]), max(sizes[n + 1 :])) - _UNEVEN for n, size in enumerate(sizes[1:-1], 1))


def _falls_at_an_end(
    function: Function, ends: tuple[Any, Any], level: float, slope: float, groups: Sequence[float]
) -> bool:
    """Whether the bound is far above the function towards an end, and that is no root there.

    Below a bound that is too high what counts elsewhere would be left out.
    """
    start, end = ends
    half = (end - start) / 2
    for place, side, near in ((end - half * _INSIDE, 1, groups[0]), (start + half * _INSIDE, -1, groups[-1])):
        last = logarithm(function(place)) - side * slope * float(half)
        if level - near > _NEARLY and _UNEVEN < level - last < _ROOT:
            return True
    return False


@cache
def _degree_of_trend(exponent: float) -> int:
    """From which degree on Chebyshev coefficients of ``exp(exponent u)`` are negligible on [-1, 1].

    They are Bessel functions ``I_k``. What is ``exp(-80)`` of the largest is not visited.
    """
    sizes = ive(np.arange(200), min(exponent, _SEEN / 2))
    return int(np.argmax(sizes < _SMALL * sizes[0])) if exponent else 0


_CONTEXT = mpmath.MPContext()
_CONTEXT.dps = _DIGITS
_THIRDS = tuple((part * NODES // 3, (part + 1) * NODES // 3) for part in range(3))


@cache
def _nodes() -> tuple[tuple[Any, float], ...]:
    """Chebyshev points of the first kind, from right to left, and the doubles next to them."""
    exact = [_CONTEXT.cos(_CONTEXT.pi * (2 * j + 1) / (2 * NODES)) for j in range(NODES)]
    return tuple((node, float(node)) for node in exact)


@cache
def _row(k: int) -> tuple[int, ...]:
    """``T_k`` at the points, in units of 2^-200."""
    return tuple(int(_CONTEXT.cos(_CONTEXT.pi * k * (2 * j + 1) / (2 * NODES)) * 2**_BITS) for j in range(NODES))


def _coefficient(values: Sequence[int], k: int) -> int:
    return sum(map(mul, values, _row(k)))


def logarithm(value: Any) -> float:
    """``log |value|`` of an mpf, minus infinity for 0."""
    _, mantissa, exponent, _ = value._mpf_
    return math.log(mantissa) + exponent * math.log(2) if mantissa else -math.inf


def _fixed(value: Any) -> int:
    """In units of 2^-200."""
    return int(libmp.to_fixed(value._mpf_, _BITS))


def _number(context: Any, y: Any) -> Any:
    if isinstance(y, sp.Rational):
        return context.mpf(int(y.p)) / int(y.q)
    return context.mpf(str(sp.N(y, context.dps))) if isinstance(y, sp.Expr) else context.convert(y)
