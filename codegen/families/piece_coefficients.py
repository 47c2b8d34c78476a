"""Hermite coefficients and derivatives of piecewise polynomials as kernel text.

While sigma is below the smallest piece, jumps of the derivatives at the corners; above it, where jumps nearly cancel
each other, the definition over the bounded pieces.
"""

from __future__ import annotations

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families.contract import SIGNATURE
from codegen.families.piece_expectations import expectations, indented
from codegen.families.pieces import Pieces
from codegen.kernel_plan import exact_pair, expression_text


def shares(pieces: Pieces) -> str:
    """Text of ``_derivative_shares``."""
    transforms = [[sp.diff(p.polynomial, pieces.x, k) for p in pieces.pieces] for k in range(pieces.degree + 1)]
    lines = [
        "def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int) -> Any:",
        '    """``E[g^(k)]`` without the jumps, and ``sigma^k`` times the share of the jumps."""',
        *indented(expectations(pieces, transforms, "smooth")),
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
        "def _derivatives_at(xp: Any, x: Any, degree: int) -> Any:",
        '    """``g^(k)(x)``, k = 0 .. degree: the limits for sigma -> 0; NaN where there is none."""',
        "    values = [_activation(xp, x)]",
        "    values += [xp.zeros_like(x) for _ in range(degree)]",
    ]
    for k in range(1, pieces.degree + 1):
        value = expression_text(sp.diff(pieces.polynomials[-1], pieces.x, k))
        for corner, polynomial in zip(reversed(pieces.breakpoints), reversed(pieces.polynomials[:-1]), strict=True):
            side = expression_text(sp.diff(polynomial, pieces.x, k))
            value = f"xp.where({expression_text(sp.Lt(pieces.x, corner))}, {side}, {value})"
        lines += [f"    if degree >= {k}:", f"        values[{k}] = values[{k}] + {value}"]
    for number, corner in enumerate(pieces.breakpoints):
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


def hermite(pieces: Pieces) -> str:
    """Text of ``_hermite_coefficients``."""
    lines = [
        f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
        '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
        "    smooth, local = _derivative_shares(xp, mu, spread, degree)",
        "    values = to_hermite(smooth, local, spread, degree)",
    ]
    width = pieces.smallest_width
    if width is not None:
        lines += [
            f"    wide = spread > {expression_text(width)}",
            "    whole = _wide_coefficients(xp, mu[wide], spread[wide], degree)",
            "    values = set_where(wide, values, whole)",
        ]
    lines.append("    return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)")
    return "\n".join(lines)


def wide(pieces: Pieces) -> str:
    """Text of ``_wide_coefficients``: sigma beyond the smallest piece, where jumps nearly cancel each other."""
    ends = [pieces.true_pieces[0].polynomial, pieces.true_pieces[-1].polynomial]
    transforms = []
    for k in range(pieces.degree + 1):
        sides = [sp.diff(p, pieces.x, k) for p in ends]
        transforms.append(
            [
                sides[0]
                if p.upper is not None and p.upper <= pieces.breakpoints[0]
                else sides[1]
                if p.lower is not None and p.lower >= pieces.breakpoints[-1]
                else sp.Integer(0)
                for p in pieces.pieces
            ]
        )
    lines = [
        "def _wide_coefficients(xp: Any, mu: Any, spread: Any, degree: int) -> Any:",
        '    """``c_k`` from the definition over the bounded pieces and in closed form beyond them."""',
        *indented(expectations(pieces, transforms, "smooth")),
        "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
    ]
    for corner, sign, polynomial in (
        (pieces.breakpoints[0], -1, ends[0]),
        (pieces.breakpoints[-1], 1, ends[1]),
    ):
        values = [
            (j, sp.expand(sign * sp.diff(polynomial, pieces.x, j).subs(pieces.x, corner)))
            for j in range(pieces.degree + 1)
        ]
        jumps = [(j, value) for j, value in values if value != 0]
        if jumps:
            lines += indented(jump_lines(corner, jumps))
    lines.append("    values = to_hermite(smooth, local, spread, degree)")
    for piece in pieces.pieces:
        inside = piece.lower is not None and piece.upper is not None
        if (
            inside
            and piece.lower >= pieces.breakpoints[0]
            and piece.upper <= pieces.breakpoints[-1]
            and piece.polynomial != 0
        ):
            lines += [
                "    share = panel_hermite(",
                f"        xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, "
                f"{pieces.factors(piece.polynomial, piece)}, degree",
                "    )",
                "    values = [value + part for value, part in zip(values, share, strict=True)]",
            ]
    lines.append("    return values")
    return "\n".join(lines)


def derivatives(pieces: Pieces) -> str:
    """Text of ``_expected_derivatives``."""
    lines = [
        f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
        '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
        "    smooth, local = _derivative_shares(xp, mu, spread, degree)",
        "    values = to_derivatives(smooth, local, spread, degree)",
    ]
    width = pieces.smallest_width
    if width is not None:
        lines += [
            f"    wide = spread > {expression_text(width)}",
            "    whole = _wide_coefficients(xp, mu[wide], spread[wide], degree)",
            "    values = set_where(wide, values, to_derivatives([], whole, spread[wide], degree))",
        ]
    lines.append("    return set_where(point, values, _derivatives_at(xp, mu[point], degree))")
    return "\n".join(lines)
