"""Expectations next to a place where a root or a logarithm vanishes: panels that scale with the Gaussian."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum
from codegen.primitives.smooth_panel import smooth_panel


def crowded_nodes(xp: Any) -> Any:
    """Nodes ``t^m`` and weights ``m t^(m-1) w`` on [0, 1]: ``u^a`` and ``log(u)`` at ``u = t^m`` are smooth enough."""
    power = xp.method["singular_power"]
    places, weights = [], []
    for node, weight in xp.method["hermite_rule"]:
        places.append(node**power)
        weights.append(power * node ** (power - 1) * weight)
    return xp.asarray(places), xp.asarray(weights)


def singular_sums(
    xp: Any,
    mu: Any,
    sigma: Any,
    window: Any,
    lower: Any,
    upper: Any,
    integrand: Any,
    orders: Any,
    centre: Any,
    side: int,
) -> Any:
    """The share of a panel singular at its lower end (side = 1) or its upper one, as ``smooth_panel`` has it.

    Within sigma of that end nodes crowd towards it; from there on no panel is more than six times as far as long.
    """
    start = lower if side > 0 else upper
    width = (upper[0] - lower[0]) + (upper[1] - lower[1])
    peak, below, above = window
    unit = xp.minimum(sigma, width)
    away = side * ((peak - start[0]) - start[1])
    nearest = away - (below if side > 0 else above)
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    rows = xp.flatnonzero(nearest < unit)
    if len(rows):
        around = None if centre is None else centre[rows]
        part = crowded_sums(xp, mu[rows], sigma[rows], unit[rows], start, integrand, orders, around, side)
        for total, values in zip(totals, part, strict=True):
            for row, value in zip(total, values, strict=True):
                row[rows] = value
    inner = unit
    for factor in (6, 36, 0):
        outer = xp.minimum(factor * unit, width) if factor else xp.zeros_like(unit) + width
        ends = []
        for distance in (inner, outer):
            number, error = exact_sum(side * distance, start[0])
            ends.append((number, error + start[1]))
        first, last = ends if side > 0 else ends[::-1]
        rows = xp.flatnonzero((outer > inner) & (nearest < outer) & (away + (above if side > 0 else below) > inner))
        if len(rows):
            around = None if centre is None else centre[rows]
            reach = [part[rows] for part in window]
            low, high = ((number[rows], error[rows]) for number, error in (first, last))
            part = smooth_panel(xp, mu[rows], sigma[rows], reach, low, high, integrand, orders, around)
            for total, values in zip(totals, part, strict=True):
                for row, value in zip(total, values, strict=True):
                    row[rows] += value
        inner = outer
    return totals


def crowded_sums(
    xp: Any, mu: Any, sigma: Any, unit: Any, start: Any, integrand: Any, orders: Any, centre: Any, side: int
) -> Any:
    """``E[f_r(y) He_k(z)]`` over ``unit`` from ``start``, whose nodes crowd there but do not round to it."""
    gap, gap_error = exact_sum(start[0], -mu)
    gap, gap_error = exact_sum(gap, gap_error + start[1])
    clipped = clip_to_density(xp, gap, sigma)
    quarter = density(xp, clipped, 2 * sigma) * xp.sqrt2pi
    root = quarter * quarter * (1 - (clipped / sigma) * (gap_error / sigma) / 2)
    places, weights = crowded_nodes(xp)
    half = xp.rational(1, 2)
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    height = max(xp.table_size // len(places), 1)
    least = xp.rational(1, xp.method["nearest_reciprocal"]) * max(start[0], -start[0])
    for begin in range(0, len(mu), height):
        part = slice(begin, begin + height)
        distance, stride = (gap / sigma)[part, None], (side * unit / sigma)[part, None]
        around = None if centre is None else centre[part, None]
        step = stride * places
        share = xp.exp(xp.minimum((-distance - half * step) * step, xp.method["exponent_limit"]))
        z = step + distance
        y = start[0] + (start[1] + side * xp.maximum(unit[part, None] * places, least))
        for total, value in zip(totals, integrand(y, around), strict=True):
            before, term = 0, share * value
            total[0][part] = term @ weights
            for k in range(1, len(total)):
                before, term = term, z * term - (k - 1) * before if k > 1 else z * term
                total[k][part] = term @ weights
    scale = unit / sigma
    return [[scale * root * row * root / xp.sqrt2pi for row in total] for total in totals]
