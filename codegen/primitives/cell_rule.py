"""Nodes for all rows of like mu and sigma, and the function there once for all of them."""

from typing import Any

from codegen.primitives.graded_rule import graded_need, graded_nodes, graded_number, smoothed_shares
from codegen.primitives.recurrences import hermite_times


def cell_rule(xp: Any, arrays: Any, cell: Any, panels: Any, power: int, order: int, longest: int) -> Any:
    """Nodes as offsets from the middle of a cell, their weights, and the places; and spans of level panels.

    ``cell`` is its middle, its least sigma, its window, and the logarithms of what is too small to count and of what
    the least of its peaks is, and the highest power of y. ``power`` and ``order`` are those of g and of the Hermite
    polynomials. A span, at most ``longest`` sigma long unless one panel is longer, is its first node, the one behind
    its last, its start, its end, whether it is level, or nowhere more than what any row has elsewhere, and how many
    e-foldings it is less than that. A falling density is not smoothed where g, times that power, rises.
    """
    middle, sigma, low, high, faint, top, raised = cell
    portions: list[Any] = []
    spans: list[Any] = []
    count, level_before = 0, None
    for lower, upper, level, slope, _, singular, degree in panels:
        if upper[0] <= low or lower[0] >= high or 2 * level + abs(slope) * (upper[0] - lower[0]) < 2 * faint:
            continue
        start = (lower[0] - middle) + lower[1] if lower[0] > low else low - middle
        end = (upper[0] - middle) + upper[1] if upper[0] < high else high - middle
        if singular:
            found = singular_nodes(xp, arrays, cell, lower, upper, singular, order)
            outermost = [offsets[j] for offsets, _, _ in found for j in (0, -1)]
            start, end = min([start, *outermost]), max([end, *outermost])
        else:
            found = [
                (*pair, middle + pair[0]) for pair in graded_nodes(xp, arrays, start, end, sigma, power * degree, order)
            ]
        portions += found
        first, count = count, count + sum(len(portion[0]) for portion in found)
        rise = abs(slope) * (upper[0] - lower[0])
        away = max(start, -end, 0) * xp.rational(7, 10) / sigma
        away = max(away - xp.rational(3, 2), 0)
        fallen = xp.rational(1, 2) * away * away
        near, far = sorted(max(place, -place, sigma) for place in (middle + start, middle + end))
        growth = raised * xp.log(far)
        steep = rise > 1 or (raised > 0 and growth - raised * xp.log(near) > 2)
        level_now = None if singular or steep else level + growth
        height = power * (level + xp.rational(1, 2) * rise)
        if height - xp.rational(1, 2) * fallen <= top + 2:
            level_now = top
        spared = max(top - 6 - (height - fallen), 0)
        even = level_now is not None and level_before is not None and abs(level_now - level_before) <= 2
        if even and end - spans[-1][2] <= longest * sigma:
            spans[-1][1], spans[-1][3], spans[-1][5] = count, end, min(spared, spans[-1][5])
            continue
        level_before = level_now
        spans.append([first, count, start, end, level_now is not None, spared])
    return [xp.concatenate([portion[j] for portion in portions]) for j in range(3)], spans


def singular_nodes(xp: Any, arrays: Any, cell: Any, lower: Any, upper: Any, side: int, order: int) -> Any:
    """Offsets, weights and places on a panel singular at its lower end (side = 1) or its upper one.

    They crowd towards it within sigma, but do not round to it; further on parts are at most six times as far as long.
    The crowded part is whole, also where the window of the cell ends in it.
    """
    middle, sigma, low, high, *_ = cell
    place, error = lower if side > 0 else upper
    width = xp.rational(1, 1) * ((upper[0] - lower[0]) + (upper[1] - lower[1]))
    nearest, farthest = (low, high) if side > 0 else (high, low)
    nearest, farthest = side * ((nearest - place) - error), side * ((farthest - place) - error)
    unit = min(sigma, width)
    found = []
    if nearest < unit:
        power = xp.method["singular_power"]
        nodes, weights = arrays[-1]
        distances = unit * nodes**power
        least = xp.rational(1, xp.method["nearest_reciprocal"]) * max(place, -place)
        places = place + (error + side * xp.maximum(distances, least))
        offsets = (place - middle) + (error + side * distances)
        found.append((offsets, unit * power * nodes ** (power - 1) * weights, places))
        nearest, farthest = min(nearest, 0), max(farthest, unit)
    inner = unit
    for factor in (6, 36, 0):
        outer = min(factor * unit, width) if factor else width
        if max(inner, nearest) < min(outer, farthest):
            joints = [(place - middle) + (error + side * distance) for distance in (inner, outer)]
            start, end = max(min(joints), low - middle), min(max(joints), high - middle)
            for offsets, weights in graded_nodes(xp, arrays, start, max(start, end), sigma, 64, order):
                found.append((offsets, weights, place + (offsets - (place - middle))))
        inner = outer
    return found


