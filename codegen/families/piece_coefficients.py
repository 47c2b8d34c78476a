"""Hermite coefficients and derivatives of piecewise polynomials as kernel text.

While sigma is below the smallest piece, jumps of the derivatives at the corners; above it, where jumps nearly cancel
each other, the definition over the bounded pieces.
"""

from __future__ import annotations

import sympy as sp

from codegen.algebraic import normal_form
from codegen.exact_comparisons import is_double
from codegen.families.contract import SIGNATURE
from codegen.families.piece_expectations import expectations, indented
from codegen.families.pieces import Pieces
from codegen.kernel_plan import exact_pair, expression_text
from codegen.lossy_numbers import lossless


def shares(pieces: Pieces) -> str:
    """Text of ``_derivative_shares``."""
    pieces = pieces.without_powers
    transforms = [[sp.diff(p.polynomial, pieces.x, k) for p in pieces.pieces] for k in range(pieces.degree + 1)]
    lines = [
        f"def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int{pieces.typed}) -> Any:",
        '    """``E[g^(k)]`` without the jumps, and ``sigma^k`` times the share of the jumps."""',
        *indented(pieces.with_cuts(expectations(pieces, transforms, "smooth"))),
        "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
    ]
    for number, corner in enumerate(pieces.breakpoints):
        lines += indented(jump_lines(corner, pieces.jumps(number)))
    lines.append("    return smooth, local")
    return "\n".join(lines)


def jump_lines(corner: sp.Expr, jumps: list[tuple[int, sp.Expr]]) -> list[str]:
    """Statements that add the jumps at one corner to the list ``local``."""
    listed = ", ".join(f"({j}, {expression_text(jump * sp.Symbol('spread') ** j)})" for j, jump in jumps)
    return [
        f"distance, peak = corner_density(xp, mu, spread, {exact_pair(corner)})",
        "peaks = hermite_times(-distance / spread, peak, max(degree - 1, 0))",
        f"jumps = jump_share(xp, peaks, [{listed}], degree)",
        "local = [total + jump for total, jump in zip(local, jumps, strict=True)]",
    ]


def limits(pieces: Pieces) -> str:
    """Text of ``_derivatives_at``, the limits for sigma -> 0."""
    lines = [
        f"def _derivatives_at(xp: Any, x: Any, degree: int{pieces.typed}) -> Any:",
        '    """``g^(k)(x)``, k = 0 .. degree: the limits for sigma -> 0; NaN where there is none."""',
        f"    values = [_activation(xp, x{pieces.given})]",
        "    values += [xp.zeros_like(x) for _ in range(degree)]",
    ]
    for k in range(1, pieces.degree + 1):
        value = expression_text(sp.diff(pieces.polynomials[-1], pieces.x, k))
        for corner, polynomial in zip(reversed(pieces.breakpoints), reversed(pieces.polynomials[:-1]), strict=True):
            side = expression_text(sp.diff(polynomial, pieces.x, k))
            value = f"xp.where({expression_text(sp.Lt(pieces.x, corner))}, {side}, {value})"
        lines += [f"    if degree >= {k}:", f"        values[{k}] = values[{k}] + {value}"]
    for number, corner in enumerate(pieces.breakpoints):
        if corner.free_symbols:
            lines += indented(_open_corner_lines(pieces, number))
            continue
        if not is_double(corner):
            continue
        first = pieces.jumps(number)[0][0]
        at = f"x == {expression_text(corner)}"
        if first >= 1:
            sides = [
                sp.diff(p, pieces.x, first).subs(pieces.x, corner) for p in pieces.polynomials[number : number + 2]
            ]
            middle = expression_text(sp.expand(sum(sides) / 2))
            lines += [
                f"    if degree >= {first}:",
                f"        values[{first}] = xp.where({at}, {middle}, values[{first}])",
            ]
        start = max(first + 1, 1)
        lines += [
            f"    for k in range({start}, degree + 1):",
            f"        values[k] = xp.where({at}, xp.nan, values[k])",
        ]
    lines.append("    return values")
    return "\n".join(lines)


