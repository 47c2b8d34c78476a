"""Functions of 1 and a rest that may vanish, without the rounding of their sum: what is small is all that is left."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import expm1, log1p
from symbolic_moments.normal import Phi

__all__ = ["logarithm_of_one_and_rest", "without_their_constant"]


def logarithm_of_one_and_rest(logarithm: sp.log) -> sp.Expr:
    """``log(1 + u)`` as ``log1p(u)``; anything else as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> logarithm_of_one_and_rest(sp.log(1 + sp.Abs(x))), logarithm_of_one_and_rest(sp.log(2 + x**2))
    (log1p(Abs(x)), log(x**2 + 2))
    """
    one, rest = logarithm.args[0].as_coeff_Add()
    return log1p(rest) if one == 1 and not rest.is_number else logarithm


def without_their_constant(total: sp.Add) -> sp.Expr:
    """A sum in which one term less its value where u vanishes is what is left of it.

    A half beside a normal distribution function makes it an error function. Other such terms are ``log(a + u)``,
    ``(a + u)^n`` with n no natural number, and ``cos(u)`` or ``cosh(u)`` where u is no polynomial.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_their_constant(sp.log(2 + sp.Abs(x)) - sp.log(2))
    log1p(Abs(x)/2)
    >>> without_their_constant(1 - 1 / (1 + sp.Abs(x)))
    Abs(x)/(Abs(x) + 1)
    >>> without_their_constant((1 + sp.Abs(x)) ** sp.Rational(1, 3) - 1)
    expm1(log1p(Abs(x))/3)
    >>> without_their_constant(x * Phi(x) - x / 2)
    x*erf(sqrt(2)*x/2)/2
    >>> without_their_constant(x + 2 - 2 * sp.cos(sp.sqrt(sp.Abs(x))))
    x + 4*sin(sqrt(Abs(x))/2)**2
    """
    for term in total.args:
        for step in (factor for factor in sp.Mul.make_args(term) if isinstance(factor, Phi)):
            half = -term / step / 2
            if half in total.args:
                return total - term - half - half * sp.erf(step.args[0] / sp.sqrt(2))
    constant = sp.Add(*(term for term in total.args if term.is_number))
    if constant == 0:
        return total
    for term in total.args:
        coefficient, function = term.as_coeff_Mul()
        found = _value_and_rest(function)
        if found is not None and sp.expand(coefficient * found[0] + constant) == 0:
            return total - term - constant + coefficient * found[1]
    return total


def _value_and_rest(function: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """The value of a function where its u vanishes, and what else it is."""
    if isinstance(function, sp.cos | sp.cosh):
        u = function.args[0]
        if u.is_polynomial():
            return None
        return sp.S.One, 2 * sp.sinh(u / 2) ** 2 if isinstance(function, sp.cosh) else -2 * sp.sin(u / 2) ** 2
    if isinstance(function, sp.log):
        number, rest = function.args[0].as_coeff_Add()
        return (sp.log(number), log1p(rest / number)) if number.is_positive and not rest.is_number else None
    if not isinstance(function, sp.Pow) or not function.exp.is_Rational:
        return None
    number, rest = function.base.as_coeff_Add()
    power = function.exp
    if not number.is_positive or rest.is_number or (power.is_Integer and power > 0):
        return None
    if power == -1:
        return 1 / number, -rest / number / function.base
    return number**power, number**power * expm1(power * log1p(rest / number))
