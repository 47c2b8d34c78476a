"""Differences of exponentials, and of normal distribution functions and their limits, without the subtraction."""

from __future__ import annotations

from itertools import combinations

import sympy as sp

from codegen.stable_functions import expm1
from symbolic_moments.normal import Phi

__all__ = ["of_exponentials", "of_normal_cdf", "with_hyperbolic_functions", "with_natural_base"]


def with_natural_base(expression: sp.Expr) -> sp.Expr:
    """``b^u`` as ``exp(u log(b))``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_natural_base(2**x + sp.exp(x))
    exp(x) + exp(x*log(2))
    """
    return expression.replace(
        lambda e: isinstance(e, sp.Pow) and e.base.is_number and e.base != sp.E and not e.exp.is_number,
        lambda e: sp.exp(sp.expand(e.exp * sp.log(e.base))),
    )


def with_hyperbolic_functions(expression: sp.Expr) -> sp.Expr:
    """``a exp(u) +- a exp(-u)`` as hyperbolic functions, and quotients of such as ``tanh(u)``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_hyperbolic_functions((sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x)))
    tanh(x)
    >>> with_hyperbolic_functions(1 / (3 * sp.exp(x / 2) + 3 * sp.exp(-x / 2)))
    1/(6*cosh(x/2))
    """

    def pair(total: sp.Add) -> sp.Expr:
        (one, first), (other, second) = (_exponential(term) for term in total.args)
        if not (first.args and second.args and first.args[0] + second.args[0] == 0 and abs(one) == abs(other)):
            return total
        return 2 * one * (sp.cosh if one == other else sp.sinh)(first.args[0])

    def quotient(product: sp.Mul) -> sp.Expr:
        for u in (factor.args[0] for factor in product.args if isinstance(factor, sp.sinh)):
            if 1 / sp.cosh(u) in product.args:
                return product * sp.cosh(u) / sp.sinh(u) * sp.tanh(u)
        return product

    found = expression.replace(lambda e: isinstance(e, sp.Add) and len(e.args) == 2, pair)
    return found.replace(lambda e: isinstance(e, sp.Mul), quotient)


def of_exponentials(total: sp.Expr) -> sp.Expr:
    """``c exp(u) - c exp(v)`` in a sum as ``2 c sinh(u)`` or ``-c exp(u) expm1(v - u)``, v below u.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> of_exponentials(x + 3 * sp.exp(-2 * x**2) - 3 * sp.exp(-(x**2)))
    x + 3*exp(-x**2)*expm1(-x**2)
    >>> of_exponentials(sp.exp(2 * x) - sp.exp(x))
    exp(2*x) - exp(x)
    """
    exponentials = [(term, *_exponential(term)) for term in total.args if _exponential(term)[1].args]
    for (one, coefficient, first), (other, opposite, second) in combinations(exponentials, 2):
        if coefficient + opposite != 0:
            continue
        u, v = first.args[0], second.args[0]
        gap = sp.expand(v - u)
        if u + v == 0:
            difference = 2 * coefficient * sp.sinh(u)
        elif gap.is_nonpositive:
            difference = -coefficient * first * expm1(gap)
        elif gap.is_nonnegative:
            difference = coefficient * second * expm1(sp.expand(-gap))
        else:
            continue
        return total - one - other + difference
    return total


def _exponential(term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The number and the exponential of ``c exp(u)``; 0 in place of the exponential for anything else."""
    coefficient, factor = term.as_coeff_Mul()
    return coefficient, factor if isinstance(factor, sp.exp) else sp.Integer(0)


def of_normal_cdf(total: sp.Expr) -> sp.Expr:
    """``c - c Phi(u)`` as ``c Phi(-u)``, ``c +- c erf(u)`` as ``2 c Phi(+-sqrt(2) u)``; anything else as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> of_normal_cdf(2 - 2 * Phi(3 * x)), of_normal_cdf(sp.erf(x) - 1)
    (2*Phi(-3*x), -2*Phi(-sqrt(2)*x))
    """
    constant, rest = total.as_coeff_Add()
    coefficient, function = rest.as_coeff_Mul()
    if constant == -coefficient and isinstance(function, Phi):
        return constant * Phi(-function.args[0])
    if abs(constant) == abs(coefficient) and isinstance(function, sp.erf):
        return 2 * constant * Phi(sp.sqrt(2) * function.args[0] * coefficient / constant)
    return total
