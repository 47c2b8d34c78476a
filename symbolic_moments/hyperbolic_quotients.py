"""Quotients of hyperbolic sines and cosines as tangents: bounded, where numerator and denominator overflow."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["with_tangents"]


def with_tangents(expression: Any) -> Any:
    """The expression, ``sinh(u)^n / cosh(u)^n`` in its products as ``tanh(u)^n``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_tangents(sp.sinh(x**2) ** 3 / sp.cosh(x**2) ** 2 + 1)
    sinh(x**2)*tanh(x**2)**2 + 1
    """
    if not (expression.has(sp.sinh) and expression.has(sp.cosh)):
        return expression
    return expression.replace(lambda e: isinstance(e, sp.Mul), _product)


def _product(product: Any) -> Any:
    powers = product.as_powers_dict()
    for sine in [base for base in powers if isinstance(base, sp.sinh)]:
        upper, lower = (sp.sympify(powers.get(base, 0)) for base in (sine, sp.cosh(*sine.args)))
        if upper.is_Integer and lower.is_Integer and upper * lower < 0:
            shared = min(abs(upper), abs(lower)) * sp.sign(upper)
            change = (sp.tanh(*sine.args) * sp.cosh(*sine.args) / sine) ** shared
            product = product * change
    return product
