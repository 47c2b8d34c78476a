"""The frame of a panel plan: where a function bends, how it decays beyond, how large a step may be at a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy as sp

from codegen.structures import Structure

__all__ = ["Frame", "NoPanelPlanError", "SteepSaturationError", "frame_of", "refuse_too_many"]

_LEVEL = 3
MOST = 32
"""Places at which a function without kinks may bend: plans take the square of their number."""


class NoPanelPlanError(ValueError):
    """The function oscillates, grows exponentially or is too rough for a moderate number of panels."""


class SteepSaturationError(NoPanelPlanError):
    """The function comes nearer to what it approaches than any exponential does: its variance needs other panels."""


@dataclass(frozen=True)
class Frame:
    """The structures of a function and its decay beyond ``ends``, the part of the line outside of which it decays.

    ``rates`` are exponential, at the left and at the right; ``faster`` says at which end the function decays faster
    than any exponential; its rate there is only a mild one.
    """

    structures: tuple[Structure, ...]
    ends: tuple[sp.Rational, sp.Rational]
    rates: tuple[sp.Rational, sp.Rational]
    faster: tuple[bool, bool]

    def scale(self, place: float) -> float:
        """The distance over which the function may bend at ``place``."""
        return min(float(one.width) + abs(place - float(one.centre)) for one in self.structures)


def frame_of(context: Any, value: Callable[[Any], Any], found: Sequence[Structure]) -> Frame:
    """The frame of the function ``value``, whose arguments are numbers of ``context``."""
    widest = max(one.width for one in found)
    ends, rates, faster = [], [], []
    for side in (-1, 1):
        outward = sorted(found, key=lambda one: side * one.centre, reverse=True)
        rate, fast = _rate(context, value, side, outward[0].centre, widest)
        ends.append(outward[0].centre if fast else _end(context, value, side, rate, outward, widest))
        rates.append(rate)
        faster.append(fast)
    if ends[0] > ends[1]:
        ends = [max(one.centre for one in found)] * 2 if rates[0] == 0 else [min(one.centre for one in found)] * 2
    return Frame(tuple(found), (ends[0], ends[1]), (rates[0], rates[1]), (faster[0], faster[1]))


def _rate(
    context: Any, value: Callable[[Any], Any], side: int, start: sp.Rational, width: sp.Rational
) -> tuple[sp.Rational, bool]:
    """Exponential decay rate at one end, rounded down; 0 for what is slower, a mild one and True for what is faster."""

    def size(distance: int) -> Any:
        return abs(value(number(context, start + side * distance * width)))

    def slope(near: int, far: int) -> float | None:
        """``-d log|g| / d|y|`` between two distances; None where g vanishes or is below 1e-400."""
        sizes = size(near), size(far)
        if min(sizes) < context.mpf(10) ** -400:
            return None
        return float(context.log(sizes[0] / sizes[1])) / (far - near)

    first, middle, last = (slope(near, far) for near, far in ((1, 3), (6, 8), (40, 80)))
    if last is not None:
        values = [value(number(context, start + side * sp.Rational(n, 4) * width)) for n in range(160, 321)]
        if any(a * b < 0 for a, b in pairwise(values)):
            middle = last = _rate_of_crests(context, values)
    if last is not None and last < -0.2:
        raise NoPanelPlanError("the function grows exponentially; no panel rule covers that")
    if last is None or (middle is not None and last > 1.5 * middle > 0.3):
        return _sixty_fourths(first or 0.0) / width, size(7) != 0
    return _sixty_fourths(last) / width, False


def _rate_of_crests(context: Any, values: Sequence[Any]) -> float:
    """The decay rate of an oscillation at places 1/4 apart: by the largest of its first and of its last third."""
    third = len(values) // 3
    near, far = range(third), range(len(values) - third, len(values))
    first, last = (max(part, key=lambda n: abs(values[n])) for part in (near, far))
    return 4 * float(context.log(abs(values[first] / values[last]))) / (last - first)


def _sixty_fourths(rate: float) -> sp.Rational:
    return sp.Rational(int(rate * 64), 64) if rate > 0.1 else sp.Integer(0)


def _end(
    context: Any,
    value: Callable[[Any], Any],
    side: int,
    rate: sp.Rational,
    outward: Sequence[Structure],
    widest: sp.Rational,
) -> sp.Rational:
    """The innermost structure outside of which the exponential law holds."""

    def level(place: sp.Rational) -> float:
        """``log|g| + rate |y|``, constant where the law holds."""
        size = abs(value(number(context, place)))
        return float(context.log(size)) + float(side * rate * place) if size > 0 else float("-inf")

    far = level(outward[0].centre + 8 * side * widest)
    if any(level(one.centre + n * one.width) > far + _LEVEL for one in outward[1:] for n in (-1, 0, 1)):
        return outward[0].centre
    for one, following in pairwise(outward):
        between = (one.centre + following.centre) / 2
        beside = max(level(one.centre + n * one.width) for n in (-1, 0, 1))
        if one.centre != following.centre and (abs(level(between) - far) > _LEVEL or beside > far + _LEVEL):
            return one.centre
    return outward[-1].centre


def number(context: Any, place: sp.Rational) -> Any:
    """A rational as a number of ``context``."""
    return context.mpf(int(place.p)) / int(place.q)


def refuse_too_many(found: Sequence[Structure], kinks: Sequence[sp.Expr]) -> None:
    """Refuse a smooth function that bends at more places than a kernel is planned for.

    Raises
    ------
    NoPanelPlanError
        It does.
    """
    if len(found) > MOST and not kinks:
        raise NoPanelPlanError(f"it bends at {len(found)} places; a kernel follows at most {MOST}")
