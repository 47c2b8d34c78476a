"""Constants that doubles lose: differences of what is nearly equal, functions of arguments that are rounded."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from codegen.algebraic import ALGEBRAIC_DIGITS
from codegen.exact_comparisons import is_double

__all__ = ["lossless"]

_MOST_ULPS = 16
_DIGITS = 30
_WORKING_DIGITS = 1000


@lru_cache(maxsize=4096)
def lossless(number: sp.Expr) -> sp.Expr:
    """The number, as a rational of `ALGEBRAIC_DIGITS` digits if evaluated in doubles it is off by many ulps.

    The levels of a step function are numbers whose differences are what its variance is made of.

    Examples
    --------
    >>> lossless(sp.tanh(2) - sp.tanh(1))
    -tanh(1) + tanh(2)
    >>> jump = lossless(sp.tanh(8) - sp.tanh(7))
    >>> jump.is_Rational, sp.N(jump, 20)
    (True, 1.4379857312180743024e-6)
    """
    if number.is_Rational or not number.args or _ulps(number) <= _MOST_ULPS:
        return number
    value = number.evalf(ALGEBRAIC_DIGITS, maxn=_WORKING_DIGITS)
    return sp.Rational(str(value)) if value.is_Float and value != 0 else number


def _ulps(number: sp.Expr) -> float:
    """By how many ulps, at the most, the number is off when its terms are evaluated in doubles; 0 if that is open."""
    if not number.args:
        return 0.0 if not number.is_Rational or is_double(number) else 1.0
    value = number.evalf(_DIGITS, maxn=_WORKING_DIGITS)
    if not value.is_Float or value == 0:
        return 0.0
    if number.is_Mul:
        return 1.0 + sum(_ulps(factor) for factor in number.args)
    total = 1.0
    for place, argument in enumerate(number.args):
        lost = _ulps(argument)
        if lost == 0.0:
            continue
        share = 1.0 if number.is_Add else _slope(number, place, argument)
        total += lost * abs(float(share * argument.evalf(_DIGITS, maxn=_WORKING_DIGITS) / value))
    return total


def _slope(number: sp.Expr, place: int, argument: sp.Expr) -> sp.Expr:
    """The derivative with respect to one argument; 0 where none is known."""
    opened = sp.Dummy("opened", real=True, positive=argument.is_positive)
    arguments = list(number.args)
    arguments[place] = opened
    slope = sp.diff(number.func(*arguments), opened).subs(opened, argument).evalf(_DIGITS, maxn=_WORKING_DIGITS)
    return slope if slope.is_Float and slope.is_finite else sp.S.Zero
