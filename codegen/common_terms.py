"""Maxima and minima of sums that share terms: the terms beside the maximum of what is left."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["with_common_terms_outside"]


def with_common_terms_outside(expression: sp.Expr) -> sp.Expr:
    """The expression, terms in x that all sides of a maximum or minimum around waves share taken out of it.

    Examples
    --------
    >>> with_common_terms_outside(sp.Max(x, x + sp.sin(x)))
    x + Max(0, sin(x))
    >>> with_common_terms_outside(sp.Min(sp.tanh(x) - sp.cos(x), sp.tanh(x) + sp.sin(x)))
    tanh(x) + Min(sin(x), -cos(x))
    >>> with_common_terms_outside(sp.Max(x, sp.sin(x)))
    Max(x, sin(x))
    """
    return expression.replace(lambda e: isinstance(e, sp.Max | sp.Min) and e.has(sp.sin, sp.cos, sp.tan), _apart)


def _apart(node: sp.Max | sp.Min) -> sp.Expr:
    sums = [set(sp.Add.make_args(side)) for side in node.args]
    shared = sp.Add(*(term for term in set.intersection(*sums) if term.has(x)))
    return shared + node.func(*(side - shared for side in node.args)) if shared != 0 else node
