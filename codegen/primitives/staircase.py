"""Steps under Gaussians: sums over the jumps that are seen, outwards from the step around mu."""

from typing import Any

from codegen.primitives.corner import corner_moments, shifted
from codegen.primitives.derivatives import alternate
from codegen.primitives.recurrences import hermite_times
from codegen.primitives.stair_groups import grouped_coefficients
from codegen.primitives.stair_shares import add_jumps, probability_and_peak
from codegen.primitives.stair_table import jumps_below, seen_in_squares, seen_jumps


def stair_window(xp: Any, table: Any, mu: Any, sigma: Any, spare: int) -> Any:
    """Numbers of the most weighty jump, of jumps below mu, of the first seen, of the one after the last; the level."""
    anchor = jumps_below(table, mu)
    top, first, last = seen_jumps(xp, table, mu, sigma, spare)
    return top, anchor, first, last, table[4][anchor]


def stair_moments(xp: Any, table: Any, mu: Any, sigma: Any, spare: int, powers: Any) -> Any:
    """``E[y^n g]``, of those of the powers."""
    _, *window, level = stair_window(xp, table, mu, sigma, spare)

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = (side * jump[0][0], side * jump[0][1]), side * jump[1]
        beyond = shifted(corner_moments(xp, side * mu, sigma, place, len(powers) - 1), place[0])
        return [height * one for one in (beyond if side > 0 else alternate(beyond))]

    values = [level * power for power in powers]
    add_jumps(xp, table, mu, sigma, window, share, values)
    return values


def stair_coefficients(xp: Any, table: Any, mu: Any, sigma: Any, spare: int, degree: int) -> Any:
    """The mean, and ``c_k = sum_n d_n He_(k-1)(z_n) phi(z_n)``, k = 1 .. degree."""
    top, anchor, first, last, level = stair_window(xp, table, mu, sigma, spare)
    many = xp.flatnonzero(last - first > xp.method["stair_jumps"])

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = jump
        probability, peak, z = probability_and_peak(xp, place, mu, sigma, side)
        return [side * height * probability, *hermite_times(z, height * peak, max(degree - 1, 0))][: degree + 1]

    values = [level + 0 * mu, *(xp.zeros_like(mu) for _ in range(degree))]
    of_many = [one[many] for one in (top, anchor, first, last)]
    last[many] = first[many]
    add_jumps(xp, table, mu, sigma, (anchor, first, last), share, values)
    if len(many):
        for value, part in zip(
            values, grouped_coefficients(xp, table, mu[many], sigma[many], of_many, degree), strict=True
        ):
            value[many] = part
    return values


def stair_variance(xp: Any, table: Any, mu: Any, sigma: Any, spare: int) -> Any:
    """``E[d^2] - E[d]^2`` of the departure from the level around mu."""
    window = (jumps_below(table, mu), *seen_in_squares(xp, table, mu, sigma, spare))
    climbed = {1: xp.zeros_like(mu), -1: xp.zeros_like(mu)}

    def share(side: int, jump: Any, mu: Any, sigma: Any) -> Any:
        place, height = jump
        probability = probability_and_peak(xp, place, mu, sigma, side)[0]
        rise, departure = side * height, climbed[side][: len(mu)]
        departure = departure + 0
        climbed[side][: len(mu)] += rise
        return [rise * probability, rise * (2 * departure + rise) * probability]

    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    add_jumps(xp, table, mu, sigma, window, share, [mean, square])
    return square - mean * mean
