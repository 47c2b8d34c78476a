"""Expectations of piecewise polynomials under narrow Gaussians as kernel text: no panel, one tail for each corner.

With p the polynomial at mu, D_j the jump of the j-th derivative at a corner c:

    ``E[g] = E[p] + sum_c sum_j D_j / j! E[(y - c)^j ([y > c] - [mu > c])]``.

While sigma is not far above the smallest piece, the terms stay within a small multiple of ``E|g|``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from codegen.families.pieces import Pieces
from codegen.kernel_plan import exact_pair, expression_text

HIGHEST = 2
"""Up to this degree the tails come from tables, and what the polynomial at mu exceeds g by is bounded."""
_MOST_EXCESS = 20


def serve(pieces: Pieces) -> bool:
    """Whether the narrow rows of a kernel are written this way."""
    return len(pieces.breakpoints) > 1 and pieces.degree <= HIGHEST


def widest(pieces: Pieces) -> sp.Expr | None:
    """The sigma up to which jumps at the corners serve; None if nothing bounds it.

    Twice the smallest piece, where the polynomial at mu exceeds g by no more than twenty times there; three quarters of
    it for squares that do, as those between constants, and for those with parameters.
    """
    width = pieces.smallest_width
    if width is None or not serve(pieces):
        return width
    if pieces.degree < HIGHEST or (not width.free_symbols and _excess(pieces, 2 * float(width)) <= _MOST_EXCESS):
        return 2 * width
    return sp.Rational(3, 4) * width


def _excess(pieces: Pieces, sigma: float) -> float:
    """The largest ``(|p(mu)| + sigma^2 |p''| / 2) / E|g|``, p the polynomial around mu, for mu about the corners."""
    coefficients = [sp.Poly(p, pieces.x).all_coeffs() for p in pieces.polynomials]
    if any(c.free_symbols for row in coefficients for c in row):
        return math.inf
    polynomials = [np.array([float(c) for c in row]) for row in coefficients]
    corners = np.array([float(corner) for corner in pieces.breakpoints])
    z, step = np.linspace(-9, 9, 4001, retstep=True)
    density = np.exp(-z * z / 2) * step / math.sqrt(2 * math.pi)
    worst = 0.0
    for mu in np.concatenate([corner + sigma * np.linspace(-1, 1, 17) for corner in corners]):
        y = mu + sigma * z
        g = np.choose(np.searchsorted(corners, y), [np.polyval(p, y) for p in polynomials])
        here = polynomials[np.searchsorted(corners, mu)]
        whole = float(abs(np.polyval(here, mu)) + sigma**2 * abs(np.polyval(np.polyder(here, 2), mu)) / 2)
        worst = max(worst, whole / float(np.abs(g) @ density)) if whole else worst
    return worst


def crossing_lines(pieces: Pieces) -> list[str]:
    """Statements for the lists ``crossing_0``, ``crossing_1``, ... and ``smooth``, ``E[g^(k)]`` without the jumps."""
    lines = [
        f"crossing_{number} = crossing(xp, mu, spread, {exact_pair(corner)}, {pieces.degree})"
        for number, corner in enumerate(pieces.breakpoints)
    ]
    values = []
    for k in range(pieces.degree + 1):
        terms = [] if all(sp.diff(p, pieces.x, k) == 0 for p in pieces.polynomials) else [_at_mu(pieces, k)]
        for number in range(len(pieces.breakpoints)):
            across = sp.IndexedBase(f"crossing_{number}[2]")
            jumps = [(j, jump) for j, jump in pieces.jumps(number) if j >= k]
            terms += [expression_text(jump / sp.factorial(j - k) * across[j - k]) for j, jump in jumps]
        values.append(f"    {' + '.join(terms) if terms else 'xp.zeros_like(mu)'},")
    return [*lines, "smooth = [", *values, "]"]


def _at_mu(pieces: Pieces, order: int) -> str:
    """``E[p^(order)]`` of the polynomial p of the piece in which mu lies."""
    places = [(corner, sp.IndexedBase(f"crossing_{i}")[0]) for i, corner in enumerate(pieces.breakpoints)]
    texts = []
    for piece in pieces.true_pieces:
        ends = places[max(piece.number - 1, 0) : piece.number + 1]
        texts.append(expression_text(expected(piece.polynomial, pieces.x, order, ends)))
    chosen = texts[0]
    for number, text in enumerate(texts[1:]):
        if text != chosen:
            chosen = f"xp.where(crossing_{number}[0] > 0, {text}, {chosen})"
    return chosen


def expected(
    polynomial: sp.Expr, variable: sp.Symbol, order: int, distances: Sequence[tuple[sp.Expr, sp.Expr]] = ()
) -> sp.Expr:
    """``E[p^(order)]``, p at most a square, in ``mu`` and ``spread``.

    Roots among ``distances``, pairs of a place and what is exact of ``mu`` less it, are factors in these; others in mu.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> expected(x**2 - 1, x, 0), expected(x**2 - 1, x, 1)
    (spread**2 + (mu - 1)*(mu + 1), 2*mu)
    """
    derivative = sp.Poly(sp.diff(polynomial, variable, order), variable)
    value, rest = sp.Integer(1), derivative
    for place, distance in distances:
        if rest.degree() < 1:
            break
        quotient, remainder = sp.div(rest, sp.Poly(variable - place, variable))
        if sp.expand(remainder.as_expr()) == 0:
            value, rest = value * distance, sp.Poly(quotient.as_expr(), variable)
    value = value * sp.factor(rest.as_expr()).subs(variable, sp.Symbol("mu", real=True))
    curvature = sp.expand(sp.diff(derivative.as_expr(), variable, 2))
    return value + curvature / 2 * sp.Symbol("spread", positive=True) ** 2
