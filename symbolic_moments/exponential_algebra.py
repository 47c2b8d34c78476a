r"""Sums of ``p(x) exp(-q x^2 + c x) cos(w x)`` and ``... sin(w x)``: a ring closed under products and derivatives.

The normal form collects the terms of one exponent and one frequency, so that equal functions built in different ways
are equal: phases are expanded (``cos(w x + b) = cos b cos w x - sin b sin w x``), products of cosines and sines become
sums, and the frequency carries no leading minus sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.symbols import x

__all__ = [
    "ExponentialPolynomial",
    "OutsideAlgebraError",
    "Term",
    "constant_sum",
    "cosine_of",
    "exponential_of",
    "polynomial_sum",
    "require_whole_line_waves",
    "sine_of",
]

_MOST_TERMS = 64


class OutsideAlgebraError(Exception):
    """The expression is not in the algebra, or its breakpoints cannot be found and ordered."""


@dataclass(frozen=True)
class Term:
    """``(polynomial(x) cos(w x) + sine(x) sin(w x)) exp(-q x^2 + c x)``.

    In complex form ``Re[(polynomial - i sine) exp(-q x^2 + (c + i w) x)]``.

    Attributes
    ----------
    polynomial : sympy.Expr
        Expanded, in ``x``; without frequency the whole factor.
    q, c, w : sympy.Expr
        Free of ``x``; the frequency ``w`` without a leading minus sign.
    sine : sympy.Expr
        Expanded, in ``x``; 0 if ``w = 0``.
    """

    polynomial: sp.Expr
    q: sp.Expr = sp.S.Zero
    c: sp.Expr = sp.S.Zero
    w: sp.Expr = sp.S.Zero
    sine: sp.Expr = sp.S.Zero

    @property
    def key(self) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """``(q, c, w)``: exponent and frequency."""
        return self.q, self.c, self.w

    def as_expr(self) -> sp.Expr:
        """The term as a SymPy expression."""
        wave = self.polynomial * sp.cos(self.w * x) + self.sine * sp.sin(self.w * x)
        return wave * sp.exp(-self.q * x**2 + self.c * x)


class ExponentialPolynomial:
    """A sum of terms in normal form: one term for each key, none of them zero, in a fixed order.

    Parameters
    ----------
    terms : iterable of Term
        In any order, keys repeated or not.

    Raises
    ------
    OutsideAlgebraError
        More than 64 different keys.

    Examples
    --------
    >>> from symbolic_moments.exponential_algebra import cosine_of, sine_of
    >>> from symbolic_moments.symbols import x
    >>> (cosine_of(x) * cosine_of(x) + sine_of(x) * sine_of(x)).as_expr()
    1
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        collected: dict[Any, tuple[Any, Any]] = {}
        for term in terms:
            key, polynomial, sine = _normal_key(term)
            before = collected.get(key, (sp.S.Zero, sp.S.Zero))
            collected[key] = (before[0] + polynomial, before[1] + sine)
        kept = []
        for key, factors in collected.items():
            polynomial, sine = (sp.expand(factor) for factor in factors)
            if polynomial != 0 or sine != 0:
                kept.append(Term(polynomial, key[0], key[1], key[2], sine))
        if len(kept) > _MOST_TERMS:
            raise OutsideAlgebraError
        if len(kept) > 1:
            kept.sort(key=lambda term: tuple(sp.default_sort_key(part) for part in term.key))
        self.terms: tuple[Term, ...] = tuple(kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExponentialPolynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __repr__(self) -> str:
        return f"ExponentialPolynomial({self.as_expr()})"

    def __add__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        return ExponentialPolynomial((*self.terms, *other.terms))

    def __neg__(self) -> ExponentialPolynomial:
        return self * constant_sum(sp.S.NegativeOne)

    def __sub__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        return self + (-other)

    def __mul__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        return ExponentialPolynomial(part for one in self.terms for two in other.terms for part in _product(one, two))

    @property
    def polynomial(self) -> sp.Expr:
        """The part that is a polynomial: the term without exponent and frequency."""
        return next((term.polynomial for term in self.terms if not any(term.key)), sp.S.Zero)

    @property
    def beyond(self) -> tuple[Term, ...]:
        """The other terms."""
        return tuple(term for term in self.terms if any(term.key))

    @property
    def is_zero(self) -> bool:
        """No term is left."""
        return not self.terms

    def only_polynomial(self) -> sp.Expr:
        """The polynomial this is; OutsideAlgebraError if it is none."""
        if self.beyond:
            raise OutsideAlgebraError
        return self.polynomial

    def as_expr(self) -> sp.Expr:
        """The sum as a SymPy expression."""
        return sp.Add(*[term.as_expr() for term in self.terms])

    def derivative(self) -> ExponentialPolynomial:
        """The derivative in ``x``.

        Examples
        --------
        >>> from symbolic_moments.exponential_algebra import exponential_of
        >>> from symbolic_moments.symbols import x
        >>> exponential_of(-x**2).derivative().as_expr()
        -2*x*exp(-x**2)
        """
        parts = []
        for term in self.terms:
            rate = term.c - 2 * term.q * x
            polynomial = sp.diff(term.polynomial, x) + rate * term.polynomial + term.w * term.sine
            sine = sp.diff(term.sine, x) + rate * term.sine - term.w * term.polynomial
            parts.append(Term(polynomial, *term.key, sine))
        return ExponentialPolynomial(parts)


def require_whole_line_waves(pieces: Sequence[ExponentialPolynomial]) -> None:
    """Refuse pieces, interval by interval, whose sines and cosines are not the same on all of them."""
    if len({tuple(term for term in piece.terms if term.w != 0) for piece in pieces}) > 1:
        raise OutsideAlgebraError


def _normal_key(term: Term) -> tuple[tuple[Any, Any, Any], sp.Expr, sp.Expr]:
    q, c, w = (sp.expand(part) for part in term.key)
    polynomial, sine = term.polynomial, term.sine
    if w == 0:
        sine = sp.S.Zero
    elif w.is_negative or (w.is_positive is None and w.could_extract_minus_sign()):
        w, sine = -w, -sine
    return (q, c, w), polynomial, sine


def _product(one: Term, two: Term) -> list[Term]:
    q, c = one.q + two.q, one.c + two.c
    p_1, s_1, p_2, s_2 = one.polynomial, one.sine, two.polynomial, two.sine
    if one.w == 0:
        return [Term(p_1 * p_2, q, c, two.w, p_1 * s_2)]
    if two.w == 0:
        return [Term(p_1 * p_2, q, c, one.w, s_1 * p_2)]
    return [
        Term((p_1 * p_2 + s_1 * s_2) / 2, q, c, one.w - two.w, (s_1 * p_2 - p_1 * s_2) / 2),
        Term((p_1 * p_2 - s_1 * s_2) / 2, q, c, one.w + two.w, (s_1 * p_2 + p_1 * s_2) / 2),
    ]


def polynomial_sum(polynomial: sp.Expr) -> ExponentialPolynomial:
    """A polynomial in ``x``."""
    return ExponentialPolynomial((Term(polynomial),))


def constant_sum(value: Any) -> ExponentialPolynomial:
    """A constant."""
    return polynomial_sum(sp.sympify(value))


def _coefficients(polynomial: sp.Expr, degree: int) -> list[sp.Expr]:
    """Coefficients of ``x^0 .. x^degree``; OutsideAlgebraError if the degree is larger."""
    poly = sp.Poly(polynomial, x)
    if poly.degree() > degree:
        raise OutsideAlgebraError
    return [poly.coeff_monomial(x**power) for power in range(degree + 1)]


def exponential_of(polynomial: sp.Expr) -> ExponentialPolynomial:
    """``exp(polynomial)``, degree at most 2."""
    constant, linear, square = _coefficients(polynomial, 2)
    return ExponentialPolynomial((Term(sp.exp(constant), -square, linear),))


def cosine_of(polynomial: sp.Expr) -> ExponentialPolynomial:
    """``cos(polynomial)``, degree at most 1."""
    phase, frequency = _coefficients(polynomial, 1)
    return ExponentialPolynomial((Term(sp.cos(phase), w=frequency, sine=-sp.sin(phase)),))


def sine_of(polynomial: sp.Expr) -> ExponentialPolynomial:
    """``sin(polynomial)``, degree at most 1."""
    phase, frequency = _coefficients(polynomial, 1)
    return ExponentialPolynomial((Term(sp.sin(phase), w=frequency, sine=sp.cos(phase)),))
