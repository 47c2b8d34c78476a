"""Steps with two limits, under Gaussians: sums over the jumps that are seen.

A jump is its place (a pair), the number of the step that begins there, its height and the logarithm of that, rounded.
Jumps of steps beyond that numbered ``anchor`` lie to the right of where the level is known.
"""

from typing import Any

from codegen.primitives.corner import corner_density, corner_moments, shifted
from codegen.primitives.derivatives import alternate
from codegen.primitives.recurrences import hermite_times


def first_of(xp: Any, count: int, holds: Any) -> int:
    """The first of ``count`` numbers from which on a condition holds for some row."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if len(xp.flatnonzero(holds(middle))):
            high = middle
        else:
            low = middle + 1
    return low


def jumps_in_reach(xp: Any, rows: Any, mu: Any, sigma: Any) -> Any:
    """Jumps that some Gaussian may see, of rows (place, number, mantissa, exponent of 1/10, logarithm)."""
    reach = xp.method["density_limit"] * sigma
    first = first_of(xp, len(rows), lambda i: mu - reach <= rows[i][0][0])
    last = len(rows) - first_of(xp, len(rows), lambda i: mu + reach >= rows[len(rows) - 1 - i][0][0])
    largest = max(rows, key=lambda row: row[-1])
    z = (mu - largest[0][0]) / sigma
    needed = z * z / 2 + xp.method["variance_window"]
    spread = largest[-1] - min(row[-1] for row in rows)
    least = largest[-1] - spread + first_of(xp, spread, lambda i: needed > spread - 1 - i)
    heights = []
    for place, number, mantissa, exponent, size in rows[first:last]:
        if size >= least:
            height = xp.rational(mantissa, 10**exponent) if exponent > 0 else xp.rational(mantissa * 10**-exponent, 1)
            heights.append((place, number, height, size))
    return heights


def jump_weight(xp: Any, jump: Any, mu: Any, sigma: Any, anchor: Any) -> Any:
    """The logarithm of a height times the probability beyond the jump, roughly."""
    place, number, _, size = jump
    z = (mu - place[0]) / sigma
    across = xp.where(anchor < number, xp.minimum(z, 0), xp.maximum(z, 0))
    return size - across * across / 2


def seen_jumps(xp: Any, jumps: Any, mu: Any, sigma: Any, anchor: Any) -> Any:
    """Jumps to the right of the anchor, from there on, then those to the left, and the rows that see them."""
    weights = [jump_weight(xp, jump, mu, sigma, anchor) for jump in jumps]
    least = xp.zeros_like(mu) - xp.inf
    for weight in weights:
        least = xp.maximum(least, weight - xp.method["variance_window"])
    pairs = list(zip(jumps, weights, strict=True))
    for side in (1, -1):
        for jump, weight in pairs[::side]:
            right = anchor < jump[1]
            rows = xp.flatnonzero((weight >= least) & (right if side > 0 else ~right))
            if len(rows):
                yield side, jump, rows


def beyond_jump(xp: Any, jump: Any, mu: Any, sigma: Any, side: int, degree: int) -> Any:
    """``E[y^n; y beyond the jump]``, n = 0 .. degree."""
    place = (side * jump[0][0], side * jump[0][1])
    values = shifted(corner_moments(xp, side * mu, sigma, place, degree), place[0])
    return values if side > 0 else alternate(values)


def stair_moments(xp: Any, jumps: Any, mu: Any, sigma: Any, anchor: Any, level: Any, powers: Any) -> Any:
    """``E[y^n g]``, of those of the powers and the level at the anchor."""
    values = [level * power for power in powers]
    for side, jump, rows in seen_jumps(xp, jumps, mu, sigma, anchor):
        shares = beyond_jump(xp, jump, mu[rows], sigma[rows], side, len(powers) - 1)
        for value, share in zip(values, shares, strict=True):
            value[rows] += side * jump[2] * share
    return values


def stair_coefficients(xp: Any, jumps: Any, mu: Any, sigma: Any, anchor: Any, level: Any, degree: int) -> Any:
    """The mean, and ``c_k = sum_n d_n He_(k-1)(z_n) phi(z_n)``, k = 1 .. degree."""
    values = [level + 0 * mu, *(xp.zeros_like(mu) for _ in range(degree))]
    for side, jump, rows in seen_jumps(xp, jumps, mu, sigma, anchor):
        values[0][rows] += side * jump[2] * beyond_jump(xp, jump, mu[rows], sigma[rows], side, 0)[0]
        distance, peak = corner_density(xp, mu[rows], sigma[rows], jump[0])
        shares = hermite_times(-distance / sigma[rows], jump[2] * peak, max(degree - 1, 0))
        for value, share in zip(values[1:], shares, strict=False):
            value[rows] += share
    return values


def stair_variance(xp: Any, jumps: Any, mu: Any, sigma: Any, anchor: Any) -> Any:
    """``E[d^2] - E[d]^2`` of the departure from the level at the anchor."""
    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    departures = {side: xp.zeros_like(mu) for side in (1, -1)}
    for side, jump, rows in seen_jumps(xp, jumps, mu, sigma, anchor):
        share = beyond_jump(xp, jump, mu[rows], sigma[rows], side, 0)[0]
        rise, departure = side * jump[2], departures[side]
        mean[rows] += rise * share
        square[rows] += rise * (2 * departure[rows] + rise) * share
        departure[rows] += rise
    return square - mean * mean
