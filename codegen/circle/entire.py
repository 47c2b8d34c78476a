"""Exponentials and waves on the whole line: Bessel functions, or a trapezoidal rule as long as the amplitude."""

from __future__ import annotations

import sympy as sp

from codegen.circle.plan import CLOSED, QUADRATURE, CirclePlan, circle_function
from codegen.kernel_plan import exact_pair, expression_text
from codegen.precise_arguments import with_precise_arguments
from symbolic_moments.decomposition import Decomposition, Term
from symbolic_moments.symbols import x

__all__ = ["bessel_plan", "is_of_exponential_type", "type_plan"]


def is_of_exponential_type(decomposition: Decomposition) -> bool:
    """Whether g is a sum of polynomials times exponentials and waves on the whole line."""
    return (
        bool(decomposition.pieces)
        and not decomposition.breakpoints
        and not decomposition.error_terms
        and decomposition.remainder == 0
        and all(term.q == 0 and term.chirp == 0 for terms in decomposition.terms for term in terms)
    )


def bessel_plan(decomposition: Decomposition) -> CirclePlan | None:
    """The kernel of one exponential or one wave; None for anything else, whose addends would cancel."""
    terms = decomposition.terms[0] if decomposition.terms else ()
    if decomposition.pieces[0] != 0 or len(terms) != 1 or terms[0].polynomial.has(x) or terms[0].sine.has(x):
        return None
    (term,) = terms
    if term.w == 0:
        return _exponential(term)
    return _wave(term) if term.c == 0 else None


def _exponential(term: Term) -> CirclePlan:
    lines = [
        f"return circle_exponential(xp, {expression_text(term.polynomial)}, {exact_pair(term.c)}, A, b, frequencies)"
    ]
    return CirclePlan(
        [circle_function("``2 pi exp(c b) I_r(c A)``", lines)],
        CLOSED,
        ["modified Bessel functions; where the value is no double, infinity or 0"],
        input_ulps=0,
    )


def _wave(term: Term) -> CirclePlan:
    turned = -term.polynomial * sp.sin(term.w * x) + term.sine * sp.cos(term.w * x)
    quarter = "\n".join(
        [
            "def _quarter_on(xp: Any, x: Any) -> Any:",
            '    """``g`` a quarter of its period on."""',
            f"    return {expression_text(with_precise_arguments(turned, x))}",
        ]
    )
    lines = [
        f"rate = {expression_text(term.w)}",
        "return circle_wave(xp, rate, A, _activation(xp, b), _quarter_on(xp, b), frequencies)",
    ]
    return CirclePlan(
        [quarter, circle_function("``2 pi g(b + r pi / (2 w)) J_r(w A)``", lines)],
        CLOSED,
        ["Bessel functions times g at the offset, a quarter of a period on for each r"],
    )


def type_plan(decomposition: Decomposition, activation: str | None) -> CirclePlan:
    """The kernel of any function of exponential type: the trapezoidal rule, with nodes by ``rate |A|``."""
    rates = [sp.sqrt(term.c**2 + term.w**2) for terms in decomposition.terms for term in terms]
    rate = max(rates, key=float, default=sp.Integer(0))
    degree = max(
        (
            sp.degree(part, x)
            for part in (decomposition.pieces[0], *(p for t in decomposition.terms[0] for p in (t.polynomial, t.sine)))
            if part.has(x)
        ),
        default=0,
    )
    lines = [
        "size = xp.where(A == 0, 1, xp.abs(A))",
        f"rate, degree = {expression_text(rate)}, {degree}",
        "",
        "def function(y: Any) -> Any:",
        "    return _activation(xp, y)",
        "",
        "rows = circle_of_type(xp, function, size, b, rate, frequencies + degree)[: frequencies + 1]",
        "return both_halves(xp, A, b, rows, function(b))",
    ]
    return CirclePlan(
        [circle_function("The trapezoidal rule: g is of exponential type", lines)],
        QUADRATURE,
        [
            f"trapezoidal rule, its nodes by {rate} |A|: Fourier coefficients vanish beyond",
            "where g overflows on the circle: infinity at every r",
        ],
        activation=activation,
    )
