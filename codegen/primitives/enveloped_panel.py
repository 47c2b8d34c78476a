"""Expectations over panels of which the size of the function is known: only those that count for a row are visited."""

from typing import Any

from codegen.primitives.shared_panel import shared_classes, shared_sums
from codegen.primitives.singular_panel import crowded_nodes, singular_sums
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


def reached_panels(xp: Any, mu: Any, sigma: Any, panels: Any, weights: Any, orders: Any) -> Any:
    """For each panel the rows that it counts for, with the part of it that does: (rows, (peak, below, above)).

    It counts where one of the ``weights`` has not fallen by ``drop`` from its highest peak. Also where that peak lies.
    """
    drop = xp.method["panel_window"] + 20 + 2 * max(max(orders) - 9, 0)
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
        low, high = centre, centre
        for mean, peak, _ in each:
            pull = xp.abs(peak - mean)[rows]
            room = 2 * rest[rows] * sigma[rows] * sigma[rows]
            reach = room / (pull + xp.sqrt(pull * pull + room))
            low, high = xp.minimum(low, peak[rows] - reach), xp.maximum(high, peak[rows] + reach)
        low, high = xp.maximum(low, one[0][0]), xp.minimum(high, one[1][0])
        result.append((rows, (centre, centre - low, high - centre)))
    return result, places


def enveloped_sums(
    xp: Any, mu: Any, sigma: Any, table: Any, weights: Any, integrand: Any, orders: Any, centre: Any = None
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for ``integrand(y, centre)``, the list of ``f_r`` at y = mu + sigma z.

    ``table`` is the panels and what counts as wide: rows that are share nodes unless something depends on ``centre``.
    """
    panels, wide, reach = table
    xp = with_longer_rule(xp)
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    reached, places = reached_panels(xp, mu, sigma, panels, weights, orders)
    own = xp.zeros_like(mu) == 0
    if centre is None:
        degree = max(max(orders), len(orders)) - 1
        farthest = places[0]
        for place in places[1:]:
            further = xp.abs(place - mu) > xp.abs(farthest - mu)
            farthest = xp.where(further, place, farthest)
        for largest, rows in shared_classes(xp, mu, sigma, farthest, wide):
            rule = enveloped_rule(xp, largest, wide[0], panels, degree)
            sums = shared_sums(xp, mu[rows], sigma[rows], rule, integrand, orders)
            for total, values in zip(totals, sums, strict=True):
                for row, value in zip(total, values, strict=True):
                    row[rows] = value
            own[rows] = False
    for one, (rows, window) in zip(panels, reached, strict=True):
        if not len(rows):
            continue
        kept = own[rows]
        rows, window = rows[kept], [part[kept] for part in window]
        around = None if centre is None else centre[rows]
        arguments = xp, mu[rows], sigma[rows], window, one[0], one[1], integrand, orders, around
        part = singular_sums(*arguments, one[5]) if one[5] else smooth_panel(*arguments)
        for total, values in zip(totals, part, strict=True):
            for row, value in zip(total, values, strict=True):
                row[rows] += value
    beyond = xp.flatnonzero(xp.abs(mu) + 12 * sigma > reach)
    for total in totals:
        for row in total:
            row[beyond] = xp.nan
    return totals


def enveloped_rule(xp: Any, highest: Any, middle: Any, panels: Any, degree: int) -> Any:
    """Nodes and weights for all rows of a class: the panels within reach of any Gaussian of the class."""
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    reach = (4 + xp.sqrt(2 * drop)) * highest
    nodes = xp.asarray([node for node, _ in xp.method["hermite_rule"]])
    weights = xp.asarray([weight for _, weight in xp.method["hermite_rule"]])
    places, shares = [], []
    for lower, upper, _, _, _, singular in panels:
        first, last = max(lower[0] + lower[1], middle - reach), min(upper[0] + upper[1], middle + reach)
        if singular:
            crowded, slopes = crowded_nodes(xp)
            places.append((first if singular > 0 else last) + singular * (last - first) * crowded)
            shares.append((last - first) * slopes)
        elif first < last:
            places.append(first + (last - first) * nodes)
            shares.append((last - first) * weights)
    return xp.stack(places).reshape(-1), xp.stack(shares).reshape(-1)


def smooth_within(xp: Any, mu: Any, panels: Any, short: int, clear: int) -> Any:
    """A sigma so small that the panel of mu is ``short`` times as long, and shorter ones ``clear`` times as far.

    Where the bound changes e-fold sooner, that is the length.
    """
    limit = xp.zeros_like(mu) + xp.inf
    for lower, upper, _, slope, *_ in panels:
        away = xp.maximum(xp.maximum(lower[0] - mu, mu - upper[0]), 0) * xp.rational(1, clear)
        length = xp.rational(1, short) * (upper[0] - lower[0]) / (1 + abs(slope) * (upper[0] - lower[0]))
        limit = xp.minimum(limit, xp.maximum(away, length))
    return limit


def with_longer_rule(xp: Any) -> Any:
    """The namespace with a Gauss-Legendre rule that has nodes for the function beside those for the density."""
    names: Any = TaylorNames(xp)
    names.method = {**xp.method, "hermite_rule": xp.method["enveloped_rule"]}
    return names