def _open_corner_lines(pieces: Pieces, number: int) -> list[str]:
    """Limits at a corner whose jumps depend on parameters: the mean of both sides up to the first jump."""
    corner = pieces.breakpoints[number]
    jumps, conditions = dict(pieces.jumps(number)), list[str]()
    lines, kinked = [f"corner = x == {expression_text(corner)}"], False
    for k in range(pieces.degree + 1):
        if k >= 1:
            sides = [sp.diff(p, pieces.x, k).subs(pieces.x, corner) for p in pieces.polynomials[number : number + 2]]
            limit = "xp.nan" if kinked else expression_text(sp.expand(sum(sides) / 2))
            if conditions and not kinked:
                limit = f"xp.where({' | '.join(conditions)}, xp.nan, {limit})"
            lines += [f"if degree >= {k}:", f"    values[{k}] = xp.where(corner, {limit}, values[{k}])"]
        if k in jumps:
            kinked = kinked or bool(jumps[k].is_nonzero)
            conditions.append(f"({expression_text(jumps[k])} != 0)")
    closing = "corner" if kinked else f"corner & ({' | '.join(conditions)})"
    return [
        *lines,
        f"for k in range({pieces.degree + 1}, degree + 1):",
        f"    values[k] = xp.where({closing}, xp.nan, values[k])",
    ]


def hermite(pieces: Pieces) -> str:
    """Text of ``_hermite_coefficients``."""
    lines = [
        f"def _hermite_coefficients({SIGNATURE}, degree: int{pieces.typed}) -> Any:",
        '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
        *_by_width_lines(pieces, "to_hermite(smooth, local, {}, degree)", "whole"),
    ]
    lines.append(f"    return set_where(point, values, [_activation(xp, mu[point]{pieces.at_point})] + [0] * degree)")
    return "\n".join(lines)


def _by_width_lines(pieces: Pieces, by_jumps: str, by_definition: str) -> list[str]:
    """Statements that make ``values``: by jumps while sigma is below the smallest piece, from the definition above."""
    width = pieces.smallest_width
    if width is None:
        return [
            f"    smooth, local = _derivative_shares(xp, mu, spread, degree{pieces.given})",
            f"    values = {by_jumps.format('spread')}",
        ]
    narrow, wide = pieces.given_at("narrow"), pieces.given_at("wide")
    return [
        f"    wide = spread > {expression_text(width)}",
        "    narrow = ~wide",
        "    values = [xp.zeros_like(mu) for _ in range(degree + 1)]",
        f"    smooth, local = _derivative_shares(xp, mu[narrow], spread[narrow], degree{narrow})",
        f"    values = set_where(narrow, values, {by_jumps.format('spread[narrow]')})",
        f"    whole = _wide_coefficients(xp, mu[wide], spread[wide], degree{wide})",
        f"    values = set_where(wide, values, {by_definition})",
    ]


def wide(pieces: Pieces) -> str:
    """Text of ``_wide_coefficients``: sigma beyond the smallest piece, where jumps nearly cancel each other.

    A constant at the left end is taken off first: a small step on a high level would drown in it. Where the rest
    cancels most of the level, which is farther than sigma, the mean is that of g itself.
    """
    pieces = pieces.without_powers
    level = pieces.polynomials[0] if not pieces.polynomials[0].has(pieces.x) else sp.Integer(0)
    ends = [pieces.polynomials[0] - level, sp.expand(pieces.polynomials[-1] - level)]
    last = len(pieces.breakpoints)
    transforms = []
    for k in range(pieces.degree + 1):
        sides = [sp.diff(p, pieces.x, k) for p in ends]
        transforms.append(
            [sides[0] if p.number == 0 else sides[1] if p.number == last else sp.Integer(0) for p in pieces.pieces]
        )
    lines = [
        f"def _wide_coefficients(xp: Any, mu: Any, spread: Any, degree: int{pieces.typed}) -> Any:",
        '    """``c_k`` from the definition over the bounded pieces and in closed form beyond them."""',
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
            body += indented(jump_lines(corner, jumps))
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
    if level != 0:
        height, first = expression_text(level), expression_text(pieces.breakpoints[0])
        rows = f"mu[small], spread[small], 0{pieces.given_at('small')}"
        body += [
            f"    values[0] = values[0] + {height}",
            f"    small = xp.flatnonzero((mu - {first} > spread) & (4 * xp.abs(values[0]) < xp.abs({height})))",
            "    if len(small):",
            f"        values[0][small] = _raw_moments(xp, {rows})[0]",
        ]
    return "\n".join([*lines, *pieces.with_cuts(body), "    return values"])


def derivatives(pieces: Pieces) -> str:
    """Text of ``_expected_derivatives``."""
    lines = [
        f"def _expected_derivatives({SIGNATURE}, degree: int{pieces.typed}) -> Any:",
        '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
        *_by_width_lines(
            pieces, "to_derivatives(smooth, local, {}, degree)", "to_derivatives([], whole, spread[wide], degree)"
        ),
    ]
    lines.append(f"    return set_where(point, values, _derivatives_at(xp, mu[point], degree{pieces.at_point}))")
    return "\n".join(lines)
