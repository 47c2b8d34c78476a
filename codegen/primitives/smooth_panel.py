"""Expectations of smooth functions: Gauss-Legendre panels between breakpoints, only where the Gaussian reaches."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum


def window(xp: Any, mu: Any, sigma: Any, rates: Any, bounds: Any, degree: int) -> Any:
    """The peak of ``-(y - mu)^2 / (2 sigma^2) + a min(y - p, 0) - b max(y - q, 0)`` and how far it reaches.

    ``rates = (a, b)`` are the exponential decay rates of the function below p and above q, ``bounds = (p, q, r, s)``;
    below r and above s it is 0, and the peak lies between. Reach, to both sides, is where the exponent has fallen by
    ``drop`` from its maximum.
    """
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    left_rate, right_rate = rates
    low, high, first, last = bounds
    variance = sigma * sigma
    right_mean, left_mean = mu - right_rate * variance, mu + left_rate * variance
    between = xp.minimum(xp.maximum(mu, low), high)
    peak = xp.where(right_mean > high, right_mean, xp.where(left_mean < low, left_mean, between))
    peak = xp.minimum(xp.maximum(peak, first), last)
    inner = xp.where(peak < low, left_mean, xp.where(peak > high, right_mean, mu))
    above = reach_above(xp, peak - high, right_mean - high, xp.maximum(peak - inner, 0), sigma, drop)
    below = reach_above(xp, low - peak, low - left_mean, xp.maximum(inner - peak, 0), sigma, drop)
    return peak, xp.minimum(below, peak - first), xp.minimum(above, last - peak)


def tail_rates(xp: Any, mu: Any, sigma: Any, panels: Any) -> Any:
    """The decay rates of the panels' function at both ends, row by row where it decays faster than any exponential.

    There the rate is that of the tangent to ``log |g|`` at the peak of ``g phi``, which bounds a log-concave tail.
    """
    _, rates, logarithmic_slopes, bounds = panels
    result = []
    for side, rate, logarithmic_slope, end in zip((-1, 1), rates, logarithmic_slopes, bounds[:2], strict=True):
        if logarithmic_slope is not None:
            rate = tangent_rate(xp, mu, sigma, logarithmic_slope, side, end)
        result.append(rate)
    return result


def tangent_rate(xp: Any, mu: Any, sigma: Any, logarithmic_slope: Any, side: int, end: Any) -> Any:
    """The r with ``r = |y - mu| / sigma^2 = |(log g)'(y)|`` for a y between mu and ``end``; 0 on the other side.

    By bisection: an approximate peak serves as well, the tangent at mu where it moves the peak by little. Where g
    vanishes its slope is no number: the peak lies nearer to the end, or the Gaussian reaches nothing.
    """
    result = xp.zeros_like(mu)
    rows = xp.flatnonzero(side * (mu - end) > 0)
    reach = 40 * sigma[rows]
    pull, nearer = (-side * logarithmic_slope(xp, mu[rows] - side * distance) for distance in (0, reach))
    gentle = pull * sigma[rows] <= xp.rational(1, 4)
    result[rows] = xp.where(gentle, xp.maximum(pull, 0), 0)
    reached = (xp.abs(pull) < xp.inf) | (xp.abs(nearer) < xp.inf) | (side * (mu[rows] - end) <= reach)
    rows = rows[reached & ~gentle]
    centre = outer = mu[rows]
    inner = xp.zeros_like(centre) + end
    variance = sigma[rows] * sigma[rows]
    for _ in range(24):
        middle = xp.rational(1, 2) * (outer + inner)
        pull = -side * logarithmic_slope(xp, middle)
        settled = xp.abs(middle - centre) >= pull * variance
        outer, inner = xp.where(settled, outer, middle), xp.where(settled, middle, inner)
    result[rows] = xp.abs(outer - centre) / variance
    return result


def reach_above(xp: Any, peak: Any, mean: Any, pull: Any, sigma: Any, drop: Any) -> Any:
    """How far above its peak the envelope of ``window`` stays within ``drop``; the other side by reflection.

    Places are measured from the upper end, ``mean`` is that of the Gaussian beyond it, and ``pull`` the distance from
    that of the Gaussian before it to the peak.
    """
    z = xp.maximum((peak - mean) / sigma, 0)
    beyond = 2 * drop * sigma / (xp.sqrt(z * z + 2 * drop) + z)
    w = pull / sigma
    inside = 2 * drop * sigma / (xp.sqrt(w * w + 2 * drop) + w)
    fallen = -peak * (2 * pull - peak) / (2 * sigma * sigma)
    rest = xp.maximum(drop - fallen, 0)
    start = xp.maximum(-mean / sigma, 0)
    across = 2 * rest * sigma / (xp.sqrt(start * start + 2 * rest) + start + xp.where(rest > 0, 0, 1)) - peak
    return xp.where(peak >= 0, beyond, xp.where(inside <= -peak, inside, xp.maximum(across, -peak)))


def panel_expectations(
    xp: Any, mu: Any, sigma: Any, breakpoints: Any, reach: Any, integrand: Any, orders: Any, centre: Any = None
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for ``integrand(y, centre)``, the list of ``f_r`` at y = mu + sigma z.

    ``reach`` is a window: its peak and how far it goes below and above. Breakpoints are pairs (number, what rounding
    took from it). Offsets are measured from the point of the panel that is nearest to the peak, and the density is
    compensated there.
    """
    peak, below, above = reach
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    for lower, upper in zip([None, *breakpoints], [*breakpoints, None], strict=True):
        first = -below if lower is None else xp.maximum(-below, (lower[0] - peak) + lower[1])
        last = above if upper is None else xp.minimum(above, (upper[0] - peak) + upper[1])
        some = xp.flatnonzero(last > first)
        if not len(some):
            continue
        window_there = peak[some], below[some], above[some]
        around = None if centre is None else centre[some]
        part = smooth_panel(xp, mu[some], sigma[some], window_there, lower, upper, integrand, orders, around)
        for total, values in zip(totals, part, strict=True):
            for row, value in zip(total, values, strict=True):
                row[some] += value
    return totals


