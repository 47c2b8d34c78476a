"""Functions of finitely many steps: the jumps between them, and the levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from codegen.panel_marks import NoPanelPlanError

__all__ = ["KEPT", "Jump", "Staircase", "check_number_of_steps", "staircase"]

_MOST_STEPS = 1000

KEPT = 60
"""Digits of heights and levels, and of places that are no rationals."""
_PER_UNIT = 16
"""Parts of a unit in which logarithms of heights are given."""


@dataclass(frozen=True)
class Jump:
    """How far g rises at a place: ``mantissa / 10^exponent``; and ``size / 16``, no less than the logarithm of that."""

    place: Any
    mantissa: int
    exponent: int
    size: int


@dataclass(frozen=True)
class Staircase:
    """Jumps, increasing, the levels before, between and after them, and how far sizes are above the logarithms."""

    jumps: tuple[Jump, ...]
    levels: tuple[tuple[int, int], ...]
    spare: int


def check_number_of_steps(steps: int) -> None:
    """Refuse what has so many steps that its kernel would be too large.

    Raises
    ------
    NoPanelPlanError
        There are more than 1000.
    """
    if steps > _MOST_STEPS:
        raise NoPanelPlanError(f"it has {steps} steps; at most {_MOST_STEPS} are served; round to fewer levels")


def staircase(places: Sequence[Any], rises: Sequence[Any], levels: Sequence[Any]) -> Staircase:
    """The staircase of these rationals; sizes of jumps follow the least concave function of the place above them.

    Examples
    --------
    >>> found = staircase([sp.Integer(0), sp.Integer(1)], [sp.Integer(1), sp.Integer(2)], [0, 1, 3])
    >>> [jump.size for jump in found.jumps], found.levels[2], found.spare
    ([0, 12], (3, 0), 1)
    """
    logarithms = [float(sp.log(abs(sp.N(rise, 20)))) for rise in rises]
    hull = _concave_above([float(place) for place in places], logarithms)
    sizes = [math.ceil(_PER_UNIT * height) for height in hull]
    spare = math.ceil(max(size / _PER_UNIT - own for size, own in zip(sizes, logarithms, strict=True)))
    jumps = tuple(Jump(place, *_decimal(rise), size) for place, rise, size in zip(places, rises, sizes, strict=True))
    return Staircase(jumps, tuple(map(_decimal, levels)), spare)


def _concave_above(places: Sequence[float], heights: Sequence[float]) -> list[float]:
    """At the places, the least concave function that is nowhere below the heights."""
    corners: list[int] = []
    for n in range(len(places)):
        while len(corners) > 1:
            one, other = corners[-2:]
            cross = (places[other] - places[one]) * (heights[n] - heights[one])
            if cross < (heights[other] - heights[one]) * (places[n] - places[one]):
                break
            corners.pop()
        corners.append(n)
    found = []
    for n, place in enumerate(places):
        after = next(i for i, corner in enumerate(corners) if corner >= n)
        if corners[after] == n:
            found.append(heights[n])
            continue
        low, high = corners[after - 1], corners[after]
        share = (place - places[low]) / (places[high] - places[low])
        found.append((1 - share) * heights[low] + share * heights[high])
    return found


def _decimal(value: Any) -> tuple[int, int]:
    """Mantissa and exponent of ``mantissa / 10^exponent``, to 60 digits."""
    value = sp.Rational(value)
    if value.q == 1:
        return int(value), 0
    exponent = KEPT - 1 - math.floor(sp.log(abs(sp.N(value, 20)), 10))
    return int(sp.floor(value * sp.Integer(10) ** exponent + sp.S.Half)), exponent
