"""An activation becomes the text of a kernel module."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import sympy as sp

from codegen.clipped_arguments import with_clips_as_branches
from codegen.common_terms import with_common_terms_outside
from codegen.exact_places import is_located
from codegen.exponential_logarithms import with_tangents_of_zeros
from codegen.exponential_sums import without_exponentials, without_logarithms
from codegen.extrema import extrema_near_zero, loses_slope_at_zero
from codegen.families import extrema, guarded, moved_origin, raised, scaled
from codegen.flat_sides import with_flat_sides
from codegen.half_angles import with_half_angles, with_squares
from codegen.heads import TARGETS
from codegen.kernel_choice import NoKernelError, choose_plan, last_plan
from codegen.kernel_plan import KernelPlan
from codegen.kernel_source import KernelSource
from codegen.kink_limits import one_sided
from codegen.lower import CannotLowerError
from codegen.module_text import activation_text, module_text
from codegen.narrow_trial import NarrowMiss, narrow_misses
from codegen.panel_marks import NoPanelPlanError
from codegen.parameters import RunTime, run_time, settled
from codegen.periodic_window import only_branch, period_and_slope
from codegen.positive_factors import without_positive_factors
from codegen.quotient_logarithms import with_logarithms_apart
from codegen.refusals import refusing
from codegen.scaled_tangents import with_saw_teeth
from codegen.structures import UNIT
from codegen.trial import Trial
from codegen.value_check import first_wrong_value
from symbolic_moments import Activation
from symbolic_moments import activation as find_activation
from symbolic_moments.ordered_branches import with_ordered_branches
from symbolic_moments.single_points import stray_value
from symbolic_moments.symbols import x

SLACKS = (10, 100, 1000)
"""How many times more than usual the kernel of a function may err that no family serves better; it promises ten times
what its trial showed."""

__all__ = ["KernelSource", "NoKernelError", "emit"]


@refusing
def emit(activation: Activation | str | sp.Expr, target: str = "numpy", degree: int = 8) -> KernelSource:
    """Emit the kernel of an activation.

    Parameters
    ----------
    activation
        An ``Activation``, or anything ``symbolic_moments.activation`` accepts. The values of its parameters become the
        defaults of the kernel's keywords; one left symbolic takes the default of its record.
    target
        ``"numpy"`` or ``"cupy"``.
    degree
        The degree up to which the promise in ``KERNEL`` holds and is certified. Kernels with panels (a breakpoint away
        from 0, no closed form) get as many nodes as it takes, and keep them when they run at a higher degree.

    Raises
    ------
    ValueError
        Unknown target, a negative degree, or a parameter that does not enter as its record says.
    NoKernelError
        No kernel family covers the activation, or the kernel of a function without a closed form fails its trial.

    Examples
    --------
    >>> kernel = emit("relu").load()
    >>> kernel.raw_moments(0.0, 1.0, 2)
    array([0.39894228, 0.5       , 0.79788456])
    """
    if target not in TARGETS:
        raise ValueError(f"target {target!r} given; expected one of {', '.join(sorted(TARGETS))}")
    if not isinstance(degree, int) or isinstance(degree, bool) or degree < 0:
        raise ValueError(f"degree = {degree!r} given; expected a non-negative integer")
    subject = settled(activation if isinstance(activation, Activation) else find_activation(activation))
    if (stray := stray_value(subject.expression)) is not None:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {stray}")
    subject = _without_what_cancels(subject)
    opened = run_time(subject)
    try:
        plan = _finished_plan(subject, opened, degree)
    except NoKernelError:
        apart = with_logarithms_apart(subject.expression)
        if apart == subject.expression:
            raise
        return emit(find_activation(apart, name=subject.name), target, degree)
    return KernelSource(subject.name, target, module_text(subject, opened, plan, target, degree))


def _finished_plan(subject: Activation, opened: RunTime, degree: int) -> KernelPlan:
    """The plan, held to its promise; of an enormous or tiny multiple of a function by that of the function."""
    factor = scaled.extreme_factor(subject.expression)
    if factor != 1 and not opened.parameters and opened.decomposition.family != "PP":
        unit = settled(find_activation(subject.expression / factor, name=subject.name))
        inner = _finished_plan(unit, run_time(unit), degree)
        return scaled.plan(inner, inner.activation or activation_text(unit.expression), factor)
    if not opened.parameters and (branch := guarded.guard(subject.expression)) is not None:
        return _beside_guard(subject, opened, branch, degree)
    found = _next_to_roots(subject, opened, _held(subject, opened, degree), degree)
    found = _next_to_delicate_kinks(subject, opened, found, degree)
    found = _next_to_extrema(subject, opened, found, degree)
    return found if opened.parameters else _without_level(subject, opened, found, degree)


def _beside_guard(subject: Activation, opened: RunTime, branch: guarded.Guard, degree: int) -> KernelPlan:
    """The plan of a quotient with a guard."""
    plain = settled(find_activation(with_squares(subject.expression), name=subject.name))
    found = guarded.beside(branch, _held(plain, run_time(plain), degree))
    if found.sample is not None and (miss := _miss(subject, opened, found, degree, 1)) is not None:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: beside its branch around 0 {miss}")
    return found


def _without_level(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; of a large constant and something small with kinks that of what is small, beside the constant."""
    if plan.sample is None or not plan.sample.kinks or period_and_slope(subject.expression) is not None:
        return plan
    parts = raised.level_and_rest(subject.expression, x)
    if parts is None:
        return plan
    level, rest, ratio = parts
    try:
        left = settled(find_activation(rest, name=subject.name))
        inner = _finished_plan(left, run_time(left), degree)
    except (NoKernelError, NoPanelPlanError, CannotLowerError):
        if ratio < raised.MUST:
            return plan
        raise
    there, whole = (p.activation or activation_text(one.expression) for p, one in ((inner, left), (plan, subject)))
    found = raised.plan(inner, there, whole, level)
    if inner.sample is not None and (miss := _miss(subject, opened, found, degree, inner.slack)) is not None:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: beside its constant {miss}")
    return found