def smooth_panel(
    xp: Any, mu: Any, sigma: Any, reach: Any, lower: Any, upper: Any, integrand: Any, orders: Any, centre: Any
) -> Any:
    """The share of one panel in ``panel_expectations``.

    The density at its start is two factors, one before and one after the sum: large sums keep their digits where it
    is below the normal doubles.
    """
    peak, below, above = reach
    start, error = peak, xp.zeros_like(mu)
    if lower is not None:
        under = start <= lower[0]
        start, error = xp.where(under, lower[0], start), xp.where(under, lower[1], error)
    if upper is not None:
        over = start >= upper[0]
        start, error = xp.where(over, upper[0], start), xp.where(over, upper[1], error)
    gap, gap_error = exact_sum(start, -mu)
    gap, gap_error = exact_sum(gap, gap_error + error)
    first, last = (peak - start) - below, (peak - start) + above
    if lower is not None:
        first = xp.maximum(first, (lower[0] - start) + (lower[1] - error))
    if upper is not None:
        last = xp.minimum(last, (upper[0] - start) + (upper[1] - error))
    clipped = clip_to_density(xp, gap, sigma)
    quarter = density(xp, clipped, 2 * sigma) * xp.sqrt2pi
    root = quarter * quarter * (1 - (clipped / sigma) * (gap_error / sigma) / 2)
    reached = root > 0
    first = xp.where(reached, first, 0)
    span = xp.where(reached, xp.maximum(last - first, 0), 0)
    stride = span / sigma
    place = start, first, span, gap / sigma, first / sigma, stride
    sums = node_sums(xp, place, integrand, orders, centre)
    return [[stride * root * row * root / xp.sqrt2pi for row in total] for total in sums]


def node_sums(xp: Any, place: Any, integrand: Any, orders: Any, centre: Any) -> Any:
    """``sum w f_r He_k(z) exp(-(z^2 - z_0^2) / 2)`` over the nodes of a panel that starts looking from ``z_0``.

    Rows of mu times nodes, in portions that stay in the cache.
    """
    nodes = xp.asarray([node for node, _ in xp.method["hermite_rule"]])
    weights = xp.asarray([weight for _, weight in xp.method["hermite_rule"]])
    half = xp.rational(1, 2)
    totals = [[xp.zeros_like(place[0]) for _ in range(count)] for count in orders]
    height = max(xp.table_size // len(nodes), 1)
    for begin in range(0, len(place[0]), height):
        part = slice(begin, begin + height)
        start, first, span, distance, first_step, stride = (row[part, None] for row in place)
        around = None if centre is None else centre[part, None]
        step = first_step + stride * nodes
        share = xp.exp(xp.minimum((-distance - half * step) * step, xp.method["exponent_limit"]))
        z = step + distance
        for total, value in zip(totals, integrand(start + (first + span * nodes), around), strict=True):
            before, term = 0, share * value
            total[0][part] = term @ weights
            for k in range(1, len(total)):
                before, term = term, z * term - (k - 1) * before if k > 1 else z * term
                total[k][part] = term @ weights
    return totals


def without_noise(xp: Any, slopes: Any) -> Any:
    """``E[g' He_k]`` with 0 where rounding alone could have made the value: below an ulp of ``E[g'] sqrt(k!)``."""
    kept = slopes[:1]
    root = xp.rational(1, 1)
    for k in range(1, len(slopes)):
        root = root * xp.sqrt(k)
        noise = xp.abs(slopes[0]) * root
        below = (xp.abs(slopes[k]) * xp.method["noise_reciprocal"] < noise) & (noise < xp.inf)
        kept.append(xp.where(below, 0, slopes[k]))
    return kept
