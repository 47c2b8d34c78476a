"""Functions without a closed form on the circle: the trapezoidal rule where it is enough, panels elsewhere."""

from __future__ import annotations

import sympy as sp

from codegen.circle.plan import QUADRATURE, CirclePlan, circle_function
from codegen.fused_functions import fused
from codegen.kernel_plan import exact_pair, expression_text
from codegen.kink_root_forms import kink_root_form
from codegen.panel_plan import panel_plan
from codegen.plan_check import Sample
from codegen.precise_arguments import with_precise_arguments
from codegen.root_forms import root_form
from codegen.stable_forms import stabilised
from codegen.structures import structures
from symbolic_moments.symbols import x

__all__ = ["panels_plan", "rooted_activation"]

_WIDTHS = 4
"""The trapezoidal rule is tried to an amplitude of so many widths of the narrowest structure: its nodes see all."""


def panels_plan(expression: sp.Expr, kinks: tuple[sp.Expr, ...]) -> CirclePlan:
    """The kernel of a function that is smooth between ``kinks``.

    Raises
    ------
    NoPanelPlanError
        The function cannot be cut into a moderate number of panels.
    """
    function = stabilised(expression)
    found = structures(function, x, kinks)
    plan = panel_plan(function, x, kinks, found)
    cuts = ", ".join(exact_pair(cut) for cut in plan.breakpoints) + "," * (len(plan.breakpoints) == 1)
    farthest = _WIDTHS * min(one.width for one in found)
    lines = [
        "size = xp.where(A == 0, 1, xp.abs(A))",
        f"cuts = ({cuts})",
        "",
        "def function(y: Any) -> Any:",
        "    return _activation(xp, y)",
        "",
    ]
    regimes = [f"{len(plan.breakpoints)} cuts; between their crossings Gauss-Legendre panels, a quarter turn at most"]
    if kinks:
        lines.append("rows = circle_panels(xp, function, size, b, cuts, frequencies)")
    else:
        lines.append(f"rows = smooth_circle(xp, function, size, b, {farthest}, cuts, frequencies)")
        regimes.insert(0, f"|A| <= {farthest}, where its last Fourier coefficients are rounding: trapezoidal rule")
    lines.append("return both_halves(xp, A, b, rows, function(b))")
    statement = "The trapezoidal rule and panels" if not kinks else "Panels between kinks and other cuts"
    return CirclePlan(
        [circle_function(statement, lines)],
        QUADRATURE,
        regimes,
        activation=rooted_activation(expression, kinks),
        sample=Sample(found, kinks),
    )


def rooted_activation(expression: sp.Expr, kinks: tuple[sp.Expr, ...]) -> str | None:
    """Text of ``_activation`` where the terms of g cancel next to 0 or a kink."""
    function = stabilised(expression)
    form = root_form(function, x, kinks) or kink_root_form(function, x, kinks)
    if form is None:
        return None
    plain = expression_text(fused(with_precise_arguments(function, x)))
    return "\n".join(
        [
            "def _activation(xp: Any, x: Any) -> Any:",
            f'    """``{sp.sstr(expression)}``; where terms cancel by its Taylor polynomial."""',
            f"    return {form.text(plain)}",
        ]
    )
