"""Gauss-Legendre rules, correctly rounded for any number of digits."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import mpmath


@cache
def unit_interval_rule(count: int, digits: int) -> tuple[tuple[Any, Any], ...]:
    """Gauss-Legendre nodes and weights on [0, 1], increasing, correctly rounded for ``digits``.

    Newton's iteration on the Legendre recurrence at raised precision (Golub and Welsch's matrix loses the end
    weights in double precision, which is why NumPy's rule is not used).

    Examples
    --------
    >>> [node for node, weight in unit_interval_rule(1, 15)]
    [0.5]
    """
    context = mpmath.MPContext()
    context.dps = digits + 15
    upper = [_legendre_pair(context, count, index) for index in range(1, (count + 1) // 2 + 1)]
    lower = [(1 - node, weight) for node, weight in upper[: count // 2]]
    pairs = lower + upper[::-1]
    if digits <= 15:
        return tuple((float(node), float(weight)) for node, weight in pairs)
    return tuple(pairs)


def _legendre_pair(context: Any, count: int, index: int) -> tuple[Any, Any]:
    """The ``index``-th largest node and its weight: Newton's iteration in double precision, then in ``context``."""
    start = math.cos(math.pi * (index - 0.25) / (count + 0.5))
    for _ in range(4):
        value, slope = _legendre(1.0, count, start)
        start -= value / slope
    x = context.mpf(start)
    correct_digits = 12
    while correct_digits < context.dps:
        value, slope = _legendre(context.one, count, x)
        x -= value / slope
        correct_digits = 2 * correct_digits - 4
    _, slope = _legendre(context.one, count, x)
    return (1 + x) / 2, 1 / ((1 - x * x) * slope * slope)


def _legendre(one: Any, count: int, x: Any) -> tuple[Any, Any]:
    """``P_count(x)`` and its derivative, in the arithmetic of ``one``."""
    before, value = one, x
    for n in range(1, count):
        before, value = value, ((2 * n + 1) * x * value - n * before) / (n + 1)
    return value, count * (x * value - before) / (x * x - 1)
