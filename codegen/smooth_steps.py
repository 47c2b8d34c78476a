"""Smooth functions of one rounded line, ``gelu(round(16*x)/16)``: what they are between steps, and what that takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from codegen.chebyshev_panels import evaluator
from codegen.panel_marks import NoPanelPlanError
from codegen.quadrature import unit_interval_rule
from codegen.rounded_arguments import with_ties
from codegen.rounded_polynomials import step
from codegen.rounding_forms import written_with_floors
from codegen.sided_rounding import only_line
from codegen.step_constants import STEP_NODES, STEP_RATES
from codegen.structures import structures
from symbolic_moments.symbols import x

__all__ = ["WIDE_STEPS", "SmoothSteps", "smooth_steps"]

WIDE_STEPS = 4
"""Steps in sigma from which on steps are averaged: of their waves ``exp(-2 pi^2 16)`` is left."""

_SWITCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise, sp.floor, sp.ceiling)
_WAVES = (sp.sin, sp.cos, sp.tan)
_DIGITS = 30
_SURE = 40
_NEGLIGIBLE = mpmath.mpf(10) ** -17
_LEAST = mpmath.mpf(10) ** -300
_MOST_GROWTH = 4
_REFINEMENTS = 8
_LONGEST = 200
"""Steps between the first bend and the last, where sums less integrals count."""
_FARTHEST = 1024


@dataclass(frozen=True)
class SmoothSteps:
    """``h(floor(line))`` with a smooth h.

    Attributes
    ----------
    line : sympy.Expr
        Rises, with rational coefficients.
    height : sympy.Expr
        h, in ``step``.
    number : sympy.Expr
        ``floor(line)``, at ties what the function takes there.
    """

    line: Any
    height: Any
    number: Any

    @property
    def period(self) -> Any:
        """The length of a step."""
        return 1 / sp.diff(self.line, x)

    @property
    def smooth(self) -> Any:
        """The function s that is h(n) in the middle of step n."""
        return sp.factor_terms(self.height.subs(step, sp.expand(self.line - sp.S.Half)))

    @property
    def lattice(self) -> tuple[int, int, int]:
        """Whole numbers (p, r, q): step n begins at ``(p n - r) / q``."""
        slope, offset = sp.Poly(self.line, x).all_coeffs()
        q = slope.p * offset.q
        return int(slope.q * offset.q), int(offset.p * slope.q), int(q)

    @cached_property
    def bends(self) -> tuple[Any, ...]:
        """Where s bends, and within what distance."""
        return structures(self.smooth, x)

    @cached_property
    def _value(self) -> Callable[[Any], Any]:
        return evaluator(self.smooth, x, _DIGITS)

    @cached_property
    def growth(self) -> tuple[int, int]:
        """By how much logarithms of s and its slope change from step to step at most: towards its bends, and away.

        In 64ths, rounded up.

        Raises
        ------
        NoPanelPlanError
            It grows, away from its bends, by more than e^4 a step: Gaussians would see too many.
        """
        inward, outward = [0.0], [0.0]
        for side in (-1, 1):
            for function in (self._value, evaluator(sp.diff(self.smooth, x), x, _DIGITS)):
                for one, other, steps in self._envelope(function, side):
                    rate = float(mpmath.log(other / one)) / steps
                    (outward if rate > 0 else inward).append(abs(rate))
        if max(outward) > _MOST_GROWTH:
            raise NoPanelPlanError("it grows by more than e^4 from step to step; round to finer steps")
        return math.ceil(64 * max(inward)), math.ceil(64 * max(outward))

    def _envelope(self, function: Callable[[Any], Any], side: int) -> list[tuple[Any, Any, float]]:
        """Sizes at neighbouring places on the way out from the last bend of a side, and their distance in steps."""
        last = self.bends[0 if side < 0 else -1]
        unit = max(last.width, self.period)
        places = [last.centre + side * unit * k / 2 for k in (*range(4, 40), *range(40, 2 * _FARTHEST, 16))]
        places = [place for place in places if abs(place) <= _FARTHEST] or places[:2]
        sizes = [abs(function(place)) for place in places]
        found = []
        for (here, one), (there, other) in pairwise(zip(places, sizes, strict=True)):
            if min(one, other) > _LEAST:
                found.append((one, other, abs(float((there - here) / self.period))))
        return found

    @property
    def rate(self) -> int:
        """The class of how fast it changes from step to step."""
        fastest = max(self.growth) / 64
        return next((n for n, rate in enumerate(STEP_RATES) if fastest <= rate), len(STEP_RATES) - 1)

    @cached_property
    def grade(self) -> int:
        """Which of the rules on a step serves slopes and their squares."""
        slope = evaluator(sp.diff(self.smooth, x), x, _SURE)
        worst = _grade_of_growth(min(2 * self.growth[0] / 64, STEP_RATES[-1]))
        for bend in self.bends:
            unit = max(bend.width, self.period) / 4
            for k in range(-16, 17, 2):
                middle = bend.centre + unit * k
                worst = max(worst, self._grade_at(slope, middle, worst))
        return worst

    def _grade_at(self, slope: Callable[[Any], Any], middle: Any, least: int) -> int:
        def sums(count: int) -> tuple[Any, Any, Any]:
            once = twice = size = 0
            for node, weight in unit_interval_rule(count, _SURE):
                value = slope(mpmath.mpf(middle.p) / middle.q + (node - mpmath.mpf(1) / 2) * float(self.period))
                once, twice, size = once + weight * value, twice + weight * value**2, size + weight * abs(value)
            return once, twice, size

        with mpmath.workdps(_SURE):
            exact, squared, size = sums(24)
            for grade in range(least, len(STEP_NODES)):
                once, twice, _ = sums(STEP_NODES[grade])
                if abs(once - exact) <= _NEGLIGIBLE * size and abs(twice - squared) <= 10 * _NEGLIGIBLE * squared:
                    return grade
        raise NoPanelPlanError("it bends within a step too sharply for what is smooth; round to finer steps")

    @cached_property
    def refinement(self) -> int:
        """Parts of a step on which sums are as good as integrals where s bends; 1 where those over steps are."""
        with mpmath.workdps(_SURE):
            for parts in range(1, _REFINEMENTS):
                if all(self._agrees(parts, mean) for mean in (-8, -3, 0, 3, 8)):
                    return parts
        raise NoPanelPlanError("it bends within a step too sharply for what is smooth; round to finer steps")

    def _agrees(self, parts: int, mean: int) -> bool:
        """Whether sums over parts of a step and over smaller ones agree, about every bend, so far from mu."""
        return all(self._sums_agree(parts, bend.centre, mean) for bend in self.bends)

    def _sums_agree(self, parts: int, centre: Any, mean: int) -> bool:
        start = sp.floor(self.line.subs(x, centre))
        (few, size), (many, _) = (self._sum(count, start, mean) for count in (parts, parts + 1))
        return bool(abs(few - many) <= 3 * _NEGLIGIBLE * size)

    def _sum(self, parts: int, start: Any, mean: int) -> tuple[Any, Any]:
        """A windowed sum over parts of steps, under a Gaussian four steps wide and so many sigma away; and its size."""
        total = size = mpmath.mpf(0)
        for j in range(-28 * parts, 28 * parts + 1):
            t = mpmath.mpf(j) / parts
            window = mpmath.ncdf((t + 14) * 2 / 3) * mpmath.ncdf((14 - t) * 2 / 3)
            weight = window * mpmath.exp(-((t / WIDE_STEPS - mean) ** 2) / 2) / parts
            value = self._height(start + sp.Rational(j, parts)) * weight
            total, size = total + value, size + abs(value)
        return total, size

    @cached_property
    def _height(self) -> Callable[[Any], Any]:
        return evaluator(self.height, step, _DIGITS)

    def steps_of_bends(self) -> tuple[int, int]:
        """Numbers of the steps at which it bends first and last."""
        first, last = (sp.floor(self.line.subs(x, bend.centre)) for bend in (self.bends[0], self.bends[-1]))
        if self.refinement > 1 and last - first > _LONGEST:
            raise NoPanelPlanError(f"it bends at places {last - first} steps apart; at most {_LONGEST} are served")
        return int(first), int(last)


def _grade_of_growth(rate: float) -> int:
    """The first rule for ``exp(rate t)`` on a step."""
    half = rate / 2
    for grade, count in enumerate(STEP_NODES):
        size = (2 * count + 1) * math.log(2) + 4 * math.lgamma(count + 1) - 3 * math.lgamma(2 * count + 1)
        if half == 0 or size + 2 * count * math.log(half) - max(half, 0) < math.log(float(_NEGLIGIBLE) * 10):
            return grade
    return len(STEP_NODES) - 1


def smooth_steps(expression: Any) -> SmoothSteps | None:
    """The parts of a smooth function of one rounded line; None of anything else.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = smooth_steps(parse_expression("gelu(round(16*x)/16)"))
    >>> found.line, found.smooth, found.lattice, found.refinement
    (16*x + 1/2, x*Phi(x), (2, 1, 32), 1)
    >>> smooth_steps(parse_expression("relu(round(x))")) is None
    True
    """
    only = only_line(expression)
    if only is None:
        return None
    plain, part, line = only
    height = plain.xreplace({part: line - step})
    height = height.replace(lambda e: e.is_Add or e.is_Mul, sp.expand)
    saw_tooth = with_ties(expression, line)
    if height.free_symbols != {step} or saw_tooth is None or height.has(*_SWITCHES, *_WAVES):
        return None
    return SmoothSteps(line, height, sp.expand(written_with_floors(line - saw_tooth)))
