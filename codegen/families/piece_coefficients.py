"""Hermite coefficients and derivatives of piecewise polynomials as kernel text.

While sigma is not far above the smallest piece, jumps of the derivatives at the corners; beyond that, where jumps
nearly cancel each other, the definition over the bounded pieces (``wide_pieces.py``).
"""

from __future__ import annotations

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families import crossings
from codegen.families.contract import SIGNATURE
from codegen.families.piece_expectations import expectations, indented
from codegen.families.pieces import Pieces
from codegen.families.wide_pieces import around_mu, bounds_of, density_at, jump_lines
from codegen.kernel_plan import expression_text


def shares(pieces: Pieces) -> str:
    """Text of ``_derivative_shares``."""
    crossed, pieces = crossings.serve(pieces), pieces.without_powers
    transforms = [[sp.diff(p.polynomial, pieces.x, k) for p in pieces.pieces] for k in range(pieces.degree + 1)]
    body = crossings.crossing_lines(pieces) if crossed else expectations(pieces, transforms, "smooth")
    lines = [
        f"def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int{pieces.typed}) -> Any:",
        '    """``E[g^(k)]`` without the jumps, and ``sigma^k`` times the share of the jumps."""',
        *indented(pieces.with_cuts(body)),
        "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
    ]
    for number, corner in enumerate(pieces.breakpoints):
        at_corner = f"crossing_{number}[:2]" if crossed else density_at(corner)
        lines += indented(jump_lines(at_corner, pieces.jumps(number)))
    lines.append("    return smooth, local")
    return "\n".join(lines)


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
    width = crossings.widest(pieces)
    if width is None:
        return [
            f"    smooth, local = _derivative_shares(xp, mu, spread, degree{pieces.given})",
            f"    values = {by_jumps.format('spread')}",
        ]
    around = around_mu(pieces, width)
    lines = [
        f"    is_wide = spread > {expression_text(width)}",
        "    narrow = xp.flatnonzero(~is_wide)",
        "    values = [xp.zeros_like(mu) for _ in range(degree + 1)]",
        f"    smooth, local = _derivative_shares(xp, mu[narrow], spread[narrow], degree{pieces.given_at('narrow')})",
        f"    values = set_where(narrow, values, {by_jumps.format('spread[narrow]')})",
    ]
    for piece in around:
        lines += [
            f"    is_inside = is_wide & {' & '.join(bounds_of(piece))}",
            f"    inside_{piece.number} = xp.flatnonzero(is_inside)",
            "    is_wide = is_wide & ~is_inside",
        ]
    lines.append("    wide = xp.flatnonzero(is_wide)")
    for rows, suffix in (("wide", ""), *((f"inside_{p.number}", f"_{p.number}") for p in around)):
        lines += [
            f"    whole = _wide_coefficients{suffix}(xp, mu[{rows}], spread[{rows}], degree{pieces.given_at(rows)})",
            f"    values = set_where({rows}, values, {by_definition.format(f'spread[{rows}]')})",
        ]
    return lines


def derivatives(pieces: Pieces) -> str:
    """Text of ``_expected_derivatives``."""
    lines = [
        f"def _expected_derivatives({SIGNATURE}, degree: int{pieces.typed}) -> Any:",
        '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
        *_by_width_lines(pieces, "to_derivatives(smooth, local, {}, degree)", "to_derivatives([], whole, {}, degree)"),
    ]
    lines.append(f"    return set_where(point, values, _derivatives_at(xp, mu[point], degree{pieces.at_point}))")
    return "\n".join(lines)
