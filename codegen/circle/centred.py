"""erf, gelu and their like: in closed form on circles about 0, by the rules for smooth functions on others."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from codegen.circle.plan import CirclePlan, circle_function
from codegen.kernel_plan import expression_text
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

__all__ = ["with_closed_centre"]


def with_closed_centre(plan: CirclePlan, decomposition: Decomposition) -> CirclePlan:
    """The plan with a closed form for b = 0, where g is ``x^n (s + w Phi(a x))``, n = 0 or 1; else the plan as it is.

    Of other polynomials around Phi the parts could cancel.
    """
    terms = decomposition.error_terms
    closed = decomposition.pieces and not decomposition.breakpoints and decomposition.remainder == 0
    if not closed or len(terms) != 1 or terms[0].is_tilted or terms[0].offset != 0 or any(decomposition.terms):
        return plan
    (term,) = terms
    power = int(sp.degree(term.polynomial, x)) if term.polynomial.has(x) else 0
    weight = sp.simplify(term.polynomial / x**power)
    straight = sp.simplify((decomposition.pieces[0] + term.polynomial / 2) / x**power)
    if power > 1 or weight.has(x) or straight.has(x):
        return plan
    slope, weight, straight = (expression_text(one) for one in (term.slope, weight, straight))
    lines = [
        "moments = [xp.zeros_like(A) for _ in range(frequencies + 1)]",
        "centred, rest = xp.flatnonzero(b == 0), xp.flatnonzero(b != 0)",
        "if len(centred):",
        f"    values = circle_error(xp, {slope}, {weight}, {power}, {straight}, A[centred], frequencies)",
        "    for moment, value in zip(moments, values, strict=True):",
        "        moment[centred] = value",
        "if len(rest):",
        "    for moment, value in zip(moments, _off_centre(xp, A[rest], b[rest], frequencies), strict=True):",
        "        moment[rest] = value",
        "return moments",
    ]
    *others, general = plan.functions
    return replace(
        plan,
        functions=[
            *others,
            general.replace("def _circle_moments(", "def _off_centre("),
            circle_function("Bessel functions where b = 0", lines),
        ],
        regimes=["b = 0: modified Bessel functions of (a A)^2/4", *plan.regimes],
    )
