"""Polynomials between breakpoints: arcs between crossings, in closed form."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from codegen.circle.plan import CLOSED, CirclePlan, circle_function
from codegen.kernel_plan import exact_pair, polynomial_coefficients, tuple_text
from codegen.roots import has_root_away_from_zero
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

__all__ = ["piecewise_plan"]


def piecewise_plan(decomposition: Decomposition) -> CirclePlan:
    """The kernel of a function of family PP."""
    ends = [None, *decomposition.breakpoints, None]
    lines = ["size = xp.where(A == 0, 1, xp.abs(A))", "rows = [xp.zeros_like(A) for _ in range(frequencies + 1)]"]
    for piece, (lower, upper) in zip(decomposition.pieces, pairwise(ends), strict=True):
        if piece == 0:
            continue
        low, high = ("None" if end is None else exact_pair(end) for end in (lower, upper))
        inside = (lower is None or lower < 0) and (upper is None or upper > 0)
        about = [_about(piece, end) for end in (lower, upper, sp.S.Zero if inside else None)]
        lines += [
            f"ends = {low}, {high}",
            f"polynomials = ({', '.join(about)})",
            "piece = circle_piece(xp, size, b, ends, polynomials, frequencies)",
            "rows = [row + part for row, part in zip(rows, piece, strict=True)]",
        ]
    rooted = has_root_away_from_zero(sp.S.Zero, decomposition, x)
    lines.append("return both_halves(xp, A, b, rows, _activation(xp, b))")
    return CirclePlan(
        [circle_function("Pieces over the arcs between crossings of the breakpoints", lines)],
        CLOSED,
        [
            "between crossings of breakpoints: sines of multiples of the crossings",
            "arcs below 1 radian (3/2 from degree 4 on), next to a tangent: Gauss-Legendre nodes, exact to rounding",
        ],
        input_ulps=4 if rooted else 0,
    )


def _about(piece: sp.Expr, place: sp.Expr | None) -> str:
    """Coefficients about a place, lowest power first."""
    return "None" if place is None else tuple_text(polynomial_coefficients(sp.expand(piece.subs(x, x + place)), x))
