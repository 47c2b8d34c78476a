"""Products of powers of polynomials that approach a constant, as that constant and what they leave of it."""

from __future__ import annotations

import math

import sympy as sp

from codegen.stable_functions import expm1, log1p

__all__ = ["power_at_end"]

_STEEPEST = 24


def power_at_end(product: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr | None:
    """``L + L ((1 + q)^(1/n) - 1)`` of what tends to L at one end (side = 1: infinity), q a quotient of polynomials.

    The n-th power of a product of roots is such a quotient, from which L^n is taken exactly. Right beyond the last
    place where a factor vanishes; None where the product tends to 0 or grows, or is none of powers of polynomials.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> power_at_end(x / (1 + x**4) ** sp.Rational(1, 4), x, -1)
    -expm1(log1p(-1/(x**4 + 1))/4) - 1
    >>> power_at_end(x / (1 + x ** sp.Rational(5, 2)) ** sp.Rational(2, 5), x, 1)
    expm1(2*log1p(-1/(Abs(x)**(5/2) + 1))/5) + 1
    >>> power_at_end(x / (1 + x**4) ** sp.Rational(1, 3), x, 1) is None
    True
    """
    t = sp.Dummy("t", positive=True)
    roots = [p.exp.q for p in product.atoms(sp.Pow) if p.exp.is_Rational and p.base in (variable, -variable)]
    whole = math.lcm(1, *map(int, roots))
    powers: list[tuple[sp.Expr, sp.Rational]] = []
    others: list[tuple[sp.Expr, sp.Rational]] = []
    for factor in sp.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        moved = base.subs(variable, side * t**whole)
        fits = moved.is_polynomial(t) and moved.has(t) and exponent.is_Rational
        found = moved.as_base_exp() if fits else (base, sp.S.One)
        (powers if fits else others).append((found[0], found[1] * exponent))
    n = sp.Integer(math.lcm(*(int(exponent.q) for _, exponent in powers)))
    n = n / max(math.gcd(*(int(n * exponent) for _, exponent in powers)), 1)
    degrees = [sp.degree(base, t) * exponent for base, exponent in powers]
    if n == whole == 1 or n * sum(map(abs, degrees)) > _STEEPEST * whole or sum(degrees) != 0:
        return None
    limit = sp.S.One
    for base, exponent in powers:
        leading = sp.LC(base, t)
        if not leading.is_Rational or not (leading > 0 or exponent.is_Integer):
            return None
        limit *= leading**exponent
    top, bottom = sp.fraction(sp.together(sp.Mul(*(base ** (n * exponent) for base, exponent in powers)) / limit**n))
    top, bottom = sp.expand(top), sp.expand(bottom)
    quotient = sp.cancel(sp.expand(top - bottom) / bottom).subs(t, _size(variable, side, whole))
    if quotient == 0:
        return None
    kept = sp.Mul(*(base**exponent for base, exponent in others))
    return kept * (limit + limit * expm1(log1p(quotient) / n))


def _size(variable: sp.Symbol, side: int, whole: int) -> sp.Expr:
    """``|x|^(1/whole)`` at that end."""
    return sp.Integer(side) * variable if whole == 1 else sp.Abs(variable) ** sp.Rational(1, whole)
