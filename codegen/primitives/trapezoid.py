"""Expectations of functions analytic near the real axis: one trapezoidal rule in z for all rows."""

from typing import Any

from codegen.primitives.recurrences import hermite_times
from codegen.primitives.shared_panel import shared_classes, shared_nodes, shared_sums
from codegen.primitives.smooth_panel import panel_expectations, tail_rates, window


def trapezoid_rule(xp: Any, step: Any, tilts: Any, count: int, degree: int) -> Any:
    """Nodes ``z_j = j h`` and weights ``h phi(z_j) He_k(z_j)``, k < count, a row for each k.

    ``step`` is the pair (p, q), h = p / q at 15 digits; ``tilts`` widen the window to the left and to the right, and
    so does a degree above 8 of what is to be integrated.
    """
    drop = xp.method["trapezoid_window"] + 2 * max(degree - 8, 0)
    numerator, denominator = step
    denominator = denominator * xp.method["trapezoid_refinement"] * (1 + max(degree - 1, 0) // 16)
    reach = xp.sqrt(2 * drop)
    first, last = (int((reach + tilt) * denominator / numerator) + 1 for tilt in tilts)
    z = xp.arange(-first, last + 1) * numerator / denominator
    weights = xp.exp(-z * z / 2) * numerator / denominator / xp.sqrt2pi
    return z, xp.stack(hermite_times(z, weights, count - 1))


def trapezoid_sums(xp: Any, mu: Any, sigma: Any, rule: Any, integrand: Any, orders: Any, centre: Any = None) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for every f_r: rows times nodes, in portions that stay in the cache."""
    z, weights = rule
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    height = max(xp.table_size // len(z), 1)
    for start in range(0, len(mu), height):
        part = slice(start, start + height)
        y = mu[part, None] + sigma[part, None] * z
        around = None if centre is None else centre[part, None]
        for total, values in zip(totals, integrand(y, around), strict=True):
            sums = weights[: len(total)] @ values.T
            for row, value in zip(total, sums, strict=True):
                row[part] = value
    return totals


def row_classes(xp: Any, mu: Any, sigma: Any, rates: Any, bounds: Any, rules: Any) -> Any:
    """Triples (step, tilts, rows) for the trapezoid, pairs (highest sigma, rows) for shared panels, the other rows.

    A step serves a row where sigma is small enough for it and the decay of the function does not carry the peak of
    the integrand further than the widest window allows.
    """
    classes, (lowest, highest), wide = rules
    peak = window(xp, mu, sigma, rates, bounds, 0)[0]
    near = xp.abs(peak - mu) <= 3 * sigma
    shared = [] if wide is None else shared_classes(xp, mu, sigma, near, wide)
    open_rows = xp.zeros_like(mu) == 0
    for _, rows in shared:
        open_rows[rows] = False
    near = near & (mu >= lowest) & (mu <= highest) & open_rows
    small = sigma < 0
    served = []
    for step, limit in classes:
        rows = xp.flatnonzero(near & (sigma <= limit) & ~small)
        small = sigma <= limit
        tilts = [min(3, rate * limit) for rate in reversed(rates)]
        if len(rows):
            served.append((step, tilts, rows))
    return served, shared, xp.flatnonzero(open_rows & ~(near & small))


def expectations(
    xp: Any, mu: Any, sigma: Any, panels: Any, rules: Any, integrand: Any, count: int, centre: Any = None
) -> Any:
    """``E[f_r(y)]``, r < count, for ``integrand(y, centre)``, the list of ``f_r``: by the trapezoid or by panels."""
    if centre is not None:
        rules = *rules[:2], None
    served, shared, others = row_classes(xp, mu, sigma, panels[1], panels[3], rules)
    totals = [xp.zeros_like(mu) for _ in range(count)]
    for step, tilts, rows in served:
        around = None if centre is None else centre[rows]
        rule = trapezoid_rule(xp, step, tilts, 1, count - 1)
        sums = trapezoid_sums(xp, mu[rows], sigma[rows], rule, integrand, [1] * count, around)
        for total, value in zip(totals, sums, strict=True):
            total[rows] = value[0]
    for highest, rows in shared:
        rule = shared_nodes(xp, highest, rules[2][0], panels[0], count - 1)
        sums = shared_sums(xp, mu[rows], sigma[rows], rule, integrand, [1] * count)
        for total, value in zip(totals, sums, strict=True):
            total[rows] = value[0]
    around = None if centre is None else centre[others]
    rows = mu[others], sigma[others]
    reach = window(xp, *rows, tail_rates(xp, *rows, panels), panels[3], count - 1)
    sums = panel_expectations(xp, *rows, panels[0], reach, integrand, [1] * count, around)
    for total, value in zip(totals, sums, strict=True):
        total[others] = value[0]
    return totals


def value_and_slope_expectations(
    xp: Any, mu: Any, sigma: Any, value_panels: Any, slope_panels: Any, rules: Any, functions: Any, degree: int
) -> Any:
    """``E[g(y)]`` and the list ``E[g'(y) He_k(z)]``, k < degree.

    ``functions`` are g, g' and both at once, each a list. Where the same window holds both they share their nodes.
    """
    value, slope, both = functions
    rates = [max(pair) for pair in zip(value_panels[1], slope_panels[1], strict=True)]
    served, shared, others = row_classes(xp, mu, sigma, rates, slope_panels[3], rules)
    mean = xp.zeros_like(mu)
    slopes = [xp.zeros_like(mu) for _ in range(degree)]
    for step, tilts, rows in served:
        rule = trapezoid_rule(xp, step, tilts, degree, degree - 1)
        sums = trapezoid_sums(xp, mu[rows], sigma[rows], rule, both, [1, degree])
        mean[rows] = sums[0][0]
        for total, part in zip(slopes, sums[1], strict=True):
            total[rows] = part
    for highest, rows in shared:
        rule = shared_nodes(xp, highest, rules[2][0], slope_panels[0], degree - 1)
        sums = shared_sums(xp, mu[rows], sigma[rows], rule, both, [1, degree])
        mean[rows] = sums[0][0]
        for total, part in zip(slopes, sums[1], strict=True):
            total[rows] = part
    rows = mu[others], sigma[others]
    value_rates = tail_rates(xp, *rows, value_panels)
    same = value_panels[1:] == slope_panels[1:]
    slope_rates = value_rates if same else tail_rates(xp, *rows, slope_panels)
    peak, below, above = window(xp, *rows, value_rates, value_panels[3], 0)
    own_peak, own_below, own_above = window(xp, *rows, slope_rates, slope_panels[3], degree - 1)
    near = 2 * xp.abs(own_peak - peak) <= sigma[others]
    together, apart = others[near], others[~near]
    low, high = xp.minimum(peak - below, own_peak - own_below), xp.maximum(peak + above, own_peak + own_above)
    reach = peak[near], (peak - low)[near], (high - peak)[near]
    sums = panel_expectations(xp, mu[together], sigma[together], value_panels[0], reach, both, [1, degree])
    mean[together] = sums[0][0]
    for total, part in zip(slopes, sums[1], strict=True):
        total[together] = part
    reach = peak[~near], below[~near], above[~near]
    mean[apart] = panel_expectations(xp, mu[apart], sigma[apart], value_panels[0], reach, value, [1])[0][0]
    reach = own_peak[~near], own_below[~near], own_above[~near]
    sums = panel_expectations(xp, mu[apart], sigma[apart], slope_panels[0], reach, slope, [degree])
    for total, part in zip(slopes, sums[0], strict=True):
        total[apart] = part
    return mean, slopes


def doubled(panels: Any) -> Any:
    """The panels of a squared function: the same breakpoints, twice the decay."""
    breakpoints, rates, slopes, bounds = panels
    twice = [slope and (lambda xp, y, slope=slope: 2 * slope(xp, y)) for slope in slopes]
    return breakpoints, [2 * rate for rate in rates], twice, bounds
