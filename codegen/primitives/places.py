"""Expectations in coordinates that start at a kink: what vanishes there keeps its digits."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum
from codegen.primitives.growing_window import expectations_in_parts, growing_window


def nearest_place(xp: Any, mu: Any, sigma: Any, places: Any) -> Any:
    """The number of the place nearest to the peak of the integrand, row by row; the first place is 0."""
    peak = growing_window(xp, mu, sigma, places[0][1], 0)[0]
    nearest, number = xp.abs(peak), xp.zeros_like(mu)
    for index, (place, _, _) in enumerate(places):
        distance = xp.abs(peak - place[0])
        number, nearest = xp.where(distance < nearest, index, number), xp.minimum(distance, nearest)
    return number


def place_expectations(
    xp: Any,
    mu: Any,
    sigma: Any,
    places: Any,
    number: Any,
    power: int,
    integrands: Any,
    orders: Any,
    centre: Any = None,
    far: int = 0,
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], row by row in coordinates that start at the place of that number.

    ``places`` are (place, panels, functions); a place is a number and what rounding took from it, panels and functions
    are those of g in ``v = y - place``. ``integrands(place, functions)`` are the list of ``f_r`` as a function of v and
    ``centre``, and as one of v and a shift that is ``exp(-shift)`` times it; f_r is of the size of ``g^power``. The
    window is at least that of order ``far``: a jump may be far larger than all that is nearer.
    """
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    for index, (place, panels, functions) in enumerate(places):
        rows = xp.flatnonzero(number == index)
        if not len(rows):
            continue
        start, error = exact_sum(mu[rows], -place[0])
        offset, error = exact_sum(start, error - place[1])
        around = None if centre is None else centre[rows]
        arguments = offset, error, sigma[rows], powered(xp, panels, power)
        sums = scaled_expectations(xp, *arguments, integrands(place, functions), orders, around, far)
        put_rows(totals, rows, sums)
    return totals


def scaled_expectations(
    xp: Any, mu: Any, error: Any, sigma: Any, panels: Any, integrands: Any, orders: Any, centre: Any, far: int
) -> Any:
    """The same at one place; the exponential taken out where nodes would overflow.

    The mean is ``mu + error``; to first order the error multiplies the density at the peak.
    """
    plain, scaled = integrands
    peak, below, above = growing_window(xp, mu, sigma, panels, max(*orders, len(orders), far + 1) - 1)
    left, right = (rate for rate, _ in panels[2])
    extent = xp.maximum(right * (peak + above), left * (below - peak))
    overflows = extent > xp.method["exponent_limit"] - 100
    some, others = xp.flatnonzero(overflows), xp.flatnonzero(~overflows)
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    if len(others):
        there = [part[others] for part in (peak, below, above)]
        around = None if centre is None else centre[others]
        sums = expectations_in_parts(xp, mu[others], sigma[others], panels, there, plain, orders, around)
        moved = 1 + ((there[0] - mu[others]) / sigma[others]) * (error[others] / sigma[others])
        put_rows(totals, others, [[moved * value for value in values] for values in sums])
    if len(some):
        put_rows(totals, some, tilted_sides(xp, mu[some], error[some], sigma[some], panels, scaled, orders))
    return totals


def put_rows(totals: Any, rows: Any, sums: Any) -> None:
    """Write lists of arrays into rows of others."""
    for total, values in zip(totals, sums, strict=True):
        for row, value in zip(total, values, strict=True):
            row[rows] = value


