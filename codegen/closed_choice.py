"""Which family has closed forms around exponentials, and what is done where g touches 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy as sp

from codegen.error_function_forms import best_form
from codegen.families import (
    error_function,
    narrow_middle_text,
    piecewise_exponential,
    piecewise_growth,
    tilted,
    tilted_error_function,
    touched,
)
from codegen.families.exponential_sides import decays_from_zero
from codegen.families.narrow_middle import has_narrow_middle
from codegen.kernel_plan import KernelPlan
from codegen.kink_root_forms import cancelling_form
from codegen.last_choice import last_plan
from codegen.panel_choice import plan_of_panels
from codegen.parameters import RunTime, run_time
from codegen.plan_check import Sample
from codegen.stable_forms import stabilised
from codegen.structures import Structure, structures
from codegen.touching_roots import touched_between
from symbolic_moments import Activation
from symbolic_moments.symbols import x

__all__ = ["closed_plan", "plan_beside", "plan_beside_touching_roots", "touching_places"]


def touching_places(subject: Activation) -> tuple[tuple[sp.Rational, sp.Expr], ...]:
    """Where g touches 0, and what it is around that."""
    breakpoints = subject.decomposition.breakpoints
    if not breakpoints and subject.expression.has(sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise):
        return ()
    return touched_between(subject.expression, x, breakpoints)


def closed_plan(subject: Activation, opened: RunTime, degree: int) -> KernelPlan | None:
    """The plan of the first family with closed forms around exponentials that covers the activation."""
    decomposition = opened.decomposition
    if decomposition.family == "ER" and cancelling_form(stabilised(subject.expression), x, decomposition.breakpoints):
        return plan_of_panels(subject)
    if decomposition.family == "ER" and decomposition.is_untilted and len(decomposition.error_terms) == 1:
        if best_form(decomposition.pieces[0], decomposition.error_terms[0], x).cancels:
            return plan_of_panels(subject)
        return error_function.plan(decomposition.pieces[0], decomposition.error_terms[0], x, degree)
    if decays_from_zero(decomposition):
        names = [one.name for one in opened.coefficients]
        return piecewise_exponential.plan(opened.template, decomposition, names)
    if has_narrow_middle(decomposition):
        return narrow_middle_text.plan(decomposition)
    if tilted_error_function.covers(decomposition, degree):
        return tilted_error_function.plan(subject.expression, decomposition, degree)
    if piecewise_growth.covers(decomposition):
        return piecewise_growth.plan(subject.expression, decomposition)
    if tilted.covers(decomposition):
        return tilted.plan(decomposition, x)
    return None


def plan_beside_touching_roots(
    subject: Activation, opened: RunTime, degree: int, touching: Sequence[tuple[sp.Rational, sp.Expr]]
) -> KernelPlan:
    """Closed forms, next to where g touches 0 in coordinates that start there; panels where there are none."""
    found = closed_plan(subject, opened, degree)
    if found is None or found.sample is not None:
        return last_plan(subject)
    beside = plan_beside(subject, found, touching, lambda moved, within: closed_plan(moved, within, degree))
    return last_plan(subject) if beside is None else beside


def plan_beside(
    subject: Activation,
    found: KernelPlan,
    touching: Sequence[tuple[sp.Rational, sp.Expr]],
    planned: Callable[[Activation, RunTime], KernelPlan | None],
) -> KernelPlan | None:
    """The plan ``found``, next to where g touches 0 in coordinates that start there; None where none is ``planned``."""
    beside = touched.beside(subject.expression, found, touching, lambda moved: planned(moved, run_time(moved)))
    if beside is None:
        return None
    places = tuple(place for place, _ in touching)
    return replace(beside, sample=_sample_between(subject, places), keeps_places=True, last=False)


def _sample_between(subject: Activation, places: tuple[sp.Rational, ...]) -> Sample:
    """Where closed forms with seams are tried."""
    terms = [term for whole in subject.decomposition.sums() for term in whole.terms]
    growth = max((abs(float(term.c)) for term in terms), default=0.0)
    frequency = max((abs(float(term.w)) for term in terms), default=0.0)
    bends = {*structures(subject.expression, x), *(Structure(place, sp.S.One) for place in places)}
    ordered = tuple(sorted(bends, key=lambda one: (one.centre, one.width)))
    cuts = tuple(sorted({float(place) for place in places}))
    kinks = subject.decomposition.breakpoints
    return Sample(ordered, kinks, growth, frequency, ends=tuple(sorted({*cuts, *map(float, kinks)})))
