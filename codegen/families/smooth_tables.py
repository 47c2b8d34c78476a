"""Text of the functions a kernel integrates and of the panels and steps it integrates them over."""

from __future__ import annotations

import sympy as sp

from codegen.families.smooth_subject import SmoothSubject
from codegen.fused_functions import fused
from codegen.kernel_plan import exact_pair, expression_text, tuple_text
from codegen.panel_plan import PanelPlan
from codegen.shared_terms import shared_terms_text
from symbolic_moments.normal import Phi


def tables(subject: SmoothSubject) -> str:
    """Text of ``_derivative``, ``_value_and_slope``, ``_value_panels``, ``_slope_panels`` and ``_rules``."""
    return "\n".join(
        [
            "def _derivative(xp: Any, x: Any) -> Any:",
            '    """``g\'(x)``."""',
            f"    return {subject.slope_text()}",
            "",
            "",
            "def _value_and_slope(xp: Any, x: Any) -> Any:",
            '    """``[g(x), g\'(x)]``, terms they share made once."""',
            *_both_lines(subject),
            "",
            "",
            *_value_lines(subject),
            *_logarithmic_slope_lines(subject),
            *panel_lines("_value_panels", "g", subject.value_plan),
            "",
            "",
            *panel_lines("_slope_panels", "g'", subject.slope_plan),
            "",
            "",
            *_level_lines(subject),
            *_rule_lines(subject),
        ]
    )


def _level_lines(subject: SmoothSubject) -> list[str]:
    if subject.level is None:
        return []
    constant = sp.sstr(subject.level.polynomial)
    return [
        "def _rest_level(xp: Any, x: Any) -> Any:",
        f'    """``g(x) - ({constant})``, small at both ends."""',
        f"    return {expression_text(fused(subject.level.rest))}",
        "",
        "",
        *panel_lines("_rest_level_panels", f"g - ({constant})", subject.level.plan),
        "",
        "",
    ]


def _both_lines(subject: SmoothSubject) -> list[str]:
    if subject.root_form is None:
        return subject.shared_terms()
    return [f"    return [{subject.at_nodes}(xp, x), _derivative(xp, x)]"]


def _value_lines(subject: SmoothSubject) -> list[str]:
    if not subject.precise:
        return []
    return [
        "def _value(xp: Any, x: Any) -> Any:",
        '    """``g(x)`` at a node, the arguments of its functions rounded."""',
        f"    return {subject.value_text()}",
        "",
        "",
    ]


def _logarithmic_slope_lines(subject: SmoothSubject) -> list[str]:
    if not any((*subject.value_plan.frame.faster, *subject.slope_plan.frame.faster)):
        return []
    return [
        "def _logarithmic_slope(xp: Any, x: Any) -> Any:",
        '    """``g\'(x) / g(x)``."""',
        *_quotient_lines(subject),
        "",
        "",
    ]


def _quotient_lines(subject: SmoothSubject) -> list[str]:
    """Of the plain Phi, which underflows with its density: the precise one ends in a constant far out."""
    if not subject.function.has(Phi):
        return ["    value, slope = _value_and_slope(xp, x)", "    return slope / value"]
    *terms, last = shared_terms_text((subject.function, subject.derivative))
    return [*terms, f"    value, slope = {last.strip().removeprefix('return ')}", "    return slope / value"]


def panel_lines(name: str, what: str, plan: PanelPlan) -> list[str]:
    """Lines of the function ``name``: the panels of ``what``."""
    pairs = [f"        {exact_pair(cut)}," for cut in plan.breakpoints]
    rates = ", ".join(expression_text(rate) for rate in plan.frame.rates)
    slopes = ["_logarithmic_slope" if faster else "None" for faster in plan.frame.faster]
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Breakpoints of {what}, its decay rates at both ends, (log g)\' where it decays faster, bounds."""',
        "    breakpoints = [",
        *pairs,
        "    ]",
        f"    return breakpoints, ({rates}), ({', '.join(slopes)}), {_bounds_text(plan)}",
    ]


def _bounds_text(plan: PanelPlan) -> str:
    """Between the first two the function does not decay, outside of the others it is 0."""
    support = ["-xp.inf" if not plan.support[0].is_finite else expression_text(plan.support[0])]
    support.append("xp.inf" if not plan.support[1].is_finite else expression_text(plan.support[1]))
    return f"({', '.join([*map(expression_text, plan.frame.ends), *support])})"


def _rule_lines(subject: SmoothSubject) -> list[str]:
    plan = subject.trapezoids
    classes = () if plan is None else plan.classes
    span = "(-xp.inf, xp.inf)" if plan is None or plan.span is None else tuple_text(plan.span)
    return [
        "def _rules(xp: Any) -> Any:",
        '    """Steps (p, q) of the trapezoid, the largest sigma of each; its range of mu; what counts as wide."""',
        "    classes: Any = [",
        *(f"        (({step.p}, {step.q}), {expression_text(sigma)})," for step, sigma in classes),
        "    ]",
        f"    return classes, {span}, {tuple_text(subject.wide)}",
    ]
