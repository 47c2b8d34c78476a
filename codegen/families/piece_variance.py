"""The variance of piecewise polynomials as kernel text: one piece's polynomial, and what the others add to it."""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp

from codegen.algebraic import normal_form
from codegen.families.contract import SIGNATURE
from codegen.families.piece_expectations import expectations, indented, v
from codegen.families.pieces import Piece, Pieces
from codegen.kernel_plan import exact_pair, expression_text, polynomial_coefficients

_STEEP = 3
"""From this degree on a polynomial varies far more beyond its piece than g does."""


def variance(pieces: Pieces, around: Collection[int] | None = None) -> str:
    """Text of ``_variance``; where sigma is small and mu stays on some pieces, those ``around`` it alone are asked.

    With p the polynomial of one piece and u = g - p: Var g = Var p + 2 Cov(p, u) + Var u. The first two are finite
    sums of Hermite coefficients; u vanishes on that piece. Of the most probable piece E[u]^2 is at most a fraction of
    E[u^2]; of steep polynomials that piece is taken whose terms, all of which cancel to Var g, are the smallest.
    """
    pieces = pieces.uncut
    steep = pieces.degree >= _STEEP
    how = "one piece" if steep else "the most probable piece"
    lines = [
        f"def _variance({SIGNATURE}{pieces.typed}) -> Any:",
        f'    """``Var g(y)``: the polynomial of {how}, and what the others add."""',
        "    point, spread = split_point_mass(xp, sigma)",
        f"    coefficients = _hermite_coefficients(xp, mu, spread, {max(pieces.degree, 1)}{pieces.given})",
    ]
    if pieces.degree >= 1 and not steep:
        lines.append(f"    moments = gaussian_moments(xp, mu, spread * spread, {pieces.degree - 1})")
    start = ["    best = xp.zeros_like(mu) + xp.nan"] if steep else ["    best = -xp.ones_like(mu)"]
    lines += [*start, "    result = xp.zeros_like(mu)"]
    for piece in pieces.true_pieces:
        if around is not None and piece.number not in around:
            continue
        lines += _candidate_lines(pieces, piece, steep)
        lines += [
            f"    better = {'(size < best) | (best != best)' if steep else 'shares[0] > best'}",
            "    result = xp.where(better, candidate, result)",
            f"    best = xp.where(better, {'size' if steep else 'shares[0]'}, best)",
        ]
    lines.append("    return set_where(point, [result], [0])[0]")
    return "\n".join(lines)


def _candidate_lines(pieces: Pieces, piece: Piece, steep: bool) -> list[str]:
    """Statements for ``candidate``, the variance about the polynomial of one piece, and the ``size`` of its terms."""
    inside = [sp.Integer(1 if p.number == piece.number else 0) for p in pieces.pieces]
    gap = [sp.expand(p.polynomial - piece.polynomial) for p in pieces.pieces]
    squares = [sp.expand(g**2) for g in gap]
    terms = _without_signs(pieces, squares) if steep else squares
    listed = [inside, gap, squares] if terms == squares else [inside, gap, squares, terms]
    lines = indented(expectations(pieces, listed, "shares"))
    lines.append("    candidate = shares[2] - shares[1] * shares[1]")
    origin, moments = _flattest_end(pieces, piece) if steep else sp.Integer(0), sp.IndexedBase("moments")
    if steep:
        lines.append(f"    size = shares[{len(listed) - 1}] + shares[1] * shares[1]")
        if piece.polynomial.has(pieces.x):
            place = "mu" if origin == 0 else f"distance_to(mu, {exact_pair(origin)})[0]"
            lines.append(f"    moments = gaussian_moments(xp, {place}, spread * spread, {pieces.degree - 1})")
    for k in range(1, pieces.degree + 1):
        derivative = sp.diff(piece.polynomial, pieces.x, k).subs(pieces.x, origin + v)
        about = [normal_form(c) if steep else c for c in polynomial_coefficients(sp.expand(derivative), v)]
        near = sp.Add(*(c * moments[j] for j, c in enumerate(about)))
        if near == 0:
            continue
        power = f"spread ** {k}" if k > 1 else "spread"
        divisor = f" / {sp.factorial(k)}" if k > 1 else ""
        lines += [
            f"    near = {power} * ({expression_text(near)})",
            f"    candidate = candidate + near * (2 * coefficients[{k}] - near){divisor}",
        ]
        if steep:
            lines.append(f"    size = size + xp.abs(near) * (2 * xp.abs(coefficients[{k}]) + xp.abs(near)){divisor}")
    return lines


def _without_signs(pieces: Pieces, polynomials: list[sp.Expr]) -> list[sp.Expr]:
    """The polynomials; beyond the outer corners, where powers of the distance may cancel, with all of them added.

    Of what has parameters the signs are not known.
    """
    found = list(polynomials)
    for index, corner, side in ((0, pieces.left_corner, -1), (-1, pieces.right_corner, 1)):
        coefficients = polynomial_coefficients(sp.expand(found[index].subs(pieces.x, corner + side * v)), v)
        if all(c.is_number for c in coefficients) and any(c.is_negative for c in coefficients):
            distance = side * (pieces.x - corner)
            found[index] = sp.expand(sp.Add(*(abs(c) * distance**j for j, c in enumerate(coefficients))))
    return found


def _flattest_end(pieces: Pieces, piece: Piece) -> sp.Expr:
    """The place about which derivatives are expanded: the end of the piece at which most of them vanish, or 0."""
    slope = sp.diff(piece.polynomial, pieces.x)

    def vanishing(place: sp.Expr) -> int:
        orders = range(pieces.degree)
        values = (normal_form(sp.expand(sp.diff(slope, pieces.x, k).subs(pieces.x, place))) for k in orders)
        return next((k for k, value in enumerate(values) if value != 0), 0)

    places = [sp.Integer(0), *(end for end in (piece.lower, piece.upper) if end is not None)]
    return max(places, key=vanishing)
