"""Intervals on which the conditions of a ``Piecewise`` hold."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["is_exact", "limited", "where", "without"]


def is_exact(condition: Any) -> bool:
    """Whether the condition is a single comparison of ``x`` with a number, whose intervals are exact."""
    return condition == sp.true or (
        condition.is_Relational
        and {condition.lhs, condition.rhs} & {x} != set()
        and all(side == x or side.is_number for side in (condition.lhs, condition.rhs))
        and not isinstance(condition, (sp.Eq, sp.Ne))
    )


def where(condition: Any, interval: tuple[float, float]) -> list[tuple[float, float]]:
    """Intervals that cover the part of ``interval`` where ``condition`` holds."""
    if condition == sp.false:
        return []
    if isinstance(condition, sp.And):
        covered = [interval]
        for part in condition.args:
            covered = [piece for one in covered for piece in where(part, one)]
        return covered
    if not is_exact(condition) or condition == sp.true:
        return [interval]
    point = float(condition.rhs if condition.lhs == x else condition.lhs)
    below = isinstance(condition, (sp.Lt, sp.Le)) == (condition.lhs == x)
    low, high = (interval[0], min(interval[1], point)) if below else (max(interval[0], point), interval[1])
    return [(low, high)] if low < high else []


def without(interval: tuple[float, float], inside: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is left of an interval."""
    if not inside:
        return [interval]
    low, high = inside[0]
    return [(a, b) for a, b in ((interval[0], low), (high, interval[1])) if a < b]


def limited(value: Any, condition: Any, holds: bool) -> Any:
    """``value`` with multiples of u in exponents as of ``Min(u, c)`` or ``Max(u, c)``, as a condition on u tells.

    Examples
    --------
    >>> u = x * sp.Max(x, -1)
    >>> limited(u + sp.exp(u / 2), u > 0, False)
    x*Max(-1, x) + exp(Min(0, x*Max(-1, x))/2)
    >>> limited(sp.exp(-u), u > 0, True)
    exp(-Max(0, x*Max(-1, x)))
    """
    if not isinstance(condition, (sp.Gt, sp.Ge, sp.Lt, sp.Le)) or not condition.rhs.is_number:
        return value
    factor, inside = condition.lhs.as_coeff_Mul()
    above = isinstance(condition, (sp.Gt, sp.Ge)) == (holds == bool(factor > 0))
    if inside == x or not inside.has(x):
        return value
    within = (sp.Max if above else sp.Min)(condition.rhs / factor, inside, evaluate=False)

    def bounded(exponent: Any) -> Any:
        return exponent.replace(
            lambda e: isinstance(e, sp.Expr) and e.has(x) and e.as_coeff_Mul()[1] == inside,
            lambda e: e.as_coeff_Mul()[0] * within,
        )

    return value.replace(sp.exp, lambda exponent: sp.exp(bounded(exponent)))
