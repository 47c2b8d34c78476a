"""Piecewise polynomials with any breakpoints: corners in closed form, bounded pieces by a quadrature panel."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families import piece_coefficients, piece_variance
from codegen.families.contract import PROMISE, SIGNATURE, n
from codegen.families.piece_expectations import corner_lines, expectations, indented, outer
from codegen.families.pieces import Pieces
from codegen.families.wide_pieces import wide_functions
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text

_SQUARE = 2
"""Up to this degree distances to doubles keep the promise of one factor."""


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


def plan(
    breakpoints: Sequence[sp.Expr],
    polynomials: Sequence[sp.Expr],
    variable: sp.Symbol,
    parameters: Sequence[str] = (),
    places: Sequence[sp.Expr] | None = None,
    around: Collection[int] | None = None,
) -> KernelPlan:
    """The kernel of a piecewise polynomial with at least one breakpoint.

    ``parameters`` are the symbols among breakpoints and coefficients; ``places`` the breakpoints at their defaults,
    ``around`` the numbers of the pieces that mu stays on.
    Each factor of a power of a rounded distance loses that distance's rounding: the activation is promised by factor.
    """
    pieces = Pieces(breakpoints, polynomials, variable, parameters)
    functions = [
        raw_moments(pieces),
        piece_coefficients.shares(pieces),
        *wide_functions(pieces),
        piece_coefficients.hermite(pieces),
        piece_coefficients.limits(pieces),
        piece_coefficients.derivatives(pieces),
        second_moment(pieces),
        piece_variance.variance(pieces, around),
    ]
    regimes = [
        "beyond the outer corners: half-line moments about the corner (forward for mu inside, scaled backward outside)",
        "between corners: one Gauss-Legendre panel on the part within reach of the Gaussian",
        "sigma = 0: the point mass",
    ]
    if len(breakpoints) > 1:
        regimes[2:2] = [
            "Hermite coefficients, sigma up to about the smallest piece: by the jumps at the corners",
            "Hermite coefficients, sigma beyond it: from the definition, not from jumps",
        ]
    corners = breakpoints if places is None else places
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(c)} for c in (*corners, 0)]
    rounded = pieces.degree > _SQUARE or any(not c.free_symbols and not is_double(c) for c in breakpoints)
    factors = max(pieces.degree, 1) if rounded else 1
    promise = {**PROMISE, "activation": float(f"{factors * PROMISE['activation']:.1e}")}
    return KernelPlan(functions, promise, regimes, seams)
