"""An activation becomes the text of a kernel module."""

from __future__ import annotations

import sympy as sp

from codegen.clipped_arguments import with_clips_as_branches
from codegen.common_terms import with_common_terms_outside
from codegen.delicate_places import next_to_delicate_kinks, next_to_extrema, next_to_lost_point_masses, next_to_roots
from codegen.exponential_logarithms import with_tangents_of_zeros
from codegen.exponential_sums import without_exponentials, without_logarithms
from codegen.families import guarded, raised, scaled
from codegen.families import smooth_steps as steps_of_smooth
from codegen.flat_sides import with_flat_sides
from codegen.half_angles import with_half_angles, with_squares
from codegen.heads import TARGETS
from codegen.held_plans import held, miss_of, tried_plan
from codegen.kernel_choice import NoKernelError
from codegen.kernel_plan import KernelPlan
from codegen.kernel_source import KernelSource
from codegen.lower import CannotLowerError
from codegen.module_text import activation_text, module_text
from codegen.panel_marks import NoPanelPlanError
from codegen.parameters import RunTime, run_time, settled
from codegen.periodic_window import only_branch, period_and_slope
from codegen.positive_factors import without_positive_factors
from codegen.quotient_logarithms import with_logarithms_apart
from codegen.refusals import refusing
from codegen.scaled_tangents import with_saw_teeth
from codegen.smooth_steps import SmoothSteps, smooth_steps
from symbolic_moments import Activation
from symbolic_moments import activation as find_activation
from symbolic_moments.ordered_branches import with_ordered_branches
from symbolic_moments.single_points import stray_value
from symbolic_moments.symbols import x

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
    try:
        first = held(subject, opened, degree)
    except NoKernelError:
        if opened.parameters or (steps := smooth_steps(subject.expression)) is None:
            raise
        return _of_smooth_steps(subject, opened, steps, degree)
    found = next_to_roots(subject, opened, first, degree)
    found = next_to_delicate_kinks(subject, opened, found, degree)
    found = next_to_extrema(subject, opened, found, degree)
    found = next_to_lost_point_masses(subject, opened, found, degree)
    return found if opened.parameters else _without_level(subject, opened, found, degree)


def _of_smooth_steps(subject: Activation, opened: RunTime, steps: SmoothSteps, degree: int) -> KernelPlan:
    """The plan of a smooth function of a rounded line, from that of the smooth function."""
    smooth = settled(find_activation(steps.smooth, name=subject.name))
    try:
        found = steps_of_smooth.plan(subject.expression, steps, _finished_plan(smooth, run_time(smooth), degree))
    except NoPanelPlanError as error:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: {error}") from error
    return tried_plan(subject, opened, found, degree)


def _beside_guard(subject: Activation, opened: RunTime, branch: guarded.Guard, degree: int) -> KernelPlan:
    """The plan of a quotient with a guard."""
    plain = settled(find_activation(with_squares(subject.expression), name=subject.name))
    found = guarded.beside(branch, held(plain, run_time(plain), degree))
    if found.sample is not None and (miss := miss_of(subject, opened, found, degree, 1)) is not None:
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
    if inner.sample is not None and (miss := miss_of(subject, opened, found, degree, inner.slack)) is not None:
        raise NoKernelError(f"{subject.name} = {subject.expression} has no kernel: beside its constant {miss}")
    return found


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
