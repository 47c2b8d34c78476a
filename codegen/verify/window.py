"""Where on a smooth interval the integrands live: offsets from the point of the Gaussian's peak."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.verify.smooth import SmoothFunction

__all__ = ["Interval", "ReferenceRefusesError", "panels"]

_PROBES = 41
_WIDEST = 2.2
_EXTENSIONS = 80
_FURTHEST = 40.0
_FAR_SHIFT = 25.0
_SHIFTED_REACH = 1.3


class ReferenceRefusesError(ArithmeticError):
    """The reference cannot vouch for its digits at this point."""


@dataclass(frozen=True)
class Interval:
    """One smooth branch and the Gaussian over it.

    Attributes
    ----------
    evaluate : callable
        The branch g as (raw mpf, precision) -> raw mpf.
    left, right : raw mpf
        The ends, infinite allowed.
    peak : raw mpf
        The point y* of the interval nearest to mu.
    gap : raw mpf
        y* - mu, exact.
    sigma : raw mpf
        Standard deviation, positive.
    centre_value : raw mpf
        g(mu), taken off before the centred moments.
    precision : int
        Working precision in bits.
    """

    evaluate: SmoothFunction
    left: Any
    right: Any
    peak: Any
    gap: Any
    sigma: Any
    centre_value: Any
    precision: int

    def offset(self, units: float) -> Any:
        """`units` standard deviations as an offset from the peak."""
        return libmp.mpf_mul(libmp.from_float(units), self.sigma, self.precision)

    def units(self, offset: Any) -> float:
        """An offset from the peak in standard deviations."""
        if offset in (libmp.finf, libmp.fninf):
            return math.inf if offset == libmp.finf else -math.inf
        return float(libmp.to_float(libmp.mpf_div(offset, self.sigma, 60)))


def panels(
    interval: Interval,
    scales: Sequence[tuple[Any, Any]],
    digits: int,
    degrees: tuple[int, int],
    rates: Sequence[float] = (),
    longest: float = math.inf,
) -> list[tuple[Any, Any]]:
    """Offsets (from, to) from the peak that hold y^n g, g^2 and He_k (g - g(mu)) to `digits` digits.

    The Gaussian alone gives a first window; where g itself moves the peak (a tail that grows, a Phi in its
    tail) the window is extended until every integrand has fallen by `digits` digits at both ends. A function that
    grows like exp(c y), c among the `rates`, moves it by c sigma^2, its square by twice that: where that is far away,
    windows around each of these places. No panel is longer than `longest` standard deviations.

    Raises
    ------
    ReferenceRefusesError
        An integrand does not fall off: E|y^n g| may not be finite.
    """
    drop = (digits + 8) * math.log(10)
    probe = _Probe(interval, degrees)
    slope = probe.slope
    reach = _tail(slope, drop)
    lowest = interval.units(libmp.mpf_sub(interval.left, interval.peak, interval.precision, "n"))
    highest = interval.units(libmp.mpf_sub(interval.right, interval.peak, interval.precision, "n"))
    shifts = {share * rate * libmp.to_float(interval.sigma) for rate in rates for share in (1, 2)}
    if highest - lowest == math.inf and any(abs(shift) > _FAR_SHIFT for shift in shifts):
        return [
            (interval.offset(left), interval.offset(right))
            for low, high in _merged({0.0, *shifts}, _SHIFTED_REACH * math.sqrt(2 * drop))
            for left, right in itertools.pairwise(_cuts((), (low, high), math.sqrt(2 * drop), longest))
        ]
    low = max(lowest, -reach)
    high = min(highest, reach)
    neighbourhoods = _neighbourhoods(interval, scales, math.sqrt(2 * drop))
    low, high = _extend(probe, (low, high), (lowest, highest), (digits + 3) * math.log(10), neighbourhoods)
    low, high = _reach_scales((low, high), (lowest, highest), neighbourhoods, slope, drop)
    ends = _cuts(neighbourhoods, (low, high), math.sqrt(2 * drop), longest)
    edges = [_edge(interval, end, lowest, highest) for end in ends]
    return list(itertools.pairwise(edges))


def _edge(interval: Interval, units: float, lowest: float, highest: float) -> Any:
    if units == lowest:
        return libmp.mpf_sub(interval.left, interval.peak, interval.precision, "n")
    if units == highest:
        return libmp.mpf_sub(interval.right, interval.peak, interval.precision, "n")
    return interval.offset(units)


def _neighbourhoods(interval: Interval, scales: Sequence[tuple[Any, Any]], reach: float) -> list[tuple[float, float]]:
    """Where g leaves its asymptotes around each of its scales: from and to, in standard deviations."""
    result = []
    for centre, width in scales:
        middle = interval.units(libmp.mpf_sub(centre, interval.peak, interval.precision, "n"))
        spread = 1.2 * reach * interval.units(width)
        result.append((middle - spread, middle + spread))
    return result


def _reach_scales(
    window: tuple[float, float],
    limits: tuple[float, float],
    neighbourhoods: Sequence[tuple[float, float]],
    slope: float,
    drop: float,
) -> tuple[float, float]:
    """The window with every scale within `_FURTHEST` standard deviations, and the Gaussian's tail behind it.

    A saturated g shows no digit of its departure from a constant before its scale is reached: no probe would see it.
    """
    low, high = window
    for start, end in neighbourhoods:
        if low - _FURTHEST < end < low or low - _FURTHEST < start < low:
            low = min(low, start - _tail(start + slope, drop))
        if high < start < high + _FURTHEST or high < end < high + _FURTHEST:
            high = max(high, end + _tail(end + slope, drop))
    return max(low, limits[0]), min(high, limits[1])


def _tail(z: float, drop: float) -> float:
    return 2 * drop / (math.hypot(z, math.sqrt(2 * drop)) + abs(z))


def _extend(
    probe: _Probe,
    window: tuple[float, float],
    limits: tuple[float, float],
    drop: float,
    neighbourhoods: Sequence[tuple[float, float]],
) -> tuple[float, float]:
    low, high = window
    top = probe.highest(low, high)
    extended = False
    for _ in range(_EXTENSIONS):
        step = 0.25 * (high - low)
        grown = False
        if low > limits[0] and probe.above(low, top, drop):
            low, grown = max(limits[0], low - step), True
        if high < limits[1] and probe.above(high, top, drop):
            high, grown = min(limits[1], high + step), True
        if not grown:
            return _trim(probe, (low, high), drop, neighbourhoods) if extended else (low, high)
        extended = True
        top = probe.highest(low, high)
    raise ReferenceRefusesError("an integrand y^n g(y) does not fall off: its moments may not be finite")


def _trim(
    probe: _Probe, window: tuple[float, float], drop: float, neighbourhoods: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """The window without its empty ends, but with every scale's neighbourhood: a grid may step over one."""
    low, high = window
    top = probe.highest(low, high)
    step = (high - low) / (_PROBES - 1)
    kept = [i for i in range(_PROBES) if probe.above(low + step * i, top, drop)]
    first = low + step * (kept[0] - 1) if kept[0] > 1 else low
    last = low + step * (kept[-1] + 1) if kept[-1] < _PROBES - 2 else high
    for start, end in neighbourhoods:
        if start < high and end > low and end - start < high - low:
            first, last = min(first, start), max(last, end)
    return max(first, low), min(last, high)


