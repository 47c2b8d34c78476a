"""What a function adds to its value at a kink or jump, beyond the reach of its Taylor series: Chebyshev polynomials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import sympy as sp

from codegen.kernel_plan import expression_text, tuple_text

__all__ = ["BreakPiece", "break_pieces"]

_COUNT = 40
_DEGREE = 32
_SMALL = 2.0**-56
_MOST = 8
_UNEVEN = 16
_LENGTHS = (16.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25)
_DIGITS = 20


@dataclass(frozen=True)
class BreakPiece:
    """``sum_k coefficients_k T_k(s)`` of a distance t, ``s = (2 t - lower - upper) / (upper - lower)``."""

    lower: sp.Rational
    upper: sp.Rational
    coefficients: tuple[sp.Rational, ...]

    def text(self) -> str:
        """Kernel text: lower, upper, coefficients."""
        return f"({expression_text(self.lower)}, {expression_text(self.upper)}, {tuple_text(self.coefficients)})"


def break_pieces(context: Any, value: Callable[[Any], Any], start: sp.Rational, goal: float) -> tuple[BreakPiece, ...]:
    """Neighbouring pieces of a function of a distance, from ``start`` up to about ``goal``; at most eight.

    On each of them the coefficients from degree 32 on are below doubles' rounding of what the function has in that
    third of the piece in which it is least, and it is at most 16 times as large elsewhere: sums round to that.

    Examples
    --------
    >>> import mpmath
    >>> context = mpmath.MPContext()
    >>> context.dps = 60
    >>> pieces = break_pieces(context, context.tanh, sp.Rational(1, 4), 2.0)
    >>> [(piece.lower, piece.upper) for piece in pieces]
    [(1/4, 9/4)]
    """
    found: list[BreakPiece] = []
    lower = start
    while lower < goal and len(found) < _MOST:
        pieces = (_piece(context, value, lower, lower * sp.Rational(1 + times)) for times in _LENGTHS)
        piece = next((one for one in pieces if one is not None and one.upper <= _LENGTHS[0] * goal), None)
        if piece is None:
            break
        found.append(piece)
        lower = piece.upper
    return tuple(found)


@cache
def _polynomials(bits: int) -> tuple[tuple[Any, ...], ...]:
    """``T_k`` at the Chebyshev points, k = 0, 1 .."""
    context = mpmath.MPContext()
    context.prec = bits
    angles = [context.mpf(2 * i + 1) / (2 * _COUNT) for i in range(_COUNT)]
    return tuple(tuple(context.cospi(k * angle) for angle in angles) for k in range(_COUNT))


def _piece(context: Any, value: Callable[[Any], Any], lower: sp.Rational, upper: sp.Rational) -> BreakPiece | None:
    """The piece between two distances, if so few coefficients are enough."""
    start, end = (context.mpf(one.p) / one.q for one in (lower, upper))
    waves = _polynomials(context.prec)
    values = [value((start + end) / 2 + (end - start) / 2 * context.convert(place)) for place in waves[1]]
    coefficients = [
        (2 if k else 1) * context.fdot(zip(values, row, strict=True)) / _COUNT for k, row in enumerate(waves)
    ]
    third = _COUNT // 3
    least = min(max(map(abs, part)) for part in (values[:third], values[third:-third], values[-third:]))
    if max(map(abs, values)) > _UNEVEN * least or not sum(map(abs, coefficients[_DEGREE:])) <= _SMALL * least:
        return None
    kept = coefficients[:_DEGREE]
    while len(kept) > 1 and abs(kept[-1]) < _SMALL * least / _DEGREE:
        kept.pop()
    return BreakPiece(lower, upper, tuple(sp.Rational(context.nstr(one, _DIGITS)) for one in kept))
