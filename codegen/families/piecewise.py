"""Piecewise polynomials with any breakpoints: corners in closed form, bounded pieces by a quadrature panel."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.families import piece_coefficients
from codegen.families.contract import PROMISE, SIGNATURE, n
from codegen.families.piece_expectations import corner_lines, expectations, indented, outer
from codegen.families.pieces import Pieces
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients


def raw_moments(pieces: Pieces) -> str:
    """Text of ``_raw_moments``."""
    ends = (pieces.left.polynomial, pieces.right.polynomial)
    lines = [
        f"def _raw_moments({SIGNATURE}, degree: int{pieces.typed}) -> Any:",
        '    """``E[y^n g(y)]``, n = 0 .. degree."""',
        "    point, spread = split_point_mass(xp, sigma)",
    ]
    body = indented(corner_lines(pieces, ends, f"degree + {pieces.degree}"))
    shares = []
    if ends[0] != 0:
        corner = expression_text(-pieces.left_corner)
        value = expression_text(outer(pieces, "left", ends[0], n))
        body.append(f"    below = alternate(shifted([{value} for n in range(degree + 1)], {corner}))")
        shares.append("below")
    if ends[1] != 0:
        corner = expression_text(pieces.right_corner)
        value = expression_text(outer(pieces, "right", ends[1], n))
        body.append(f"    above = shifted([{value} for n in range(degree + 1)], {corner})")
        shares.append("above")
    for number, piece in enumerate(p for p in pieces.inner if p.polynomial != 0):
        name = f"between_{number}"
        body += [
            f"    {name} = panel_moments(",
            f"        xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, "
            f"[{pieces.factors(piece.polynomial, piece)}], degree",
            "    )[0]",
        ]
        shares.append(name)
    total = " + ".join(f"{share}[n]" for share in shares)
    lines += [
        *pieces.with_cuts(body),
        f"    values = [{total} for n in range(degree + 1)]",
        "    at = mu[point]",
        f"    exact = [power * _activation(xp, at{pieces.at_point}) for power in powers(xp, at, degree)]",
        "    return set_where(point, values, exact)",
    ]
    return "\n".join(lines)


def second_moment(pieces: Pieces) -> str:
    """Text of ``_second_moment``: direct; where a piece has a root inside, by the variance, which keeps it there."""
    if pieces.roots_inside:
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}{pieces.typed}) -> Any:",
                '    """``E[g(y)^2] = Var g(y) + c_0^2``."""',
                f"    mean = _raw_moments(xp, mu, sigma, 0{pieces.given})[0]",
                f"    return _variance(xp, mu, sigma{pieces.given}) + mean * mean",
            ]
        )
    pieces = pieces.without_powers
    squares = [[sp.expand(p.polynomial**2) for p in pieces.pieces]]
    return "\n".join(
        [
            f"def _second_moment({SIGNATURE}{pieces.typed}) -> Any:",
            '    """``E[g(y)^2]``."""',
            "    point, spread = split_point_mass(xp, sigma)",
            *indented(pieces.with_cuts(expectations(pieces, squares, "values"))),
            f"    return set_where(point, values, [_activation(xp, mu[point]{pieces.at_point}) ** 2])[0]",
        ]
    )


def variance(pieces: Pieces) -> str:
    """Text of ``_variance``.

    With p the polynomial of the most probable piece and u = g - p: Var g = Var p + 2 Cov(p, u) + Var u. The
    first two are finite sums of Hermite coefficients; u vanishes on the most probable piece, so E[u]^2 is at
    most a fraction of E[u^2].
    """
    pieces = pieces.uncut
    lines = [
        f"def _variance({SIGNATURE}{pieces.typed}) -> Any:",
        '    """``Var g(y)``: the polynomial of the most probable piece, and what the others add."""',
        "    point, spread = split_point_mass(xp, sigma)",
        f"    coefficients = _hermite_coefficients(xp, mu, spread, {max(pieces.degree, 1)}{pieces.given})",
    ]
    if pieces.degree >= 1:
        lines.append(f"    moments = gaussian_moments(xp, mu, spread * spread, {pieces.degree - 1})")
    lines += ["    best = -xp.ones_like(mu)", "    result = xp.zeros_like(mu)"]
    moments = sp.IndexedBase("moments")
    for piece in pieces.true_pieces:
        inside = [sp.Integer(1 if p.number == piece.number else 0) for p in pieces.pieces]
        gap = [sp.expand(p.polynomial - piece.polynomial) for p in pieces.pieces]
        lines += indented(expectations(pieces, [inside, gap, [sp.expand(g**2) for g in gap]], "shares"))
        lines.append("    candidate = shares[2] - shares[1] * shares[1]")
        for k in range(1, pieces.degree + 1):
            derivative = polynomial_coefficients(sp.diff(piece.polynomial, pieces.x, k), pieces.x)
            near = sp.Add(*(c * moments[j] for j, c in enumerate(derivative)))
            if near != 0:
                power = f"spread ** {k}" if k > 1 else "spread"
                divisor = f" / {sp.factorial(k)}" if k > 1 else ""
                lines += [
                    f"    near = {power} * ({expression_text(near)})",
                    f"    candidate = candidate + near * (2 * coefficients[{k}] - near){divisor}",
                ]
        lines += [
            "    better = shares[0] > best",
            "    result = xp.where(better, candidate, result)",
            "    best = xp.where(better, shares[0], best)",
        ]
    lines.append("    return set_where(point, [result], [0])[0]")
    return "\n".join(lines)


def plan(
    breakpoints: Sequence[sp.Expr],
    polynomials: Sequence[sp.Expr],
    variable: sp.Symbol,
    parameters: Sequence[str] = (),
    places: Sequence[sp.Expr] | None = None,
) -> KernelPlan:
    """The kernel of a piecewise polynomial with at least one breakpoint.

    ``parameters`` are the symbols among breakpoints and coefficients; ``places`` the breakpoints at their defaults.
    """
    pieces = Pieces(breakpoints, polynomials, variable, parameters)
    functions = [
        raw_moments(pieces),
        piece_coefficients.shares(pieces),
        *([piece_coefficients.wide(pieces)] if len(breakpoints) > 1 else []),
        piece_coefficients.hermite(pieces),
        piece_coefficients.limits(pieces),
        piece_coefficients.derivatives(pieces),
        second_moment(pieces),
        variance(pieces),
    ]
    regimes = [
        "beyond the outer corners: half-line moments about the corner (forward for mu inside, scaled backward outside)",
        "between corners: one Gauss-Legendre panel on the part within reach of the Gaussian",
        "sigma = 0: the point mass",
    ]
    if len(breakpoints) > 1:
        regimes.insert(2, "Hermite coefficients, sigma above the smallest piece: from the definition, not from jumps")
    corners = breakpoints if places is None else places
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(c)} for c in (*corners, 0)]
    return KernelPlan(functions, PROMISE, regimes, seams)
