"""Plans held to what they promise: a kernel is tried before it is handed out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import sympy as sp

from codegen.kernel_choice import NoKernelError, choose_plan, last_plan
from codegen.kernel_plan import KernelPlan
from codegen.kernel_source import KernelSource
from codegen.module_text import activation_text, module_text
from codegen.parameters import RunTime
from codegen.structures import UNIT
from codegen.trial import Trial
from codegen.value_check import first_wrong_value
from symbolic_moments import Activation
from symbolic_moments.symbols import x

__all__ = ["held", "miss_of", "to_be_tried", "tried_plan"]

SLACKS = (10, 100, 1000)
"""How many times more than usual the kernel of a function may err that no family serves better; it promises ten times
what its trial showed."""


def held(subject: Activation, opened: RunTime, degree: int) -> KernelPlan:
    """The plan of the first family that keeps its promise."""
    plan = choose_plan(subject, opened, degree)
    if plan.sample is None and not opened.parameters and _wrong_value(subject, opened, plan, degree) is not None:
        apart = _with_polynomials_apart(subject, plan)
        kept = apart is not None and _wrong_value(subject, opened, apart, degree) is None
        plan = apart if apart is not None and kept else last_plan(subject)
    return plan if plan.sample is None else tried_plan(subject, opened, plan, degree)


def _with_polynomials_apart(subject: Activation, plan: KernelPlan) -> KernelPlan | None:
    """The plan of a continuous function of polynomials, whose terms cancel between kinks, its activation by pieces."""
    found = subject.decomposition
    joints = zip(found.breakpoints, pairwise(found.pieces), strict=False)
    if found.family != "PP" or any(sp.expand(one - other).subs(x, place) != 0 for place, (one, other) in joints):
        return None
    inner = [(sp.expand(piece), x < place) for piece, place in zip(found.pieces, found.breakpoints, strict=False)]
    return replace(plan, activation=activation_text(sp.Piecewise(*inner, (sp.expand(found.pieces[-1]), True))))


def tried_plan(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> KernelPlan:
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
    tried = to_be_tried(subject, opened, plan, degree)
    return first_wrong_value(tried, subject.expression, (UNIT,), opened.decomposition.breakpoints)


def miss_of(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int, slack: int) -> str | None:
    """What the plan's kernel gets wrong first, in words, by more than ``slack`` times what is tolerated."""
    return _trial(subject, opened, plan, degree).first_miss(slack)


def _trial(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> Trial:
    assert plan.sample is not None
    return Trial(to_be_tried(subject, opened, plan, degree), subject.expression, plan.sample, degree)


def to_be_tried(subject: Activation, opened: RunTime, plan: KernelPlan, degree: int) -> ModuleType:
    """The plan's kernel, its text not laid out."""
    text = module_text(subject, opened, plan, "numpy", degree, laid_out=False)
    return KernelSource(subject.name, "numpy", text).load()
