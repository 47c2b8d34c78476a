"""The plans of what the families of closed forms and of quadrature leave: periods, and values alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from codegen.families import general, moved_origin, periodic, vertical_levels
from codegen.general_forms import rewritten
from codegen.kernel_plan import KernelPlan
from codegen.kink_places import rough_places
from codegen.lower import CannotLowerError
from codegen.module_text import activation_text
from codegen.panel_marks import NoPanelPlanError
from codegen.parameters import settled
from codegen.periodic_window import infinite_place, is_infinite_away_from_multiples, period_and_slope, window
from codegen.real_factors import with_real_factors
from codegen.stable_functions import written_out
from symbolic_moments import Activation, activation
from symbolic_moments.symbols import x

__all__ = ["NoKernelError", "last_plan", "periodic_plan"]


class NoKernelError(NotImplementedError):
    """The activation is derived, but no kernel family covers it yet."""


def periodic_plan(
    subject: Activation, period: sp.Expr, slope: sp.Expr, plan_within: Callable[[Activation], KernelPlan]
) -> KernelPlan:
    """The plan of some periods around 0, and what makes one of the whole line of it."""
    try:
        kinks, vertical = rough_places(subject.expression, periodic.SAMPLED * period)
        some = vertical[: len(vertical) // 2 + 1]
        if is_infinite_away_from_multiples(subject.expression, period, slope, some):
            place = infinite_place(subject.expression, period, some) if slope == 0 else None
            if place is None:
                raise NoPanelPlanError("it is infinite again and again, and what it does within an ulp of that counts")
            moved = settled(activation(moved_origin.moved(subject.expression, x, place)))
            there = periodic_plan(moved, period, slope, plan_within)
            text = there.activation or activation_text(moved.expression)
            sample = periodic.sample_of(subject.expression, period, slope, kinks, vertical)
            return replace(moved_origin.from_there(there, text, place), sample=sample)
        within = settled(activation(window(subject.expression, period)))
    except NoPanelPlanError as error:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {error}") from error
    inner = plan_within(within)
    text = inner.activation or activation_text(within.expression)
    return periodic.plan(subject.expression, inner, text, period, slope, kinks, vertical)


def last_plan(subject: Activation) -> KernelPlan:
    """The plan of the family that takes what no other does.

    Raises
    ------
    NoKernelError
        It does not either.
    """
    periodic_part = period_and_slope(subject.expression)
    if periodic_part is not None:
        return periodic_plan(subject, *periodic_part, last_plan)
    try:
        return _general_plan(subject.expression)
    except (NoPanelPlanError, CannotLowerError) as error:
        raise NoKernelError(
            f"{subject.name} = {subject.expression} has no kernel: {error}{_of_quickening(subject.expression)} "
            "(its formulas evaluate: polywick derive)"
        ) from error


def _of_quickening(expression: sp.Expr) -> str:
    """What is to be said of waves whose phase is no line."""
    phases = [wave.args[0] for wave in expression.atoms(sp.sin, sp.cos)]
    if not any(phase.is_polynomial(x) and sp.degree(phase, x) > 1 for phase in phases if phase.has(x)):
        return ""
    return (
        "; a wave that quickens for ever is served if its phase is of degree 2 and beside it stand polynomials, "
        "exponentials and Gaussians on the whole line, up to 24 terms with those of the square"
    )


def _general_plan(expression: sp.Expr) -> KernelPlan:
    """The plan of panels; next to vertical places but 0, infinite ones above all, in coordinates that start there."""
    _, singular = rough_places(written_out(rewritten(expression)))
    factored = with_real_factors(expression)
    infinite = moved_origin.infinite_places(factored, x, singular)
    if len(infinite) > moved_origin.MOST_INFINITE:
        places = " and ".join(f"{float(place):.6g}" for place in infinite)
        raise NoPanelPlanError(f"it is infinite at x = {places}, and what it does within an ulp of that counts")
    found = general.plan(expression, x)
    if any(place != 0 for place in infinite):
        return moved_origin.around(found, factored, x, infinite)
    vertical = [place for place in singular if place != 0]
    for place in singular if len(vertical) <= moved_origin.MOST else ():
        if isinstance(place, sp.Rational):
            found = vertical_levels.beside(found, expression, x, place)
    return found
