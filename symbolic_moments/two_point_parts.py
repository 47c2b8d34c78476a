r"""Activations as sums of what two-point moments are closed for: polynomial, exponent, and one distribution function.

    g(y) = sum p(y) exp(-q y^2 + c y) F(y),   F = 1 or Phi(s (y - m)/w),   s = 1 or -1,

a step ``1{y > m}`` being the case ``w = 0``, ``s = 1``. On the whole line a cosine or sine may stand in place of ``F``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.decomposition import Decomposition
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.exponential_algebra import Term

__all__ = ["Cdf", "Part", "parts_of"]


@dataclass(frozen=True)
class Cdf:
    """``Phi(sign (y - point)/w)`` with ``w^2 = square``; the step ``1{sign (y - point) > 0}`` for ``square = 0``."""

    point: sp.Expr
    square: sp.Expr
    sign: int


@dataclass(frozen=True)
class Part:
    """``term(y) F(y)``: a term of the exponential algebra, and ``F`` (None for 1)."""

    term: Term
    cdf: Cdf | None = None


def parts_of(decomposition: Decomposition) -> tuple[Part, ...]:
    """The parts of a function that has been taken apart.

    Where a term ends to the right of every breakpoint the steps are those to the left, ``1{y < m}``: ``exp(y)`` for
    ``y < 0`` is not the difference of two expectations that grow without bound.

    Raises
    ------
    UnwieldyError
        Some of the function could not be taken apart.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> from symbolic_moments.two_point_parts import parts_of
    >>> [(part.term.as_expr(), part.cdf) for part in parts_of(activation("relu").decomposition)]
    [(x, Cdf(point=0, square=0, sign=1))]
    """
    if decomposition.remainder != 0 or not decomposition.pieces:
        raise UnwieldyError(f"{decomposition.remainder} is none of the functions whose two-point moments are closed")
    if decomposition.family == "CH":
        raise UnwieldyError("no closed two-point form is kept for waves of quadratic phase")
    sums = decomposition.sums()
    waves = [Part(term) for term in sums[0].terms if term.w != 0]
    by_exponent: dict[Any, list[sp.Expr]] = {}
    for index, piece in enumerate(sums):
        for term in piece.terms:
            if term.w == 0:
                by_exponent.setdefault((term.q, term.c), [sp.S.Zero] * len(sums))[index] = term.polynomial
    regular = [
        part
        for (q, c), polynomials in by_exponent.items()
        for part in _stepwise(q, c, decomposition.breakpoints, polynomials)
    ]
    errors = [
        Part(
            Term(term.polynomial, term.q, term.c),
            Cdf(-term.offset / term.slope, 1 / term.slope**2, 1),
        )
        for term in decomposition.error_terms
    ]
    return (*regular, *waves, *errors)


def _stepwise(q: sp.Expr, c: sp.Expr, breakpoints: tuple[sp.Expr, ...], polynomials: list[sp.Expr]) -> list[Part]:
    ends_left = polynomials[-1] == 0
    sign, everywhere = (-1, sp.S.Zero) if ends_left else (1, polynomials[0])
    result = [] if everywhere == 0 else [Part(Term(everywhere, q, c))]
    for index, point in enumerate(breakpoints):
        gained = sp.expand(sign * (polynomials[index + 1] - polynomials[index]))
        if gained != 0:
            result.append(Part(Term(gained, q, c), Cdf(point, sp.S.Zero, sign)))
    return result
