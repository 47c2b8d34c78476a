"""What a kernel under Gaussians wider than the waves of its function is written from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from codegen.chebyshev_panels import DEGREE, ResolvedPanel, evaluator
from codegen.families.general_subject import GeneralSubject
from codegen.kink_limits import one_sided
from codegen.panel_marks import NoPanelPlanError
from codegen.phase_averages import settled_from
from codegen.resolved_panels import outward_panels
from codegen.slow_parts import SlowPart, slow_part
from codegen.stable_forms import stabilised
from symbolic_moments.symbols import x

__all__ = ["Tapered", "TaperedSubject"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_CLEAR = 40
"""Radians from what bends to where the taper begins."""
_LEAST_RADIANS = 30
"""How many radians wide a Gaussian is at the least under which waves average out."""
_RADIANS = 24
_TAPERED_RADIANS = 800
_OF_PANEL = 32
_PROBES = 33
_MOST_SIZE = 600


@dataclass(frozen=True)
class Tapered:
    """A function whose waves are tapered, to ``averages`` at the left and the right end, and panels of it.

    ``inner`` panels are those of the function itself, ``outer`` ones those of the averages; ``level`` bounds the
    logarithm of what is between them.
    """

    function: sp.Expr
    averages: tuple[sp.Expr, sp.Expr]
    inner: tuple[ResolvedPanel, ...]
    outer: tuple[tuple[ResolvedPanel, ...], tuple[ResolvedPanel, ...]]
    level: int


class TaperedSubject:
    """A function ``constant + h``; h and its square, tapered.

    Raises
    ------
    NoPanelPlanError
        Its waves have no known average.
    """

    def __init__(self, subject: GeneralSubject):
        expression = subject.expression.subs(subject.variable, x)
        self._found = subject.structures
        centres = [*(float(one.centre) for one in self._found), *map(float, subject.kinks)]
        branches = [_branch(expression, side, (min(centres), max(centres))) for side in (-1, 1)]
        edges = (-1, min(centres)), (1, max(centres))
        means = [_known(slow_part(branch, edge)) for branch, edge in zip(branches, edges, strict=True)]
        constants = [sp.expand(mean.average).as_coeff_Add()[0] for mean in means]
        self.constant = constants[0] if constants[0] == constants[1] else sp.S.Zero
        squares = [
            _known(slow_part((branch - self.constant) ** 2, edge)) for branch, edge in zip(branches, edges, strict=True)
        ]
        frequencies = [float(one) for part in (*means, *squares) for one in part.frequencies]
        if not frequencies:
            raise NoPanelPlanError("it has no waves")
        outermost = min(float(one.upper - one.lower) for one in (subject.value_panels[0], subject.value_panels[-1]))
        self.highest = max(max(frequencies), _OF_PANEL / outermost)
        self.unit = sp.Integer(2) ** math.ceil(-math.log2(min(frequencies)))
        self.longest = sp.Integer(2) ** math.floor(math.log2(min(_RADIANS / max(frequencies), outermost / 2)))
        self.least = _LEAST_RADIANS * self.unit
        margins = [
            settled_from(branch, *edge, _CLEAR * float(self.unit), subject.reach)
            for branch, edge in zip(branches, edges, strict=True)
        ]
        panels = self._inner(subject, min(centres) - margins[0], max(centres) + margins[1])
        self.ends = panels[0].lower, panels[-1].upper
        plain = subject.function.subs(subject.variable, x)
        deviation = stabilised(expression - self.constant) if self.constant else plain
        self.middle = (self._found[0].centre + self._found[-1].centre) / 2
        self.deviation = self._tapered(deviation, [mean.average - self.constant for mean in means], panels, plain)
        halves = tuple(half for one in panels for half in _of_square(one))
        self.square = self._tapered(deviation**2, [mean.average for mean in squares], halves, plain**2)

    def _inner(self, subject: GeneralSubject, low: float, high: float) -> tuple[ResolvedPanel, ...]:
        """Panels of the function where it bends, and about it."""
        panels = [one for one in subject.value_panels if float(one.upper) > low and float(one.lower) < high]
        if not (-subject.reach < low and high < subject.reach and panels):
            raise NoPanelPlanError("it bends where it is not followed")
        return tuple(panels)

    def _tapered(
        self, function: sp.Expr, averages: Sequence[sp.Expr], inner: tuple[ResolvedPanel, ...], seen: sp.Expr
    ) -> Tapered:
        left, right = (
            () if one == 0 else tuple(outward_panels(evaluator(stabilised(one), x), self._found, end, side))
            for one, end, side in zip(averages, self.ends, (-1, 1), strict=True)
        )
        level = self._level([(seen, average) for average in averages])
        return Tapered(function, (averages[0], averages[1]), inner, (left, right), level)

    def _level(self, pairs: Sequence[tuple[sp.Expr, sp.Expr]]) -> int:
        """A bound of the logarithm of a function and its average where the taper falls."""
        size = 0.0
        length = _TAPERED_RADIANS * float(self.unit)
        for functions, end, side in zip(pairs, self.ends, (-1, 1), strict=True):
            for value in (evaluator(one, x, 20) for one in functions):
                places = [float(end) + side * length * j / _PROBES for j in range(_PROBES)]
                size += max(float(abs(value(place))) for place in places)
        if not size < math.exp(_MOST_SIZE):
            raise NoPanelPlanError("it grows too fast for its waves to be tapered")
        return math.ceil(math.log(size)) + 1 if size else -_MOST_SIZE


def _known(found: SlowPart | None) -> SlowPart:
    if found is None:
        raise NoPanelPlanError("its waves have no known average")
    return found


def _branch(expression: sp.Expr, side: int, between: tuple[float, float]) -> sp.Expr:
    """The function at one end, without the switches that no longer switch there."""
    if not expression.has(*_BRANCHES):
        return expression
    place = sp.Integer(math.floor(between[0]) - 1 if side < 0 else math.ceil(between[1]) + 1)
    return one_sided(expression, x, place)


def _of_square(one: ResolvedPanel) -> Sequence[ResolvedPanel]:
    """Panels of the square of a function that has this one: its halves, but for a singular one."""
    if one.singular:
        return [replace(one, level=2 * one.level, slope=2 * one.slope)]
    middle = (one.lower + one.upper) / 2
    halves = []
    for lower, upper in ((one.lower, middle), (middle, one.upper)):
        level = one.level + one.slope * (float(lower + upper) / 2 - one.middle)
        halves.append(ResolvedPanel(lower, upper, 2 * level, 2 * one.slope, degree=DEGREE))
    return halves
