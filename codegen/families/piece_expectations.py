"""Expectations over pieces as kernel text: closed form beyond the outer corners, a quadrature panel between two.

Beyond the last corner a polynomial is expanded about the corner, where its terms agree in sign for the usual
activations; pieces between two corners are integrated over the part the Gaussian reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.families.pieces import Pieces, without_cancellation
from codegen.kernel_plan import exact_pair, expression_text, polynomial_coefficients

v = sp.Symbol("v", real=True)


def outer(pieces: Pieces, base: str, polynomial: sp.Expr, shift: sp.Expr) -> sp.Expr:
    """``E[v^shift polynomial; beyond the corner]`` in the moment list ``base``, v the distance to the corner."""
    values = sp.IndexedBase(base)
    if base == "right":
        expanded = polynomial.subs(pieces.x, pieces.right_corner + v)
    else:
        expanded = polynomial.subs(pieces.x, pieces.left_corner - v)
    coefficients = polynomial_coefficients(sp.expand(expanded), v)
    return sp.Add(*(without_cancellation(c) * values[shift + j] for j, c in enumerate(coefficients)))


def corner_lines(pieces: Pieces, polynomials: tuple[sp.Expr, sp.Expr], degree: str) -> list[str]:
    """Statements for the lists ``left`` and ``right``, where the polynomial there is not zero."""
    lines = []
    if polynomials[0] != 0:
        corner = exact_pair(-pieces.left_corner)
        lines.append(f"left = corner_moments(xp, -mu, spread, {corner}, {degree})")
    if polynomials[1] != 0:
        corner = exact_pair(pieces.right_corner)
        lines.append(f"right = corner_moments(xp, mu, spread, {corner}, {degree})")
    return lines


def expectations(pieces: Pieces, transforms: Sequence[Sequence[sp.Expr]], name: str) -> list[str]:
    """Statements that make the list ``name`` of expectations; each transform gives a polynomial per piece."""
    ends = (
        sp.Add(*(t[0] ** 2 for t in transforms)),
        sp.Add(*(t[-1] ** 2 for t in transforms)),
    )
    highest = max((len(polynomial_coefficients(p, pieces.x)) for t in transforms for p in t), default=1) - 1
    lines = corner_lines(pieces, ends, str(highest))
    names = []
    for number, piece in enumerate(pieces.inner, start=1):
        polynomials = [t[number] for t in transforms]
        if all(p == 0 for p in polynomials):
            names.append("")
            continue
        names.append(f"inner_{number}")
        listed = ", ".join(pieces.factors(p, piece) for p in polynomials)
        lines += [
            f"inner_{number} = panel_moments(",
            f"    xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, [{listed}], 0",
            ")",
        ]
    lines.append(f"{name} = [")
    for index, transform in enumerate(transforms):
        terms = []
        if transform[0] != 0:
            terms.append(expression_text(outer(pieces, "left", transform[0], sp.Integer(0))))
        if transform[-1] != 0:
            terms.append(expression_text(outer(pieces, "right", transform[-1], sp.Integer(0))))
        terms += [
            f"{names[i - 1]}[{index}][0]"
            for i in range(1, len(pieces.pieces) - 1)
            if names[i - 1] and transform[i] != 0
        ]
        lines.append(f"    {' + '.join(terms) if terms else 'xp.zeros_like(mu)'},")
    lines.append("]")
    return lines


def indented(lines: list[str]) -> list[str]:
    """The lines four spaces further in."""
    return [f"    {line}" for line in lines]
