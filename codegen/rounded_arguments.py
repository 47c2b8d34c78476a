"""Functions of one rounded line, ``tanh(round(x))``: the heights of their steps, and the jumps between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from codegen.chebyshev_panels import evaluator
from codegen.rounded_polynomials import step
from codegen.rounding_forms import away_from_ties, written_with_floors
from codegen.sided_rounding import one_way, only_line
from codegen.staircases import KEPT, Staircase, staircase
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.symbols import x

__all__ = ["RoundedArgument", "rounded_argument", "with_ties"]

_DIGITS = 400
_SMALLEST = 300
"""Digits after which a height is its limit."""
_MOST_JUMPS = 800
_FAR = 10**5
_MOST_VARIATION = 4
"""Times the distance of the limits: of a bump between them wide Gaussians see little, and its jumps cancel."""


@dataclass(frozen=True)
class RoundedArgument:
    """``h(floor(line))`` that approaches a limit on either side, and not the same, or 0 on both.

    Attributes
    ----------
    line : sympy.Expr
        Rises, with rational coefficients.
    height : sympy.Expr
        h, in ``step``.
    number : sympy.Expr
        ``floor(line)``, at ties what the function takes there.
    stairs : Staircase
        All jumps that are not nothing beside the limits.
    width : sympy.Rational or None
        Of a bump the area over the height; None of anything else.
    """

    line: Any
    height: Any
    number: Any
    stairs: Staircase
    width: Any = None

    @property
    def is_bump(self) -> bool:
        """Whether it tends to 0 on both sides."""
        return self.width is not None

    @property
    def period(self) -> Any:
        """The length of a step."""
        return 1 / sp.diff(self.line, x)


def rounded_argument(expression: Any) -> RoundedArgument | None:
    """The parts of a function of one rounded line that has two limits, reached exponentially; None of anything else.

    The limits differ, or are 0 both: then it is a bump.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = rounded_argument(parse_expression("tanh(round(x))"))
    >>> found.line, found.height, found.number, len(found.stairs.jumps)
    (x + 1/2, tanh(turns), -floor(1/4 - x/2) + floor(x/2 + 1/4), 692)
    >>> found = rounded_argument(parse_expression("exp(-round(x)**2)"))
    >>> found.is_bump, len(found.stairs.jumps)
    (True, 54)
    """
    only = only_line(expression)
    if only is None:
        return None
    plain, part, line = only
    height = sp.powsimp(sp.expand(plain.xreplace({part: line - step}), power_base=False, log=False))
    saw_tooth = with_ties(expression, line)
    if height.free_symbols != {step} or saw_tooth is None:
        return None
    numbers, rises, levels = _rises_and_levels(height)
    if not rises:
        return None
    places = [(number - line.subs(x, 0)) / sp.diff(line, x) for number in numbers]
    number = sp.expand(written_with_floors(line - saw_tooth))
    lengths = [after - before for before, after in pairwise(places)]
    area = sum(abs(level) * length for level, length in zip(levels[1:-1], lengths, strict=True))
    width = area / max(map(abs, levels)) if levels[0] == levels[-1] else None
    return RoundedArgument(line, height, number, staircase(places, rises, levels), width)


def with_ties(expression: Any, line: Any) -> Any:
    """``line % 1`` in the fractional parts of the expression, at ties what they are; None where it has others.

    Examples
    --------
    >>> with_ties(x - fractional_part(x), x)
    (x % 1)
    """
    parts = sorted(expression.atoms(fractional_part), key=str)
    if len(parts) == 1:
        (only,) = parts
        return only if sp.diff(only.args[0], x).is_positive else 1 - only
    for first in parts:
        for second in parts:
            turned = sp.S.Half + second - first
            if len(parts) == 2 and first != second and away_from_ties(turned) == one_way(fractional_part(line)):
                return turned
    return None


def _rises_and_levels(height: Any) -> tuple[list[int], list[Any], list[Any]]:
    """Numbers of the steps that begin with a jump, how far g rises there, and levels; none without two limits."""
    value = evaluator(height, step, _DIGITS)
    nothing: tuple[list[int], list[Any], list[Any]] = ([], [], [])
    try:
        ends = [_snapped(value(sp.Integer(side * _FAR))) for side in (-1, 1)]
        again = [_snapped(value(sp.Integer(side * (2 * _FAR + 1)))) for side in (-1, 1)]
        if ends != again or not all(map(mpmath.isfinite, ends)) or ends[0] == ends[1] != 0:
            return nothing
        first, last = (_settled(value, end, side) for side, end in zip((-1, 1), ends, strict=True))
        if first is None or last is None or last - first > _MOST_JUMPS:
            return nothing
        values = [value(sp.Integer(n)) for n in range(first, last + 1)]
    except (ArithmeticError, ValueError, TypeError):
        return nothing
    values = [ends[0], *values, ends[1]]
    rises = [_number(high - low) for low, high in pairwise(values)]
    if ends[0] != ends[1] and sum(map(abs, rises)) > _MOST_VARIATION * abs(sum(rises)):
        return nothing
    kept = [n for n, rise in enumerate(rises) if rise != 0]
    levels = [_number(values[n]) for n in (0, *(n + 1 for n in kept))]
    return [first + n for n in kept], [rises[n] for n in kept], levels


def _settled(value: Callable[[Any], Any], end: Any, side: int) -> int | None:
    """The last step, seen from 0, that differs from the limit."""
    for n in range(_MOST_JUMPS, -_MOST_JUMPS, -1):
        if abs(value(sp.Integer(side * n)) - end) > mpmath.mpf(10) ** -_SMALLEST:
            return side * n if n < _MOST_JUMPS else None
    return 0


def _snapped(value: Any) -> Any:
    """0 for what is less than the digits tell beside 1."""
    return value * 0 if abs(value) < mpmath.mpf(10) ** -_DIGITS else value


def _number(value: Any) -> Any:
    return sp.Rational(mpmath.nstr(value, KEPT))
