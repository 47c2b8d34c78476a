"""A finished kernel under narrow Gaussians next to kinks, against the power series of g on either side in many digits.

Nodes there are rounded by an ulp of the kink. What that costs hides behind what an ulp of mu changes, but for where the
latter is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from codegen.kink_limits import one_sided
from codegen.mp_functions import mp_function
from codegen.root_forms import BRANCHES
from codegen.series_expectations import SidedSeries
from codegen.stable_functions import written_out

__all__ = ["NarrowMiss", "narrow_misses"]

SIGMAS = (1e-9, 6e-9, 1e-7, 1e-5)
DEVIATIONS = (0.0, 0.3, 0.5, 0.75, 1.0, 1.75, 2.5, 4.0, 6.0)
"""Some of them are roots of Hermite polynomials, or nearly."""
INPUT_ULPS = 4
MOST = 8
RESERVE = 4
"""How many times more than measured goes on record: a trial is a sample."""
FELT = 40
"""How many sigma away another kink is not felt."""
_TERMS = 6
_DIGITS = 150
_STEP = 1e-15
_BESIDE = sp.Rational(1, 2**20)


@dataclass(frozen=True)
class NarrowMiss:
    """By what a kernel exceeds its promise next to a place: in ulp of the place over sigma, 0 where it does not.

    ``means`` relative to E|g|, ``coefficients`` (k >= 1) to sd(g) sqrt(k!), ``variances`` and ``squares``, E[g^2], to
    themselves; ``times`` is how many times the worst of them is beyond what is promised.
    """

    place: sp.Expr
    means: float
    coefficients: float
    variances: float
    squares: float
    times: float

    def on_record(self) -> dict[str, float]:
        """What a record says of it: ``RESERVE`` times what was measured, as powers of 2."""
        found = {
            "means": self.means,
            "coefficients": self.coefficients,
            "variances": self.variances,
            "squares": self.squares,
        }
        rounded = {name: 2.0 ** math.ceil(math.log2(RESERVE * one)) if one else 0.0 for name, one in found.items()}
        return {"place": float(self.place), **rounded}


def narrow_misses(
    kernel: ModuleType, expression: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr], degree: int
) -> tuple[NarrowMiss, ...]:
    """The kinks next to which the kernel exceeds its promise, the worst first; of more than eight the first eight.

    What 4 ulp of mu or sigma change is no miss.
    """
    found = []
    for kink in [one for one in kinks if one != 0][:MOST]:
        series = _sided_series(expression, variable, kink)
        gap = min((abs(float(sp.N(other - kink))) for other in kinks if other != kink), default=math.inf)
        if series is not None and (miss := _miss(kernel, kink, series, min(series.widest(), gap / FELT), degree)):
            found.append(miss)
    return tuple(sorted(found, key=lambda miss: -miss.times))


def _sided_series(expression: sp.Expr, variable: sp.Symbol, kink: sp.Expr) -> SidedSeries | None:
    """The series beside the kink by differences of so small a step that six terms have all digits; None if infinite."""
    context = mpmath.MPContext()
    context.dps = _DIGITS
    place = context.mpf(str(sp.N(kink, _DIGITS)))
    step = context.mpf(_STEP)
    sides = []
    for side in (-1, 1):
        smooth = one_sided(expression, variable, kink + side * _BESIDE) if expression.has(*BRANCHES) else expression
        branch = written_out(smooth)
        value = mp_function(context, branch, variable) if branch.has(variable) else None
        try:
            values = [
                context.mpf(str(sp.N(branch, _DIGITS))) if value is None else value(place + side * n * step)
                for n in range(_TERMS)
            ]
        except (ZeroDivisionError, ValueError, TypeError, AttributeError):
            return None
        if not all(isinstance(one, context.mpf) and context.isfinite(one) for one in values):
            return None
        sides.append(_interpolated(context, values, side * step))
    return SidedSeries(context, place, *sides)


def _interpolated(context: Any, values: Sequence[Any], step: Any) -> tuple[Any, ...]:
    """Coefficients of the polynomial through values at 0, step, 2 step, ..."""
    count = len(values)
    powers = context.matrix(count, count)
    for n in range(count):
        for j in range(count):
            powers[n, j] = context.mpf(n) ** j if n or j else context.one
    solved = context.lu_solve(powers, context.matrix(list(values)))
    return tuple(solved[j] / step**j for j in range(count))


def _miss(kernel: ModuleType, kink: sp.Expr, series: SidedSeries, widest: float, degree: int) -> NarrowMiss | None:
    record = kernel.__dict__["KERNEL"]
    promise, root_ulps = record["promise"], int(record.get("near_roots", 0))
    place = float(kink)
    points = [(place + side * d * s, s) for s in SIGMAS if s <= widest for d in DEVIATIONS for side in (-1, 1)]
    if not points:
        return None
    mu, sigma = (np.array(column) for column in zip(*points, strict=True))
    with np.errstate(all="ignore"):
        coefficients = kernel.hermite_coefficients(mu, sigma, degree)
        variances, squares = kernel.variance(mu, sigma), kernel.second_moment(mu, sigma)
    worst = {"means": 0.0, "coefficients": 0.0, "variances": 0.0, "squares": 0.0}
    times = 0.0
    for row, point in enumerate(points):
        limits = series.limits(*point, degree, promise, root_ulps, INPUT_ULPS)
        if limits is None:
            continue
        names = ["means", *["coefficients"] * degree, "variances", "squares"]
        own = [*coefficients[:, row], variances[row], squares[row]]
        for name, value, (wanted, scale, limit) in zip(names, own, limits, strict=True):
            error = abs(float(value) - wanted) if np.isfinite(value) else math.inf
            if error > limit:
                times = max(times, float(error / limit))
                worst[name] = max(worst[name], float(error / scale) * point[1] / float(np.spacing(abs(place))))
    return NarrowMiss(kink, **worst, times=times) if times > 0 else None
