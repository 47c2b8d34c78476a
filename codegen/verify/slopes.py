"""Derivatives of a smooth branch as expressions that keep their digits."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from codegen.verify.smooth import SmoothFunction, compile_smooth
from symbolic_moments.symbols import x

__all__ = ["symbolic_derivative"]


@lru_cache(maxsize=256)
def symbolic_derivative(expression: sp.Expr, order: int) -> SmoothFunction:
    """The derivative of this order, without ``1 - tanh(u)^2``, of which far out no number of bits shows anything.

    Examples
    --------
    >>> from mpmath import libmp
    >>> slope = symbolic_derivative(sp.tanh(x**3), 1)(libmp.from_int(20), 60)
    >>> round(libmp.to_float(libmp.mpf_log(slope, 60)), 3)
    -15991.524
    """
    if not expression.has(sp.tanh):
        return compile_smooth(sp.diff(expression, x, order), x)
    for _ in range(order):
        expression = sp.diff(expression, x).replace(_is_one_minus_square, lambda e: sp.sech(_squared_tanh(e)) ** 2)
        expression = expression.replace(
            lambda e: _is_one_minus_square(-e), lambda e: -(sp.sech(_squared_tanh(-e)) ** 2)
        )
    return compile_smooth(expression, x)


def _squared_tanh(total: sp.Expr) -> sp.Expr | None:
    """The u of ``1 - tanh(u)^2``."""
    square = 1 - total
    return square.base.args[0] if square.is_Pow and square.exp == 2 and isinstance(square.base, sp.tanh) else None


def _is_one_minus_square(node: sp.Basic) -> bool:
    return isinstance(node, sp.Add) and len(node.args) == 2 and _squared_tanh(node) is not None
