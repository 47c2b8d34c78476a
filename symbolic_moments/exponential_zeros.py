r"""Real zeros of exponential polynomials, where a logarithm turns them into zeros of polynomials."""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy as sp

from symbolic_moments.exponential_algebra import ExponentialPolynomial, OutsideAlgebraError, Term
from symbolic_moments.symbols import x

__all__ = ["zeros"]


def zeros(function: ExponentialPolynomial, polynomial_zeros: Callable[[sp.Expr], list[sp.Expr]]) -> list[sp.Expr]:
    """Real zeros, where they can be had exactly.

    They can for a polynomial times one exponential, for two exponentials with constant factors, and for a sum of
    exponentials ``exp(j r x)``, ``j`` whole, with rational factors.

    Parameters
    ----------
    function : ExponentialPolynomial
        Of ``x``.
    polynomial_zeros : callable
        From a polynomial in ``x`` to its real zeros.

    Raises
    ------
    OutsideAlgebraError
        Any other function.

    Examples
    --------
    >>> from symbolic_moments.exponential_algebra import constant_sum, exponential_of
    >>> from symbolic_moments.exponential_zeros import zeros
    >>> from symbolic_moments.symbols import x
    >>> import sympy
    >>> zeros(exponential_of(x) - constant_sum(3), lambda p: sympy.solve(p, x))
    [log(3)]
    """
    if any(term.is_wave for term in function.terms):
        raise OutsideAlgebraError
    if len(function.terms) <= 1:
        return polynomial_zeros(sp.Add(*[term.polynomial for term in function.terms]))
    if any(term.polynomial.has(x) for term in function.terms):
        raise OutsideAlgebraError
    if len(function.terms) == 2:
        return _two_exponentials(*function.terms, polynomial_zeros)
    return _commensurable_exponentials(function.terms, polynomial_zeros)


def _two_exponentials(one: Term, two: Term, polynomial_zeros: Callable[[sp.Expr], list[sp.Expr]]) -> list[sp.Expr]:
    """Zeros of ``a exp(u) + b exp(v)``: none if ``a`` and ``b`` have one sign, else those of ``u - v - log(-b/a)``."""
    ratio = sp.simplify(-two.polynomial / one.polynomial)
    if ratio.is_negative:
        return []
    if not ratio.is_positive:
        raise OutsideAlgebraError
    return polynomial_zeros(sp.expand(-(one.q - two.q) * x**2 + (one.c - two.c) * x - sp.log(ratio)))


def _commensurable_exponentials(
    terms: tuple[Term, ...], polynomial_zeros: Callable[[sp.Expr], list[sp.Expr]]
) -> list[sp.Expr]:
    """Zeros of ``sum_j a_j exp(j r x)``: logarithms of the positive zeros of ``sum_j a_j t^j``."""
    ratios = [sp.simplify((term.c - terms[0].c) / (terms[1].c - terms[0].c)) for term in terms if term.q == terms[0].q]
    if len(ratios) < len(terms) or not all(ratio.is_Rational for ratio in ratios):
        raise OutsideAlgebraError
    denominator = math.lcm(*[int(ratio.q) for ratio in ratios])
    powers = [int(ratio * denominator) for ratio in ratios]
    rate = (terms[1].c - terms[0].c) / denominator
    factors = [term.polynomial for term in terms]
    if not all(factor.is_Rational for factor in factors):
        raise OutsideAlgebraError
    in_t = sp.Add(*[factor * x ** (power - min(powers)) for factor, power in zip(factors, powers, strict=True)])
    return [sp.log(root) / rate for root in polynomial_zeros(in_t) if root.is_positive]