def tilted_sides(xp: Any, mu: Any, error: Any, sigma: Any, panels: Any, scaled: Any, orders: Any) -> Any:
    """``exp(c m + c^2 sigma^2 / 2) E[exp(-c y) f(y)]``, the mean at ``m + c sigma^2``, c of either side of 0.

    ``m = mu + error``. The exponent is a number and what rounding took from it.
    """
    breakpoints, _, growths, bounds, longest = panels
    degree = max(*orders, len(orders)) - 1
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    for side, (rate, _) in zip((-1, 1), growths, strict=True):
        tilt = side * rate
        support = (min(bounds[2], 0), 0) if side < 0 else (0, max(bounds[3], 0))
        own = breakpoints, (0, 0), ((0, 0), (0, 0)), (0, 0, *support), longest
        spread, low = exact_product(xp, tilt * sigma, sigma)
        mean, rest = exact_sum(mu, spread)
        rest = rest + low + error
        reach = growing_window(xp, mean, sigma, own, degree)

        def integrand(v: Any, around: Any, tilt: Any = tilt) -> Any:
            return scaled(v, tilt * v)

        sums = expectations_in_parts(xp, mean, sigma, own, reach, integrand, orders)
        middle, first = exact_sum(mu, spread * xp.rational(1, 2))
        top, second = exact_product(xp, tilt + xp.zeros_like(mu), middle)
        half = xp.exp(top * xp.rational(1, 2))
        moved = 1 + tilt * (first + low * xp.rational(1, 2) + error) + second
        moved = moved * (1 + ((reach[0] - mean) / sigma) * (rest / sigma))
        for total, values in zip(totals, sums, strict=True):
            for k, value in enumerate(shifted_hermite(values, tilt * sigma)):
                total[k] = total[k] + half * (moved * value) * half
    return totals


def shifted_hermite(values: Any, shift: Any) -> Any:
    """``E[f He_k(z + s)] = sum_j C(k, j) s^(k-j) E[f He_j(z)]``."""
    results = []
    for k in range(len(values)):
        total, binomial = values[k], 1
        power = shift
        for j in range(k - 1, -1, -1):
            binomial = binomial * (j + 1) // (k - j)
            total = total + binomial * power * values[j]
            power = power * shift
        results.append(total)
    return results


def unbounded(xp: Any, places: Any) -> Any:
    """The places with panels that reach wherever the Gaussian does: those of a function that does not fall off."""
    wider = []
    for place, (breakpoints, _, growths, bounds, longest), functions in places:
        wider.append((place, (breakpoints, (0, 0), growths, (*bounds[:2], -xp.inf, xp.inf), longest), functions))
    return wider


def powered(xp: Any, panels: Any, power: int) -> Any:
    """The panels of a power of the function."""
    breakpoints, decays, growths, bounds, longest = panels
    faster, stronger = [power * rate for rate in decays], [(power * rate, place) for rate, place in growths]
    return breakpoints, faster, stronger, bounds, [length * xp.rational(1, power) for length in longest]


def averages_out(xp: Any, mu: Any, sigma: Any, panels: Any, unit: Any) -> Any:
    """Where the Gaussian is so much wider than ``unit``, and so flat at the peak, that waves may be ``tapered``."""
    peak = growing_window(xp, mu, sigma, panels, 0)[0]
    return (sigma >= xp.method["taper_sigma"] * unit) & (3 * unit * xp.abs(mu - peak) <= sigma * sigma)


def by_rows(xp: Any, mask: Any, mu: Any, sigma: Any, inside: Any, outside: Any) -> Any:
    """``inside(mu, sigma)`` where the mask holds and ``outside(mu, sigma)`` elsewhere: lists of arrays."""
    some, others = xp.flatnonzero(mask), xp.flatnonzero(~mask)
    if not len(some):
        return outside(mu, sigma)
    parts = inside(mu[some], sigma[some]), outside(mu[others], sigma[others])
    totals = [xp.zeros_like(mu) for _ in parts[0]]
    for total, one, other in zip(totals, *parts, strict=True):
        total[some], total[others] = one, other
    return totals


def averaged_expectations(xp: Any, mu: Any, sigma: Any, panels: Any, integrand: Any, orders: Any) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], of functions whose waves are tapered."""
    reach = growing_window(xp, mu, sigma, panels, max(*orders, len(orders)) - 1)
    return expectations_in_parts(xp, mu, sigma, panels, reach, integrand, orders)
