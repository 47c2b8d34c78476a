"""Logarithms of quotients of sums of exponentials, apart: each of them has a line that it approaches."""

from __future__ import annotations

import sympy as sp

from codegen.positive_factors import is_positive

__all__ = ["with_logarithms_apart"]


def with_logarithms_apart(expression: sp.Expr) -> sp.Expr:
    """The expression with logarithms of products of what is positive as sums of logarithms.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_logarithms_apart(sp.log((1 + sp.exp(x)) / (2 + sp.exp(x))))
    log(exp(x) + 1) - log(exp(x) + 2)
    >>> with_logarithms_apart(sp.log(x / (1 + x)))
    log(x/(x + 1))
    """
    return expression.replace(sp.log, _apart)


def _apart(argument: sp.Expr) -> sp.Expr:
    factors = [factor.as_base_exp() for factor in sp.Mul.make_args(argument)]
    if len(factors) < 2 or not all(is_positive(base) and power.is_real for base, power in factors):
        return sp.log(argument)
    return sp.Add(*(power * sp.log(base) for base, power in factors))
