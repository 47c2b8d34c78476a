"""Expectations of smooth functions: which rows share a rule, and panels of their own for the others."""

from typing import Any

from codegen.primitives.shared_panel import shared_classes, shared_rule, shared_sums
from codegen.primitives.smooth_panel import panel_expectations, tail_rates, window
from codegen.primitives.trapezoid import trapezoid_rule, trapezoid_sums


def class_sums(
    xp: Any, mu: Any, sigma: Any, panels: Any, rules: Any, integrand: Any, orders: Any, centre: Any = None
) -> Any:
    """Pairs (rows, ``E[f_r(y) He_k(z)]``, k < orders[r]) by rules that rows share, and the rows that none serves.

    ``rules`` are the steps of the trapezoid with the largest sigma of each, the mu it is for, and what counts as wide.
    A step serves a row where sigma is small enough for it and the decay of the function does not carry the peak of the
    integrand further than the widest window allows; shared panels serve wide Gaussians where nothing depends on
    ``centre``.
    """
    breakpoints, rates, _, bounds = panels
    classes, (lowest, highest), wide = rules
    count = max(orders)
    degree = max(count, len(orders)) - 1
    peak = window(xp, mu, sigma, rates, bounds, 0)[0]
    left = xp.zeros_like(mu) == 0
    served = []
    for largest, rows in shared_classes(xp, mu, sigma, peak, wide) if centre is None else ():
        rule = shared_rule(xp, largest, wide[0], breakpoints, degree)
        served.append((rows, shared_sums(xp, mu[rows], sigma[rows], rule, integrand, orders)))
        left[rows] = False
    near = (xp.abs(peak - mu) <= 3 * sigma) & (mu >= lowest) & (mu <= highest)
    for step, limit in classes:
        rows = xp.flatnonzero(left & near & (sigma <= limit))
        if len(rows):
            rule = trapezoid_rule(xp, step, [min(3, rate * limit) for rate in reversed(rates)], count, degree)
            around = None if centre is None else centre[rows]
            served.append((rows, trapezoid_sums(xp, mu[rows], sigma[rows], rule, integrand, orders, around)))
            left[rows] = False
    return served, xp.flatnonzero(left)


def expectations(
    xp: Any, mu: Any, sigma: Any, panels: Any, rules: Any, integrand: Any, count: int, centre: Any = None
) -> Any:
    """``E[f_r(y)]``, r < count, for ``integrand(y, centre)``, the list of ``f_r``: by shared rules or own panels."""
    served, others = class_sums(xp, mu, sigma, panels, rules, integrand, [1] * count, centre)
    around = None if centre is None else centre[others]
    rows = mu[others], sigma[others]
    reach = window(xp, *rows, tail_rates(xp, *rows, panels), panels[3], count - 1)
    own = panel_expectations(xp, *rows, panels[0], reach, integrand, [1] * count, around)
    totals = [xp.zeros_like(mu) for _ in range(count)]
    for places, sums in [*served, (others, own)]:
        for total, value in zip(totals, sums, strict=True):
            total[places] = value[0]
    return totals


def direct_coefficients(xp: Any, mu: Any, sigma: Any, panels: Any, rules: Any, value: Any, degree: int) -> Any:
    """``E[g(y) He_k(z)]``, k = 0 .. degree, without the derivative of g."""
    served, others = class_sums(xp, mu, sigma, panels, rules, value, [degree + 1])
    rows = mu[others], sigma[others]
    reach = window(xp, *rows, tail_rates(xp, *rows, panels), panels[3], degree)
    own = panel_expectations(xp, *rows, panels[0], reach, value, [degree + 1])
    totals = [xp.zeros_like(mu) for _ in range(degree + 1)]
    for places, sums in [*served, (others, own)]:
        for total, part in zip(totals, sums[0], strict=True):
            total[places] = part
    return totals


def value_and_slope_expectations(
    xp: Any, mu: Any, sigma: Any, value_panels: Any, slope_panels: Any, rules: Any, functions: Any, degree: int
) -> Any:
    """``E[g(y)]`` and the list ``E[g'(y) He_k(z)]``, k < degree.

    ``functions`` are g, g' and both at once, each a list. Where the same window holds both they share their nodes.
    """
    value, slope, both = functions
    rates = [max(pair) for pair in zip(value_panels[1], slope_panels[1], strict=True)]
    panels = slope_panels[0], rates, None, slope_panels[3]
    served, others = class_sums(xp, mu, sigma, panels, rules, both, [1, degree])
    mean = xp.zeros_like(mu)
    slopes = [xp.zeros_like(mu) for _ in range(degree)]
    for places, sums in served:
        mean[places] = sums[0][0]
        for total, part in zip(slopes, sums[1], strict=True):
            total[places] = part
    rows = mu[others], sigma[others]
    value_rates = tail_rates(xp, *rows, value_panels)
    if value_panels[2:] == slope_panels[2:]:
        slope_rates = [
            rate if one is None else known for known, rate, one in zip(value_rates, *slope_panels[1:3], strict=True)
        ]
    else:
        slope_rates = tail_rates(xp, *rows, slope_panels)
    peak, below, above = window(xp, *rows, value_rates, value_panels[3], 0)
    own_peak, own_below, own_above = window(xp, *rows, slope_rates, slope_panels[3], degree - 1)
    near = 2 * xp.abs(own_peak - peak) <= sigma[others]
    together, apart = others[near], others[~near]
    shift = own_peak - peak
    lowest, highest = xp.maximum(below, own_below - shift), xp.maximum(above, own_above + shift)
    reach = peak[near], lowest[near], highest[near]
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
