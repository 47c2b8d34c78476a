"""Functions on both sides of a kink or jump, as power series in the distance from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath
import sympy as sp

from codegen.break_pieces import BreakPiece, break_pieces
from codegen.kernel_plan import exact_pair, expression_text, tuple_text
from codegen.kink_limits import BESIDE, one_sided
from codegen.mp_functions import mp_function
from codegen.panel_plan import taylor_radius
from codegen.root_forms import DIGITS, TERMS, taylor_coefficients
from codegen.stable_functions import written_out

__all__ = ["BreakSeries", "SideSeries", "break_series"]

_WIDEST = 2.0**10
_FINEST = 40
_HALVINGS = 14
_NEAR = 8
_MOST = 8
_ZERO = 1e-30
_TINY = 1e-270
_SMALL_DENOMINATOR = 10**15
_SHARES = ((4, 16), (93, 58))
"""At so small a part of the radius the series is to have so many digits: shipped kernels and those of 60 digits."""


@dataclass(frozen=True)
class SideSeries:
    """``g(place + u) - g(place) = u sum_j coefficients_j u^j`` on one side; ``radius`` is None for polynomials.

    Beyond a quarter of the radius, where a series of 32 terms has all digits of doubles, ``pieces`` go on.
    """

    radius: sp.Rational | None
    coefficients: tuple[sp.Rational, ...]
    pieces: tuple[BreakPiece, ...] = ()

    def text(self) -> str:
        """Kernel text of radius, coefficients and pieces."""
        radius = "xp.inf" if self.radius is None else expression_text(self.radius)
        pieces = "".join(f"{piece.text()}, " for piece in self.pieces)
        return f"({radius}, {tuple_text(self.coefficients)}, ({pieces}))"


@dataclass(frozen=True)
class BreakSeries:
    """A place where g is smooth on either side, its jump there, and how far away the next such place is."""

    place: sp.Expr
    jump: sp.Expr
    gap: sp.Rational | None
    left: SideSeries
    right: SideSeries

    def text(self) -> str:
        """Kernel text: place, jump, gap, left and right."""
        gap = "xp.inf" if self.gap is None else expression_text(self.gap)
        parts = exact_pair(self.place), expression_text(self.jump), gap, self.left.text(), self.right.text()
        return f"({', '.join(parts)})"


def break_series(
    function: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr], places: Sequence[sp.Expr]
) -> tuple[BreakSeries, ...]:
    """The series at those of the places that need them and have them: none at 0 unless the function jumps there.

    ``kinks`` are all places where it is not smooth; of more than eight places none has any.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> function, half = sp.Piecewise((sp.exp(x), x > sp.Rational(1, 2)), (3 - 2 * x, True)), sp.Rational(1, 2)
    >>> (found,) = break_series(function, x, [half], [half])
    >>> found.left
    SideSeries(radius=None, coefficients=(-2,), pieces=())
    >>> round(float(found.jump), 6), found.gap is None
    (-0.351279, True)
    """
    found = []
    for place in places if len(places) <= _MOST else ():
        branches = [one_sided(function, variable, place + side * BESIDE) for side in (-1, 1)]
        if not all(
            _agrees(function, branch, variable, place, side) for side, branch in zip((-1, 1), branches, strict=True)
        ):
            continue
        distances = [abs(float(sp.N(other - place, 30))) for other in kinks if other != place]
        gap = sp.Rational(min(distances) * (1 - 2.0**-20)) if distances else None
        goal = min([max(1.0, abs(float(place)) / _NEAR), *distances])
        pairs = zip((-1, 1), branches, strict=True)
        left, right = (_value_and_series(branch, variable, place, side, goal) for side, branch in pairs)
        if left is None or right is None:
            continue
        jump = _simple(
            right[0] - left[0], _ZERO * max(abs(left[0]), abs(right[0]), *map(_nothing, (left[1], right[1])))
        )
        if place == 0 and jump == 0:
            continue
        found.append(BreakSeries(place, jump, gap, left[1], right[1]))
    return tuple(found)


def _nothing(side: SideSeries) -> float:
    """What the last digits of the place add to g there."""
    return _ZERO * abs(float(side.coefficients[0])) + _TINY


def _agrees(function: sp.Expr, branch: sp.Expr, variable: sp.Symbol, place: sp.Expr, side: int) -> bool:
    """Whether the branch is what the function is on that side: branches that differ by less than 1e-30 look alike."""
    context = mpmath.MPContext()
    context.dps = 3 * DIGITS
    whole, chosen = (mp_function(context, written_out(one), variable) for one in (function, branch))
    start = context.mpf(str(sp.N(place, context.dps)))
    for distance in (context.mpf(2) ** -20, context.mpf(2) ** -30):
        y = start + side * distance
        if not abs(whole(y) - chosen(y)) * 10**30 <= abs(chosen(y) - chosen(start)):
            return False
    return True


def _value_and_series(
    branch: sp.Expr, variable: sp.Symbol, place: sp.Expr, side: int, goal: float
) -> tuple[Any, SideSeries] | None:
    """The value of a smooth function at a place, and what it adds on one side up to ``goal``; None if not known."""
    context = mpmath.MPContext()
    context.dps = 3 * DIGITS
    if not branch.has(variable):
        return context.mpf(str(sp.N(written_out(branch), DIGITS))), SideSeries(None, (sp.S.Zero,))
    moved = branch.subs(variable, place + variable)
    whole = branch.is_polynomial(variable)
    if whole and sp.degree(branch, variable) > TERMS:
        return None
    reach = 1.0 if whole else taylor_radius(branch, variable, place)
    if not reach > 2.0**-_FINEST:
        return None
    exponent = max(math.floor(math.log2(min(reach, _WIDEST))), -_FINEST)
    for _ in range(_HALVINGS):
        radius = context.mpf(2) ** exponent
        numbers = taylor_coefficients(context, moved, variable, radius / 4)
        noise = max(abs(c) * radius**n for n, c in enumerate(numbers)) / context.mpf(10) ** (2 * DIGITS)
        coefficients = [_simple(c, noise / radius**n) for n, c in enumerate(numbers[1 : TERMS + 1], 1)]
        if whole or _holds(context, moved, variable, radius, coefficients, noise):
            while len(coefficients) > 1 and coefficients[-1] == 0:
                coefficients.pop()
            if whole:
                return numbers[0], SideSeries(None, tuple(coefficients))
            reach = sp.Integer(2) ** exponent
            value = mp_function(context, written_out(moved), variable)
            added = partial(_added, value, value(context.zero), side)
            return numbers[0], SideSeries(reach, tuple(coefficients), break_pieces(context, added, reach / 4, goal))
        exponent -= 1
    return None


def _added(value: Callable[[Any], Any], start: Any, side: int, distance: Any) -> Any:
    return value(side * distance) - start


def _holds(
    context: Any, moved: sp.Expr, variable: sp.Symbol, radius: Any, coefficients: Sequence[sp.Rational], noise: Any
) -> bool:
    """Whether the series has its digits where kernels of 15 and of 60 digits use it; one of noise adds no more."""
    value = mp_function(context, written_out(moved), variable)
    series = [context.mpf(c.p) / c.q for c in coefficients]
    for share, digits in _SHARES:
        for side in (-1, 1):
            u = side * radius / share
            rest = context.polyval(series[::-1], u) * u
            size = sum(abs(c * u**n) for n, c in enumerate(series, 1)) or noise
            if not abs(value(u) - value(context.zero) - rest) <= size / context.mpf(10) ** digits:
                return False
    return True


def _simple(number: Any, noise: Any) -> sp.Rational:
    """The simplest rational with so many digits of a number, 0 for what is noise."""
    if abs(number) <= noise:
        return sp.S.Zero
    exact = sp.Rational(number.context.nstr(number, DIGITS))
    simple = Fraction(exact.p, exact.q).limit_denominator(_SMALL_DENOMINATOR)
    near = sp.Rational(simple.numerator, simple.denominator)
    return near if abs(near - exact) * 10 ** (DIGITS - 10) < abs(exact) else exact
