"""Where a definition has its roots and extrema: the places next to which the scales of its errors shrink."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.definition import Definition
from codegen.verify.smooth import SmoothFunction
from symbolic_moments.symbols import x

__all__ = ["FURTHEST", "roots_and_extrema"]

Raw = Any
FURTHEST = 1000.0
_MOST = 6
_STEPS_PER_DECADE = 24
_SMALLEST_STEP = 1e-3
_BITS = 120
_BISECTIONS = 200


@lru_cache(maxsize=64)
def roots_and_extrema(definition: Definition) -> tuple[tuple[str, float], ...]:
    """("root" | "extremum", the double nearest to it), the ones nearest to 0 first, at most six of each kind.

    Real roots of g and of g' inside the smooth branches and within [-1e3, 1e3], bracketed by a change of sign on a
    grid around 0, the kinks and the scales, and bisected with 120 bits. A double root of g is an extremum.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> roots_and_extrema(read_definition("x**2 - 2"))
    (('root', -1.4142135623730951), ('root', 1.4142135623730951), ('extremum', 0.0))
    """
    grid = _grid(definition)
    found: list[tuple[str, float]] = []
    for kind, order in (("root", 0), ("extremum", 1)):
        places = {place for index in range(len(definition.pieces)) for place in _inside(definition, index, order, grid)}
        found += [(kind, place) for place in sorted(places, key=lambda place: (abs(place), place))[:_MOST]]
    return tuple(found)


def _grid(definition: Definition) -> list[float]:
    decades = math.ceil(math.log10(FURTHEST / _SMALLEST_STEP))
    steps = [_SMALLEST_STEP * 10 ** (i / _STEPS_PER_DECADE) for i in range(_STEPS_PER_DECADE * decades + 1)]
    centres = {0.0, *definition.kink_floats(), *(float(centre) for centre, _ in definition.scales)}
    places = {centre + sign * step for centre in centres for step in steps for sign in (-1, 1)} | centres
    return sorted(place for place in places if abs(place) <= FURTHEST)


def _inside(definition: Definition, index: int, order: int, grid: list[float]) -> Iterator[float]:
    """The roots of g^(order) inside one branch; none where it is identically zero."""
    piece = definition.pieces[index]
    if not piece.expression.has(x) or sp.diff(piece.expression, x, order) == 0:
        return
    function = piece.derivative(order)
    left, right = ([libmp.fninf, *definition.raw_kinks(_BITS), libmp.finf][index + side] for side in (0, 1))
    first, last = (bisect_left(grid, libmp.to_float(end, rnd="n")) for end in (left, right))
    places = [libmp.from_float(place) for place in grid[max(first - 1, 0) : last + 2]]
    inner = [place for place in places if libmp.mpf_lt(left, place) and libmp.mpf_lt(place, right)]
    signs = [_sign(function, place) for place in inner]
    yield from (float(libmp.to_float(place)) for place, sign in zip(inner, signs, strict=True) if sign == 0)
    for (low, before), (high, after) in itertools.pairwise(zip(inner, signs, strict=True)):
        if before and after and before != after:
            yield _bisected(function, low, high, before)


def _sign(function: SmoothFunction, place: Raw) -> int | None:
    """-1, 0 or 1; None where the branch is not defined, at a pole or beyond its domain."""
    try:
        return int(libmp.mpf_sign(function(place, _BITS)))
    except (ArithmeticError, ValueError):
        return None


def _bisected(function: SmoothFunction, low: Raw, high: Raw, before: int) -> float:
    for _ in range(_BISECTIONS):
        middle = libmp.mpf_shift(libmp.mpf_add(low, high, _BITS), -1)
        if middle in (low, high):
            break
        sign = _sign(function, middle)
        if sign == 0:
            return float(libmp.to_float(middle, rnd="n"))
        low, high = (middle, high) if sign == before else (low, middle)
    return float(libmp.to_float(high, rnd="n"))
