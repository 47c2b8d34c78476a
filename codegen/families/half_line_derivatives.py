"""Hermite coefficients and derivatives of polynomials on both sides of 0: what is smooth, and the jumps at 0."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.half_line_moments import HalfLineEmitter, indented, value_text
from codegen.families.two_pieces import derivative
from codegen.kernel_plan import expression_text


def shares(emitter: HalfLineEmitter) -> str:
    """Text of ``_derivative_shares``."""
    pieces = emitter.pieces
    smooth = [
        value_text(emitter.expectation(derivative(pieces.left, k), derivative(pieces.right, k), sp.Integer(0)))
        for k in range(pieces.degree + 1)
    ]
    lines = [
        f"def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int{emitter.typed}) -> Any:",
        '    """``E[g^(k)]`` without the jumps at 0, and ``sigma^k`` times the share of the jumps."""',
        *indented(emitter.moments_lines(str(pieces.degree), "peak")),
        "    smooth = [",
        *(f"        {line}," for line in smooth),
        "    ]",
    ]
    if emitter.polynomial:
        lines.append("    return smooth, [xp.zeros_like(mu) for k in range(degree + 1)]")
    else:
        jumps = ", ".join(f"({j}, {expression_text(jump * sp.Symbol('spread') ** j)})" for j, jump in pieces.jumps)
        lines += [
            "    peaks = hermite_times(-mu / spread, peak, max(degree - 1, 0))",
            f"    return smooth, jump_share(xp, peaks, [{jumps}], degree)",
        ]
    return "\n".join(lines)


def limits(emitter: HalfLineEmitter) -> str:
    """Text of ``_derivatives_at``, the limits for sigma -> 0."""
    pieces = emitter.pieces
    x = sp.Symbol("x")
    lines = [
        f"def _derivatives_at(xp: Any, x: Any, degree: int{emitter.typed}) -> Any:",
        '    """``g^(k)(x)``, k = 0 .. degree: the limits for sigma -> 0; NaN where there is none."""',
        f"    values = [_activation(xp, x{emitter.given})]",
    ]
    first = pieces.jumps[0][0] if pieces.jumps else None
    for k in range(1, pieces.degree + 1):
        left = sum((c * x**p for p, c in enumerate(derivative(pieces.left, k))), sp.Integer(0))
        right = sum((c * x**p for p, c in enumerate(derivative(pieces.right, k))), sp.Integer(0))
        lines.append(f"    if degree >= {k}:")
        if first is None:
            value = f"xp.zeros_like(x) + {expression_text(right)}" if right.is_number else expression_text(right)
        else:
            mean = expression_text(((left + right) / 2).subs(x, 0))
            kinked = kinked_below(emitter, k)
            middle = mean if kinked is None else f"xp.where({kinked}, xp.nan, {mean})" if kinked else "xp.nan"
            value = f"xp.where(x > 0, {expression_text(right)}, xp.where(x < 0, {expression_text(left)}, {middle}))"
        lines.append(f"        values.append({value})")
    kinked = kinked_below(emitter, pieces.degree + 1)
    if kinked:
        lines.append(f"    kinked = (x == 0) & ({kinked})")
    place = "kinked" if kinked else "x == 0"
    rest = "xp.zeros_like(x)" if kinked is None else f"xp.where({place}, xp.nan, xp.zeros_like(x))"
    lines.append(f"    return values + [{rest} for _ in range(len(values), degree + 1)]")
    return "\n".join(lines)


def kinked_below(emitter: HalfLineEmitter, k: int) -> str | None:
    """The condition that a derivative below the k-th jumps at 0: "" where it always does, None where none does."""
    jumps = [jump for j, jump in emitter.pieces.jumps if j < k]
    if not jumps:
        return None
    if any(jump.is_number for jump in jumps):
        return ""
    conditions = [f"{expression_text(jump)} != 0" for jump in jumps]
    return conditions[0] if len(conditions) == 1 else " | ".join(f"({condition})" for condition in conditions)


def hermite(emitter: HalfLineEmitter) -> str:
    """Text of ``_hermite_coefficients``."""
    return "\n".join(
        [
            f"def _hermite_coefficients({SIGNATURE}, degree: int{emitter.typed}) -> Any:",
            '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            f"    smooth, local = _derivative_shares(xp, mu, spread, degree{emitter.given})",
            "    values = to_hermite(smooth, local, spread, degree)",
            f"    return set_where(point, values, [_activation(xp, mu[point]{emitter.at_point})] + [0] * degree)",
        ]
    )


def derivatives(emitter: HalfLineEmitter) -> str:
    """Text of ``_expected_derivatives``."""
    return "\n".join(
        [
            f"def _expected_derivatives({SIGNATURE}, degree: int{emitter.typed}) -> Any:",
            '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            f"    smooth, local = _derivative_shares(xp, mu, spread, degree{emitter.given})",
            "    values = to_derivatives(smooth, local, spread, degree)",
            f"    return set_where(point, values, _derivatives_at(xp, mu[point], degree{emitter.at_point}))",
        ]
    )
