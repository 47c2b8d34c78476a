"""The real line cut into panels on each of which a function, its exponential trend divided out, is a polynomial.

Nothing is read off the expression but places to start from: on every panel the Chebyshev coefficients are looked at, of
the function itself, computed with 80 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import mul
from typing import Any

import mpmath
import sympy as sp
from mpmath import libmp

from codegen.panel_marks import NoPanelPlanError
from codegen.panel_plan import mp_functions
from codegen.structures import Structure

__all__ = ["FARTHEST", "ResolvedPanel", "evaluator", "resolved_panels"]

FARTHEST = 10**8
NODES = 72
"""Chebyshev points on a panel; coefficients from ``DEGREE`` on are to be negligible."""
DEGREE = 60
NEGLIGIBLE = 1e-290
OSCILLATES = 256
FOLLOWED = 4800
"""Where panels are still short beyond the first, the function oscillates without end: they stop at the second."""
MOST_PANELS = 640
_DIGITS = 80
_BITS = 200
_SMALL = 2.0**-57
_UNEVEN = 16
_FINEST = 2.0**-44
_TREND = 3.0
_TESTED = 16

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class ResolvedPanel:
    """``|g(x)| <= exp(level + slope (x - middle))`` from ``lower`` to ``upper``, and about as large somewhere.

    ``singular`` is 1 where g has no Taylor series at the lower end, -1 where it has none at the upper, else 0; a
    logarithm there may exceed the bound.
    """

    lower: sp.Expr
    upper: sp.Expr
    level: float
    slope: float
    singular: int = 0

    @property
    def middle(self) -> float:
        """The middle of the panel."""
        return (float(self.lower) + float(self.upper)) / 2


def evaluator(function: sp.Expr, variable: sp.Symbol, digits: int = _DIGITS) -> Function:
    """The function as a map of rationals, doubles or mpf to mpf of ``digits`` digits."""
    context = mpmath.MPContext()
    context.dps = digits
    compiled = sp.lambdify(variable, function, modules=[mp_functions(context), context])

    @cache
    def value(y: Any) -> Any:
        return context.convert(compiled(y))

    return lambda y: value(_number(context, y))


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
    radii = {place: _radius(place, cuts, structures) for place in singular}
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


def _radius(place: sp.Expr, cuts: Sequence[sp.Expr], found: Sequence[Structure]) -> sp.Rational:
    """A power of 2 no larger than half the distance to any other cut, or the width of a structure."""
    sizes = [abs(float(place - other)) / 2 for other in cuts if other != place]
    return sp.Integer(2) ** math.floor(math.log2(min([1.0, *sizes, *(float(one.width) for one in found)])))


def _singular_panel(function: Function, lower: sp.Expr, upper: sp.Expr, side: int) -> ResolvedPanel:
    start, span = (lower, upper - lower) if side > 0 else (upper, lower - upper)
    sizes = [_logarithm(function(start + span / sp.Integer(8) ** j)) for j in range(8)]
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

    def outward(self, side: int, start: sp.Expr, found: Sequence[Structure]) -> tuple[list[ResolvedPanel], float]:
        """Panels beyond the outermost cut, and how far they reach; they end where nothing is left of the function."""
        panels: list[ResolvedPanel] = []
        place = start
        while abs(float(place)) < FARTHEST:
            if abs(float(place)) >= OSCILLATES and _span(panels[-1]) < abs(float(place)) / 16:
                return self._repeated(side, panels)
            step = _step(place, side, found)
            far = _coarse(float(place), float(step)) + side * step
            pair = (place, far) if side > 0 else (far, place)
            more = self.between(list(pair))
            for one in more if side > 0 else reversed(more):
                panels = self._joined(panels, one, side)
            if more and all(one.level + abs(one.slope) * _span(one) / 2 < math.log(NEGLIGIBLE) for one in more):
                break
            place = far
        return panels, float(FARTHEST)

    def _repeated(self, side: int, panels: list[ResolvedPanel]) -> tuple[list[ResolvedPanel], float]:
        """The panels and more of the length that the last of them have, as far as they are followed."""
        length = min(map(_span, panels[-4:]))
        step = sp.Integer(2) ** (math.floor(math.log2(length)) - 3) * math.floor(length / 2 ** (math.floor(math.log2(length)) - 3))
        place = panels[-1].upper if side > 0 else panels[-1].lower
        count = math.ceil((FOLLOWED - abs(float(place))) / float(step))
        if len(panels) + count > MOST_PANELS:
            raise NoPanelPlanError(f"it oscillates too often for {MOST_PANELS} panels on one side")
        repeated: list[ResolvedPanel] = []
        for number in range(count):
            lower, upper = sorted((place + side * number * step, place + side * (number + 1) * step))
            if number % _TESTED == 0 or number == count - 1:
                one = self._resolved(lower, upper)
                if one is None:
                    raise NoPanelPlanError("it oscillates faster and faster")
            repeated.append(ResolvedPanel(lower, upper, one.level + 1, 0.0))
        return [*panels, *repeated], abs(float(place + side * count * step))

    def between(self, places: list[sp.Expr]) -> list[ResolvedPanel]:
        """Panels from the first of the places to the last."""
        panels: list[ResolvedPanel] = []
        for lower, upper in pairwise(places):
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
        if span < _FINEST * max(abs(float(lower)), abs(float(upper)), 1e-4) or self.count > 8 * MOST_PANELS:
            raise NoPanelPlanError(f"it cannot be resolved between {float(lower):.6g} and {float(upper):.6g}")
        middle = _coarse((float(lower) + float(upper)) / 2, span / 4)
        return [*self._cut(lower, middle), *self._cut(middle, upper)]

    def _resolved(self, lower: sp.Expr, upper: sp.Expr) -> ResolvedPanel | None:
        """The panel, if its coefficients fall to nothing."""
        return _panel(self.function, lower, upper)


def _span(one: ResolvedPanel) -> float:
    return float(one.upper - one.lower)


def _panel(function: Function, lower: sp.Expr, upper: sp.Expr) -> ResolvedPanel | None:
    nodes = _nodes()
    start, end = (_number(_CONTEXT, one) for one in (lower, upper))
    half, middle = (end - start) / 2, (end + start) / 2
    values = [function(middle + half * node) for node, _ in nodes]
    sizes = [_logarithm(value) for value in values]
    if max(sizes) == -math.inf:
        return ResolvedPanel(lower, upper, -1e6, 0.0)
    length = 2 * float(half)
    crests = [max(range(*part), key=lambda j: sizes[j]) for part in _THIRDS]
    slope = 0.0
    if all(sizes[j] > -math.inf for j in crests):
        first, last = crests[0], crests[-1]
        slope = 2 * (sizes[first] - sizes[last]) / (length * (nodes[first][1] - nodes[last][1]))
        slope = 0.0 if abs(slope) * length < _TREND else slope
    trends = [slope * length / 2 * place for _, place in nodes]
    tilted = [size - trend for size, trend in zip(sizes, trends, strict=True)]
    level = max(tilted)
    if slope and level - min(max(tilted[slice(*part)]) for part in _THIRDS) > _UNEVEN:
        return None
    trend = _CONTEXT.mpf(slope) * half
    scaled = [_fixed(value, level + trend * node) if value else 0 for value, (node, _) in zip(values, nodes, strict=True)]
    if abs(_coefficient(scaled, DEGREE)) >> (_BITS + _BITS - 50):
        return None
    most = max(abs(_coefficient(scaled, k)) for k in range(DEGREE))
    if any(abs(_coefficient(scaled, k)) > _SMALL * most for k in range(DEGREE, NODES)):
        return None
    return ResolvedPanel(lower, upper, level, slope)


_CONTEXT = mpmath.MPContext()
_CONTEXT.dps = _DIGITS
_THIRDS = tuple((part * NODES // 3, (part + 1) * NODES // 3) for part in range(3))


@cache
def _nodes() -> tuple[tuple[Any, float], ...]:
    """Chebyshev points of the first kind, from right to left, and the doubles next to them."""
    exact = [_CONTEXT.cos(_CONTEXT.pi * (2 * j + 1) / (2 * NODES)) for j in range(NODES)]
    return tuple((node, float(node)) for node in exact)


@cache
def _row(k: int) -> tuple[int, ...]:
    """``T_k`` at the points, in units of 2^-200."""
    return tuple(
        int(_CONTEXT.cos(_CONTEXT.pi * k * (2 * j + 1) / (2 * NODES)) * 2**_BITS) for j in range(NODES)
    )


def _coefficient(values: Sequence[int], k: int) -> int:
    return sum(map(mul, values, _row(k)))


def _logarithm(value: Any) -> float:
    sign, mantissa, exponent, bits = value._mpf_
    return math.log(mantissa) + exponent * math.log(2) if mantissa else -math.inf


def _fixed(value: Any, trend: Any) -> int:
    """``value exp(-trend)`` in units of 2^-200."""
    scaled = value * _CONTEXT.exp(-trend)
    return int(libmp.to_fixed(scaled._mpf_, _BITS))


def _number(context: Any, y: Any) -> Any:
    if isinstance(y, sp.Rational):
        return context.mpf(int(y.p)) / int(y.q)
    return context.mpf(str(sp.N(y, context.dps))) if isinstance(y, sp.Expr) else context.convert(y)