def cell_shares(xp: Any, arrays: Any, cell: Any, rule: Any, integrand: Any, order: int, count: int) -> Any:
    """Offsets, and for every function its values times the weights; fewer for ``count`` rows that make it worthwhile.

    A level span may do with the nodes that the density takes. It does for any row where one is enough for a cell.
    Projecting from more than ``projected_nodes`` takes longer than summing over them: in many digits it always does.
    """
    (offsets, weights, places), spans = rule
    shares = xp.stack([weights * value for value in integrand(places, None)])
    kept, columns = [], []
    worthwhile = count if xp.method["cell_rows"] > 1 else xp.inf
    most = xp.method["projected_nodes"]
    if all(last - first <= 2 * len(arrays[0][0]) for first, last, *_ in spans):
        return offsets, shares
    for first, last, start, end, is_level, spared in spans:
        fixed, moving = graded_need(xp, (end - start) / cell[1], 0, order, spared)
        number = graded_number(xp, 2 * (fixed + moving))
        nodes = arrays[number][0]
        enough = is_level and len(nodes) >= 2 * (fixed + moving)
        fewer = len(nodes) * (2 if worthwhile < 8 * len(nodes) else 1) < last - first
        if enough and fewer and worthwhile > len(nodes) and last - first <= most:
            inside = (offsets[first:last] - start) / (end - start)
            kept.append(start + (end - start) * nodes)
            columns.append(smoothed_shares(xp, arrays, number, inside, shares[:, first:last]).T)
        else:
            kept.append(offsets[first:last])
            columns.append(shares[:, first:last].T)
    return xp.concatenate(kept), xp.concatenate(columns).T


def cell_sums(xp: Any, moved: Any, sigma: Any, offsets: Any, shares: Any, orders: Any) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for rows whose mu is ``moved`` from the middle of their cell."""
    totals = [[xp.zeros_like(moved) for _ in range(count)] for count in orders]
    asked = [[r for r, count in enumerate(orders) if count > k] for k in range(max(orders))]
    chosen = [xp.stack([shares[r] for r in rows]) for rows in asked]
    minus_half = xp.rational(-1, 2)
    inverse = 1 / sigma
    height = max(xp.table_size // len(offsets), 1)
    for begin in range(0, len(moved), height):
        part = slice(begin, begin + height)
        z = (offsets - moved[part, None]) * inverse[part, None]
        for k, term in enumerate(hermite_times(z, xp.exp(z * z * minus_half), max(orders) - 1)):
            for r, row in zip(asked[k], chosen[k] @ term.T, strict=True):
                totals[r][k][part] = row
    return [[row * (inverse / xp.sqrt2pi) for row in total] for total in totals]


def cell_sums_about(xp: Any, moved: Any, sigma: Any, rule: Any, integrand: Any, orders: Any, centre: Any) -> Any:
    """The same where the functions depend on the row."""
    offsets, weights, places = rule
    totals = [[xp.zeros_like(moved) for _ in range(count)] for count in orders]
    inverse = 1 / sigma
    height = max(xp.table_size // len(offsets), 1)
    for begin in range(0, len(moved), height):
        part = slice(begin, begin + height)
        z = (offsets - moved[part, None]) * inverse[part, None]
        density = xp.exp(z * z * xp.rational(-1, 2))
        for total, value in zip(totals, integrand(places, centre[part, None]), strict=True):
            for row, term in zip(total, hermite_times(z, density * value, len(total) - 1), strict=True):
                row[part] = term @ weights
    return [[row * (inverse / xp.sqrt2pi) for row in total] for total in totals]
