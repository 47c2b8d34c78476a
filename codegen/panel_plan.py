"""Where a smooth function must be cut so that each panel is resolved by the shipped Gauss-Legendre rule.

The distance from a point of the real axis to the nearest singularity that matters at the working precision is read
off the Taylor coefficients there, after the exponential decay has been divided out (a Gaussian times an exponential
is a Gaussian and needs no cut). Panels are at most eight such distances long, which 56 nodes resolve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from codegen.kink_limits import one_sided
from codegen.mp_functions import mp_function
from codegen.panel_marks import Frame, NoPanelPlanError, frame_of, number
from codegen.structures import Structure, structures

__all__ = ["NoPanelPlanError", "PanelPlan", "panel_plan", "taylor_radius", "vanishes"]

FARTHEST = 10**8
LONGEST = 8
ORDER = 24
MOST_PANELS = 48
NEGLIGIBLE = 1e-260
_DEEPEST = 40
_STEEP = 200
_LONG_DECAYS = ((200, 20), (260, 40))  # e-folds of a panel the rule resolves not, unless so many lie before it
_SHORT_DECAY = 64


@dataclass(frozen=True)
class PanelPlan:
    """Breakpoints (rationals and kinks, increasing), the frame of the function, and where it is not just 0."""

    breakpoints: tuple[sp.Expr, ...]
    frame: Frame
    support: tuple[sp.Expr, sp.Expr]


def panel_plan(
    function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...], found: tuple[Structure, ...] | None = None
) -> PanelPlan:
    """Cut the real line for ``function``, whose structures are ``found`` (looked for if not given).

    Raises
    ------
    NoPanelPlanError
        More than 48 panels for each structure would be needed, or the function grows exponentially.
    """
    context = mpmath.MPContext()
    context.dps = 80
    value = mp_function(context, function, variable)
    frame = frame_of(context, value, found or structures(function, variable, kinks))
    inner = sorted({*(one.centre for one in frame.structures), *kinks}, key=float)
    cuts: list[sp.Expr] = list(inner)
    for side, start in ((-1, inner[0]), (1, inner[-1])):
        cuts += _march(context, value, side, start, frame)
    for lower, upper in pairwise(inner):
        cuts += _fill(context, value, lower, upper, frame)
    most = MOST_PANELS * len(frame.structures)
    if len(cuts) > most:
        raise NoPanelPlanError(f"{function} needs {len(cuts)} panels, more than {most}")
    return PanelPlan(tuple(sorted(set(cuts), key=float)), frame, _support(function, variable, kinks))


def taylor_radius(function: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> float:
    """Distance from ``place`` to the nearest singularity that matters, infinite for polynomials of low degree.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> 0.9 < taylor_radius(1 / (1 + x**2), x, sp.Integer(0)) < 1.1
    True
    """
    context = mpmath.MPContext()
    context.dps = 80
    centre = context.mpf(str(sp.N(place, 60)))
    return _radius(context, mp_function(context, function, variable), centre, 1, sp.Integer(0), (1 + abs(centre)) / 64)


def vanishes(function: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the function is negligible at both ends.

    A slope then integrates to nothing, and expectations of it over a wide Gaussian cancel.
    """
    context = mpmath.MPContext()
    context.dps = 80
    value = mp_function(context, function, variable)
    return all(abs(value(context.mpf(side * FARTHEST))) < FARTHEST**-0.75 for side in (-1, 1))


def _radius(context: Any, value: Callable[[Any], Any], centre: Any, side: int, rate: Any, step: Any) -> float:
    """Distance within which the Taylor series at ``centre`` converges, as far as double precision can tell.

    Where the function changes by more than ``e^200`` over the panel it would allow, it is looked at a second time, the
    exponential that touches it divided out: a density far away moves all weight to the small end of the panel.
    """
    nodes = [centre + step * side * j for j in range(ORDER + 1)]
    values = [value(node) for node in nodes]
    decay = side * context.mpf(int(rate.p)) / int(rate.q)
    radius = _taylor_radius(context, _without_rate(context, nodes, values, decay), step)
    if radius == float("inf") or 0 in values:
        return radius
    tangents = [context.log(abs(one / other)) / (step * side) for one, other in pairwise(values)]
    tangent = min(tangents, key=abs)
    if abs(tangent) * LONGEST * radius < _STEEP:
        return radius
    return min(radius, _taylor_radius(context, _without_rate(context, nodes, values, tangent), step))


def _without_rate(context: Any, nodes: Sequence[Any], values: Sequence[Any], rate: Any) -> list[Any]:
    return [value * context.exp(rate * (node - nodes[0])) for node, value in zip(nodes, values, strict=True)]


