"""Where on a smooth interval the integrands live: offsets from the point of the Gaussian's peak."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from mpmath import libmp

from codegen.verify.decay_probe import PROBES, Probe
from codegen.verify.interval import Interval, ReferenceRefusesError

__all__ = ["panels"]

_WIDEST = 2.2
_EXTENSIONS = 80
_FURTHEST = 40.0
_FAR_SHIFT = 25.0
_SHIFTED_REACH = 1.3


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
    probe = Probe(interval, degrees)
    slope = probe.slope
    reach = _tail(slope, drop)
    lowest = interval.units(libmp.mpf_sub(interval.left, interval.peak, interval.precision, "n"))
    highest = interval.units(libmp.mpf_sub(interval.right, interval.peak, interval.precision, "n"))
    shifts = {share * rate * libmp.to_float(interval.sigma) for rate in rates for share in (1, 2)}
    if highest - lowest == math.inf and any(abs(shift) > _FAR_SHIFT for shift in shifts):
        centres = {min(max(shift - slope, lowest), highest) for shift in shifts} | {0.0}
        return [
            (_edge(interval, left, lowest, highest), _edge(interval, right, lowest, highest))
            for low, high in _merged(centres, _SHIFTED_REACH * math.sqrt(2 * drop))
            for left, right in itertools.pairwise(
                _cuts((), (max(low, lowest), min(high, highest)), math.sqrt(2 * drop), longest)
            )
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
    probe: Probe,
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
    probe: Probe, window: tuple[float, float], drop: float, neighbourhoods: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """The window without its empty ends, but with every scale's neighbourhood: a grid may step over one."""
    low, high = window
    top = probe.highest(low, high)
    step = (high - low) / (PROBES - 1)
    kept = [i for i in range(PROBES) if probe.above(low + step * i, top, drop)]
    first = low + step * (kept[0] - 1) if kept[0] > 1 else low
    last = low + step * (kept[-1] + 1) if kept[-1] < PROBES - 2 else high
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
