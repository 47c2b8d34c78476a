"""Next to roots at kinks, to kinks and to extrema: plans with coordinates, or power series, that start there."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

import sympy as sp

from codegen.exact_places import is_located
from codegen.extrema import extrema_near_zero, loses_slope_at_zero
from codegen.families import extrema, moved_origin
from codegen.families.point_series import with_point_series
from codegen.held_plans import held, miss_of, to_be_tried, tried_plan
from codegen.kernel_choice import NoKernelError, last_plan
from codegen.kernel_plan import KernelPlan
from codegen.kink_limits import one_sided
from codegen.lower import CannotLowerError
from codegen.module_text import activation_text
from codegen.narrow_trial import NarrowMiss, narrow_misses
from codegen.panel_marks import NoPanelPlanError
from codegen.parameters import RunTime, run_time, settled
from codegen.periodic_window import period_and_slope
from codegen.point_trial import lost_point_masses
from symbolic_moments import Activation
from symbolic_moments import activation as find_activation
from symbolic_moments.symbols import x

__all__ = ["next_to_delicate_kinks", "next_to_extrema", "next_to_lost_point_masses", "next_to_roots"]


def next_to_roots(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; next to kinks at which g vanishes, where its mean would be that of rounded nodes, of `g(kink + v)`.

    The kernels there have trials of their own, and none may promise less.
    """
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    if plan.keeps_places:
        return plan
    found = plan
    kinks = [kink for kink in plan.sample.kinks if kink not in plan.sample.singular]
    with suppress(NoKernelError, NoPanelPlanError, CannotLowerError):
        for place in moved_origin.roots_at_kinks(subject.expression, x, kinks, plan.last)[: moved_origin.MOST]:
            near = _from_place(subject, place, degree)
            if near.slack > plan.slack:
                return plan
            assert near.activation is not None
            found = moved_origin.next_to(found, near, near.activation, place)
    return plan if found is plan or miss_of(subject, opened, found, degree, plan.slack) is not None else found


def _from_place(subject: Activation, place: sp.Expr, degree: int) -> KernelPlan:
    """The plan of ``g(place + v)``, with the text of its activation."""
    there = settled(find_activation(moved_origin.moved(subject.expression, x, place)))
    opened = run_time(there)
    near = tried_plan(there, opened, last_plan(there), degree) if is_located(place) else held(there, opened, degree)
    return replace(near, activation=near.activation or activation_text(there.expression))


def next_to_delicate_kinks(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; of ``g(kink + v)`` next to kinks where rounded nodes exceed a promise; what stays is on record.

    Of more than two such kinks none has coordinates of its own: the kernels there would take a minute to write.
    """
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    kinks = [kink for kink in plan.sample.kinks if kink not in plan.sample.singular]

    def missed(found: KernelPlan) -> tuple[NarrowMiss, ...]:
        return narrow_misses(to_be_tried(subject, opened, found, degree), subject.expression, x, kinks, degree)

    found, left = plan, missed(plan)
    for miss in left if len(left) <= moved_origin.MOST else ():
        with suppress(NoKernelError, NoPanelPlanError, CannotLowerError):
            near = _from_place(subject, miss.place, degree)
            assert near.activation is not None
            tried = moved_origin.next_to(found, near, near.activation, miss.place, squares=miss.variances > 0)
            remaining = missed(tried)
            better = miss.place not in [one.place for one in remaining] and len(remaining) < len(left)
            if better and near.slack <= plan.slack and miss_of(subject, opened, tried, degree, plan.slack) is None:
                found, left = tried, remaining
    return _recorded(subject, found, left)


def next_to_extrema(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; by power series next to extrema where the terms of g' cancel to more than an ulp of mu changes."""
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    places, kinks = extrema_near_zero(subject.expression, x), plan.sample.kinks

    def by_series(found: KernelPlan, place: sp.Expr) -> KernelPlan:
        gap = min((abs(float(kink - place)) for kink in kinks), default=math.inf)
        branch = one_sided(subject.expression, x, place)
        return extrema.beside(found, branch, x, sp.Rational(place), gap)

    def holds(tried: KernelPlan) -> bool:
        return miss_of(subject, opened, tried, degree, plan.slack) is None

    def missed(found: KernelPlan) -> tuple[NarrowMiss, ...]:
        return narrow_misses(to_be_tried(subject, opened, found, degree), subject.expression, x, places, degree)

    found = plan
    if 0 in places and 0 not in kinks:
        kernel = to_be_tried(subject, opened, plan, degree)
        if loses_slope_at_zero(kernel, subject.expression, x) and holds(tried := by_series(plan, sp.S.Zero)):
            found = tried
    left = missed(found) if places else ()
    for miss in left:
        tried = by_series(found, miss.place)
        remaining = missed(tried)
        if len(remaining) < len(left) and holds(tried):
            found, left = tried, remaining
    return _recorded(subject, found, left)


def next_to_lost_point_masses(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; by power series at point masses where derivatives of its text are not those of g."""
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    kinks = [kink for kink in plan.sample.kinks if kink not in plan.sample.singular]
    kernel = to_be_tried(subject, opened, plan, degree)
    lost = lost_point_masses(kernel, subject.expression, x, kinks, plan.sample.singular, degree)
    return with_point_series(plan, lost) if lost else plan


def _recorded(subject: Activation, plan: KernelPlan, left: tuple[NarrowMiss, ...]) -> KernelPlan:
    """The plan with what it misses on record; a kernel that gives no number next to a place is none."""
    for miss in left:
        if not math.isfinite(miss.times):
            raise NoKernelError(
                f"{subject.name} = {subject.expression} has no kernel: the one written for it gives no number next to"
                f" x = {float(miss.place):.17g} under narrow Gaussians"
            )
    return replace(plan, near_places=[*plan.near_places, *(miss.on_record() for miss in left)]) if left else plan
