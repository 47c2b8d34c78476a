"""The variance of polynomials on both sides of 0 as kernel text."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.half_line_moments import HalfLineEmitter
from codegen.families.two_pieces import convolve, derivative, entry
from codegen.kernel_plan import expression_text
from codegen.lossy_numbers import lossless


def variance(emitter: HalfLineEmitter) -> str:
    """Text of ``_variance``: no difference of nearly equal numbers.

    Let p be the polynomial on mu's side and u = g - p, which lives on the other side. Then Var g =
    Var p + 2 Cov(p, u) + Var u, the first two are finite sums of Hermite coefficients, and u is nonzero with
    probability at most one half, so E[u]^2 <= E[u^2] / 2.
    """
    pieces = emitter.pieces
    lines = [
        f"def _variance({SIGNATURE}{emitter.typed}) -> Any:",
        '    """``Var g(y)``: the polynomial on the side of mu, and what the other side adds."""',
        "    point, spread = split_point_mass(xp, sigma)",
    ]
    order = pieces.degree
    if not emitter.polynomial:
        far = sp.IndexedBase("far")
        gap = [entry(pieces.right, j) - entry(pieces.left, j) for j in range(order + 1)]
        gap = [one if one.free_symbols else lossless(one) for one in gap]
        square = sp.Add(*(c * far[p] for p, c in enumerate(convolve(gap, gap))))
        mean = sp.Add(*(c * far[p] for p, c in enumerate(gap)))
        lines += [
            "    left = mu < 0",
            f"    positive, negative, _ = both_half_line_moments(xp, mu, spread, {2 * order})",
            "    far = [xp.where(left, p, m) for p, m in zip(positive, negative, strict=True)]",
            f"    mean = {expression_text(mean)}",
            f"    value = {expression_text(square)} - mean * mean",
        ]
    else:
        lines.append("    value = xp.zeros_like(mu)")
    if order >= 1:
        lines += [
            f"    coefficients = _hermite_coefficients(xp, mu, spread, {order}{emitter.given})",
            f"    moments = gaussian_moments(xp, mu, spread * spread, {order - 1})",
        ]
    moments = sp.IndexedBase("moments")
    for k in range(1, order + 1):
        sides = [
            expression_text(sp.Add(*(c * moments[p] for p, c in enumerate(derivative(piece, k)))))
            for piece in (pieces.left, pieces.right)
        ]
        side = sides[0] if sides[0] == sides[1] else f"xp.where(left, {sides[0]}, {sides[1]})"
        divisor = f" / {sp.factorial(k)}" if k > 1 else ""
        power = f"spread ** {k}" if k > 1 else "spread"
        lines += [
            f"    near = {power} * ({side})",
            f"    value = value + near * (2 * coefficients[{k}] - near){divisor}",
        ]
    lines.append("    return set_where(point, [value], [0])[0]")
    return "\n".join(lines)
