"""Functions that round, ``floor``, ``ceil`` and ``round``: lines and fractional parts, or steps of what is bounded."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy as sp

from symbolic_moments.bounds import NoBoundError
from symbolic_moments.fractional_parts import fraction, fractional_part
from symbolic_moments.growth import bound_of
from symbolic_moments.monotone import slope_sign
from symbolic_moments.symbols import x

__all__ = ["rounded", "with_fractions"]

_MOST_STEPS = 64
_MOST_STEPS_ALONE = 12
"""Of a function that rises, where nothing else varies: more are left to tables of jumps."""
_QUARTER = sp.Rational(1, 4)
_SAME = 1e-12


class rounded(sp.Function):  # noqa: N801
    """The nearest whole number, of two the even one.

    Examples
    --------
    >>> [with_fractions(rounded(sp.Rational(n, 2))) for n in (-3, -1, 1, 3, 4, 5)]
    [-2, 0, 0, 2, 2, 2]
    """


_ROUNDING = (sp.floor, sp.ceiling, rounded)


def with_fractions(expression: Any) -> Any:
    """The expression with ``u - u % 1`` for ``floor(u)`` and ``u + -u % 1`` for ``ceiling(u)``.

    Of an argument that stays within 64 they have pieces, each with its value where they rise; of a smooth one that
    rises, and beside which nothing varies, within 12.

    Examples
    --------
    >>> with_fractions(sp.floor(x + 2)), with_fractions(sp.ceiling(x))
    (x - (x % 1) + 2, x + ((-x) % 1))
    >>> with_fractions(sp.ceiling(sp.tanh(x)))
    Piecewise((0, tanh(x) <= 0), (1, True))
    >>> with_fractions(sp.floor(sp.Min(2, sp.Max(3 * x, 0))))
    Piecewise((0, x < 1/3), (1, x < 2/3), (2, True))
    >>> with_fractions(sp.Max(sp.floor(x), 0))
    (x - (x % 1))*Heaviside(x, 1)
    """
    if not expression.has(*_ROUNDING, fractional_part):
        return expression
    within = expression.replace(lambda e: isinstance(e, sp.Max | sp.Min) and e.has(*_ROUNDING), _bound_before)
    most = _MOST_STEPS_ALONE if _rounds_one_rising(within) else _MOST_STEPS
    both = within.replace(rounded, partial(_rounded, most=most))
    down = both.replace(sp.ceiling, partial(_ceiling, most=most)).replace(sp.floor, partial(_floor, most=most))
    return down.replace(fractional_part, fraction)


def _rounds_one_rising(expression: Any) -> bool:
    """Whether nothing varies in it but what it rounds, which rises or falls."""
    arguments = {node.args[0] for node in expression.atoms(*_ROUNDING)}
    left = expression.replace(lambda e: isinstance(e, _ROUNDING), lambda e: sp.Dummy(real=True))
    return len(arguments) == 1 and not left.has(x) and slope_sign(arguments.pop()) != 0


def _bound_before(node: Any) -> Any:
    """The larger, or smaller, of a rounded function and a whole number: that of the function is rounded instead."""
    whole = [one for one in node.args if one.is_Integer]
    others = [one for one in node.args if not one.is_Integer]
    if len(others) != 1 or not whole or not isinstance(others[0], _ROUNDING):
        return node
    return others[0].func(node.func(others[0].args[0], *whole))


def _rounded(u: Any, most: int = _MOST_STEPS) -> Any:
    if _range(u, most) is None and (parts := _split(u, rounded, sp.S.Half)) is not None:
        return parts
    return sp.ceiling(u / 2 - _QUARTER) + sp.floor(u / 2 + _QUARTER)


def _floor(u: Any, most: int = _MOST_STEPS) -> Any:
    if (ends := _range(u, most)) is None:
        parts = _split(u, sp.floor, 1)
        return u - fraction(u) if parts is None else parts
    first, last = math.floor(ends[0]), math.floor(ends[1])
    last -= last == ends[1] and not _attains(u, last)
    below = [(k - 1, _is_below(u, sp.Integer(k), True)) for k in range(first + 1, last + 1)]
    return sp.Piecewise(*below, (last, True))


def _ceiling(u: Any, most: int = _MOST_STEPS) -> Any:
    if (ends := _range(u, most)) is None:
        parts = _split(u, sp.ceiling, 0)
        return u + fraction(-u) if parts is None else parts
    first, last = math.ceil(ends[0]), math.ceil(ends[1])
    first += first == ends[0] and not _attains(u, first)
    below = [(k, _is_below(u, sp.Integer(k), False)) for k in range(first, last)]
    return sp.Piecewise(*below, (last, True))


def _is_below(u: Any, level: Any, strictly: bool) -> Any:
    """``u < level`` or ``u <= level``, of what is innermost in maxima, minima and lines of ``u``."""
    constant, rest = u.as_independent(x, as_Add=u.is_Add)
    if u.is_Add and not constant.is_zero:
        return _is_below(rest, level - constant, strictly)
    if u.is_Mul and constant.is_positive and constant != 1:
        return _is_below(rest, level / constant, strictly)
    if isinstance(u, sp.Max | sp.Min) and len(u.args) == 2 and u.args[0].is_Rational and level.is_Rational:
        bound, inner = u.args
        low_enough = bound < level or (bound == level and not strictly)
        if isinstance(u, sp.Max):
            return _is_below(inner, level, strictly) if low_enough else sp.false
        return sp.true if low_enough else _is_below(inner, level, strictly)
    return u < level if strictly else u <= level


def _split(u: Any, function: Any, at_zero: Any) -> Any:
    """A rounded ``max(v, n)`` or ``min(v, n)`` as a step between ``n`` and what is rounded; None of anything else."""
    if not isinstance(u, sp.Max | sp.Min) or len(u.args) != 2 or not u.args[0].is_Integer:
        return None
    n, v = u.args
    above = sp.Heaviside(v - n, at_zero)
    chosen = above if isinstance(u, sp.Max) else 1 - above
    return n + (with_fractions(function(v)) - n) * chosen


def _range(u: Any, most: int) -> tuple[float, float] | None:
    """Between what ``u`` stays; None where that is not known or more than steps are written for."""
    try:
        bound = bound_of(u)
    except NoBoundError:
        return None
    return (_snapped(bound.low), _snapped(bound.high)) if bound.high - bound.low <= most else None


def _snapped(end: float) -> float:
    """The whole number next to the end of a range: doubles have 49 times 1/49 below 1."""
    return float(round(end)) if abs(end - round(end)) <= _SAME * max(1.0, abs(end)) else end


def _attains(u: Any, value: int) -> bool:
    """Whether ``u`` may be ``value`` on an interval, or is at 0: ``tanh`` is never 1, ``clip(x, 0, 6)`` is 6."""
    return u.has(sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise) or u.subs(x, 0) == value
