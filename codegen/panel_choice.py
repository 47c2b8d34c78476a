"""Which family sums over panels."""

from __future__ import annotations

from contextlib import suppress

import sympy as sp

from codegen.families import (
    exponential_panels,
    quadrature,
)
from codegen.kernel_plan import KernelPlan
from codegen.kink_places import kink_places
from codegen.last_choice import NoKernelError, last_plan
from codegen.lower import CannotLowerError
from codegen.panel_marks import NoPanelPlanError, SteepSaturationError
from codegen.plateaus import less_plateaus
from codegen.slow_waves import waves_slow_down
from symbolic_moments import Activation
from symbolic_moments.symbols import x

__all__ = ["plan_of_panels"]


def plan_of_panels(subject: Activation) -> KernelPlan:
    """The plan of the first family that sums over panels and covers the activation."""
    if waves_slow_down(subject.expression, x):
        return last_plan(subject)
    try:
        if (found := exponential_panels.plan(subject.expression)) is not None:
            return found
        if _has_plateau(subject.expression):
            with suppress(NoKernelError):
                return last_plan(subject)
        return quadrature.plan(subject.expression, kink_places(subject.expression), x)
    except SteepSaturationError:
        try:
            return last_plan(subject)
        except NoKernelError:
            return quadrature.plan(subject.expression, kink_places(subject.expression), x, steep=True)
    except (NoPanelPlanError, CannotLowerError, ZeroDivisionError):
        return last_plan(subject)


def _has_plateau(expression: sp.Expr) -> bool:
    """Whether it is a constant but 0 between two kinks, of which squares would leave nothing of small variances."""
    try:
        return bool(less_plateaus(expression, x, kink_places(expression)))
    except NoPanelPlanError:
        return False
