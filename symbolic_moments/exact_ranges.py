"""Ranges of functions whose ends are numbers: ``tanh`` lies between -1 and 1, ``1/(1 + exp(u))`` between 0 and 1."""

from __future__ import annotations

from itertools import product
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi

__all__ = ["exact_range"]

Range = tuple[sp.Expr, sp.Expr]

_EVERYTHING = (-sp.oo, sp.oo)
_WITHIN: dict[Any, tuple[int, int]] = {
    sp.tanh: (-1, 1),
    sp.erf: (-1, 1),
    sp.sin: (-1, 1),
    sp.cos: (-1, 1),
    sp.sign: (-1, 1),
    sp.erfc: (0, 2),
    sp.sech: (0, 1),
    Phi: (0, 1),
    sp.Heaviside: (0, 1),
}


def exact_range(expression: sp.Expr) -> Range:
    """Numbers between which the values of a real expression lie, infinite where none is known.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> exact_range(2 / (1 + sp.exp(-x)) - 1), exact_range(sp.exp(-(x**2))), exact_range(x * sp.tanh(x))
    ((-1, 1), (0, 1), (-oo, oo))
    >>> exact_range(sp.log(1 + sp.exp(x))), exact_range(sp.Min(sp.tanh(x) ** 2, 3))
    ((0, oo), (0, 1))
    """
    if expression.is_Rational:
        return expression, expression
    if not expression.args:
        return _EVERYTHING
    parts = [exact_range(part) for part in expression.args]
    if isinstance(expression, sp.Add):
        return sp.Add(*(low for low, _ in parts)), sp.Add(*(high for _, high in parts))
    if isinstance(expression, sp.Mul):
        found = parts[0]
        for part in parts[1:]:
            corners = [_times(a, b) for a, b in product(found, part)]
            found = sp.Min(*corners), sp.Max(*corners)
        return found
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer:
        return _power(parts[0], int(expression.exp))
    if isinstance(expression, sp.Abs):
        low, high = parts[0]
        return sp.Max(low, -high, 0), sp.Max(abs(low), abs(high))
    if isinstance(expression, sp.Max | sp.Min):
        chosen = type(expression)
        return chosen(*(low for low, _ in parts)), chosen(*(high for _, high in parts))
    if isinstance(expression, sp.exp):
        low, high = parts[0]
        return (sp.S.One if low >= 0 else sp.S.Zero), (sp.S.One if high <= 0 else sp.oo)
    if isinstance(expression, sp.log):
        low, high = parts[0]
        return (sp.S.Zero if low >= 1 else -sp.oo), (sp.S.Zero if high <= 1 else sp.oo)
    low, high = _WITHIN.get(expression.func, _EVERYTHING)
    return sp.sympify(low), sp.sympify(high)


def _times(one: sp.Expr, other: sp.Expr) -> sp.Expr:
    return sp.S.Zero if one == 0 or other == 0 else one * other


def _power(base: Range, exponent: int) -> Range:
    low, high = base
    if exponent < 0:
        if low < 0 < high or (low == 0 and high == 0):
            return _EVERYTHING
        ends = [1 / end if end != 0 else sp.oo * (1 if high > 0 else -1) for end in (high, low)]
        low, high = ends[0], ends[1]
        exponent = -exponent
    if exponent % 2 == 0:
        low, high = sp.Max(low, -high, 0), sp.Max(abs(low), abs(high))
    return low**exponent, high**exponent
