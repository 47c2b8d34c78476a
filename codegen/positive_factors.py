"""Signs of products: factors that are positive everywhere do not count."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.normal import Phi, phi

__all__ = ["is_positive", "without_positive_factors"]


def without_positive_factors(expression: sp.Expr) -> sp.Expr:
    """The expression, its signs and steps those of what may be negative: a factor may underflow, its sign does not.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_positive_factors(sp.sign(x * Phi(x))), without_positive_factors(sp.Heaviside(x / (1 + sp.exp(-x))))
    (sign(x), Heaviside(x))
    >>> without_positive_factors(sp.sign(x * (1 - sp.exp(x))))
    sign(x*(1 - exp(x)))
    """
    return expression.replace(lambda e: isinstance(e, sp.sign | sp.Heaviside), _of_the_rest)


def _of_the_rest(node: sp.Expr) -> sp.Expr:
    factors = sp.Mul.make_args(node.args[0])
    kept = [factor for factor in factors if not is_positive(factor)]
    return node if len(kept) == len(factors) else node.func(sp.Mul(*kept))


def is_positive(node: sp.Expr) -> bool:
    """Whether an expression is positive for every x, as far as its form tells."""
    if node.is_positive or isinstance(node, sp.exp | sp.cosh | Phi | phi):
        return True
    if isinstance(node, sp.Pow):
        return is_positive(node.base) and bool(node.exp.is_real)
    return isinstance(node, sp.Add | sp.Mul) and all(map(is_positive, node.args))
