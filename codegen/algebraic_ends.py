"""Functions that approach a constant as powers of x do, written as that constant and what they leave of it."""

from __future__ import annotations

import sympy as sp
from sympy.utilities.iterables import sift

from codegen.power_ends import power_at_end
from codegen.root_ends import roots_at_end
from codegen.stable_functions import atan_rest, expm1, sigmoid, sum_with_root, tanh

__all__ = ["from_algebraic_end", "with_leading_arctangents", "without_common_power", "without_common_powers"]


def from_algebraic_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr:
    """``atan(p)``, products of powers and quotients of polynomials from one end (side = 1: infinity).

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> from_algebraic_end(sp.atan(x**3), x, -1), from_algebraic_end(x**2 / (1 + x**2), x, 1)
    (atan2(1, -x**3) - pi/2, 1 - 1/(x**2 + 1))
    >>> from_algebraic_end(x / sp.sqrt(1 + x**2), x, 1)
    1 - 1/(sqrt(x**2 + 1)*sum_with_root(x, 1))
    >>> from_algebraic_end(sp.exp(-1 / x**2), x, 1)
    expm1(-1/x**2) + 1
    """

    def sign_of(polynomial: sp.Expr) -> int:
        leading = int(sp.sign(sp.LC(polynomial, variable)))
        return -leading if side < 0 and sp.degree(polynomial, variable) % 2 else leading

    def arc(u: sp.Expr) -> sp.Expr:
        if not u.is_polynomial(variable) or not u.has(variable):
            return sp.atan(u)
        sign = sign_of(u)
        return sign * (sp.pi / 2 - sp.atan2(1, sign * u))

    def product(factors: sp.Expr) -> sp.Expr:
        if factors.is_rational_function(variable):
            top, bottom = factors.as_numer_denom()
            quotient, rest = sp.div(top, sp.expand(bottom), variable)
            return quotient + rest / bottom
        for root in factors.args:
            if not (root.is_Pow and root.exp == -sp.S.Half and root.base.is_polynomial(variable)):
                continue
            for u in factors.args:
                b = sp.expand(root.base - u**2)
                if u.is_polynomial(variable) and b.is_Rational and b > 0:
                    sign = sign_of(u)
                    return factors / (u * root) * sign * (1 - b * root / sum_with_root(sign * u, b))
        return power_at_end(factors, variable, side) or roots_at_end(factors, variable, side) or factors

    def vanishes(u: sp.Expr) -> bool:
        top, bottom = sp.fraction(sp.together(u)) if u.is_rational_function(variable) else (variable, sp.S.One)
        return bool(u.has(variable) and sp.degree(top, variable) < sp.degree(bottom, variable))

    written = expression.replace(sp.atan, arc)
    written = written.replace(lambda e: isinstance(e, sp.exp) and vanishes(e.args[0]), lambda e: 1 + expm1(e.args[0]))
    written = written.replace(
        lambda e: isinstance(e, sigmoid) and vanishes(e.args[0]), lambda e: (1 + tanh(e.args[0] / 2)) / 2
    )
    return written.replace(lambda e: isinstance(e, sp.Mul | sp.Pow) and not _is_polynomial(e, variable), product)


def with_leading_arctangents(written: sp.Expr) -> sp.Expr:
    """``atan2(1, p)`` as ``1/p`` and what that leaves of it, multiplied out: factors of it may cancel with p.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_leading_arctangents(x * (sp.atan2(1, x) + 1))
    -x*atan_rest(1/x) + x + 1
    """
    if not written.has(sp.atan2):
        return written
    return sp.expand_mul(written.replace(sp.atan2, lambda one, p: one / p - atan_rest(one / p)))


def _is_polynomial(expression: sp.Expr, variable: sp.Symbol) -> bool:
    return bool(expression.is_polynomial(variable))


def without_common_power(total: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """Terms ``p B^a`` of one base, a polynomial, brought together where their highest powers cancel.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_common_power(sp.diff(x / sp.sqrt(1 + x**2), x), x), without_common_power(1 / x + 1 / x**2, x)
    ((x**2 + 1)**(-3/2), 1/x + x**(-2))
    """
    powers = [p for p in total.atoms(sp.Pow) if p.exp.is_Rational and (p.exp < 0 or not p.exp.is_Integer)]
    bases = {p.base for p in powers if p.has(variable)}
    if not isinstance(total, sp.Add) or len(bases) != 1:
        return total
    (base,) = bases
    lowest = base ** min(p.exp for p in powers)
    terms = [sp.expand(term / lowest) for term in total.args]
    if not base.is_polynomial(variable) or not all(term.is_polynomial(variable) for term in terms):
        return total
    brought = sp.expand(sp.Add(*terms))
    lower = sp.degree(brought, variable) < max(sp.degree(term, variable) for term in terms)
    return sp.factor(brought) * lowest if lower else total


def without_common_powers(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The same of every sum in it, and of the factors that are powers of polynomials in terms with equal other factors.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_common_powers(sp.diff(sp.atan(x) * x**2 / (1 + x**2), x), x)
    x**2/(x**2 + 1)**2 + 2*x*atan(x)/(x**2 + 1)**2
    """

    def is_power(factor: sp.Expr) -> bool:
        base, exponent = factor.as_base_exp()
        return _is_polynomial(base, variable) and bool(exponent.is_Rational)

    def brought(total: sp.Expr) -> sp.Expr:
        whole = without_common_power(total, variable)
        if whole != total:
            return whole
        alike: dict[sp.Expr, list[sp.Expr]] = {}
        for term in total.args:
            powers, others = sift(sp.Mul.make_args(term), is_power, binary=True)
            alike.setdefault(sp.Mul(*others), []).append(sp.Mul(*powers))
        sums = {other: sp.Add(*powers) for other, powers in alike.items()}
        lower = {other: without_common_power(one, variable) for other, one in sums.items()}
        return sp.Add(*(other * one for other, one in lower.items())) if lower != sums else total

    return expression.replace(lambda e: isinstance(e, sp.Add), brought)
