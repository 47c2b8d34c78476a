"""How far a plain trapezoidal rule in ``z = (y - mu) / sigma`` carries for a function and its derivative.

The rule converges like ``exp(-2 pi d / h)``, d the distance of the nearest singularity over sigma (Trefethen and
Weideman, SIAM Review 56, 2014, section 5). The largest sigma that a step h serves is measured here on the function
itself, with many digits; smaller steps serve proportionally larger sigma, which the same exponent shows to be cautious.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import sympy as sp

from codegen.mp_functions import mp_function
from codegen.panel_marks import number
from codegen.panel_plan import PanelPlan
from codegen.structures import Structure

MEASURED_STEPS = (sp.Rational(1, 2), sp.Rational(1, 4))
STEPS = tuple(sp.Rational(n, d) for n, d in ((1, 2), (3, 8), (1, 4), (3, 16), (1, 8), (3, 32), (1, 16), (3, 64)))
FARTHEST_TILT = 3
FASTEST_SPANS = (8, 4, 2)
TOLERANCE = 1e-16
HIGH_ORDER_TOLERANCE = 4e-15
DIGITS = 60
LEAST_SIGMA = sp.Rational(1, 32)
MOST_QUARTERS = 40
MOST_STRUCTURES = 8
"""The rule is measured around each, and a sum of as many terms as structures takes the square of their number."""
CENTRES = (1, -1, 3, -3, 6, -6, 12, -12, 25, -25)
_WINDOW = 10.6
_WIDE = 15

_Nodes = tuple[list[Any], list[Any], list[list[Any]]]


@dataclass(frozen=True)
class TrapezoidPlan:
    """Steps and the largest sigma each serves, and the smallest and the largest mu (None: any)."""

    classes: tuple[tuple[sp.Rational, sp.Rational], ...]
    span: tuple[sp.Rational, sp.Rational] | None

    def limit(self, step: sp.Rational) -> sp.Rational:
        """The largest sigma that ``step`` serves."""
        return dict(self.classes)[step]


def trapezoid_plan(
    functions: Sequence[sp.Expr], variable: sp.Symbol, plans: Sequence[PanelPlan], kinks: Sequence[sp.Expr]
) -> TrapezoidPlan | None:
    """The steps that serve all of ``functions``; None where a kink, a near singularity or many bends leave none."""
    frames = [plan.frame for plan in plans]
    if kinks or len(frames[0].structures) > MOST_STRUCTURES:
        return None
    rates = tuple(max((frame.rates[side] for frame in frames), key=float) for side in (0, 1))
    found = frames[0].structures
    measure = _Measure(functions, variable, (rates[0], rates[1]), found)
    finest = min(one.width for one in found)
    spans: tuple[int | None, ...] = FASTEST_SPANS if any(any(frame.faster) for frame in frames) else (None,)
    for span in spans:
        measured = []
        known = LEAST_SIGMA * finest
        for step in MEASURED_STEPS:
            sigma = measure.largest_sigma(step, span, known)
            if sigma is None:
                break
            measured.append((step, sigma))
            known = sigma
        else:
            return TrapezoidPlan(_classes(measured, finest / 64), None if span is None else _around(found, span))
    return None


def _around(found: Sequence[Structure], span: int) -> tuple[sp.Rational, sp.Rational]:
    """From the leftmost to the rightmost structure and ``span`` widths beyond."""
    return min(one.centre - span * one.width for one in found), max(one.centre + span * one.width for one in found)


def _classes(
    measured: Sequence[tuple[sp.Rational, sp.Rational]], unit: sp.Rational
) -> tuple[tuple[sp.Rational, sp.Rational], ...]:
    classes = []
    for step in STEPS:
        served = max(sigma * known / step for known, sigma in measured if step <= known)
        classes.append((step, math.floor(served / unit) * unit))
    return tuple(classes)


class _Measure:
    """Errors of the rule for a few functions, relative to what the promises are made in."""

    def __init__(
        self,
        functions: Sequence[sp.Expr],
        variable: sp.Symbol,
        rates: tuple[sp.Rational, sp.Rational],
        found: Sequence[Structure],
    ) -> None:
        self.structures = sorted(found, key=lambda one: one.width)
        self.context: Any = mpmath.MPContext()
        self.context.dps = DIGITS
        self.rates = rates
        self.values = [mp_function(self.context, function, variable) for function in functions]
        self._nodes: Callable[[sp.Rational], _Nodes] = cache(self._nodes_of)

    def largest_sigma(self, step: sp.Rational, span: int | None, known: sp.Rational) -> sp.Rational | None:
        """The largest sigma of the ladder ``known 2^(n/4)`` that ``step`` serves; None where ``known`` is too large.

        The search looks at the narrowest structure; what it finds is then lowered until every centre is served.
        """
        good, upper = -1, 1
        first = self.structures[0].centre
        while upper <= MOST_QUARTERS and self.exact(step, _quarters(known, upper - 1), first):
            good, upper = upper - 1, upper + 4
        upper = min(upper - 1, MOST_QUARTERS)
        while upper - good > 1:
            middle = (good + upper) // 2
            good, upper = (middle, upper) if self.exact(step, _quarters(known, middle), first) else (good, middle)
        while good >= 0 and not self.serves(step, _quarters(known, good), span):
            good -= 1
        return _quarters(known, good) if good >= 0 else None

    def serves(self, step: sp.Rational, sigma: sp.Rational, span: int | None) -> bool:
        """Whether the rule is exact at sigma for every centre within the span."""
        places = {one.centre + one.width * n for one in self.structures for n in CENTRES if not span or abs(n) <= span}
        return all(self.exact(step, sigma, mu) for mu in sorted(places))

    def _nodes_of(self, step: sp.Rational) -> _Nodes:
        """Places half a step apart, the share of the density at each, and He_0 .. He_15 there."""
        mp = self.context
        half = mp.mpf(int(step.p)) / int(2 * step.q)
        last = math.ceil(_WIDE / float(half))
        places = [half * j for j in range(-last, last + 1)]
        return places, [half * mp.npdf(z) for z in places], _hermite(places, 15)

    def exact(self, step: sp.Rational, sigma: sp.Rational, at: sp.Rational) -> bool:
        """The truncated rule against one of half the step on a wider window."""
        mp = self.context
        mu = number(mp, at)
        low = -_WINDOW - float(min(FARTHEST_TILT, self.rates[1] * sigma))
        high = _WINDOW + float(min(FARTHEST_TILT, self.rates[0] * sigma))
        spread = mp.mpf(int(sigma.p)) / int(sigma.q)
        places, shares, hermite = self._nodes(step)
        inside = [j % 2 == 0 and low <= z <= high for j, z in enumerate(places, start=-(len(places) // 2))]
        for index, function in enumerate(self.values):
            terms = [share * function(mu + spread * z) for share, z in zip(shares, places, strict=True)]
            tests = [(terms, TOLERANCE, mp.zero)]
            if index == 0:
                powers = [(mu + spread * z) ** 8 for z in places]
                tests.append(([t * p for t, p in zip(terms, powers, strict=True)], TOLERANCE, mp.zero))
            else:
                size = mp.fsum(map(abs, terms))
                for order, tolerance in ((7, TOLERANCE), (15, HIGH_ORDER_TOLERANCE)):
                    weighted = [t * h for t, h in zip(terms, hermite[order], strict=True)]
                    tests.append((weighted, tolerance, size * mp.sqrt(mp.factorial(order + 1))))
            for weighted, tolerance, size in tests:
                wanted = mp.fsum(weighted)
                got = 2 * mp.fsum(term for term, kept in zip(weighted, inside, strict=True) if kept)
                if not abs(got - wanted) <= tolerance * (size or mp.fsum(map(abs, weighted))):
                    return False
        return True


def _quarters(known: sp.Rational, count: int) -> sp.Rational:
    """``known 2^(count / 4)``, the quarters rounded to 64ths."""
    octaves, quarter = divmod(count, 4)
    return known * 2**octaves * sp.Rational((64, 76, 90, 107)[quarter], 64)


def _hermite(places: Sequence[Any], degree: int) -> list[list[Any]]:
    rows = [[z * 0 + 1 for z in places], list(places)]
    for n in range(1, degree):
        rows.append([z * b - n * a for z, a, b in zip(places, rows[-2], rows[-1], strict=True)])
    return rows
