"""The jumps of a staircase as arrays, and which of them a Gaussian sees.

A table is: places, what rounding took from them, heights, bounds of the logarithms of these that are concave in the
place, and the levels from left to right, one more.
"""

from typing import Any


def stair_table(xp: Any, jumps: Any, levels: Any) -> Any:
    """Arrays of jumps (place p/q, height mantissa/10^exponent, 16 times the bound) and levels (mantissa, exponent)."""
    places, lows, heights, sizes = [], [], [], []
    for p, q, mantissa, exponent, size in jumps:
        places.append(xp.rational(p, q))
        lows.append(xp.low_part(places[-1], p, q))
        heights.append(decimal(xp, mantissa, exponent))
        sizes.append(xp.rational(size, 16))
    return (*map(xp.asarray, (places, lows, heights, sizes)), xp.asarray([decimal(xp, *level) for level in levels]))


def decimal(xp: Any, mantissa: int, exponent: int) -> Any:
    """``mantissa / 10^exponent``."""
    return xp.rational(mantissa, 10**exponent) if exponent > 0 else xp.rational(mantissa * 10**-exponent, 1)


def how_many(like: Any, count: int, holds: Any) -> Any:
    """Of so many numbers from 0 on, which hold up to some one and not from there on, how many do, for every row."""
    found, step = 0 * (like == like), 1
    while 2 * step <= count:
        step = 2 * step
    while step:
        inside = found + step <= count
        found = found + step * (inside & holds((found + step - 1) * inside))
        step = step // 2
    return found


def the_larger(one: Any, other: Any) -> Any:
    """The larger of two whole numbers, which stay such: they are to be indices."""
    return one + (other - one) * (other > one)


def jumps_below(table: Any, mu: Any) -> Any:
    """How many places are at mu or below."""
    places, lows = table[:2]
    return how_many(mu, len(places), lambda n: (places[n] < mu) | ((places[n] == mu) & (lows[n] <= 0)))


def seen_jumps(xp: Any, table: Any, mu: Any, sigma: Any, spare: int) -> Any:
    """Numbers of the most weighty jump, of the first that is seen, and of the one after the last.

    The weight is the height times the probability beyond; ``spare`` is how far its logarithm is from the bound.
    """
    places, _, _, sizes, _ = table

    def z(n: Any) -> Any:
        return (places[n] - mu) / sigma

    def rises(n: Any) -> Any:
        return sizes[n + 1] - sizes[n] > (places[n + 1] - places[n]) / sigma * ((z(n) + z(n + 1)) / 2)

    def weight(n: Any) -> Any:
        return sizes[n] - z(n) * z(n) / 2

    count = len(places)
    top = how_many(mu, count - 1, rises)
    least = weight(top) - (xp.method["variance_window"] + spare)
    first = how_many(mu, count, lambda n: (n < top) & (weight(n) < least))
    last = how_many(mu, count, lambda n: (n <= top) | (weight(n) >= least))
    none = ~(xp.abs(z(top)) <= xp.method["density_limit"])
    return top, first, last - none * (last - first)


def seen_in_squares(xp: Any, table: Any, mu: Any, sigma: Any, spare: int) -> Any:
    """Numbers of the first jump that is seen in ``E[d]`` or ``E[d^2]``, d the departure, and of the one after the last.

    Where heights grow exponentially away from mu, jumps that weigh in ``E[d^2]`` are farther than those in ``E[d]``.
    """
    places, lows, heights, sizes, levels = table
    _, first, last = seen_jumps(xp, table, mu, sigma, spare)
    _, start, end = seen_jumps(xp, (places, lows, heights, 2 * sizes, levels), mu, sigma, 2 * spare)
    return -the_larger(-first, -start), the_larger(last, end)


def is_at_jump(table: Any, mu: Any) -> Any:
    """Where mu is exactly at a jump."""
    places, lows = table[:2]
    n = jumps_below(table, mu)
    n = n - 1 * (n > 0)
    return (places[n] == mu) & (lows[n] == 0)


def level_around(xp: Any, table: Any, x: Any, at_jump: Any) -> Any:
    """The level of the step that x lies on; ``at_jump``, values of g at the same places, where that is a jump."""
    return xp.where(is_at_jump(table, x), at_jump, table[4][jumps_below(table, x)])
