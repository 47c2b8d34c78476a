"""What a bound of a function says, and the bounds of sums and products."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

__all__ = ["EVERYTHING", "Bound", "Growth", "NoBoundError", "increasing", "joined", "product"]

EVERYTHING = (-math.inf, math.inf)


class Growth(IntEnum):
    """How fast a function may grow with ``|x|``."""

    BOUNDED = 0
    LINEAR = 1
    POLYNOMIAL = 2
    EXPONENTIAL = 3
    BEYOND = 4


class NoBoundError(Exception):
    """A part has no bound: the reason, and whether it disproves that the function is real."""

    def __init__(self, reason: str, disproof: bool = False) -> None:
        super().__init__(reason)
        self.disproof = disproof


@dataclass(frozen=True)
class Bound:
    """Values between ``low`` and ``high``, almost everywhere.

    Attributes
    ----------
    low, high : float
        May be infinite.
    growth : Growth
        As ``|x|`` grows.
    falls, rises : bool
        Next to finite points it may fall to minus infinity, or rise to infinity, like a power of a logarithm.
    beyond : str
        For growth ``BEYOND``: the part it comes from.
    """

    low: float
    high: float
    growth: Growth
    falls: bool = False
    rises: bool = False
    beyond: str = ""

    @property
    def apart_from_zero(self) -> bool:
        """Whether 1 over it is bounded."""
        return self.low > 1e-9 or self.high < -1e-9

    def scaled(self, factor: float) -> Bound:
        """``factor`` times it."""
        ends = sorted(factor * end if factor else 0.0 for end in (self.low, self.high))
        falls, rises = (self.falls, self.rises) if factor > 0 else (self.rises, self.falls)
        return replace(self, low=ends[0], high=ends[1], falls=falls, rises=rises)


def joined(parts: list[Bound], low: float, high: float) -> Bound:
    """A bound whose growth and singularities are those of its parts."""
    beyond = next((part.beyond for part in parts if part.beyond), "")
    falls, rises = any(part.falls for part in parts), any(part.rises for part in parts)
    return Bound(low, high, max(part.growth for part in parts), falls, rises, beyond)


def product(left: Bound, right: Bound) -> Bound:
    """A bound of the product of two functions."""
    corners = [a * b if a != 0 and b != 0 else 0.0 for a in (left.low, left.high) for b in (right.low, right.high)]
    result = joined([left, right], min(corners), max(corners))
    singular = result.falls or result.rises
    growth = result.growth
    if left.growth != Growth.BOUNDED and right.growth != Growth.BOUNDED:
        growth = max(growth, Growth.POLYNOMIAL)
    return replace(result, growth=growth, falls=singular, rises=singular)


def increasing(function: Callable[[float], float], value: float) -> float:
    """An increasing function, infinite where it overflows."""
    try:
        return function(value)
    except OverflowError:
        return math.copysign(math.inf, value) if value < 0 else math.inf
