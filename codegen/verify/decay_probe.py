"""How far the integrands have fallen, at a few points of an interval."""

from __future__ import annotations

import math
from typing import Any

from mpmath import libmp

from codegen.verify.interval import Interval

__all__ = ["PROBES", "Probe"]

PROBES = 41
_INSIDE = 40
"""Bits of an interval."""


class Probe:
    """Logarithms of the integrands at a few points.

    Each times the Gaussian: g, y^N g, g^2, (1 + |z|)^K (g - g(mu)) and (g - g(mu))^2.
    """

    def __init__(self, interval: Interval, degrees: tuple[int, int]) -> None:
        self.interval = interval
        self.degrees = degrees
        self.slope = interval.units(interval.gap)
        self.values: dict[float, tuple[float, ...]] = {}

    def logarithms(self, units: float) -> tuple[float, ...]:
        """One logarithm for every integrand, so many standard deviations from the peak."""
        if units not in self.values:
            interval = self.interval
            precision = interval.precision
            y = self._inside(libmp.mpf_add(interval.peak, interval.offset(units), precision, "n"))
            value = self._value(y)
            centred = libmp.mpf_sub(value, interval.centre_value, precision, "n")
            gaussian = -units * (units / 2 + self.slope)
            size = _logarithm(value) + gaussian
            power = self.degrees[0] * _logarithm(y) if y[1] else -math.inf
            hermite = self.degrees[1] * math.log1p(abs(units + self.slope))
            offset = _logarithm(centred)
            self.values[units] = (
                size,
                size + power,
                size + _logarithm(value),
                offset + hermite + gaussian,
                2 * offset + gaussian,
            )
        return self.values[units]

    def _value(self, y: Any) -> Any:
        """The function; a little towards the farther end where that is not real, or infinite, next to a rounded one."""
        interval = self.interval
        try:
            return interval.evaluate(y, interval.precision)
        except (libmp.ComplexResult, ValueError, ZeroDivisionError):
            first = libmp.mpf_le(libmp.mpf_sub(y, interval.left), libmp.mpf_sub(interval.right, y))
            other = interval.right if first else interval.left
            if other in (libmp.finf, libmp.fninf):
                other = libmp.mpf_add(y, interval.sigma if first else libmp.mpf_neg(interval.sigma))
            kept = libmp.mpf_sub(y, libmp.mpf_shift(y, -_INSIDE), interval.precision, "n")
            moved = libmp.mpf_add(kept, libmp.mpf_shift(other, -_INSIDE), interval.precision, "n")
            return interval.evaluate(moved, interval.precision)

    def _inside(self, y: Any) -> Any:
        """A rounded place, not beyond the ends of the interval: there the branch may not be real."""
        if libmp.mpf_lt(y, self.interval.left):
            return self.interval.left
        return self.interval.right if libmp.mpf_gt(y, self.interval.right) else y

    def highest(self, low: float, high: float) -> tuple[float, ...]:
        """The largest of each over a grid on a window."""
        step = (high - low) / (PROBES - 1)
        columns = zip(*(self.logarithms(low + step * i) for i in range(PROBES)), strict=True)
        return tuple(max(column) for column in columns)

    def above(self, units: float, top: tuple[float, ...], drop: float) -> bool:
        """Whether some integrand has not fallen by `drop` from its top."""
        return any(
            value > -math.inf and value >= highest - drop
            for value, highest in zip(self.logarithms(units), top, strict=True)
        )


def _logarithm(value: Any) -> float:
    if not value[1]:
        return -math.inf
    return float(math.log(int(value[1])) + int(value[2]) * math.log(2))
