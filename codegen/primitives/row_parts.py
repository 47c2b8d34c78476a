"""Rows in two parts, each served by a kernel of its own."""

from typing import Any


def by_condition(xp: Any, condition: Any, mu: Any, sigma: Any, functions: Any, count: int) -> Any:
    """``count`` values a row: those of the first of two functions where the condition holds, else of the second."""
    result = [xp.empty_like(mu) for _ in range(count)]
    for part, function in zip((condition, ~condition), functions, strict=True):
        some = xp.flatnonzero(part)
        if len(some):
            for row, value in zip(result, function(mu[some], sigma[some]), strict=True):
                row[some] = value
    return result
