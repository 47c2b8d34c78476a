"""Polynomials on both sides of 0, as coefficients, lowest power first."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.kernel_plan import polynomial_coefficients
from codegen.lossy_numbers import lossless


@dataclass(frozen=True)
class TwoPieces:
    """``left`` below 0, ``right`` above: coefficients of two polynomials, lowest power first."""

    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]

    @property
    def degree(self) -> int:
        """The larger degree of the two."""
        return max(len(self.left), len(self.right)) - 1

    @property
    def monomials(self) -> bool:
        """Whether each side is a single power: then g has no root but 0."""
        return all(sum(c != 0 for c in side) <= 1 for side in (self.left, self.right))

    @property
    def jumps(self) -> list[tuple[int, sp.Expr]]:
        """Pairs (j, jump of the j-th derivative at 0) that are not zero."""
        found = []
        for j in range(self.degree + 1):
            jump = sp.factorial(j) * (entry(self.right, j) - entry(self.left, j))
            if jump != 0:
                found.append((j, sp.radsimp(jump) if jump.free_symbols else lossless(sp.radsimp(jump))))
        return found


def two_pieces(left: sp.Expr, right: sp.Expr, variable: sp.Symbol) -> TwoPieces:
    """Coefficients of the two polynomials, lowest power first."""
    return TwoPieces(tuple(polynomial_coefficients(left, variable)), tuple(polynomial_coefficients(right, variable)))


def entry(coefficients: tuple[sp.Expr, ...], j: int) -> sp.Expr:
    """The j-th coefficient, 0 beyond the last."""
    return coefficients[j] if j < len(coefficients) else sp.Integer(0)


def derivative(coefficients: tuple[sp.Expr, ...], k: int) -> tuple[sp.Expr, ...]:
    """Coefficients of the k-th derivative."""
    return tuple(sp.ff(p, k) * coefficients[p] for p in range(k, len(coefficients)))


def is_zero(coefficients: tuple[sp.Expr, ...]) -> bool:
    """Whether the polynomial is 0."""
    return all(c == 0 for c in coefficients)


def convolve(
    first: list[sp.Expr] | tuple[sp.Expr, ...], second: list[sp.Expr] | tuple[sp.Expr, ...]
) -> tuple[sp.Expr, ...]:
    """Coefficients of the product."""
    product = [sp.Integer(0)] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            product[i + j] += a * b
    return tuple(product)