def _merged(centres: Iterable[float], reach: float) -> list[tuple[float, float]]:
    """Intervals of one length around all centres, put together where they overlap."""
    found: list[tuple[float, float]] = []
    for centre in sorted(centres):
        if found and centre - reach <= found[-1][1]:
            found[-1] = (found[-1][0], centre + reach)
        else:
            found.append((centre - reach, centre + reach))
    return found


def _cuts(
    neighbourhoods: Sequence[tuple[float, float]], window: tuple[float, float], reach: float, longest: float
) -> list[float]:
    low, high = window
    cuts = {low, high}
    for start, end in neighbourhoods:
        if 2 * (high - low) > 3 * (end - start):
            cuts |= {cut for cut in (start, end) if low < cut < high}
    ordered = sorted(cuts)
    ends = [ordered[0]]
    for left, right in itertools.pairwise(ordered):
        parts = math.ceil((right - left) / min(_WIDEST * reach, longest))
        ends += [left + (right - left) * part / parts for part in range(1, parts)] + [right]
    return ends


class _Probe:
    """Logarithms of the integrands at a few points.

    Each times the Gaussian: g, y^N g, g^2, (1 + |z|)^K (g - g(mu)) and (g - g(mu))^2.
    """

    def __init__(self, interval: Interval, degrees: tuple[int, int]) -> None:
        self.interval = interval
        self.degrees = degrees
        self.slope = interval.units(interval.gap)
        self.values: dict[float, tuple[float, ...]] = {}

    def logarithms(self, units: float) -> tuple[float, ...]:
        if units not in self.values:
            interval = self.interval
            precision = interval.precision
            y = libmp.mpf_add(interval.peak, interval.offset(units), precision, "n")
            value = interval.evaluate(y, precision)
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

    def highest(self, low: float, high: float) -> tuple[float, ...]:
        step = (high - low) / (_PROBES - 1)
        columns = zip(*(self.logarithms(low + step * i) for i in range(_PROBES)), strict=True)
        return tuple(max(column) for column in columns)

    def above(self, units: float, top: tuple[float, ...], drop: float) -> bool:
        return any(
            value > -math.inf and value >= highest - drop
            for value, highest in zip(self.logarithms(units), top, strict=True)
        )


def _logarithm(value: Any) -> float:
    if not value[1]:
        return -math.inf
    return float(math.log(int(value[1])) + int(value[2]) * math.log(2))
