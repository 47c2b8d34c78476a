"""Intervals on which the conditions of a ``Piecewise`` hold."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["is_exact", "where", "without"]


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
