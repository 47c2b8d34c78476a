"""Steps of equal length, without number: sums over the jumps that are seen, their heights made when they are asked for.

A line is three whole numbers (p, r, q): jump n is at ``(p n - r) / q``.
"""

from typing import Any

from codegen.primitives.compensated import exact_product
from codegen.primitives.corner import corner_moments, shifted
from codegen.primitives.derivatives import alternate
from codegen.primitives.recurrences import hermite_times
from codegen.primitives.stair_shares import probability_and_peak


def lattice_place(xp: Any, n: Any, line: Any) -> Any:
    """Where jump n is, and what rounding takes from it."""
    p, r, q = line
    number = p * n - r
    place = number / q
    product, error = exact_product(xp, place, q + xp.zeros_like(place))
    return place, ((number - product) - error) / q


def is_at_or_below(xp: Any, n: Any, line: Any, mu: Any) -> Any:
    """Where jump n is at mu or below."""
    place, low = lattice_place(xp, n, line)
    return (place < mu) | ((place == mu) & (low <= 0))


def lattice_number(xp: Any, mu: Any, line: Any) -> Any:
    """The number of the last jump at mu or below."""
    p, r, q = line
    n = xp.floor((q * mu + r) / p)
    n = n + 1 * is_at_or_below(xp, n + 1, line, mu)
    return n - 1 * ~is_at_or_below(xp, n, line, mu)


def is_on_lattice(xp: Any, mu: Any, line: Any) -> Any:
    """Where mu is exactly at a jump."""
    place, low = lattice_place(xp, lattice_number(xp, mu, line), line)
    return (place == mu) & (low == 0)


def lattice_rise(xp: Any, height: Any, slope: Any, n: Any, line: Any, grade: int) -> Any:
    """How far steps rise where the n-th begins: the difference of heights, or an integral where these are near.

    It is that of the slope of what is smooth, from the middle of a step to that of the next.
    """
    before, after = height(xp, n - 1), height(xp, n)
    rises = after - before
    near = xp.flatnonzero(~(4 * xp.abs(rises) > xp.maximum(xp.abs(before), xp.abs(after))))
    if len(near):
        place, low = lattice_place(xp, n[near], line)
        step, total = xp.rational(line[0], line[2]), xp.zeros_like(place)
        for node, weight in xp.method["step_rules"][grade]:
            total = total + weight * slope(xp, place + (step * (node - xp.rational(1, 2)) + low))
        rises[near] = step * total
    return rises


def seen_count(xp: Any, mu: Any, sigma: Any, line: Any, growth: Any, degree: int) -> Any:
    """How many jumps to a side a Gaussian sees.

    Growth is: how fast heights grow at most towards where the function bends, and away from it, per step; and the first
    and the last place at which it bends.
    """
    inward, outward, first, last = growth
    width = sigma * line[2] / line[0]
    gap = xp.maximum(xp.abs(mu - first), xp.abs(mu - last)) * line[2] / line[0]
    reach = xp.sqrt(2 * xp.method["variance_window"] + 4 * max(degree - 8, 0) + 0 * width) * width
    square = width * width
    return xp.floor(reach + xp.minimum(inward * square, gap) + outward * square) + 2


def add_lattice_jumps(xp: Any, line: Any, growth: Any, rise: Any, mu: Any, sigma: Any, share: Any, values: Any) -> None:
    """Add ``share(side, (place, height), mu, sigma)`` of every jump seen to ``values``, those next to mu first."""
    counts = seen_count(xp, mu, sigma, line, growth, len(values))
    rows = xp.argsort(-counts)
    counts, here, spread = counts[rows], mu[rows], sigma[rows]
    anchor = lattice_number(xp, here, line)
    for side in (1, -1):
        totals = [value[rows] for value in values]
        number, left = 0, len(rows)
        while left:
            n = anchor[:left] + (number + 1 if side > 0 else -number)
            jump = lattice_place(xp, n, line), rise(xp, n)
            shares = share(side, jump, here[:left], spread[:left])
            for total, part in zip(totals, shares, strict=True):
                total[:left] += part
            number += 1
            left = len(xp.flatnonzero(counts > number))
        for value, total in zip(values, totals, strict=True):
            value[rows] = total


def lattice_moments(xp: Any, line: Any, growth: Any, functions: Any, mu: Any, sigma: Any, powers: Any) -> Any:
    """``E[y^n g]``, of those of the powers; ``functions`` are the height of a step and the jump before it."""
    level = functions[0](xp, lattice_number(xp, mu, line))

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = (side * jump[0][0], side * jump[0][1]), side * jump[1]
        beyond = shifted(corner_moments(xp, side * mu, sigma, place, len(powers) - 1), place[0])
        return [height * one for one in (beyond if side > 0 else alternate(beyond))]

    values = [level * power for power in powers]
    add_lattice_jumps(xp, line, growth, functions[1], mu, sigma, share, values)
    return values


def lattice_coefficients(xp: Any, line: Any, growth: Any, functions: Any, mu: Any, sigma: Any, degree: int) -> Any:
    """The mean, and ``c_k = sum_n d_n He_(k-1)(z_n) phi(z_n)``, k = 1 .. degree."""
    level = functions[0](xp, lattice_number(xp, mu, line))

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = jump
        probability, peak, z = probability_and_peak(xp, place, mu, sigma, side)
        return [side * height * probability, *hermite_times(z, height * peak, max(degree - 1, 0))][: degree + 1]

    values = [level + 0 * mu, *(xp.zeros_like(mu) for _ in range(degree))]
    add_lattice_jumps(xp, line, growth, functions[1], mu, sigma, share, values)
    return values


def lattice_variance(xp: Any, line: Any, growth: Any, functions: Any, mu: Any, sigma: Any) -> Any:
    """``E[d^2] - E[d]^2`` of the departure from the level around mu."""
    climbed = {1: xp.zeros_like(mu), -1: xp.zeros_like(mu)}

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = jump
        probability = probability_and_peak(xp, place, mu, sigma, side)[0]
        rise, departure = side * height, climbed[side][: len(mu)]
        departure = departure + 0
        climbed[side][: len(mu)] += rise
        return [rise * probability, rise * (2 * departure + rise) * probability]

    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    add_lattice_jumps(xp, line, growth, functions[1], mu, sigma, share, [mean, square])
    return square - mean * mean
