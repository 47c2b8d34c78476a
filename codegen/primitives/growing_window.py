"""Where the integrand of a function that grows exponentially or oscillates is, in parts that a rule resolves."""

from typing import Any

from codegen.primitives.smooth_panel import panel_expectations, window


def growing_window(xp: Any, mu: Any, sigma: Any, panels: Any, degree: int) -> Any:
    """Peak and reach, below and above, of ``exp(-(y - mu)^2 / (2 sigma^2))`` times the envelope of the function.

    ``panels`` are breakpoints, the rates of decay to the left and to the right, pairs of a rate of growth and the place
    where what grows is 1, bounds ``(p, q, r, s)`` as in ``window``, and the longest parts,
    a pair. Growth moves the weight to
    ``mu + rate sigma^2``; where more than one place carries weight the window spans them.
    """
    _, decays, growths, bounds, _ = panels
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    start, below, above = window(xp, mu, sigma, decays, bounds, degree)
    peak, first, last = start, start - below, start + above
    inner = xp.minimum(xp.maximum(peak, bounds[0]), bounds[1])
    faded = decays[0] * xp.maximum(inner - peak, 0) + decays[1] * xp.maximum(peak - inner, 0)
    top = -(((peak - mu) / sigma) ** 2) / 2 - faded
    best = top
    modes = []
    for side, (rate, unit_place), end in zip((-1, 1), growths, bounds[:2], strict=True):
        if rate != 0:
            mean = mu + side * rate * sigma * sigma
            beyond = side * (mean - end) > 0
            height = side * rate * (mu - unit_place) + (rate * sigma) ** 2 / 2
            leads = beyond & (height > best)
            peak, best = xp.where(leads, mean, peak), xp.where(leads, height, best)
            modes.append((side, end, mean, beyond, height))
    kept = top > best - 2 * drop
    low, high = xp.where(kept, first, peak), xp.where(kept, last, peak)
    for side, end, mean, beyond, height in modes:
        z = xp.maximum(side * (end - mean) / sigma, 0)
        far = xp.where(beyond, mean, end) + side * 2 * drop * sigma / (xp.sqrt(z * z + 2 * drop) + z)
        near = xp.where(beyond, mean - side * xp.sqrt(2 * drop) * sigma, end)
        reached = kept & (side * ((last if side > 0 else first) - end) > 0)
        alive = (beyond & (height > best - 2 * drop)) | (~beyond & reached)
        low = xp.where(alive, xp.minimum(low, xp.minimum(near, far)), low)
        high = xp.where(alive, xp.maximum(high, xp.maximum(near, far)), high)
    low, high = xp.maximum(low, bounds[2]), xp.minimum(high, bounds[3])
    below = xp.where((peak == start) & (low == first), below, peak - low)
    above = xp.where((peak == start) & (high == last), above, high - peak)
    return peak, below, above


def expectations_in_parts(
    xp: Any, mu: Any, sigma: Any, panels: Any, reach: Any, integrand: Any, orders: Any, centre: Any = None
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], over a window cut into equal parts.

    No part is longer than the shorter of the last of ``panels``, nor than the window of a Gaussian alone. Where that
    takes more than 4096 of them either side has parts of its own; NaN where that does not help.
    """
    peak, below, above = reach
    left, right = panels[4]
    needed = (below + above) / xp.minimum(2 * xp.sqrt(2 * xp.method["panel_window"]) * sigma, min(left, right))
    too_many = needed > 4096
    totals = equal_parts(xp, mu, sigma, panels, reach, needed, integrand, orders, centre)
    far = xp.flatnonzero(too_many & (left != right))
    if len(far):
        around = None if centre is None else centre[far]
        cut = xp.minimum(xp.maximum(panels[3][0 if left < right else 1] - peak, -below), above)[far]
        sides = [(left, below[far], cut), (right, -cut, above[far])]
        for longest, start, end in sides:
            own = *panels[:4], (longest, longest)
            rows = mu[far], sigma[far], own, (peak[far], start, end)
            sums = expectations_in_parts(xp, *rows, integrand, orders, around)
            for total, values in zip(totals, sums, strict=True):
                for row, value in zip(total, values, strict=True):
                    row[far] += value
        too_many[far] = False
    return [[xp.where(too_many, xp.nan, row) for row in total] for total in totals]


def equal_parts(
    xp: Any, mu: Any, sigma: Any, panels: Any, reach: Any, needed: Any, integrand: Any, orders: Any, centre: Any
) -> Any:
    """The same over so many equal parts as are needed, rounded up to a power of 2; 0 where that is above 4096."""
    peak, below, above = reach
    span = below + above
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    rest = xp.flatnonzero(~(needed > 4096))
    parts = 1
    while len(rest):
        served = ~(needed[rest] > parts)
        rows, rest = rest[served], rest[~served]
        around = None if centre is None else centre[rows]
        for part in range(parts if len(rows) else 0):
            start, end = (share * (span[rows] / parts) - below[rows] for share in (part, part + 1))
            place = peak[rows], -start, end
            sums = panel_expectations(xp, mu[rows], sigma[rows], panels[0], place, integrand, orders, around)
            for total, values in zip(totals, sums, strict=True):
                for row, value in zip(total, values, strict=True):
                    row[rows] += value
        parts = 2 * parts
    return totals
