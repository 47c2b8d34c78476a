"""A branch at a place where its denominator vanishes and it has a limit all the same."""

from __future__ import annotations

from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.smooth import SmoothFunction

__all__ = ["filled"]

_MOST_BITS = 1100


def filled(function: SmoothFunction, place: sp.Rational | None) -> SmoothFunction:
    """The function; within h = 2^-(precision/2 + 16) of ``place`` the mean of its values at distance h, right to h^2.

    Next to it, not at it, a function that vanishes there keeps its digits: h is smaller by as much. At it, a mean that
    is so much smaller than the values is 0.

    Examples
    --------
    >>> from codegen.verify.smooth import compile_smooth
    >>> x = sp.Symbol("x")
    >>> sinc = filled(compile_smooth(sp.sin(x) / x, x), sp.Integer(0))
    >>> libmp.to_float(sinc(libmp.fzero, 100))
    1.0
    """
    if place is None:
        return function

    def value(x: Any, precision: int) -> Any:
        centre = libmp.from_rational(int(place.p), int(place.q), 4 * precision)
        offset = libmp.mpf_sub(x, centre)
        if libmp.mpf_ge(libmp.mpf_abs(offset), libmp.from_man_exp(1, -precision // 2 - 16)):
            return function(x, precision)
        working = precision + (min(-offset[2] - offset[3], _MOST_BITS) if offset[1] else 0)
        step = libmp.from_man_exp(1, -working // 2 - 16)
        sides = [function(libmp.mpf_add(x, one), working + 16) for one in (step, libmp.mpf_neg(step))]
        mean = libmp.mpf_shift(libmp.mpf_add(*sides, precision, "n"), -1)
        vanishes = libmp.mpf_lt(libmp.mpf_abs(mean), libmp.mpf_shift(libmp.mpf_abs(sides[0]), -precision // 2))
        return libmp.fzero if vanishes and not offset[1] else mean

    return value
