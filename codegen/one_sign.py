"""Whether a function that has one sign at some places of the positive half line has it on all of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy as sp

from symbolic_moments.bounds import NoBoundError
from symbolic_moments.growth import bound_of

__all__ = ["keeps_sign"]

_NEAREST, _FARTHEST, _PER_DECADE = -3, 4, 24
_STEPS = 40
_GOLDEN = (math.sqrt(5) - 1) / 2
_TOUCHES = 1e-6


def keeps_sign(function: sp.Expr, value: Callable[[float], Any], sign: int, places: Iterable[float]) -> bool:
    """Whether ``sign g(y) >= 0`` for y > 0: by bounds, or from place to place without coming near 0 in between.

    Where bounds do not tell, |g| is followed on a grid and at the places, and down into each of its valleys. Far
    out all digits of a difference may be 0.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> from codegen.mp_functions import real_function
    >>> cases = [sp.tanh(x), x - sp.tanh(x), (x**2 - sp.Rational(6, 5)) ** 2 - sp.Rational(1, 1000)]
    >>> [keeps_sign(g, real_function(g, x), 1, [1.0, 2.0]) for g in cases]
    [True, True, False]
    """
    try:
        bound = bound_of(function, (0.0, math.inf))
        if (bound.low if sign > 0 else -bound.high) >= 0:
            return True
    except NoBoundError:
        pass
    grid = 10 ** np.arange(_NEAREST, _FARTHEST, 1 / _PER_DECADE)
    known = {place: sign * value(place) for place in {*map(float, grid), *(place for place in places if place > 0)}}
    every = sorted(place for place, size in known.items() if size != 0)
    sizes = [known[place] for place in every]
    if min(sizes) < 0:
        return False
    return all(
        _lowest(lambda y: sign * value(y), every[n - 1], every[n + 1]) > _TOUCHES * max(sizes[n - 1], sizes[n + 1])
        for n in range(1, len(every) - 1)
        if sizes[n - 1] >= sizes[n] <= sizes[n + 1] and sizes[n - 1] + sizes[n + 1] > 2 * sizes[n]
    )


def _lowest(value: Callable[[float], Any], low: float, high: float) -> Any:
    """The least value seen on the way into a valley, by golden sections."""
    least = value((low + high) / 2)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        first, second = value(left), value(right)
        least = min(least, first, second)
        low, high = (low, right) if first < second else (left, high)
    return least
