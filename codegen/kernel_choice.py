"""Which kernel family an activation belongs to, and what that family writes for it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import sympy as sp

from codegen.closed_choice import closed_plan, plan_beside, plan_beside_touching_roots, touching_places
from codegen.curved_steps import curved_steps
from codegen.envelopes import EnvelopedWave, enveloped_wave
from codegen.families import (
    flat_places,
    half_line,
    joined,
    kinked_waves,
    piecewise,
    polynomial,
    rounded,
    staircase,
)
from codegen.families.roots_of_waves import at_its_roots
from codegen.families.two_pieces import two_pieces
from codegen.finite_stairs import bounded_stairs, finite_stairs
from codegen.flat_exponentials import is_flat
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.last_choice import NoKernelError, last_plan, periodic_plan
from codegen.module_text import activation_text
from codegen.panel_choice import plan_of_panels
from codegen.panel_marks import NoPanelPlanError
from codegen.parameters import RunTime, run_time, settled
from codegen.periodic_window import WIDE, period_and_slope
from codegen.rounded_arguments import rounded_argument
from codegen.rounded_polynomials import rounded_polynomial
from codegen.rounding_forms import away_from_ties, rounding_text
from codegen.sided_rounding import is_piecewise_constant, sided_rounding
from codegen.stairs import STEPS_BESIDE, steps_within
from codegen.step_functions import step_pieces
from symbolic_moments import Activation, activation
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.removable import removable_singularity
from symbolic_moments.symbols import x

__all__ = ["NoKernelError", "choose_plan", "last_plan"]


MOST_CLOSED = 24
"""Kinks of a window up to which lines between them are in closed form."""
HIGHEST_WAVE = 20
"""Power of a sine up to which it is taken for the sum of its waves, which takes minutes to write for the fiftieth."""

_ENDLESS = (
    "it rounds, without end, something else than lines, or inside or times something else; round a line alone, or what "
    "rises or falls between two limits, such as round(127*tanh(x)), or has at most 64 levels, or a line between two "
    "numbers, such as round(clip(x, -8, 7)); what is smooth may be added, and polynomials of x and one rounded line, "
    "to degree 4, are served, and functions of one that are smooth and no waves, or that reach two different limits, "
    "or 0 on both sides, within some hundred steps"
)


def choose_plan(subject: Activation, opened: RunTime, degree: int) -> KernelPlan:
    """The plan of the first family that covers the activation: closed forms before quadrature.

    Raises
    ------
    NoKernelError
        A parameter has no value, or no family covers the expression.
    """
    decomposition = opened.decomposition
    free = sorted(str(s) for s in subject.expression.free_symbols - {x})
    if free:
        raise NoKernelError(f"{subject.name}: the parameters {', '.join(free)} have no value; give them one first")
    if decomposition.family == "PP":
        found = _of_polynomials(subject, opened)
        if opened.parameters or not decomposition.breakpoints or not (touching := touching_places(subject)):
            return found
        return plan_beside(subject, found, touching, _of_polynomials) or found
    between_ties = away_from_ties(subject.expression)
    if between_ties != subject.expression and period_and_slope(between_ties) is not None:
        found = choose_plan(settled(activation(between_ties, name=subject.name)), opened, degree)
        return replace(found, activation=rounding_text(subject.expression, True) or found.activation)
    periodic_part = period_and_slope(subject.expression)
    if subject.expression.find(is_flat):
        return flat_places.around(last_plan(subject), subject.expression, x)
    rounds = periodic_part is None and subject.expression.has(fractional_part)
    try:
        bounded = bounded_stairs(subject.expression) if rounds else None
        curved = curved_steps(subject.expression) if rounds else None
    except NoPanelPlanError as error:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {error}") from error
    if bounded is not None:
        return replace(staircase.finite_plan(bounded), activation=rounding_text(subject.expression))
    if curved is not None and (stairs := finite_stairs(curved.places, curved.levels)) is not None:
        return staircase.curved_plan(curved, stairs)
    if rounds and _cancels(enveloped_wave(subject.expression)):
        return _of_rounding(subject)
    touching = () if rounds or periodic_part is not None or opened.parameters else touching_places(subject)
    if touching:
        with suppress(NoKernelError):
            return plan_beside_touching_roots(subject, opened, degree, touching)
    if (closed := closed_plan(subject, opened, degree)) is not None:
        return closed
    if periodic_part is not None:
        if max(map(_power_of_wave, subject.expression.atoms(sp.Pow)), default=0) > HIGHEST_WAVE:
            return periodic_plan(subject, *periodic_part, last_plan)
        return periodic_plan(subject, *periodic_part, lambda within: _plan_within(within, degree))
    if (kinked := _of_kinked_waves(subject, degree)) is not None:
        return kinked
    try:
        steps = step_pieces(subject.expression, x)
    except NoPanelPlanError as error:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {error}") from error
    if steps is not None and steps[0] == (0,):
        return half_line.plan(two_pieces(steps[1][0], steps[1][1], x), [])
    if steps is not None and (stairs := finite_stairs(*steps)) is not None:
        return staircase.finite_plan(stairs)
    if steps is not None and steps[0]:
        return piecewise.plan(*steps, x, [], steps[0])
    if removable_singularity(subject.expression) is not None:
        return last_plan(subject)
    return plan_of_panels(subject)


def _of_polynomials(subject: Activation, opened: RunTime) -> KernelPlan:
    """The plan of polynomials between breakpoints."""
    decomposition = opened.decomposition
    if not decomposition.breakpoints and not polynomial.is_monomial(decomposition.pieces[0], x):
        return polynomial.plan(decomposition.pieces[0], x, expanded=subject.expression.is_Add)
    if decomposition.breakpoints in ((), (0,)):
        pieces = two_pieces(decomposition.pieces[0], decomposition.pieces[-1], x)
        return half_line.plan(pieces, [one.name for one in opened.coefficients])
    names = [one.name for one in opened.coefficients]
    places = subject.decomposition.breakpoints
    if (stairs := finite_stairs(places, decomposition.pieces)) is not None:
        return staircase.finite_plan(stairs)
    return piecewise.plan(decomposition.breakpoints, decomposition.pieces, x, names, places)


def _of_rounding(subject: Activation) -> KernelPlan:
    """The plan of a polynomial of x and one rounded line, or of a function of that with two limits."""
    parts = rounded_polynomial(subject.expression)
    if parts is not None and rounded.covers(parts):
        return rounded.plan(subject.expression, parts)
    heights = rounded_argument(subject.expression)
    if heights is None:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {_ENDLESS}")
    return staircase.plan(subject.expression, heights)


def _cancels(parts: EnvelopedWave | None) -> bool:
    """Whether there are no such parts, or what stands beside a wave may be as large as the wave, and opposite."""
    return parts is None or (parts.base != 0 and not is_piecewise_constant(parts.envelope))


def _of_kinked_waves(subject: Activation, degree: int) -> KernelPlan | None:
    """The plan of a wave with kinks beside what has no period."""
    parts = enveloped_wave(subject.expression)
    if parts is None:
        return None

    def planned(wave: sp.Expr) -> tuple[KernelPlan, str]:
        periodic_wave = settled(activation(wave))
        found = choose_plan(periodic_wave, run_time(periodic_wave), degree)
        return found, found.activation or activation_text(periodic_wave.expression)

    try:
        if parts.slope != 0:
            return _of_stairs(subject.expression, parts, kinked_waves.plan(parts, planned))
        found = kinked_waves.plan(parts, lambda wave: at_its_roots(wave, parts.period, parts.kinks, planned))
        sided = sided_rounding(subject.expression)
        return found if sided is None or not sided.places else _of_stairs(subject.expression, parts, found)
    except NoPanelPlanError as error:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {error}") from error


def _of_stairs(expression: sp.Expr, parts: EnvelopedWave, elsewhere: KernelPlan) -> KernelPlan:
    """The plan of what rounds; of stairs beside polynomials closed forms of some steps where base and wave cancel."""
    within = settled(activation(steps_within(expression, parts, STEPS_BESIDE * parts.period)))
    if within.decomposition.family != "PP":
        return elsewhere
    near = choose_plan(within, run_time(within), 8)
    narrow, close = (expression_text(one) for one in (parts.period / WIDE, (STEPS_BESIDE - 3) * parts.period))
    condition = f"(sigma <= {narrow}) & (xp.abs(mu) <= {close})"
    described = f"sigma <= {sp.sstr(parts.period / WIDE)} and |mu| <= {close}"
    if rounding_text(expression) is not None:
        condition, described = f"{condition} | (sigma == 0)", f"{described}, or sigma = 0"
    if (own := rounding_text(expression, True)) is not None:
        elsewhere = replace(elsewhere, activation=own)
    return replace(joined.plan(near, elsewhere, condition, described), last=True)


def _power_of_wave(power: sp.Pow) -> int:
    return int(power.exp) if isinstance(power.base, sp.sin | sp.cos) and power.exp.is_Integer else 0


def _plan_within(within: Activation, degree: int) -> KernelPlan:
    """Closed forms for steps and few lines; panels for all else: their texts do not grow with the squared kinks."""
    found = within.decomposition
    if found.family != "PP":
        return plan_of_panels(within)
    if len(found.breakpoints) > MOST_CLOSED and any(piece.has(x) for piece in found.pieces):
        return plan_of_panels(within)
    return choose_plan(within, run_time(within), degree)
