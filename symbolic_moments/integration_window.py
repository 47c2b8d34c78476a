"""Where a Gaussian integrand matters: its window, its largest value, and the points in it that are not smooth.

The search starts with the reach of the Gaussian and widens until an enclosure of the integrand beyond the window is
below the precision. Functions that vanish wherever one looks first (a narrow bump far away) are searched for further
out; 0 is concluded only from an enclosure.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.enclosures import Enclosure
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.singular_points import SingularPoint, singular_points, switches

__all__ = ["Located", "locate"]

_MOST_WIDENINGS = 16
_MOST_STEPS = 400


@dataclass(frozen=True)
class Located:
    """A window, the points in it or beyond at which the function is not smooth, and where the integrand is largest."""

    low: Any
    high: Any
    peak: Any
    points: tuple[SingularPoint, ...]


def locate(
    integrand: Any,
    function: sp.Expr,
    enclosure: Enclosure,
    evaluator: Evaluator,
    values: dict[Any, Any],
    centres: Sequence[Any] = (),
) -> Located | None:
    """The window of ``f(y) exp(-(y - mean)^2/(2 deviation^2))``; None if ``f`` is 0.

    Parameters
    ----------
    integrand : callable with ``context``, ``digits``, ``mean`` and ``deviation``
        From a number to the integrand's value.
    function : sympy.Expr
        ``f``.
    enclosure, evaluator : Enclosure, Evaluator
        Of ``f`` and its parts, at the ``values``.
    values : dict
        Of the symbols other than ``x``.
    centres : sequence of mpf
        Where the integrand may be largest.

    Raises
    ------
    ArithmeticError
        Too many kinks in the window, or no place was found where the integrand differs from 0.
    """
    context, mean, deviation = integrand.context, integrand.mean, integrand.deviation
    unit = min(context.one, deviation)
    found = switches(function)
    reach = deviation * context.sqrt(2 * (integrand.digits + 10) * context.ln(10))
    low, high = mean - reach, mean + reach
    for _ in range(_MOST_WIDENINGS):
        points = singular_points(found, evaluator, values, (low, high), unit)
        peak, largest = _peak(integrand, points, centres, low, high)
        if largest == 0:
            if enclosure(function, -context.inf, context.inf)[0] == (0, 0):
                return None
            low, high = mean - 4 * (mean - low), mean + 4 * (high - mean)
            continue
        ends = [_end(integrand, function, enclosure, sign, reach, peak, largest) for sign in (-1, 1)]
        if low <= ends[0] and ends[1] <= high:
            return Located(ends[0], ends[1], peak, points)
        low, high = min(low, ends[0]), max(high, ends[1])
    raise ArithmeticError(
        f"E[{function}]: no x was found between {float(low):g} and {float(high):g} at which the function is not 0"
    )


def _peak(
    integrand: Any, points: tuple[SingularPoint, ...], centres: Sequence[Any], low: Any, high: Any
) -> tuple[Any, Any]:
    """Where ``|integrand|`` is about largest, and its value there."""
    context, mean, deviation = integrand.context, integrand.mean, integrand.deviation
    places = [point.place for point in points]
    steps = [context.mpf(2) ** (j / 2) for j in range(-8, 18)]
    candidates = [mean, *places, *centres]
    for centre, unit in [(mean, deviation), (context.zero, context.one)]:
        candidates += [centre + sign * unit * step for step in steps for sign in (-1, 1)]
    cuts = sorted({low, high, *places})
    candidates += [a + (b - a) * part / 7 for a, b in itertools.pairwise(cuts) for part in (1, 3, 5)]
    for place in places[:20]:
        candidates += [place + sign * unit * step for unit in (deviation, 1) for step in steps for sign in (-1, 1)]
    best, largest = mean, context.zero
    for candidate in candidates:
        size = abs(integrand(candidate))
        if context.isfinite(size) and size > largest:
            best, largest = candidate, size
    return best, largest


def _end(
    integrand: Any, function: sp.Expr, enclosure: Enclosure, sign: int, reach: Any, peak: Any, largest: Any
) -> Any:
    """The left (-1) or right (1) end of the window: beyond it the integrand stays below the precision."""
    context, mean = integrand.context, integrand.mean
    threshold = largest * context.mpf(10) ** (-integrand.digits - 10)
    reach = max(reach, sign * (peak - mean))
    for _ in range(_MOST_STEPS):
        rings = itertools.pairwise(mean + sign * reach * factor for factor in (1, 1.125, 1.3, 1.7, 3, 8))
        if all(_largest_between(integrand, function, enclosure, near, far) <= threshold for near, far in rings):
            return mean + sign * reach
        reach *= 1.125
    raise ArithmeticError(f"E[{function}]: the integrand does not fall off before x = {float(mean + sign * reach):g}")


def _largest_between(integrand: Any, function: sp.Expr, enclosure: Enclosure, near: Any, far: Any) -> Any:
    """A bound of ``|integrand|`` between two points, from an enclosure; from samples where that is unbounded."""
    context = integrand.context
    value, _ = enclosure(function, min(near, far), max(near, far))
    bound = max(abs(value[0]), abs(value[1]))
    if context.isfinite(bound):
        z = (near - integrand.mean) / integrand.deviation
        return bound * context.exp(-z * z / 2)
    samples = [abs(integrand(near + (far - near) * part / 16)) for part in range(17)]
    return max(sample for sample in samples if context.isfinite(sample))