def _taylor_radius(context: Any, values: Sequence[Any], step: Any) -> float:
    """The radius that the divided differences of equidistant values tell."""
    size = max(abs(v) for v in values)
    if size == 0:
        return float("inf")
    differences = list(values)
    radii = []
    factorial = context.mpf(1)
    for n in range(1, ORDER + 1):
        differences = [b - a for a, b in pairwise(differences)]
        factorial *= n
        coefficient = abs(differences[0]) / factorial
        if n >= ORDER // 2 and coefficient > size * context.mpf(10) ** -60:
            radii.append(float(step * (coefficient / size) ** (-context.mpf(1) / n)))
    return min(radii, default=float("inf"))


def _support(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> tuple[sp.Expr, sp.Expr]:
    """The kinks beyond which the function is 0, or infinities."""
    first, last = sp.S.NegativeInfinity, sp.S.Infinity
    middles = [(a + b) / 2 for a, b in pairwise(kinks)]
    for kink, before in zip(kinks, [*(kink - 1 for kink in kinks[:1]), *middles], strict=True):
        if one_sided(function, variable, before) != 0:
            break
        first = kink
    for kink, after in zip(reversed(kinks), [*(kink + 1 for kink in kinks[-1:]), *reversed(middles)], strict=True):
        if one_sided(function, variable, after) != 0:
            break
        last = kink
    return first, last


def _march(context: Any, value: Callable[[Any], Any], side: int, start: sp.Expr, frame: Frame) -> list[sp.Expr]:
    """Cuts beyond the outermost of the inner ones."""
    rate = frame.rates[(side + 1) // 2]
    finest = min(one.width for one in frame.structures) / 64

    def radius(place: Any) -> float:
        return _radius(context, value, place, side, rate, context.mpf(frame.scale(float(place))) / 64)

    cuts: list[sp.Expr] = []
    place = side * sp.ceiling(side * start / finest) * finest
    while abs(place) < FARTHEST and len(cuts) <= MOST_PANELS:
        at = number(context, place)
        if abs(value(at)) < NEGLIGIBLE and cuts:
            break
        length = LONGEST * radius(at + side * number(context, finest) * context.mpf(2) ** -24)
        ahead = min(length, 4 * FARTHEST) / 2
        length = min(length, LONGEST * radius(at + side * ahead))
        if any(rate * length > folds and rate * abs(place - start) < faded for folds, faded in _LONG_DECAYS if rate):
            length = _SHORT_DECAY / float(rate)  # wide Gaussians share panels as they are, the decay not divided out
        if abs(float(place)) + length >= FARTHEST:
            break
        place = place + side * _rounded(length)
        cuts.append(place)
    return cuts


def _fill(
    context: Any, value: Callable[[Any], Any], lower: sp.Expr, upper: sp.Expr, frame: Frame, depth: int = 0
) -> list[sp.Expr]:
    """Cuts inside a bounded interval: halves of it, until none is longer than its shortest radius allows."""
    if depth > _DEEPEST:
        raise NoPanelPlanError(f"the function cannot be resolved between {float(lower):.6g} and {float(upper):.6g}")
    a, b = (context.mpf(str(sp.N(end, 40))) for end in (lower, upper))
    span = b - a
    places = [(a + span * context.mpf(2) ** -24, 1), (b - span * context.mpf(2) ** -24, -1)]
    places += [(a + span * share / 4, 1) for share in (1, 2, 3)]
    if all(abs(value(place)) < NEGLIGIBLE for place, _ in places):
        return []
    most = MOST_PANELS * len(frame.structures)
    for place, side in places:
        room = (b - place if side > 0 else place - a) / (ORDER + 1)
        step = min(context.mpf(frame.scale(float(place))) / 64, room)
        if span > LONGEST * _radius(context, value, place, side, sp.Integer(0), step):
            middle = _between(float(a), float(b))
            left = _fill(context, value, lower, middle, frame, depth + 1)
            if len(left) > most:
                raise NoPanelPlanError(f"the function needs more than {most} panels from {float(lower):.6g}")
            return [*left, middle, *_fill(context, value, middle, upper, frame, depth + 1)]
    return []


def _between(a: float, b: float) -> sp.Rational:
    """A rational of few digits near the middle."""
    unit = sp.Integer(2) ** (math.floor(math.log2(b - a)) - 8)
    return round((a + b) / 2 / float(unit)) * unit


def _rounded(length: float) -> sp.Rational:
    """Two binary digits of a length, rounded down."""
    exponent = 0
    while length >= 4:
        length, exponent = length / 2, exponent + 1
    while length < 2:
        length, exponent = length * 2, exponent - 1
    return sp.Rational(int(length)) * sp.Integer(2) ** exponent
