"""Logarithms of the size of a polynomial, by its real roots: what is left next to each is a distance."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

__all__ = ["with_real_factors"]

_DIGITS = 80
_HIGHEST = 12


def with_real_factors(expression: sp.Expr) -> sp.Expr:
    """The expression with ``log|p(x)|``, p of degree 1 to 12, as that of distances to the real roots of p.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_real_factors(sp.log(sp.Abs(x**2 - 4)) * x), with_real_factors(sp.log(sp.Abs(2 * x**3 - 2)))
    (x*log(Abs(x - 2)*Abs(x + 2)), log(2*(x**2 + x + 1)*Abs(x - 1)))
    >>> with_real_factors(sp.log(sp.Abs(x**2 - 2))), with_real_factors(sp.log(x**2 + 1))
    (log(Abs(x - sqrt(2))*Abs(x + sqrt(2))), log(x**2 + 1))
    >>> with_real_factors(sp.log(4 * x**4 - 8 * x**2 + 4))
    2*log(2*Abs(x - 1)*Abs(x + 1))
    """
    return expression.replace(
        lambda e: isinstance(e, sp.log) and e.has(sp.Abs),
        lambda e: e.replace(lambda u: isinstance(u, sp.Abs), _by_distances),
    ).replace(lambda e: isinstance(e, sp.log) and not e.args[0].is_Pow, _of_power)


def _by_distances(size: Any) -> sp.Expr:
    factors = _factors(size.args[0])
    return size if factors is None else sp.Mul(*(part**count for part, count in factors))


def _of_power(logarithm: Any) -> sp.Expr:
    """The logarithm of a polynomial that touches 0: it is a power of another one's size."""
    factors = _factors(logarithm.args[0])
    if factors is None:
        return logarithm
    power = math.gcd(*(count for part, count in factors if not part.is_number))
    if power % 2 or not any(part.has(sp.Abs) for part, _ in factors):
        return logarithm
    return power * sp.log(sp.Mul(*(part ** sp.Rational(count, power) for part, count in factors)))


def _factors(polynomial: sp.Expr) -> list[tuple[sp.Expr, int]] | None:
    """Positive factors of the size of a polynomial and how often each counts; None of what is no such polynomial."""
    if len(polynomial.free_symbols) != 1 or not polynomial.is_polynomial():
        return None
    (variable,) = polynomial.free_symbols
    whole = sp.Poly(polynomial, variable)
    if not 1 <= whole.degree() <= _HIGHEST or not (whole.domain.is_QQ or whole.domain.is_ZZ):
        return None
    found: list[tuple[sp.Expr, int]] = [(sp.Abs(whole.LC()), 1)]
    for factor, count in whole.monic().factor_list()[1]:
        found += [(part, count) for part in _real_parts(factor.monic(), variable)]
    return found


def _real_parts(factor: sp.Poly, variable: sp.Symbol) -> list[sp.Expr]:
    """``|x - r|`` for every real root of an irreducible polynomial, and what is left, which is positive."""
    roots = [_number(root) for root in sp.real_roots(factor)]
    left = factor.as_expr()
    for root in roots:
        left = sp.div(left, variable - root, variable)[0]
    coefficients = [_number(sp.expand(one)) for one in sp.Poly(left, variable).all_coeffs()]
    return [*(sp.Abs(variable - root) for root in roots), sp.Poly(coefficients, variable).as_expr()]


def _number(value: sp.Expr) -> sp.Expr:
    """A number in radicals, or as a rational of 80 digits."""
    if value.has(sp.CRootOf) or (value.is_Rational and value.q > 10**_DIGITS):
        return sp.Rational(str(sp.N(value, _DIGITS)))
    return value
