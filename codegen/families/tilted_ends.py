"""Ends at which a function of the general family grows exponentially: what it is there without the exponential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from codegen.chebyshev_panels import ResolvedPanel, evaluator
from codegen.fused_functions import fused
from codegen.general_forms import rewritten
from codegen.growth_at_ends import growth_at_end, is_free_of_exponentials
from codegen.kernel_plan import exact_pair, expression_text
from codegen.kink_limits import one_sided
from codegen.panel_marks import NoPanelPlanError
from codegen.plan_check import GrowthSample
from codegen.resolved_panels import outward_panels
from codegen.smoothed_relus import written_density
from codegen.softplus_products import with_softplus_ratios
from codegen.stable_forms import derivative, stabilised
from codegen.structures import Structure
from symbolic_moments.normal import phi

__all__ = ["GrowingEnd", "growing_ends", "inner_panels", "rates_of_overflow"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_OVERFLOWING = 300
_NEAREST = 400
"""A place with ``exp(400)`` or more before it is no end to take an exponential out from."""


@dataclass(frozen=True)
class GrowingEnd:
    """``g = exp(rate x) rest`` beyond ``place``, on one side, and panels of rest and of ``g' exp(-rate x)``."""

    side: int
    place: sp.Expr
    rate: sp.Expr
    rest: sp.Expr
    slope: sp.Expr
    panels: tuple[ResolvedPanel, ...]
    slope_panels: tuple[ResolvedPanel, ...]

    @property
    def name(self) -> str:
        """What it is called in the kernel."""
        return "right" if self.side > 0 else "left"

    @property
    def rate_text(self) -> str:
        """The rate as a number and what rounding took from it."""
        return exact_pair(self.rate)

    def texts(self) -> list[tuple[str, str, str]]:
        """Name, description and body of the functions of ``rest`` and its companion."""
        factor = f"exp({sp.sstr(-self.rate)} x)"
        return [
            (f"_grown_{self.name}", f"``g(x) {factor}`` far to the {self.name}", _text(self.rest)),
            (f"_slope_{self.name}", f"``g'(x) {factor}`` there", _text(self.slope)),
        ]

    def samples(self) -> tuple[GrowthSample, ...]:
        """Where they are to be tried."""
        functions = (("_grown", self.rest), ("_slope", self.slope))
        return tuple(GrowthSample(f"{name}_{self.name}", one, float(self.place), self.side) for name, one in functions)


def _text(function: sp.Expr) -> str:
    """Kernel text of a function of x, also of a constant."""
    plain = expression_text(fused(function))
    return plain if function.free_symbols else f"{plain} + xp.zeros_like(x)"


def rates_of_overflow(left: ResolvedPanel, right: ResolvedPanel) -> tuple[float, float]:
    """How fast log |g| grows outwards on the outermost panels, 0 where g stays within the doubles."""
    lowest, highest = (one.level + abs(one.slope) * float(one.upper - one.lower) / 2 for one in (left, right))
    return (
        max(-left.slope, 0.0) if lowest > _OVERFLOWING else 0.0,
        max(right.slope, 0.0) if highest > _OVERFLOWING else 0.0,
    )


def growing_ends(
    expression: sp.Expr,
    variable: sp.Symbol,
    outermost: tuple[ResolvedPanel, ResolvedPanel],
    found: Sequence[Structure],
    kinks: Sequence[sp.Expr],
) -> tuple[GrowingEnd, ...]:
    """The ends at which the function overflows, all of them; none if the exponential of one is not known."""
    ends = []
    for side in (-1, 1):
        end = _end(expression, variable, side, found, kinks)
        if end is not None:
            ends.append(end)
    covered = {end.side for end in ends}
    rates = zip((-1, 1), rates_of_overflow(*outermost), strict=True)
    return tuple(ends) if all(side in covered for side, rate in rates if rate > 0) else ()


def _end(
    expression: sp.Expr, variable: sp.Symbol, side: int, found: Sequence[Structure], kinks: Sequence[sp.Expr]
) -> GrowingEnd | None:
    width = max(one.width for one in found)
    place = (found[0].centre + found[-1].centre) / 2
    branch = expression
    if kinks:
        outermost = max((float(kink) for kink in kinks), key=lambda kink: side * kink)
        place = sp.Rational(round(outermost)) + side * (1 + width)
        branch = one_sided(expression, variable, place + side * width)
    if branch.has(*_BRANCHES):
        return None
    rate, rest = growth_at_end(with_softplus_ratios(branch), variable, side)
    if side * rate <= 0 or abs(rate * place) > _NEAREST:
        return None
    if not is_free_of_exponentials(stabilised(branch), (rate, rest), variable, place, side):
        return None
    slope = stabilised((derivative(rest, variable) + rate * rest).replace(phi, written_density))
    rest = stabilised(rewritten(rest))
    try:
        panels, slope_panels = (
            tuple(outward_panels(evaluator(one, variable), found, place, side)) for one in (rest, slope)
        )
    except NoPanelPlanError:
        return None
    return GrowingEnd(side, place, rate, rest, slope, panels, slope_panels)


def inner_panels(panels: Sequence[ResolvedPanel], ends: Sequence[GrowingEnd]) -> list[ResolvedPanel]:
    """The panels, or parts of them, that lie between the growing ends."""
    lower = next((end.place for end in ends if end.side < 0), panels[0].lower)
    upper = next((end.place for end in ends if end.side > 0), panels[-1].upper)
    kept = []
    for one in panels:
        low, high = max(one.lower, lower), min(one.upper, upper)
        if low < high:
            level = one.level + one.slope * (float(low + high) / 2 - one.middle)
            kept.append(replace(one, lower=low, upper=high, level=level))
    return kept
