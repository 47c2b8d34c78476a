"""Hermite coefficients of piecewise polynomials under wide Gaussians as kernel text.

Beyond the smallest piece the jumps at its ends nearly cancel each other: bounded pieces are integrated from the
definition, what lies beyond them in closed form.
"""

from __future__ import annotations

import sympy as sp

from codegen.algebraic import normal_form
from codegen.families.crossings import HIGHEST, expected, widest
from codegen.families.piece_expectations import expectations, indented
from codegen.families.pieces import Piece, Pieces
from codegen.kernel_plan import exact_pair, expression_text
from codegen.lossy_numbers import lossless


def wide_functions(pieces: Pieces) -> list[str]:
    """Texts of the functions for wide Gaussians: about a constant at the left end, about the piece around mu."""
    width = widest(pieces)
    if width is None:
        return []
    return [_wide(pieces), *(_wide(pieces, piece) for piece in around_mu(pieces, width))]


def around_mu(pieces: Pieces, width: sp.Expr) -> list[Piece]:
    """Pieces, at most squares, that may lie around a Gaussian too wide for the smallest: broad ones and the ends.

    None where all bounded pieces are alike: then none of them is nearly all that the Gaussian sees.
    """
    broad = [p for p in pieces.true_pieces if p.width != sp.oo and not width.free_symbols and p.width > 2 * width]
    ends = [p for p in pieces.true_pieces if p.width == sp.oo and broad]
    return [p for p in (*broad, *ends) if sp.diff(p.polynomial, pieces.x, HIGHEST + 1) == 0]


def bounds_of(piece: Piece) -> list[str]:
    """Conditions under which mu lies in a piece, or beside it by half of sigma, with half of sigma at most its width.

    Beside it as well: in what is too small for sigma between two broad pieces, either of them is most of g.
    """
    bounds = []
    if piece.lower is not None:
        bounds.append(f"(mu > {expression_text(piece.lower)} - spread / 2)")
    if piece.upper is not None:
        bounds.append(f"(mu < {expression_text(piece.upper)} + spread / 2)")
    if piece.width != sp.oo:
        bounds.append(f"(spread < {expression_text(piece.width / 2)})")
    return bounds


def _wide(pieces: Pieces, around: Piece | None = None) -> str:
    """Text of ``_wide_coefficients``: sigma beyond the smallest piece, where jumps nearly cancel each other.

    A constant at the left end is taken off first: a small step on a high level would drown in it. Where the rest
    cancels most of the level, which is farther than sigma, the mean is that of g itself. With a broad piece ``around``
    mu that piece's polynomial is taken off, for the same reason.
    """
    pieces = pieces.without_powers
    constant = pieces.polynomials[0] if not pieces.polynomials[0].has(pieces.x) else sp.Integer(0)
    level = constant if around is None else around.polynomial
    ends = [sp.expand(pieces.polynomials[0] - level), sp.expand(pieces.polynomials[-1] - level)]
    last = len(pieces.breakpoints)
    transforms = []
    for k in range(pieces.degree + 1):
        sides = [sp.diff(p, pieces.x, k) for p in ends]
        transforms.append(
            [sides[0] if p.number == 0 else sides[1] if p.number == last else sp.Integer(0) for p in pieces.pieces]
        )
    suffix, where = ("", "the bounded pieces")
    if around is not None:
        suffix, where = f"_{around.number}", "the bounded pieces but the one around mu"
    lines = [
        f"def _wide_coefficients{suffix}(xp: Any, mu: Any, spread: Any, degree: int{pieces.typed}) -> Any:",
        f'    """``c_k`` from the definition over {where}, in closed form elsewhere."""',
    ]
    body = [
        *indented(expectations(pieces, transforms, "smooth")),
        "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
    ]
    for corner, sign, polynomial in (
        (pieces.breakpoints[0], -1, ends[0]),
        (pieces.breakpoints[-1], 1, ends[1]),
    ):
        values = [
            (j, normal_form(sp.expand(sign * sp.diff(polynomial, pieces.x, j).subs(pieces.x, corner))))
            for j in range(pieces.degree + 1)
        ]
        jumps = [(j, value if value.free_symbols else lossless(value)) for j, value in values if value != 0]
        if jumps:
            body += indented(jump_lines(density_at(corner), jumps))
    body.append("    values = to_hermite(smooth, local, spread, degree)")
    for piece in pieces.true_pieces:
        polynomial = sp.expand(piece.polynomial - level)
        if 0 < piece.number < last and polynomial != 0:
            body += [
                "    share = panel_hermite(",
                f"        xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, "
                f"{pieces.factors(polynomial, piece)}, degree",
                "    )",
                "    values = [total + part for total, part in zip(values, share, strict=True)]",
            ]
    if around is not None:
        body += indented(_whole_line_lines(pieces, level))
    elif level != 0:
        height, first = expression_text(level), expression_text(pieces.breakpoints[0])
        rows = f"mu[small], spread[small], 0{pieces.given_at('small')}"
        body += [
            f"    values[0] = values[0] + {height}",
            f"    small = xp.flatnonzero((mu - {first} > spread) & (4 * xp.abs(values[0]) < xp.abs({height})))",
            "    if len(small):",
            f"        values[0][small] = _raw_moments(xp, {rows})[0]",
        ]
    return "\n".join([*lines, *pieces.with_cuts(body), "    return values"])


def _whole_line_lines(pieces: Pieces, polynomial: sp.Expr) -> list[str]:
    """Statements that add a polynomial's own coefficients, ``c_k = sigma^k E[p^(k)]``, to ``values``."""
    lines = []
    for k in range(HIGHEST + 1):
        share = expected(polynomial, pieces.x, k)
        if share != 0:
            lines += [
                f"if degree >= {k}:",
                f"    values[{k}] = values[{k}] + spread ** {k} * ({expression_text(share)})",
            ]
    return lines


def density_at(corner: sp.Expr) -> str:
    """The call that gives the distance from a corner and the density there."""
    return f"corner_density(xp, mu, spread, {exact_pair(corner)})"


def jump_lines(at_corner: str, jumps: list[tuple[int, sp.Expr]]) -> list[str]:
    """Statements that add the jumps at one corner, where distance and density are given, to the list ``local``."""
    listed = ", ".join(f"({j}, {expression_text(jump * sp.Symbol('spread') ** j)})" for j, jump in jumps)
    return [
        f"distance, peak = {at_corner}",
        "peaks = hermite_times(-distance / spread, peak, max(degree - 1, 0))",
        f"jumps = jump_share(xp, peaks, [{listed}], degree)",
        "local = [total + jump for total, jump in zip(local, jumps, strict=True)]",
    ]
