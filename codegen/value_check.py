"""The activation of a finished kernel, against the expression it was made from in many digits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from codegen.chebyshev_panels import Function, evaluator
from codegen.plan_check import GrowthSample
from codegen.structures import Structure
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.symbols import x

__all__ = ["first_wrong_growth", "first_wrong_value"]

TOLERANCE = 2e-14
ULPS = 4
"""What so many ulp of x change is no miss."""

_DISTANCES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 0.7, 1.0, 1.7, 3.0, 6.0, 11.0, 25.0)
_BEYOND = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 700.0, 1e3, 1e4, 1e6)
_FAR = (100.0, 330.0, 1000.0)
_DIGITS = (60, 120)
_DIGITS_FAR = (500, 1000)
"""Far out an exponential beside 1 is lost to fewer digits, and two precisions agree on what is left without it.

What is no value there is asked for with more: ``erfc(25)`` takes 273.
"""
_NEAR = 30.0
_STEP = 1e-25
_AGREED = 1e-22
_SMALLEST_STEP = 1e-50
_SMALLEST, _LARGEST = 1e-290, 1e290


def first_wrong_value(
    kernel: ModuleType,
    expression: sp.Expr,
    structures: tuple[Structure, ...],
    kinks: tuple[sp.Expr, ...],
    slack: int = 1,
) -> str | None:
    """The first place at which the kernel's activation is off by ``slack`` tolerances, in words; None if there is none.

    Places crowd towards 0, every kink and the middle of every structure, from both sides, and go out to 1000.
    """
    marks = {(0.0, 1.0)} | {(float(kink), 1.0) for kink in kinks}
    marks |= {(float(one.centre), float(one.width)) for one in structures}
    beside = {centre + side * width * d for centre, width in marks for d in _DISTANCES for side in (-1, 1)}
    places = sorted(beside | {side * d for d in _FAR for side in (-1, 1)})
    found = np.asarray(kernel.activation(np.array(places)), dtype=float)
    return _first_wrong("activation", expression, places, found, slack)


def first_wrong_growth(kernel: ModuleType, growing: Sequence[GrowthSample], slack: int = 1) -> str | None:
    """The same of what g, or its slope, is at an end without the exponential that it grows with.

    Those under other names were tried where these are theirs.
    """
    for one in growing:
        name, rest = one.name, one.rest
        if name not in kernel.__dict__:
            continue
        places = [one.start + one.side * distance for distance in _BEYOND]
        with np.errstate(all="ignore"):
            found = np.asarray(kernel.__dict__[name](kernel.__dict__["xp"], np.array(places)), dtype=float)
        if (wrong := _first_wrong(name, rest, places, found, slack)) is not None:
            return wrong
    return None


def _first_wrong(name: str, expression: sp.Expr, places: Sequence[float], found: Any, slack: int) -> str | None:
    near, far = _functions_of(expression)
    with mpmath.workdps(2 * _DIGITS_FAR[-1]):
        for place, value in zip(places, found, strict=True):
            wanted = _told(near if abs(place) <= _NEAR else far, place)
            if wanted is None or _is_near(value, wanted, place, slack):
                continue
            more = _told(far, place) if abs(place) <= _NEAR else None
            if more is not None and _is_near(value, more, place, slack):
                continue
            miss = mpmath.nstr((more or wanted)[0], 17)
            if not _is_value_beside(near, expression, place, float(value)):
                return f"{name}(x={place!r}) = {value:.17g}, not {miss}"
    return None


def _is_near(value: float, wanted: tuple[mpmath.mpf, mpmath.mpf], place: float, slack: int) -> bool:
    """Whether a value is what is wanted, whose slope is known, too; NaN is not."""
    number, slope = wanted
    allowed = slack * TOLERANCE * abs(number) + ULPS * float(np.spacing(abs(place))) * slope
    return bool(abs(float(value) - number) <= allowed)


@lru_cache(maxsize=8)
def _functions_of(expression: sp.Expr) -> tuple[tuple[Function, ...], tuple[Function, ...]]:
    """The function in two precisions next to 0, and far out; it remembers its values for the next trial."""
    near, far = (tuple(evaluator(expression, x, digits) for digits in pair) for pair in (_DIGITS, _DIGITS_FAR))
    return near, far


def _is_value_beside(functions: tuple[Function, ...], expression: sp.Expr, place: float, value: float) -> bool:
    """Whether a function that rounds has the value an ulp away, on the other side of a jump that is no double."""
    if not expression.has(fractional_part):
        return False
    beside = [mpmath.mpf(functions[-1](float(np.nextafter(place, end)))) for end in (-np.inf, np.inf)]
    return any(abs(value - number) <= TOLERANCE * abs(number) + _SMALLEST_STEP for number in beside)


def _told(functions: tuple[Function, ...], place: float) -> tuple[mpmath.mpf, mpmath.mpf] | None:
    """Value and size of the slope; None where the digits do not tell them, or doubles do not hold the value."""
    step = (abs(mpmath.mpf(place)) or 1) * mpmath.mpf(_STEP)
    try:
        beside = mpmath.mpf(functions[-1](place + step))
        first, second = (mpmath.mpf(function(place)) for function in functions)
    except (ZeroDivisionError, ValueError, TypeError):
        return None
    if not (mpmath.isfinite(second) and _SMALLEST < abs(second) < _LARGEST):
        return None
    if not abs(first - second) <= _AGREED * abs(second):
        return None
    return second, abs(beside - second) / step
