"""Expectations over a bounded interval: one Gauss-Legendre panel on the part of it the Gaussian reaches."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum


def panel(xp: Any, mu: Any, sigma: Any, lower: Any, upper: Any, degree: int) -> Any:
    """Where the panel lies: start and its distances to both ends, first offset, span, ``start - mu``, ``phi`` there.

    Offsets ``y - start`` are measured from the point of the interval nearest to mu, so that ``y - mu`` is never
    formed from a rounded y. The window is where the Gaussian falls by less than ``exp(-drop)`` from its maximum.
    """
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    below, above = mu < lower[0], mu > upper[0]
    start = xp.where(below, lower[0], xp.where(above, upper[0], mu))
    start_error = xp.where(below, lower[1], xp.where(above, upper[1], 0))
    gap, gap_error = exact_sum(start, -mu)
    gap, gap_error = exact_sum(gap, gap_error + start_error)
    z = gap / sigma
    reach = sigma * (2 * drop) / (xp.sqrt(z * z + 2 * drop) + xp.abs(z))
    first = xp.maximum((lower[0] - start) + (lower[1] - start_error), -reach)
    last = xp.minimum((upper[0] - start) + (upper[1] - start_error), reach)
    clipped = clip_to_density(xp, gap, sigma)
    peak = density(xp, clipped, sigma) * (1 - (clipped / sigma) * (gap_error / sigma))
    below = (start - lower[0]) + (start_error - lower[1])
    above = (upper[0] - start) + (upper[1] - start_error)
    return (start, below, above), first, xp.maximum(last - first, 0), gap, peak


def piece_at(place: Any, offset: Any, y: Any, polynomial: Any) -> Any:
    """``(y - lower)^i (upper - y)^j r(y)`` for ``polynomial = (i, j, coefficients of r)``, lowest power first.

    Roots at the ends stay factors: expanded, they would cancel next to a kink. A fourth entry 1 (2) has r in powers of
    ``y - lower`` (``upper - y``).
    """
    low_power, high_power, coefficients = polynomial[:3]
    about = polynomial[3] if len(polynomial) > 3 else 0
    argument = y if about == 0 else place[1] + offset if about == 1 else place[2] - offset
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * argument + coefficient
    for _ in range(low_power):
        value = value * (place[1] + offset)
    for _ in range(high_power):
        value = value * (place[2] - offset)
    return value


def at_rows(value: Any, rows: Any) -> Any:
    """The rows of an array, of all arrays in a tuple or list; numbers as they are."""
    if isinstance(value, (tuple, list)):
        return [at_rows(one, rows) for one in value]
    return value[rows] if getattr(value, "ndim", 0) else value


def scattered(xp: Any, mu: Any, rows: Any, values: Any, degree: int) -> Any:
    """Arrays of the shape of mu, degree + 1 of them: the values in these rows, 0 elsewhere."""
    totals = [xp.zeros_like(mu) for _ in range(degree + 1)]
    for total, value in zip(totals, values, strict=False):
        total[rows] = value
    return totals


def panel_moments(xp: Any, mu: Any, sigma: Any, lower: Any, upper: Any, polynomials: Any, degree: int) -> Any:
    """``E[y^n q(y); lower < y < upper]``, n = 0 .. degree, a list for each polynomial q."""
    highest = max(one[0] + one[1] + len(one[2]) - 1 for one in polynomials)
    place, first, span, gap, peak = panel(xp, mu, sigma, lower, upper, degree + highest)
    reached = xp.flatnonzero(span * peak != 0)
    if len(reached) < len(mu):
        place_there = mu[reached], sigma[reached], at_rows(lower, reached), at_rows(upper, reached)
        some = at_rows(polynomials, reached)
        parts = panel_moments(xp, *place_there, some, degree) if len(reached) else [[] for _ in polynomials]
        return [scattered(xp, mu, reached, part, degree) for part in parts]
    totals = [[xp.zeros_like(mu) for _ in range(degree + 1)] for _ in polynomials]
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        y = place[0] + offset
        share = weight * xp.exp(-(offset / sigma) * ((offset + 2 * gap) / (2 * sigma)))
        for total, polynomial in zip(totals, polynomials, strict=True):
            value = share * piece_at(place, offset, y, polynomial)
            for n in range(degree + 1):
                total[n] = total[n] + value
                value = value * y
    scale = span / sigma * peak
    return [[scale * value for value in total] for total in totals]


def panel_hermite(xp: Any, mu: Any, sigma: Any, lower: Any, upper: Any, polynomial: Any, degree: int) -> Any:
    """``E[q(y) He_k((y - mu) / sigma); lower < y < upper]``, k = 0 .. degree."""
    highest = polynomial[0] + polynomial[1] + len(polynomial[2]) - 1
    place, first, span, gap, peak = panel(xp, mu, sigma, lower, upper, degree + highest)
    reached = xp.flatnonzero(span * peak != 0)
    if len(reached) < len(mu):
        place_there = mu[reached], sigma[reached], at_rows(lower, reached), at_rows(upper, reached)
        some = at_rows(polynomial, reached)
        part = panel_hermite(xp, *place_there, some, degree) if len(reached) else []
        return scattered(xp, mu, reached, part, degree)
    totals = [xp.zeros_like(mu) for _ in range(degree + 1)]
    for node, weight in xp.method["hermite_rule"]:
        offset = first + span * node
        z = (offset + gap) / sigma
        value = weight * xp.exp(-(offset / sigma) * ((offset + 2 * gap) / (2 * sigma)))
        value = value * piece_at(place, offset, place[0] + offset, polynomial)
        before = xp.zeros_like(mu)
        for k in range(degree + 1):
            totals[k] = totals[k] + value
            before, value = value, z * value - k * before
    scale = span / sigma * peak
    return [scale * total for total in totals]
