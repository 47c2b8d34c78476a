"""Which family sums over panels."""

from __future__ import annotations

from codegen.families import (
    exponential_panels,
    quadrature,
)
from codegen.kernel_plan import KernelPlan
from codegen.kink_places import kink_places
from codegen.last_choice import NoKernelError, last_plan
from codegen.lower import CannotLowerError
from codegen.panel_marks import NoPanelPlanError, SteepSaturationError
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
        return quadrature.plan(subject.expression, kink_places(subject.expression), x)
    except SteepSaturationError:
        try:
            return last_plan(subject)
        except NoKernelError:
            return quadrature.plan(subject.expression, kink_places(subject.expression), x, steep=True)
    except (NoPanelPlanError, CannotLowerError, ZeroDivisionError):
        return last_plan(subject)
