"""Functions without a closed form: Gauss-Legendre panels between breakpoints, the derivative for what is odd."""

from __future__ import annotations

import sympy as sp

from codegen.families.narrow_slopes import point_derivatives
from codegen.families.smooth_expectations import derivatives, hermite, raw_moments
from codegen.families.smooth_subject import SmoothSubject
from codegen.families.smooth_tables import tables
from codegen.families.smooth_variance import second_moment, variance
from codegen.kernel_plan import KernelPlan
from codegen.plan_check import Sample
from codegen.trapezoid_plan import TrapezoidPlan

PROMISE = {
    "activation": 2e-14,
    "raw_moments": 1e-13,
    "hermite_coefficients": 1e-13,
    "expected_derivatives": 1e-13,
    "second_moment": 1e-13,
    "variance": 2e-13,
}


def plan(expression: sp.Expr, kinks: tuple[sp.Expr, ...], variable: sp.Symbol, *, steep: bool = False) -> KernelPlan:
    """The kernel of a continuous function without a closed form.

    Parameters
    ----------
    steep
        Whether to serve what comes nearer to a constant than any exponential does.

    Raises
    ------
    NoPanelPlanError
        The function cannot be cut into a moderate number of panels.
    SteepSaturationError
        It saturates so fast that no decay rate bounds what is left of it.
    """
    subject = SmoothSubject(expression, kinks, variable, steep)
    functions = [writer(subject) for writer in (tables, raw_moments, hermite)]
    functions.append(derivatives(subject, point_derivatives(subject.cancelling_slope)))
    functions += [second_moment(subject), variance(subject)]
    count = len(subject.value_plan.breakpoints)
    place, least = subject.wide
    distance = sp.sstr(sp.Symbol("mu") - place)
    regimes = [
        *_trapezoid_regime(subject.trapezoids),
        f"{count} breakpoints; between them Gauss-Legendre panels on the part the Gaussian reaches",
        f"sigma >= {least} and |{distance}| <= 4 sigma: nodes of the panels shared by all rows of like sigma",
        "Hermite coefficients from the first on: through the derivative, so that saturation does not cancel",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    if any(subject.slope_plan.frame.faster):
        regimes.append("far out, where a normal tail is all that is left of g', coefficients and variance lose digits")
    if subject.cancelling:
        regimes.append(
            "around a kink the variance is that of g less its value there, by the Taylor series of both sides"
        )
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(k)} for k in kinks]
    seams.append({"variable": "sigma", "value": float(least)})
    if subject.trapezoids is not None:
        ends = subject.trapezoids.classes[0], subject.trapezoids.classes[-1]
        seams += [{"variable": "sigma", "value": float(limit)} for _, limit in ends]
    faster = (*subject.value_plan.frame.faster, *subject.slope_plan.frame.faster)
    sample = Sample(subject.structures, kinks, steep=any(faster))
    return KernelPlan(functions, PROMISE, regimes, seams, activation=subject.activation_text(), sample=sample)


def _trapezoid_regime(plan: TrapezoidPlan | None) -> list[str]:
    if plan is None:
        return []
    (step, _), (last_step, limit) = plan.classes[0], plan.classes[-1]
    return [f"sigma <= {limit}: trapezoidal rule in z, steps from {step} to {last_step}"]
