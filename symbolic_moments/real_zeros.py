"""Real zeros of expressions without a formula for them: isolated by enclosures, refined at the working precision.

An interval is dropped where the enclosure of the function excludes 0, and holds at most one zero where that of the
derivative does; others are halved. So no zero is missed by looking between two samples. What is left undecided at
the smallest width is a zero of higher order, or of an even one: there the sign change of the function, or that
of its derivative, is refined instead.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from symbolic_moments.enclosures import Enclosure
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.symbols import x

__all__ = ["MOST_ZEROS", "isolated_zeros"]

MOST_ZEROS = 20_000
_MOST_FRUITLESS = 20_000
_BOXES_A_ZERO = 40
_ISOLATION_DIGITS = 25
_SPLIT = 0.4877


def isolated_zeros(
    function: sp.Expr,
    values: Mapping[Any, Any],
    low: Any,
    high: Any,
    cuts: Sequence[Any],
    unit: Any,
    digits: int,
    most: int = MOST_ZEROS,
) -> list[Any]:
    """Zeros of ``function`` in ``[low, high]``, other than intervals on which it vanishes.

    Parameters
    ----------
    function : sympy.Expr
        In ``x``.
    values : mapping
        Of the other symbols.
    low, high : mpf
        The window.
    cuts : sequence of mpf
        Points inside it at which the function may fail to be smooth; a zero within 1e-12 of one of them that cannot be
        told apart from it counts as that point.
    unit : mpf
        What the zeros are located relative to: the error is at most ``10^-digits unit``.
    digits : int
        As said.
    most : int
        Zeros beyond which the search is given up.

    Raises
    ------
    ArithmeticError
        More than ``most`` zeros, or the search does not end.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.mpmath_context import working_context
    >>> from symbolic_moments.real_zeros import isolated_zeros
    >>> mp = working_context(30)
    >>> found = isolated_zeros(parse_expression("sin(x) - x/2"), {}, mp.mpf(-9), mp.mpf(9), [], mp.one, 20)
    >>> [mp.nstr(zero, 8) for zero in found if abs(zero) > 1e-9], len(found)
    (['-1.8954943', '1.8954943'], 3)
    """
    coarse = Enclosure(working_context(_ISOLATION_DIGITS), values)
    fine = Enclosure(working_context(4 * digits + 20), values)
    context = fine.context
    ends = [low, *sorted(point for point in cuts if low < point < high), high]
    waiting = [(coarse.context.mpf(a), coarse.context.mpf(b)) for a, b in itertools.pairwise(ends)]
    simple: list[tuple[Any, Any]] = []
    tight: list[tuple[Any, Any]] = []
    boxes = 0
    while waiting:
        a, b = waiting.pop()
        boxes += 1
        if boxes > _MOST_FRUITLESS + _BOXES_A_ZERO * (len(simple) + len(tight)) or max(len(simple), len(tight)) > most:
            raise ArithmeticError(
                f"{function} has more than {most} zeros, or zeros that could not be told apart, between "
                f"{float(low):g} and {float(high):g}, where the Gaussian reaches; take a smaller sigma"
            )
        value, slope = coarse(function, a, b)
        if value[0] > 0 or value[1] < 0 or slope[0] == slope[1] == 0:
            continue
        if slope[0] > 0 or slope[1] < 0:
            if not _agree(*(coarse(function, end, end)[0] for end in (a, b))):
                simple.append((a, b))
        elif b - a <= 1e-12 * max(abs(a), abs(b), min(unit, 1)):
            if tight and tight[-1][0] == b:
                b = tight.pop()[1]
            tight.append((a, b))
        else:
            middle = a + (b - a) * _SPLIT
            waiting += [(a, middle), (middle, b)]

    value_at = Evaluator(context, values).function_of(x, function)

    def slope_at(point: Any) -> Any:
        return sum(fine(function, point, point)[1]) / 2

    tolerance = unit * context.mpf(10) ** (-digits)
    zeros = []
    for a, b in simple:
        zero = _sign_change(value_at, context.mpf(a), context.mpf(b), tolerance)
        zeros += [] if zero is None else [zero]
    for a, b in _joined(tight):
        if any(a <= point <= b for point in ends):
            continue
        zero = _sign_change(value_at, context.mpf(a), context.mpf(b), tolerance)
        if zero is None:
            zero = _sign_change(slope_at, context.mpf(a), context.mpf(b), tolerance)
        zeros += [] if zero is None else [zero]
    return _apart(zeros, tolerance)


def _agree(first: Any, second: Any) -> bool:
    """Whether all of two intervals lies on one side of 0."""
    return bool(min(first[0], second[0]) > 0 or max(first[1], second[1]) < 0)


def _joined(boxes: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Touching boxes as one, a little wider than they are."""
    result: list[tuple[Any, Any]] = []
    for a, b in sorted(boxes):
        if result and a <= result[-1][1]:
            result[-1] = (result[-1][0], b)
        else:
            result.append((a, b))
    return [(a - (b - a), b + (b - a)) for a, b in result]


def _apart(zeros: list[Any], tolerance: Any) -> list[Any]:
    result: list[Any] = []
    for zero in sorted(zeros):
        if not result or zero - result[-1] > 4 * tolerance:
            result.append(zero)
    return result


def _sign_change(function: Callable[[Any], Any], a: Any, b: Any, tolerance: Any) -> Any:
    """Where a continuous function changes sign between ``a`` and ``b``; None if its signs there agree.

    The secant step of Illinois' rule, and a halving whenever three of them have not halved the interval.
    """
    at_a, at_b = function(a), function(b)
    for point, value in ((a, at_a), (b, at_b)):
        if value == 0:
            return point
    if (at_a > 0) == (at_b > 0):
        return None
    side = 0
    while b - a > tolerance:
        width = b - a
        for _ in range(3):
            point = b - at_b * (b - a) / (at_b - at_a)
            # off the ends, so that the interval closes from both sides
            point = min(max(point, a + tolerance / 4), b - tolerance / 4)
            value = function(point)
            if value == 0:
                return point
            if (value > 0) == (at_a > 0):
                a, at_a, at_b, side = point, value, (at_b / 2 if side < 0 else at_b), -1
            else:
                b, at_b, at_a, side = point, value, (at_a / 2 if side > 0 else at_a), 1
        if b - a > width / 2:
            middle = (a + b) / 2
            value = function(middle)
            if value == 0:
                return middle
            a, at_a, b, at_b = (middle, value, b, at_b) if (value > 0) == (at_a > 0) else (a, at_a, middle, value)
            side = 0
    return (a + b) / 2
