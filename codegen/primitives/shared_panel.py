"""Wide Gaussians around one place: Gauss-Legendre panels whose nodes, and the function there, serve all rows."""

from typing import Any

from codegen.primitives.recurrences import hermite_times


def shared_classes(xp: Any, mu: Any, sigma: Any, peak: Any, wide: Any) -> Any:
    """Pairs (sigma, rows) of classes: sigma of a row is below that of its class and at least two thirds of it.

    ``wide`` is a place and the least sigma. mu is within 4 sigma of the place and of ``peak``, where the integrand is
    largest.
    """
    middle, least = wide
    farthest = xp.maximum(xp.abs(mu - middle), xp.abs(mu - peak))
    rest = xp.flatnonzero((farthest <= 4 * sigma) & (sigma >= least) & (sigma < 2**24 * least))
    served = []
    for half_octave in range(48):
        if not len(rest):
            break
        highest = least * xp.rational((3 + half_octave % 2) * 2 ** (half_octave // 2), 2)
        below = sigma[rest] < highest
        rows, rest = rest[below], rest[~below]
        if len(rows):
            served.append((highest, rows))
    return served


def shared_rule(xp: Any, highest: Any, middle: Any, breakpoints: Any, degree: int) -> Any:
    """Nodes and weights for all rows of a class: the panels within reach of any Gaussian of the class.

    ``middle`` is a breakpoint, so with L deviations to a side no panel is longer than 3 (4 + L) / 2 of the least sigma
    of the class; the rule resolves 2 L, its L being that of 8 orders above the degree.
    """
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    reach = (4 + xp.sqrt(2 * drop)) * highest
    inner = [number + error for number, error in breakpoints if -reach < number - middle < reach]
    starts = xp.asarray([middle - reach, *inner])[:, None]
    spans = xp.asarray([*inner, middle + reach])[:, None] - starts
    nodes = xp.asarray([node for node, _ in xp.method["hermite_rule"]])
    weights = xp.asarray([weight for _, weight in xp.method["hermite_rule"]])
    return (starts + spans * nodes).reshape(-1), (spans * weights).reshape(-1)


def shared_sums(xp: Any, mu: Any, sigma: Any, rule: Any, integrand: Any, orders: Any) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for every f_r: only the density differs from row to row."""
    y, weights = rule
    shares = xp.stack([weights * value for value in integrand(y, None)])
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    minus_half = xp.rational(-1, 2)
    height = max(xp.table_size // len(y), 1)
    for begin in range(0, len(mu), height):
        part = slice(begin, begin + height)
        z = (y - mu[part, None]) * (1 / sigma[part, None])
        for k, term in enumerate(hermite_times(z, xp.exp(z * z * minus_half), max(orders) - 1)):
            for total, row in zip(totals, shares @ term.T, strict=True):
                if k < len(total):
                    total[k][part] = row
    return [[row / (sigma * xp.sqrt2pi) for row in total] for total in totals]
