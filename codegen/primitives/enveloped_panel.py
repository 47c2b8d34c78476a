"""Expectations over panels of which the size of the function is known: only those that count for a row are visited."""

from typing import Any

from codegen.primitives.cell_rule import cell_rule, cell_shares, cell_sums, cell_sums_about
from codegen.primitives.cells import occupied_cells
from codegen.primitives.graded_rule import graded_need, graded_number, rule_arrays
from codegen.primitives.singular_panel import singular_sums
from codegen.primitives.smooth_panel import smooth_panel
from codegen.primitives.taylor import TaylorNames


def panel_peak(xp: Any, mu: Any, sigma: Any, one: Any, weight: Any) -> Any:
    """Peak of ``|y|^n bound(y)^p phi((y - mu) / sigma)`` on a panel, how high, and the mean of ``bound^p phi``.

    ``weight = (p, n)``; the bound of a panel ``(lower, upper, level, slope, middle, singular)`` is
    ``exp(level + slope (y - middle))``. Heights are logarithms, good to a few units.
    """
    lower, upper, level, slope, middle, _ = one
    power, order = weight
    mean = mu + power * slope * sigma * sigma
    peak = xp.minimum(xp.maximum(mean, lower[0]), upper[0])
    z = (peak - mu) / sigma
    height = power * (level + slope * (peak - middle)) - z * z / 2
    if order:
        size = xp.minimum(xp.maximum(xp.abs(lower[0]), xp.abs(upper[0])), xp.abs(peak) + 12 * sigma)
        height = height + order * xp.log(size)
    return mean, peak, height


def reached_panels(xp: Any, mu: Any, sigma: Any, panels: Any, weights: Any, drop: Any) -> Any:
    """For each panel the rows that it counts for, with the part of it that does: (rows, (peak, below, above)).

    It counts where one of the ``weights`` has not fallen by ``drop`` from its highest peak. Also where that peak lies.
    """
    found = [[panel_peak(xp, mu, sigma, one, weight) for weight in weights] for one in panels]
    tops, places = [], []
    for number in range(len(weights)):
        top, place = found[0][number][2], found[0][number][1]
        for each in found[1:]:
            higher = each[number][2] > top
            top, place = xp.where(higher, each[number][2], top), xp.where(higher, each[number][1], place)
        tops.append(top)
        places.append(place)
    result: list[Any] = []
    for one, each in zip(panels, found, strict=True):
        rest = xp.zeros_like(mu) - 1
        for (_, _, height), top in zip(each, tops, strict=True):
            rest = xp.maximum(rest, drop - (top - height))
        rows = xp.flatnonzero(rest > 0)
        if not len(rows):
            result.append((rows, None))
            continue
        centre = each[0][1][rows]
        below, above = xp.zeros_like(centre), xp.zeros_like(centre)
        for mean, peak, _ in each:
            pull = xp.abs(peak - mean)[rows] / sigma[rows]
            reach = 2 * rest[rows] * sigma[rows] / (pull + xp.sqrt(pull * pull + 2 * rest[rows]))
            moved = peak[rows] - centre
            below, above = xp.maximum(below, reach - moved), xp.maximum(above, reach + moved)
        below = xp.minimum(below, (centre - one[0][0]) + max(-one[0][1], 0))
        above = xp.minimum(above, (one[1][0] - centre) + max(one[1][1], 0))
        result.append((rows, (centre, below, above)))
    return result, places, tops


def level_panels(panels: Any) -> Any:
    """The panels, neighbours with one level bound as one: pairs of that and its parts."""
    joined: list[Any] = []
    for one in panels:
        _, upper, level, slope, _, singular, _ = one
        if joined and not singular and slope == 0 and joined[-1][0][2:4] == (level, 0) and not joined[-1][0][5]:
            start = joined[-1][0][0]
            joined[-1][0] = (start, upper, level, 0, 0, 0)
            joined[-1][1].append(one)
        else:
            joined.append([one[:6], [one]])
    return joined


