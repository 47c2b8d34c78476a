"""The extremum of ``exp(c y) Phi(u)``, c < 0: what a kernel needs so that the slope keeps its digits next to it."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

from codegen.kernel_plan import expression_text

__all__ = ["slope_text"]

_DIGITS = 110
_BITS_OF_START = 30


def slope_text(reciprocal: sp.Expr) -> str:
    """Text of ``_slope``: an h next to where ``Phi / phi`` is ``reciprocal``, its value there, and that less the same.

    ``reciprocal`` is ``1 / (|c| width)``: there ``c Phi(u) + phi(u) / width`` vanishes.
    """
    context = mpmath.MPContext()
    context.dps = _DIGITS + 10
    target = context.mpf(sp.N(reciprocal, _DIGITS + 10))
    low, high = context.mpf(-2), context.mpf(2)
    while _ratio(context, low) > target:
        low *= 2
    while _ratio(context, high) < target:
        high *= 2
    for _ in range(2 * _BITS_OF_START):
        middle = (low + high) / 2
        low, high = (middle, high) if _ratio(context, middle) < target else (low, middle)
    start = sp.Rational(int(context.nint(low * 2**_BITS_OF_START)), 2**_BITS_OF_START)
    value = _ratio(context, context.mpf(int(start.p)) / int(start.q))
    numbers = [start, _rational(context, value), _rational(context, value - target)]
    return "\n".join(
        [
            "def _slope(xp: Any) -> Any:",
            '    """Where the slope of g vanishes: h, ``Phi / phi`` there, and that less ``1 / (|c| width)``."""',
            f"    return {', '.join(expression_text(number) for number in numbers)}",
        ]
    )


def _ratio(context: Any, h: Any) -> Any:
    """``Phi(h) / phi(h)``, which increases."""
    return context.ncdf(h) / context.npdf(h)


def _rational(context: Any, number: Any) -> sp.Rational:
    """A rational within ``10^-_DIGITS`` of a number."""
    return sp.Rational(int(context.nint(number * 10**_DIGITS)), 10**_DIGITS)
