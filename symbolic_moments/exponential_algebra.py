r"""Sums of ``p(x) exp(-q x^2 + c x) cos(a x^2 + w x)``, and of sines: a ring closed under products and derivatives.

The normal form collects the terms of one exponent and one frequency, so that equal functions built in different ways
are equal: phases are expanded (``cos(w x + b) = cos b cos w x - sin b sin w x``), products of cosines and sines become
sums, and the chirp rate a, or without one the frequency w, carries no leading minus sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    """``(polynomial(x) cos(a x^2 + w x) + sine(x) sin(a x^2 + w x)) exp(-q x^2 + c x)``, a the chirp rate.

    In complex form ``Re[(polynomial - i sine) exp(-(q - i a) x^2 + (c + i w) x)]``.

    Attributes
    ----------
    polynomial : sympy.Expr
        Expanded, in ``x``; without frequency the whole factor.
    q, c, w : sympy.Expr
        Free of ``x``; the frequency ``w`` without a leading minus sign if there is no chirp rate.
    sine : sympy.Expr
        Expanded, in ``x``; 0 if the term is no wave.
    chirp : sympy.Expr
        a, free of ``x`` and without a leading minus sign: how fast the phase quickens.
    """

    polynomial: sp.Expr
    q: sp.Expr = sp.S.Zero
    c: sp.Expr = sp.S.Zero
    w: sp.Expr = sp.S.Zero
    sine: sp.Expr = sp.S.Zero
    chirp: sp.Expr = sp.S.Zero

    @property
    def key(self) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
        """``(q, c, w, a)``: exponent, frequency and chirp rate."""
        return self.q, self.c, self.w, self.chirp

    @property
    def is_wave(self) -> bool:
        """Whether it oscillates."""
        return bool(self.w != 0 or self.chirp != 0)

    def as_expr(self) -> sp.Expr:
        """The term as a SymPy expression."""
        phase = self.chirp * x**2 + self.w * x
        wave = self.polynomial * sp.cos(phase) + self.sine * sp.sin(phase)
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
                kept.append(Term(polynomial, key[0], key[1], key[2], sine, key[3]))
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
            turning = term.w + 2 * term.chirp * x
            polynomial = sp.diff(term.polynomial, x) + rate * term.polynomial + turning * term.sine
            sine = sp.diff(term.sine, x) + rate * term.sine - turning * term.polynomial
            parts.append(replace(term, polynomial=polynomial, sine=sine))
        return ExponentialPolynomial(parts)


def require_whole_line_waves(pieces: Sequence[ExponentialPolynomial]) -> None:
    """Refuse pieces, interval by interval, whose sines and cosines are not the same on all of them."""
    if len({tuple(term for term in piece.terms if term.is_wave) for piece in pieces}) > 1:
        raise OutsideAlgebraError


def _normal_key(term: Term) -> tuple[tuple[Any, Any, Any, Any], sp.Expr, sp.Expr]:
    q, c, w, chirp = (sp.expand(part) for part in term.key)
    polynomial, sine = term.polynomial, term.sine
    leading = w if chirp == 0 else chirp
    if leading == 0:
        sine = sp.S.Zero
    elif leading.is_negative or (leading.is_positive is None and leading.could_extract_minus_sign()):
        w, chirp, sine = -w, -chirp, -sine
    return (q, c, w, chirp), polynomial, sine


def _product(one: Term, two: Term) -> list[Term]:
    q, c = one.q + two.q, one.c + two.c
    p_1, s_1, p_2, s_2 = one.polynomial, one.sine, two.polynomial, two.sine
    if not one.is_wave:
        return [Term(p_1 * p_2, q, c, two.w, p_1 * s_2, two.chirp)]
    if not two.is_wave:
        return [Term(p_1 * p_2, q, c, one.w, s_1 * p_2, one.chirp)]
    cosine, sine = (p_1 * p_2 + s_1 * s_2) / 2, (s_1 * p_2 - p_1 * s_2) / 2
    slow = Term(cosine, q, c, one.w - two.w, sine, one.chirp - two.chirp)
    cosine, sine = (p_1 * p_2 - s_1 * s_2) / 2, (s_1 * p_2 + p_1 * s_2) / 2
    return [slow, Term(cosine, q, c, one.w + two.w, sine, one.chirp + two.chirp)]


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
    """``cos(polynomial)``, degree at most 2."""
    phase, frequency, chirp = _coefficients(polynomial, 2)
    return ExponentialPolynomial((Term(sp.cos(phase), w=frequency, sine=-sp.sin(phase), chirp=chirp),))


def sine_of(polynomial: sp.Expr) -> ExponentialPolynomial:
    """``sin(polynomial)``, degree at most 2."""
    phase, frequency, chirp = _coefficients(polynomial, 2)
    return ExponentialPolynomial((Term(sp.sin(phase), w=frequency, sine=sp.cos(phase), chirp=chirp),))