def enveloped_sums(
    xp: Any, mu: Any, sigma: Any, table: Any, weights: Any, integrand: Any, orders: Any, centre: Any = None
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for ``integrand(y, centre)``, the list of ``f_r`` at y = mu + sigma z.

    ``table`` is the panels and how far they reach. Rows of one cell share nodes, the others have panels of their own.
    """
    panels, reach = table
    joined = level_panels(panels)
    order = max(*orders, len(orders))
    power = max(p for p, _ in weights)
    totals = [[xp.zeros_like(mu) + xp.nan for _ in range(count)] for count in orders]
    left = xp.abs(mu) + 12 * sigma <= reach
    some = xp.flatnonzero(left)
    arrays = rule_arrays(xp)
    longest = 7 if len(orders) <= 2 else 2
    for rows, cell in shared_cells(xp, mu, sigma, some, joined, weights, order):
        rule = cell_rule(xp, arrays, cell, panels, power, order, longest)
        moved = mu[rows] - cell[0]
        if centre is None:
            offsets, shares = cell_shares(xp, arrays, cell, rule, integrand, order, len(rows))
            sums = cell_sums(xp, moved, sigma[rows], offsets, shares, orders)
        else:
            sums = cell_sums_about(xp, moved, sigma[rows], rule[0], integrand, orders, centre[rows])
        for total, values in zip(totals, sums, strict=True):
            for row, value in zip(total, values, strict=True):
                row[rows] = value
        left[rows] = False
    others = xp.flatnonzero(left)
    for begin in range(0, len(others), xp.table_size):
        rows = others[begin : begin + xp.table_size]
        around = None if centre is None else centre[rows]
        sums = own_sums(xp, mu[rows], sigma[rows], joined, weights, integrand, orders, around)
        for total, values in zip(totals, sums, strict=True):
            for row, value in zip(total, values, strict=True):
                row[rows] = value
    return totals


def shared_cells(xp: Any, mu: Any, sigma: Any, some: Any, joined: Any, weights: Any, order: int) -> Any:
    """Pairs (rows, cell) of the cells in which density and peak of the integrand are at most 6 sigma apart.

    A cell is its middle, its least sigma and the window of all its rows: the hull of those of its corners; then what is
    too small to count, the least of its peaks, and the highest power of y.
    """
    groups, middle, highest = occupied_cells(xp, mu[some], sigma[some])
    if not groups:
        return []
    drop = xp.method["panel_window"] + 2 * order
    spread = xp.sqrt(2 * drop) * highest
    low, high = middle - 2 * highest - spread, middle + 2 * highest + spread
    longest = 2 * (high - low)
    near = xp.zeros_like(middle) == 0
    bounds = [bound for bound, _ in joined]
    least_top: Any = None
    for ratio in (1, xp.rational(7, 10)):
        for side in (-1, 1):
            corner, width = middle + side * xp.rational(3, 2) * highest, ratio * highest
            parts, places, tops = reached_panels(xp, corner, width, bounds, weights, drop)
            least_top = tops[0] if least_top is None else xp.minimum(least_top, tops[0])
            for place in places:
                near = near & (xp.abs(place - corner) <= 6 * width)
            for rows, window in parts:
                if len(rows):
                    peak, below, above = window
                    low[rows] = xp.minimum(low[rows], peak - below)
                    high[rows] = xp.maximum(high[rows], peak + above)
    served = xp.flatnonzero(near & (high - low <= longest)).tolist()
    least = xp.rational(7, 10) * highest
    faint = (least_top - drop) * xp.rational(1, weights[0][0]) if len(weights) == 1 else least_top - xp.inf
    top = least_top if len(weights) == 1 else least_top - xp.inf
    raised = max(n for _, n in weights)
    return [(some[groups[n]], (middle[n], least[n], low[n], high[n], faint[n], top[n], raised)) for n in served]


def own_sums(xp: Any, mu: Any, sigma: Any, joined: Any, weights: Any, integrand: Any, orders: Any, centre: Any) -> Any:
    """The sums of rows that share no nodes; infinite where every peak is as high as ``overflow_height``."""
    order = max(*orders, len(orders))
    power = max(p for p, _ in weights)
    drop = xp.method["panel_window"] + 20 + 2 * max(order - 9, 0)
    longest = 2 * xp.sqrt(xp.rational(2, 1) * drop)
    reached, _, tops = reached_panels(xp, mu, sigma, [bound for bound, _ in joined], weights, drop)
    lost = tops[0] >= xp.method["overflow_height"]
    for top in tops[1:]:
        lost = lost & (top >= xp.method["overflow_height"])
    totals = [[xp.where(lost, xp.inf, xp.zeros_like(mu)) for _ in range(count)] for count in orders]
    for (_, parts), (found, window) in zip(joined, reached, strict=True):
        summed = xp.flatnonzero(~lost[found])
        if not len(summed):
            continue
        found, window = found[summed], [part[summed] for part in window]
        low, high = window[0] - window[1], window[0] + window[2]
        for lower, upper, _, _, _, singular, degree in parts:
            some = xp.flatnonzero((low <= upper[0]) & (high >= lower[0])) if len(parts) > 1 else None
            if some is not None and not len(some):
                continue
            rows = found if some is None else found[some]
            here = window if some is None else [part[some] for part in window]
            around = None if centre is None else centre[rows]
            need = graded_need(xp, longest, power * degree, order)
            names = with_rule(xp, -1 if singular else graded_number(xp, sum(need)))
            arguments = names, mu[rows], sigma[rows], here, lower, upper, integrand, orders, around
            part = singular_sums(*arguments, singular) if singular else smooth_panel(*arguments)
            for total, values in zip(totals, part, strict=True):
                for row, value in zip(total, values, strict=True):
                    row[rows] += value
    return totals


def smooth_within(
    xp: Any, mu: Any, sigma: Any, panels: Any, short: int, steep: int, clear: int, degree: int = 0
) -> Any:
    """A sigma so small that the panel of mu is ``short`` times as long, and shorter ones ``clear`` times as far.

    It is ``steep`` times shorter than what the bound takes to change e-fold; 0 where it could not be as large as
    ``sigma``. Of what fewer terms than ``degree`` resolve singularities are farther away.
    """
    lengths = panels_alike(xp, panels, degree)
    finest = min(length for _, _, length, _ in lengths)
    ratio = max(length / (finest + max(low[0], -up[0], 0)) for low, up, length, _ in lengths)
    beyond = (mu < panels[0][0][0]) | (mu > panels[-1][1][0])
    some = xp.flatnonzero(beyond | (sigma * short <= ratio * (finest + xp.abs(mu))))
    near = mu[some]
    limit = xp.zeros_like(near) + xp.inf
    for lower, upper, length, slope in lengths if len(some) else ():
        away = xp.maximum(xp.maximum(lower[0] - near, near - upper[0]), 0) * xp.rational(1, clear)
        limit = xp.minimum(limit, xp.maximum(away, length / (short + steep * slope * length)))
    result = xp.zeros_like(mu)
    result[some] = limit
    return result


def panels_alike(xp: Any, panels: Any, degree: int) -> Any:
    """Neighbours of one length and one steepness as one: its ends, that length and that steepness.

    Singularities of what n terms resolve lie beyond the ellipse of ``r = 2^(57/n)``, ``(r - 1)^2 / (4 r)`` lengths
    away: those of fewer terms than ``degree`` as far as if the panel was ``(degree/n)^2`` times as long.
    """
    joined: list[Any] = []
    for lower, upper, _, slope, _, _, terms in panels:
        count = max(terms, 12)
        times = xp.rational(max(degree * degree, count * count), count * count)
        alike = (upper[0] - lower[0]) * times, abs(slope)
        if joined and joined[-1][2:] == alike:
            joined[-1] = (joined[-1][0], upper, *alike)
        else:
            joined.append((lower, upper, *alike))
    return joined


def with_rule(xp: Any, number: int) -> Any:
    """The namespace with one of the ``graded_rules`` in place of the usual Gauss-Legendre rule."""
    names: Any = TaylorNames(xp)
    names.method = {**xp.method, "hermite_rule": xp.method["graded_rules"][number]}
    return names
