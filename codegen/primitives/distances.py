"""Distances from places that are no doubles."""

from typing import Any


def abs_of(xp: Any, argument: Any) -> Any:
    """``|u|``, of a pair: next to its root u is what rounding took from it."""
    u, rest = argument
    return xp.abs(u + rest)
