"""Nested minima and maxima, built so that SymPy's simplification keeps every branch.

``Min(a, Max(b, Min(c, d)))`` loses branches in SymPy (1.14 and before): numbers of the inner ``Min``, which holds below
``b`` only, are taken for bounds of the outer one. By the distributive law it is ``Min(a, Max(b, c), Max(b, d))``.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import sympy as sp

__all__ = ["largest", "settled", "smallest", "substituted"]

MOST_BRANCHES = 256


def largest(*values: Any) -> sp.Expr:
    """The maximum.

    Raises
    ------
    ValueError
        Written without nesting it has more than ``MOST_BRANCHES`` branches.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> largest(smallest(x, largest(2, smallest(3, -x))), smallest(0, -x))
    Max(Min(0, -x), Min(2, x), Min(3, -x, x))
    """
    return _joined(sp.Max, values)


def smallest(*values: Any) -> sp.Expr:
    """The minimum.

    Raises
    ------
    ValueError
        Written without nesting it has more than ``MOST_BRANCHES`` branches.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> smallest(largest(-x, smallest(-2, largest(-3, x))), largest(0, x))
    Min(Max(-2, -x), Max(0, x), Max(-3, -x, x))
    """
    return _joined(sp.Min, values)


def substituted(expression: sp.Expr, variable: sp.Symbol, value: sp.Expr) -> sp.Expr:
    """``expression`` at ``value``, its minima and maxima built anew.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> substituted(sp.Min(6, sp.Max(0, x)), x, sp.Max(-x, sp.Min(-2, sp.Max(-3, x))))
    Min(6, Max(0, -x))
    """
    if not value.has(sp.Min, sp.Max) or not expression.has(sp.Min, sp.Max):
        return expression.subs(variable, value)
    inner = sp.Dummy(real=True)
    moved = expression.subs(variable, inner)
    lattices = [part for part in moved.atoms(sp.Min, sp.Max) if part.has(inner)]
    built = {part: _built(part, inner, value) for part in lattices}
    return moved.xreplace(built).subs(inner, value)


def settled(expression: sp.Expr) -> sp.Expr:
    """``expression`` with minima and maxima of numbers evaluated: SymPy leaves those that it takes out of brackets.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> lattice = sp.Min(sp.Max(0, x), sp.Max(-1, x))
    >>> lattice, settled(lattice)
    (Max(x, Min(-1, 0)), Max(-1, x))
    """
    open_ones = [part for part in expression.atoms(sp.Min, sp.Max) if part.is_number]
    return expression.xreplace({part: part.func(*part.args) for part in open_ones})


def _built(part: sp.Expr, variable: sp.Symbol, value: sp.Expr) -> sp.Expr:
    if not isinstance(part, (sp.Min, sp.Max)):
        return part.subs(variable, value) if not part.has(sp.Min, sp.Max) else substituted(part, variable, value)
    return _joined(type(part), [_built(inner, variable, value) for inner in part.args])


def _joined(kind: Any, values: Any) -> sp.Expr:
    other = sp.Max if kind is sp.Min else sp.Min
    branches = [branch for value in values for branch in _branches(kind, other, sp.sympify(value))]
    _check(len(branches))
    return settled(kind(*branches))


def _branches(kind: Any, other: Any, value: sp.Expr) -> list[sp.Expr]:
    """Values whose ``kind`` is ``value``, in none of which ``kind`` stands below ``other``."""
    if isinstance(value, kind):
        return [branch for inner in value.args for branch in _branches(kind, other, inner)]
    if not isinstance(value, other) or not any(isinstance(inner, kind) for inner in value.args):
        return [value]
    choices = [_branches(kind, other, inner) for inner in value.args]
    _check(math.prod(map(len, choices)))
    return [other(*chosen) for chosen in product(*choices)]


def _check(count: int) -> None:
    if count > MOST_BRANCHES:
        raise ValueError(
            f"nested minima and maxima of {count} branches given; at most {MOST_BRANCHES} are expected; "
            "nest fewer of them, or write a Piecewise"
        )
