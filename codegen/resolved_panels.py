"""The real line cut into panels on each of which a function, its exponential trend divided out, is a polynomial.

Nothing is read off the expression but places to start from: every panel is tried (``chebyshev_panels``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import sympy as sp

from codegen.chebyshev_panels import DEGREE, NEGLIGIBLE, Function, ResolvedPanel, logarithm, resolved
from codegen.panel_marks import NoPanelPlanError
from codegen.structures import Structure

__all__ = ["FARTHEST", "outward_panels", "panels_between", "resolved_panels"]

FARTHEST = 10**8
OSCILLATES = 256
FOLLOWED = 4800
"""Where panels are still short beyond the first, the function oscillates without end: they stop at the second."""
LEAST_FOLLOWED = 1400
"""That is the least: Gaussians about |mu| = 1000 that go beyond are wide for their waves."""
SLOW = 128
"""Waves with panels longer than that are followed farther: Gaussians that go beyond are wide for them, too."""
MOST_PANELS = 640
MOST_REPEATED = 1200
LONGEST = 16
"""How many times longer than its distance from every structure a panel may be: what has decayed to 1e-20 of the rest is
not seen when panels are made, and still to be resolved in 50 digits."""
_LEFT = math.log(NEGLIGIBLE) + 25
"""Of what is larger at its near end a panel is not negligible."""
_FINEST = 2.0**-44
_FALLEN = 2.75
_MOST_HALVES = 6
_TESTED = 16


def resolved_panels(
    functions: Sequence[Function], found: Iterable[Structure], cuts: Sequence[sp.Expr], singular: Sequence[sp.Expr] = ()
) -> tuple[list[list[ResolvedPanel]], float]:
    """Panels for each of the functions, and how far from 0 they reach.

    Parameters
    ----------
    functions
        Maps to mpf; each gets panels of its own.
    found
        Where they bend, and within what distance.
    cuts
        Where they are not smooth: always ends of panels.
    singular
        Those of the cuts next to which a function has no Taylor series: it gets a panel on either side of them.

    Raises
    ------
    NoPanelPlanError
        A function cannot be resolved by a moderate number of panels.
    """
    structures = list(found)
    radii = {place: _without_roots(functions[0], place, _radius(place, cuts, structures)) for place in singular}
    beside = [place + side * radius for place, radius in radii.items() for side in (-1, 1)]
    centres = [one.centre for one in structures]
    free = [one for one in centres if all(abs(float(one - place)) >= float(r) for place, r in radii.items())]
    ends = sorted({*cuts, *free, *beside}, key=float)
    tables, reach = [], float(FARTHEST)
    for function in functions:
        cutter = _Cutter(function)
        inside: list[ResolvedPanel] = []
        for lower, upper in pairwise(ends):
            if lower in radii or upper in radii:
                inside.append(_singular_panel(function, lower, upper, 1 if lower in radii else -1))
            else:
                inside += cutter.between(_ladder(lower, upper, structures))
        left, low = cutter.outward(-1, ends[0], structures)
        right, high = cutter.outward(1, ends[-1], structures)
        reach = min(reach, low, high)
        tables.append([*reversed(left), *inside, *right])
    return tables, reach


def panels_between(function: Function, found: Sequence[Structure], ends: Sequence[sp.Expr]) -> list[ResolvedPanel]:
    """Panels of a function from the first of some places to the last, each of them an end of a panel.

    Raises
    ------
    NoPanelPlanError
        A moderate number of panels does not resolve it.
    """
    cutter = _Cutter(function)
    return [one for low, high in pairwise(ends) for one in cutter.between(_ladder(low, high, found))]


def outward_panels(function: Function, found: Sequence[Structure], start: sp.Expr, side: int) -> list[ResolvedPanel]:
    """Panels of a function from a place beyond all its structures outwards, from left to right.

    Raises
    ------
    NoPanelPlanError
        It oscillates without end.
    """
    panels, reach = _Cutter(function).outward(side, start, found)
    if reach < FARTHEST:
        raise NoPanelPlanError("it oscillates without end")
    return panels if side > 0 else [*reversed(panels)]


def _radius(place: sp.Expr, cuts: Sequence[sp.Expr], found: Sequence[Structure]) -> sp.Rational:
    """A power of 2 no larger than half the distance to any other cut, or the width of a structure."""
    sizes = [abs(float(place - other)) / 2 for other in cuts if other != place]
    return sp.Integer(2) ** math.floor(math.log2(min([1.0, *sizes, *(float(one.width) for one in found)])))


def _without_roots(function: Function, place: sp.Expr, radius: sp.Rational) -> sp.Rational:
    """A radius at which a function that is infinite at the place has not fallen by far: one bound is to fit it all."""
    for _ in range(_MOST_HALVES):
        sizes = [_sizes(function, place, side * radius) for side in (-1, 1)]
        if all(one[0] > max(one) - _FALLEN for one in sizes):
            return radius
        radius /= 2
    return radius


def _sizes(function: Function, start: sp.Expr, span: sp.Expr) -> list[float]:
    """Logarithms of a function on a panel, ever nearer to the end at which it is singular."""
    return [logarithm(function(start + span / sp.Integer(8) ** j)) for j in range(8)]


def _singular_panel(function: Function, lower: sp.Expr, upper: sp.Expr, side: int) -> ResolvedPanel:
    start, span = (lower, upper - lower) if side > 0 else (upper, lower - upper)
    sizes = _sizes(function, start, span)
    return ResolvedPanel(lower, upper, max(-1e6, *sizes), 0.0, side)


def _ladder(lower: sp.Expr, upper: sp.Expr, found: Sequence[Structure]) -> list[sp.Expr]:
    """Places from one end to the other, none farther from the last than it is from every structure."""
    places, place = [lower], lower
    while True:
        step = _step(place, 1, found)
        if place + 2 * step >= upper:
            return [*places, upper]
        place = _coarse(float(place), float(step)) + step
        places.append(place)


def _step(place: sp.Expr, side: int, found: Sequence[Structure]) -> sp.Rational:
    """A power of 2 no larger than the distance to, or the width of, any structure."""
    size = min(max(float(one.width), abs(float(place - one.centre))) for one in found)
    return sp.Integer(2) ** math.floor(math.log2(size))


def _coarse(place: float, step: float) -> sp.Rational:
    """A multiple of a quarter of ``step`` next to ``place``."""
    unit = sp.Integer(2) ** (math.floor(math.log2(step)) - 2)
    return sp.Integer(round(place / float(unit))) * unit


class _Cutter:
    """Panels of one function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.count = 0
        self._known: dict[tuple[sp.Expr, sp.Expr], ResolvedPanel | None] = {}

    def outward(self, side: int, start: sp.Expr, found: Sequence[Structure]) -> tuple[list[ResolvedPanel], float]:
        """Panels beyond the outermost cut, and how far they reach; they end where nothing is left of the function."""
        panels: list[ResolvedPanel] = []
        place = start
        while abs(float(place)) < FARTHEST:
            away = abs(float(place - start))
            if away >= OSCILLATES and _span(panels[-1]) < away / 16:
                return self._repeated(side, panels)
            step = _step(place, side, found)
            far = _coarse(float(place), float(step)) + side * step
            if panels and (longer := self._longer(panels, far, side, found)) is not None:
                panels[-1], place = longer, far
                continue
            pair = (place, far) if side > 0 else (far, place)
            more = self.between(list(pair))
            for one in more if side > 0 else reversed(more):
                near = (panels[-1].lower if side > 0 else panels[-1].upper) if panels else place
                if panels and abs(float(far - near)) > LONGEST * float(_step(near, side, found)):
                    panels.append(one)
                else:
                    panels = self._joined(panels, one, side)
            if more and all(one.level + abs(one.slope) * _span(one) / 2 < math.log(NEGLIGIBLE) for one in more):
                break
            place = far
        return panels, float(FARTHEST)

    def _longer(
        self, panels: list[ResolvedPanel], far: sp.Expr, side: int, found: Sequence[Structure]
    ) -> ResolvedPanel | None:
        """The last panel on to a place farther out, where something is left of the function, if that is resolved."""
        near, place = (panels[-1].lower, panels[-1].upper)[::side]
        if abs(float(far - near)) > LONGEST * float(_step(near, side, found)):
            return None
        if logarithm(self.function(place)) < _LEFT:
            return None
        return self._resolved(*((near, far)[::side]))

    def _repeated(self, side: int, panels: list[ResolvedPanel]) -> tuple[list[ResolvedPanel], float]:
        """The panels and more of the length that the last of them have, as far as they are followed."""
        length = min(map(_span, panels[-4:]))
        unit = 2.0 ** (math.floor(math.log2(length)) - 3)
        step = sp.Rational(unit) * math.floor(length / unit)
        place = panels[-1].upper if side > 0 else panels[-1].lower
        followed = FOLLOWED * max(1.0, float(step) / SLOW)
        count = max(0, math.ceil((followed - abs(float(place))) / float(step)))
        count = min(count, MOST_REPEATED)
        if abs(float(place)) + count * float(step) < min(LEAST_FOLLOWED, FOLLOWED):
            raise NoPanelPlanError(f"it oscillates too often for {MOST_REPEATED} panels on one side")
        repeated: list[ResolvedPanel] = []
        level = panels[-1].level
        for number in range(count):
            lower, upper = sorted((place + side * number * step, place + side * (number + 1) * step))
            if number % _TESTED == 0 or number == count - 1:
                one = self._resolved(lower, upper)
                if one is None:
                    raise NoPanelPlanError("it oscillates faster and faster")
                level = one.level
            repeated.append(ResolvedPanel(lower, upper, level + 1, 0.0, degree=DEGREE))
        return [*panels, *repeated], abs(float(place + side * count * step))

    def between(self, places: list[sp.Expr]) -> list[ResolvedPanel]:
        """Panels from the first of the places to the last."""
        panels: list[ResolvedPanel] = []
        for lower, upper in pairwise(places):
            if panels and (whole := self._resolved(panels[-1].lower, upper)) is not None:
                panels[-1] = whole
                continue
            for one in self._cut(lower, upper):
                panels = self._joined(panels, one, 1)
        return panels

    def _joined(self, panels: list[ResolvedPanel], one: ResolvedPanel, side: int) -> list[ResolvedPanel]:
        """The panels and one more, as one with the last where that is resolved."""
        if panels:
            lower, upper = (panels[-1].lower, one.upper) if side > 0 else (one.lower, panels[-1].upper)
            if (whole := self._resolved(lower, upper)) is not None:
                return [*panels[:-1], whole]
        if len(panels) > MOST_PANELS:
            raise NoPanelPlanError(f"it oscillates or bends too often for {MOST_PANELS} panels")
        return [*panels, one]

    def _cut(self, lower: sp.Expr, upper: sp.Expr) -> list[ResolvedPanel]:
        found = self._resolved(lower, upper)
        if found is not None:
            return [found]
        span = float(upper - lower)
        self.count += 1
        if span < _FINEST * max(abs(float(lower)), abs(float(upper)), 1e-4) or self.count > 2 * MOST_PANELS:
            raise NoPanelPlanError(f"it cannot be resolved around {float(lower):.6g}")
        middle = _coarse((float(lower) + float(upper)) / 2, span / 4)
        return [*self._cut(lower, middle), *self._cut(middle, upper)]

    def _resolved(self, lower: sp.Expr, upper: sp.Expr) -> ResolvedPanel | None:
        """The panel, if its coefficients fall to nothing; two halves that are joined were tried as a whole before."""
        if (lower, upper) not in self._known:
            self._known[lower, upper] = resolved(self.function, lower, upper)
        return self._known[lower, upper]


def _span(one: ResolvedPanel) -> float:
    return float(one.upper - one.lower)
