"""Derivatives at point masses next to 0 and next to kinks, against those of power series in many digits.

Where a derivative vanishes at 0 the rounding of its terms is what is left of it. Next to a kink a comparison of rounded
numbers (``x + 3 > 6`` an ulp above 3) takes a double to the other side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from codegen.families.point_series import PointSeries
from codegen.kink_limits import BESIDE, one_sided
from codegen.panel_plan import taylor_radius
from codegen.root_forms import BRANCHES, DIGITS, TERMS, simple_rational, taylor_coefficients

__all__ = ["lost_point_masses"]

MOST_KINKS = 8
INPUT_ULPS = 4
_HIGHEST = 8
_BESIDE_ZERO = (1e-3, 1e-6, 1e-9)
_STEPS = tuple(2.0**n for n in range(25))
"""How many ulp beside a kink."""
_FARTHER = 2.0**26
_VANISHES = 1e-2
_CHANGED = 1e-3
_LEAST = 1e-280
_NOTHING = 1e-60
_POINTS = TERMS + 8
_WIDEST, _FINEST = 6, -40
_CIRCLE = 8
_BEYOND = 64

Array = np.ndarray[Any, Any]


def lost_point_masses(
    kernel: ModuleType,
    expression: sp.Expr,
    variable: sp.Symbol,
    kinks: Sequence[sp.Expr],
    singular: Sequence[sp.Expr],
    degree: int,
) -> list[PointSeries]:
    """Series for places next to which derivatives at sigma = 0 are not what is promised; kinks have finite sides.

    Next to singular places, where g or a slope is infinite, there is no power series.

    Nor next to kinks of waves, which are without end: functions that have them are left as they are.

    A sample: three distances from 0, and one and two ulp beside the first eight kinks.
    """
    if expression.has(sp.sin, sp.cos) and expression.has(*BRANCHES):
        return []
    found = []
    gap = min((abs(float(place)) for place in (*kinks, *singular)), default=math.inf)
    if gap > 2 * _BESIDE_ZERO[0] and _vanishing(kernel, degree):
        found += _lost(kernel, _branch(expression, variable, sp.S.Zero), variable, sp.S.Zero, 0, gap, degree)
    for kink in kinks[:MOST_KINKS]:
        others = [other for other in (*kinks, *singular) if other != kink]
        gap = min((abs(float(sp.N(other - kink))) for other in others), default=math.inf)
        for side in (-1, 1):
            if kink != 0 and _changing(kernel, float(kink), side, degree):
                branch = _branch(expression, variable, kink + side * BESIDE)
                found += _lost(kernel, branch, variable, kink, side, gap, degree)
    return found


def _branch(expression: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    return one_sided(expression, variable, place) if expression.has(*BRANCHES) else expression


def _derivatives(kernel: ModuleType, places: Sequence[float], degree: int) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(kernel.expected_derivatives(np.array(places), 0.0, min(degree, _HIGHEST)))


def _vanishing(kernel: ModuleType, degree: int) -> bool:
    """Whether some derivative is small next to 0, where the ones beside it are not."""
    sizes = np.abs(_derivatives(kernel, [side * _BESIDE_ZERO[1] for side in (-1, 1)], degree + 1)).max(axis=1)
    return any(sizes[k] < _VANISHES * max(sizes[k - 1], sizes[k + 1]) for k in range(1, len(sizes) - 1))


def _changing(kernel: ModuleType, place: float, side: int, degree: int) -> bool:
    """Whether derivatives an ulp or two beside a place are others than those a little farther."""
    ulp = float(np.spacing(abs(place)))
    near = _derivatives(kernel, [place + side * n * ulp for n in (1, 2, _FARTHER)], degree)[1:]
    change = np.abs(near[:, :2] - near[:, 2:])
    return not bool((change <= _CHANGED * np.abs(near[:, 2:])).all())


def _lost(
    kernel: ModuleType,
    branch: sp.Expr,
    variable: sp.Symbol,
    place: sp.Expr,
    side: int,
    gap: float,
    degree: int,
) -> list[PointSeries]:
    """The series of the branch at a place, as far as the kernel is tried, if it misses its derivatives; else none."""
    try:
        radius = min(taylor_radius(branch, variable, place), gap)
        exponent = next((n for n in range(_WIDEST, _FINEST - 1, -1) if 2.0**n <= radius), None)
        if exponent is None:
            return []
        context = mpmath.MPContext()
        context.dps = 3 * DIGITS
        circle = context.mpf(2) ** (exponent - _CIRCLE)
        numbers = taylor_coefficients(context, branch.subs(variable, place + variable), variable, circle, _POINTS)
    except (ZeroDivisionError, ValueError, TypeError, AttributeError):
        return []
    exact = _without_noise(context, numbers, circle)
    reach = sp.Integer(2) ** (exponent - 3)
    if side == 0:
        offsets = [sign * one for one in (0.0, *_BESIDE_ZERO) for sign in (-1, 1) if one <= reach / _BEYOND]
        missed = [one for one in offsets if _misses(kernel, context, exact, place, one, degree)]
    else:
        ulp = float(np.spacing(abs(float(place))))
        nearest = float(place)
        own = [0.0] if side * sp.Rational(nearest) > side * place else []
        offsets = [*own, *(side * n * ulp for n in _STEPS)]
        missed = [one for one in offsets if _misses(kernel, context, exact, place, one, degree)]
        if not {*offsets[:3]} & {*missed}:
            return []
        reach = min(reach, sp.Rational(_BEYOND * max(map(abs, (*missed, ulp)))))
    if not missed:
        return []
    return [PointSeries(place, side, reach, tuple(simple_rational(context, c) for c in exact[: TERMS + 1]))]


def _without_noise(context: Any, numbers: Sequence[Any], circle: Any) -> list[Any]:
    """The coefficients, 0 where nothing is left of those of a function as large on a circle 256 times as wide."""
    widest = circle * 2**_CIRCLE
    scale = max(abs(c) * widest**j for j, c in enumerate(numbers))
    return [c if abs(c) * widest**j > _NOTHING * scale else context.zero for j, c in enumerate(numbers)]


def _misses(
    kernel: ModuleType, context: Any, series: Sequence[Any], place: sp.Expr, offset: float, degree: int
) -> bool:
    """Whether derivatives at ``place + offset`` exceed the promise, by more than 4 ulp of it change."""
    mu = float(place) + offset
    own = _derivatives(kernel, [mu], degree)[:, 0]
    start = context.mpf(str(sp.N(place, DIGITS)))
    wanted = _shifted(context, series, context.mpf(mu) - start, len(own) + 1)
    promise = kernel.__dict__["KERNEL"]["promise"]["expected_derivatives"]
    step = INPUT_ULPS * context.mpf(math.ulp(mu))
    for k in range(1, len(own)):
        allowed = max(promise / 2 * abs(wanted[k]), step * abs(wanted[k + 1]))
        error = abs(float(own[k]) - wanted[k]) if np.isfinite(own[k]) else context.inf
        if error > allowed and error > _LEAST:
            return True
    return False


def _shifted(context: Any, series: Sequence[Any], offset: Any, count: int) -> list[Any]:
    """Derivatives of orders 0 to ``count - 1`` of a power series at an offset."""
    return [
        context.fsum(
            context.fac(j) / context.fac(j - k) * c * offset ** (j - k) for j, c in enumerate(series) if j >= k
        )
        for k in range(count)
    ]
