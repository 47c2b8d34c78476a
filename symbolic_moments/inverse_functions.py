"""Inverse functions that users write out, or of what grows: as the functions that stay bounded or are known."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["with_known_inverses"]


def with_known_inverses(expression: Any) -> Any:
    """The expression with ``asinh`` for its logarithm written out, and ``2 atan(tanh(u/2))`` for ``atan(sinh(u))``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_known_inverses(sp.log(x + sp.sqrt(x**2 + 1)) + sp.atan(sp.sinh(x)))
    asinh(x) + 2*atan(tanh(x/2))
    """
    written = expression.replace(
        lambda e: isinstance(e, sp.atan) and isinstance(e.args[0], sp.sinh),
        lambda e: 2 * sp.atan(sp.tanh(e.args[0].args[0] / 2)),
    )
    return written.replace(lambda e: isinstance(e, sp.log) and isinstance(e.args[0], sp.Add), _area)


def _area(logarithm: Any) -> Any:
    total = logarithm.args[0]
    for root in total.args:
        u = total - root
        if isinstance(root, sp.Pow) and root.exp == sp.S.Half:
            b = sp.expand(root.base - u**2)
            if b.is_number and b.is_positive:
                return sp.asinh(u / sp.sqrt(b)) + sp.log(b) / 2
    return logarithm
