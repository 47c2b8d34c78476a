"""Sums whose terms hold each other up: ``x/2 + exp(-x/3)`` is at least 0.89, though its terms are not bounded so."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy as sp

from symbolic_moments.bounds import Bound
from symbolic_moments.enclosures import Enclosure
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.symbols import x

__all__ = ["separated"]

DIGITS = 15
FAR = 64
MOST_INTERVALS = 400
NEAREST = 1e-6
_JUMPS = (sp.sign, sp.Heaviside, sp.Piecewise, fractional_part)
"""Enclosures of derivatives do not see them."""


def separated(node: Any, bound: Bound, domain: tuple[float, float]) -> Bound:
    """The bound of ``node``, kept away from 0 where interval arithmetic shows that; otherwise as it was.

    Far out, values and the sign of the derivative are enclosed over half lines; between, intervals are halved.

    Examples
    --------
    >>> from symbolic_moments.bounds import EVERYTHING
    >>> from symbolic_moments.growth import bound_of
    >>> from symbolic_moments.language import parse_expression
    >>> node = parse_expression("x/2 + exp(-x/3)")
    >>> bound_of(node).low, separated(node, bound_of(node), EVERYTHING).low > 0
    (-inf, True)
    """
    if node.free_symbols != {x}:
        return bound
    over = Enclosure(working_context(DIGITS), {})
    first, last = domain
    places = [place for place in (first, -FAR, 0, FAR, last) if first <= place <= last]
    inside = min((place for place in places if math.isfinite(place)), key=abs)
    sign = 1 if over(node, inside, inside)[0][0] > 0 else -1
    waiting = [(low, high) for low, high in pairwise(places) if low < high]
    nearest = math.inf
    for _ in range(MOST_INTERVALS):
        if not waiting:
            low, high = (nearest, bound.high) if sign > 0 else (bound.low, -nearest)
            return replace(bound, low=low, high=high)
        low, high = waiting.pop()
        least = _least(over, node, low, high, sign)
        if least > NEAREST:
            nearest = min(nearest, float(least) * (1 - 1e-9))
        elif not math.isfinite(low) or not math.isfinite(high):
            return bound
        else:
            between = (low + high) / 2
            waiting += [(low, between), (between, high)]
    return bound


def _least(over: Enclosure, node: Any, low: float, high: float, sign: int) -> Any:
    """What ``sign node`` is at the least over the interval, by its values or, where it is monotone, by an end."""
    value, slope = (_turned(interval, sign) for interval in over(node, low, high))
    if not value[0] <= NEAREST or node.has(*_JUMPS):
        return value[0]
    if not (slope[0] >= 0 or slope[1] <= 0):
        slope = _turned(over(_sign_of_slope(node), low, high)[0], sign)
    end = low if slope[0] >= 0 else high
    if not (slope[0] >= 0 or slope[1] <= 0) or not math.isfinite(end):
        return value[0]
    return _turned(over(node, end, end)[0], sign)[0]


@lru_cache(maxsize=16)
def _sign_of_slope(node: Any) -> Any:
    """The derivative without the exponentials that all its terms share: of the same sign."""
    factors = sp.Mul.make_args(sp.factor_terms(sp.diff(node, x)))
    return sp.Mul(*(factor for factor in factors if not isinstance(factor, sp.exp)))


def _turned(interval: Any, sign: int) -> Any:
    return interval if sign > 0 else (-interval[1], -interval[0])
