"""Branches within branches whose conditions are decided already: only what can hold is left to be computed."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

__all__ = ["with_decided_branches"]


@dataclass(frozen=True)
class _Known:
    """What is known of a variable: it lies between ``lower`` and ``upper``, which belong to it if closed."""

    lower: sp.Expr = sp.S.NegativeInfinity
    upper: sp.Expr = sp.S.Infinity
    lower_closed: bool = False
    upper_closed: bool = False

    def holds(self, condition: Relational) -> bool | None:
        """Whether a comparison ``x < number`` or the like holds; None where that is not known."""
        bound, closed = condition.rhs, isinstance(condition, sp.Ge)
        if isinstance(condition, sp.Gt | sp.Ge):
            if _below(bound, self.lower) or (self.lower == bound and (closed or not self.lower_closed)):
                return True
            if _below(self.upper, bound) or (self.upper == bound and not (closed and self.upper_closed)):
                return False
            return None
        opposite = self.holds(condition.negated)
        return None if opposite is None else not opposite

    def where(self, condition: Relational) -> _Known:
        """What is known where the comparison holds."""
        bound, closed = condition.rhs, isinstance(condition, sp.Ge | sp.Le)
        if self.holds(condition) is not None:
            return self
        if isinstance(condition, sp.Gt | sp.Ge):
            return _Known(bound, self.upper, closed, self.upper_closed)
        return _Known(self.lower, bound, self.lower_closed, closed)


def _below(one: sp.Expr, other: sp.Expr) -> bool:
    return bool((other - one).is_positive)


def with_decided_branches(expression: sp.Expr) -> sp.Expr:
    """The expression without branches that never hold, and without conditions that always do.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> inner = sp.Piecewise((sp.exp(x), x < -1), (sp.tanh(x), x > 1), (x, True))
    >>> with_decided_branches(sp.Piecewise((x * inner, x < -2), (sp.Add(1, inner, evaluate=False), x >= -1), (0, True)))
    Piecewise((x*exp(x), x < -2), (Piecewise((tanh(x), x > 1), (x, True)) + 1, x >= -1), (0, True))
    """
    if not expression.has(sp.Piecewise) or len(expression.free_symbols) != 1:
        return expression
    return _decided(expression, expression.free_symbols.pop(), _Known())


def _decided(expression: sp.Basic, variable: sp.Basic, known: _Known) -> sp.Basic:
    if not expression.has(sp.Piecewise):
        return expression
    if not isinstance(expression, sp.Piecewise):
        parts = [_decided(part, variable, known) for part in expression.args]
        if parts == list(expression.args):
            return expression
        kept = {"evaluate": False} if isinstance(expression, sp.Add | sp.Mul | sp.Pow) else {}
        return expression.func(*parts, **kept)
    branches = []
    for value, condition in expression.args:
        compared = isinstance(condition, sp.Gt | sp.Ge | sp.Lt | sp.Le) and condition.lhs == variable
        if not compared or not condition.rhs.is_number:
            branches.append((_decided(value, variable, known), condition))
            continue
        holds = known.holds(condition)
        if holds is False:
            continue
        branches.append((_decided(value, variable, known.where(condition)), sp.true if holds else condition))
        if holds:
            break
        known = known.where(condition.negated)
    return sp.Piecewise(*branches, evaluate=False) if len(branches) > 1 else branches[0][0]
