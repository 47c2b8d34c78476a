"""The extrema of ``exp(c y) (p(y) Phi(u) + q(y))``: what a kernel needs so that the slope keeps its digits there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from codegen.kernel_plan import expression_text

__all__ = ["TiltedProduct"]

_DIGITS = 110
_BITS_OF_START = 40
_STEPS_A_WIDTH, _WIDTHS = 10, 12
_STEPS_A_RATE, _RATES = 8, 24


@dataclass(frozen=True)
class TiltedProduct:
    """``exp(rate y) (p(y) Phi((y - centre) / width) + q(y))``, coefficients lowest power first."""

    rate: sp.Expr
    centre: sp.Expr
    width: sp.Expr
    p: Sequence[sp.Expr]
    q: Sequence[sp.Expr]

    def extrema(self) -> list[str]:
        """Kernel text of (start, size, slope, Phi, phi, 1), the last four over the size, one for each extremum.

        The start has few bits; the slope there is nearly 0 and known to 110 digits.
        """
        context = mpmath.MPContext()
        context.dps = _DIGITS + 10
        factors = self._factors(context)
        found = []
        for low, high in self._brackets(context, factors):
            start = _bisected(context, factors, low, high)
            value, density, slope = factors(start)
            size = density if value < density else context.mpf(1)
            numbers = [size, slope / size, value / size, density / size, 1 / size]
            texts = [expression_text(_rational(context, number)) for number in (start, *numbers)]
            found.append(f"({', '.join(texts)})")
        return found

    def _factors(self, context: Any) -> Callable[[Any], Any]:
        """The function y -> Phi, phi and the slope, the last over ``exp(rate y)``."""
        numbers = [context.mpf(sp.N(one, _DIGITS + 10)) for one in (self.rate, self.centre, self.width)]
        rate, centre, width = numbers
        p, q = ([context.mpf(sp.N(c, _DIGITS + 10)) for c in reversed(cs)] for cs in (self.p, self.q))

        def at(y: Any) -> Any:
            u = (y - centre) / width
            value, density = context.ncdf(u), context.npdf(u)
            height, rise = context.polyval(p, y, derivative=True)
            slope = (rise + rate * height) * value + height * density / width
            if q:
                height, rise = context.polyval(q, y, derivative=True)
                slope += rise + rate * height
            return value, density, slope

        return at

    def _brackets(self, context: Any, factors: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
        """Neighbours on a grid around the bend of Phi, and wider, between which the slope changes sign."""
        centre, width, rate = (context.mpf(sp.N(one, 30)) for one in (self.centre, self.width, abs(self.rate)))
        bend = _STEPS_A_WIDTH * _WIDTHS
        grid = [centre + width * (2 * j + 1) / (2 * _STEPS_A_WIDTH) for j in range(-bend, bend)]
        reach = _STEPS_A_RATE * _RATES
        grid += [(2 * j + 1) / (2 * rate * _STEPS_A_RATE) for j in range(-reach, reach)]
        with context.workdps(30):
            signs = [(y, context.sign(factors(y)[2])) for y in sorted(grid)]
        for (low, before), (high, after) in itertools.pairwise(signs):
            if before * after < 0:
                yield low, high


def _bisected(context: Any, factors: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """A number of few bits next to the zero of the slope between ``low`` and ``high``."""
    sign = context.sign(factors(low)[2])
    for _ in range(2 * _BITS_OF_START):
        middle = (low + high) / 2
        low, high = (middle, high) if factors(middle)[2] * sign > 0 else (low, middle)
    return context.nint(low * 2**_BITS_OF_START) / 2**_BITS_OF_START


def _rational(context: Any, number: Any) -> sp.Rational:
    """The number to 110 significant digits."""
    return sp.Rational(context.nstr(number, _DIGITS, strip_zeros=True))
