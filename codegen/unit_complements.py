"""Slopes of arcsines and arccosines: ``1 - u^2`` of a line u as the product of its distances from -1 and 1."""

from __future__ import annotations

import sympy as sp

__all__ = ["with_factored_complements"]


def with_factored_complements(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression, powers of ``1 - (a x + b)^2`` by the factors of that, in which nothing rounds next to its zeros.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_factored_complements(1 / sp.sqrt(1 - (2 * x - 1) ** 2), x)
    1/(2*sqrt(-x*(x - 1)))
    >>> with_factored_complements(1 / sp.sqrt(1 - x**2), x)
    1/sqrt(1 - x**2)
    """
    return expression.replace(
        lambda e: isinstance(e, sp.Pow) and not e.exp.is_Integer and _is_complement(e.base, variable),
        lambda e: sp.factor(e.base) ** e.exp,
    )


def _is_complement(base: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether it is ``1 - u^2`` with a sum u."""
    if not isinstance(base, sp.Add) or len(base.args) != 2 or not base.is_polynomial(variable):
        return False
    constant, rest = base.as_coeff_Add()
    factor, square = rest.as_coeff_Mul()
    line, power = square.as_base_exp()
    return bool(constant == 1 and factor.is_negative and power == 2 and line.is_Add)