def _held(subject: Activation, opened: RunTime, degree: int) -> KernelPlan:
    """The plan of the first family that keeps its promise."""
    plan = choose_plan(subject, opened, degree)
    if plan.sample is None and not opened.parameters and _wrong_value(subject, opened, plan, degree) is not None:
        apart = _with_polynomials_apart(subject, plan)
        kept = apart is not None and _wrong_value(subject, opened, apart, degree) is None
        plan = apart if apart is not None and kept else last_plan(subject)
    return plan if plan.sample is None else _tried(subject, opened, plan, degree)


def _with_polynomials_apart(subject: Activation, plan: KernelPlan) -> KernelPlan | None:
    """The plan of a continuous function of polynomials, whose terms cancel between kinks, its activation by pieces."""
    found = subject.decomposition
    joints = zip(found.breakpoints, pairwise(found.pieces), strict=False)
    if found.family != "PP" or any(sp.expand(one - other).subs(x, place) != 0 for place, (one, other) in joints):
        return None
    inner = [(sp.expand(piece), x < place) for piece, place in zip(found.pieces, found.breakpoints, strict=False)]
    return replace(plan, activation=activation_text(sp.Piecewise(*inner, (sp.expand(found.pieces[-1]), True))))


def _next_to_roots(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
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
    return plan if found is plan or _miss(subject, opened, found, degree, plan.slack) is not None else found


def _from_place(subject: Activation, place: sp.Expr, degree: int) -> KernelPlan:
    """The plan of ``g(place + v)``, with the text of its activation."""
    there = settled(find_activation(moved_origin.moved(subject.expression, x, place)))
    opened = run_time(there)
    near = _tried(there, opened, last_plan(there), degree) if is_located(place) else _held(there, opened, degree)
    return replace(near, activation=near.activation or activation_text(there.expression))


def _next_to_delicate_kinks(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; of ``g(kink + v)`` next to kinks where rounded nodes exceed a promise; what stays is on record.

    Of more than two such kinks none has coordinates of its own: the kernels there would take a minute to write.
    """
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    kinks = [kink for kink in plan.sample.kinks if kink not in plan.sample.singular]

    def missed(found: KernelPlan) -> tuple[NarrowMiss, ...]:
        return narrow_misses(_to_be_tried(subject, opened, found, degree), subject.expression, x, kinks, degree)

    found, left = plan, missed(plan)
    for miss in left if len(left) <= moved_origin.MOST else ():
        with suppress(NoKernelError, NoPanelPlanError, CannotLowerError):
            near = _from_place(subject, miss.place, degree)
            assert near.activation is not None
            tried = moved_origin.next_to(found, near, near.activation, miss.place, squares=miss.variances > 0)
            remaining = missed(tried)
            better = miss.place not in [one.place for one in remaining] and len(remaining) < len(left)
            if better and near.slack <= plan.slack and _miss(subject, opened, tried, degree, plan.slack) is None:
                found, left = tried, remaining
    recorded = [*found.near_places, *(miss.on_record() for miss in left)]
    return replace(found, near_places=recorded) if left else found


def _next_to_extrema(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan; by power series next to extrema where the terms of g' cancel to more than an ulp of mu changes."""
    if opened.parameters or period_and_slope(subject.expression) is not None or plan.sample is None:
        return plan
    places, kinks = extrema_near_zero(subject.expression, x), plan.sample.kinks

    def by_series(found: KernelPlan, place: sp.Expr) -> KernelPlan:
        gap = min((abs(float(kink - place)) for kink in kinks), default=math.inf)
        branch = one_sided(subject.expression, x, place)
        return extrema.beside(found, branch, x, sp.Rational(place), gap)

    def holds(tried: KernelPlan) -> bool:
        return _miss(subject, opened, tried, degree, plan.slack) is None

    def missed(found: KernelPlan) -> tuple[NarrowMiss, ...]:
        return narrow_misses(_to_be_tried(subject, opened, found, degree), subject.expression, x, places, degree)

    found = plan
    if 0 in places and 0 not in kinks:
        kernel = _to_be_tried(subject, opened, plan, degree)
        if loses_slope_at_zero(kernel, subject.expression, x) and holds(tried := by_series(plan, sp.S.Zero)):
            found = tried
    left = missed(found) if places else ()
    for miss in left:
        tried = by_series(found, miss.place)
        remaining = missed(tried)
        if len(remaining) < len(left) and holds(tried):
            found, left = tried, remaining
    recorded = [*found.near_places, *(miss.on_record() for miss in left)]
    return replace(found, near_places=recorded) if left else found


def _without_what_cancels(subject: Activation) -> Activation:
    """The activation; a polynomial in disguise, 0 written as a sum, or what never changes its branch, as what it is."""
    ordered = (
        with_ordered_branches(subject.expression, x) if subject.decomposition.family != "PP" else subject.expression
    )
    ordered = with_flat_sides(with_clips_as_branches(with_tangents_of_zeros(ordered, x), x), x)
    apart = with_common_terms_outside(without_positive_factors(ordered))
    plain = with_saw_teeth(with_half_angles(apart))
    branch = only_branch(plain)
    plain = plain if branch is None else branch
    if plain != subject.expression:
        subject = settled(find_activation(plain, name=subject.name))
    pieces = set(subject.decomposition.pieces)
    polynomial = subject.decomposition.family == "PP" and len(pieces) == 1
    plain = pieces.pop() if polynomial else _without_exponentials(subject.expression)
    if plain == 0 or (plain.is_polynomial(x) and not subject.expression.is_polynomial(x)):
        return settled(find_activation(plain, name=subject.name))
    return subject


def _without_exponentials(expression: sp.Expr) -> sp.Expr:
    found = without_exponentials(sp.expand(expression))
    return without_logarithms(expression) if found.has(sp.log) else found


def _tried(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
    """The plan, or that of the last family where this one misses its promise on its sample."""
    trial = _trial(subject, opened, plan, degree)
    miss = trial.first_miss()
    if miss is not None and not plan.last:
        plan = last_plan(subject)
        trial = _trial(subject, opened, plan, degree)
        miss = trial.first_miss()
    if miss is not None:
        slack = next((slack for slack in SLACKS if trial.first_miss(slack) is None), None)
        if slack is not None:
            return plan.promising_less(slack, miss)
        raise NoKernelError(
            f"{subject.name} = {subject.expression} has no kernel: none of this form can promise its accuracy; "
            f"a trial gave {miss} (its formulas evaluate: polywick derive)"
        )
    return plan


def _wrong_value(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> str | None:
    """Where the activation of a closed form is off."""
    tried = _to_be_tried(subject, opened, plan, degree)
    return first_wrong_value(tried, subject.expression, (UNIT,), opened.decomposition.breakpoints)


def _miss(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int, slack: int) -> str | None:
    return _trial(subject, opened, plan, degree).first_miss(slack)


def _trial(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> Trial:
    assert plan.sample is not None
    return Trial(_to_be_tried(subject, opened, plan, degree), subject.expression, plan.sample, degree)


def _to_be_tried(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> ModuleType:
    text = module_text(subject, opened, plan, "numpy", degree, laid_out=False)
    return KernelSource(subject.name, "numpy", text).load()
