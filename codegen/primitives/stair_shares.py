"""What single jumps of a staircase add to expectations."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum
from codegen.primitives.corner import distance_to
from codegen.primitives.half_line import tail_moments
from codegen.primitives.stair_table import the_larger


def add_jumps(xp: Any, table: Any, mu: Any, sigma: Any, window: Any, share: Any, values: Any) -> None:
    """Add ``share(side, jump, mu, sigma)`` of every jump seen to ``values``, those next to mu first.

    ``window`` is the number of jumps below mu, of the first seen, and of the one after the last; a jump is its place (a
    pair) and its height, the side 1 to the right of mu. Shares of equal jumps far from mu are equal, too, and so is
    what rounding takes from each sum: it is put back.
    """
    anchor, first, last = window
    for side in (1, -1):
        start = the_larger(anchor, first) if side > 0 else -the_larger(-anchor, -last) - 1
        counts = last - start if side > 0 else start - first + 1
        rows = xp.flatnonzero(counts > 0)
        rows = rows[xp.argsort(-counts[rows])]
        start, counts, here, spread = start[rows], counts[rows], mu[rows], sigma[rows]
        totals = [value[rows] for value in values]
        rests = [xp.zeros_like(total) for total in totals]
        number, left = 0, len(rows)
        while left:
            n = start[:left] + side * number
            jump = (table[0][n], table[1][n]), table[2][n]
            shares = share(side, jump, here[:left], spread[:left])
            for total, rest, part in zip(totals, rests, shares, strict=True):
                total[:left], error = exact_sum(total[:left], part)
                rest[:left] += error
            number += 1
            left = len(xp.flatnonzero(counts > number))
        for value, total, rest in zip(values, totals, rests, strict=True):
            value[rows] = total + rest


def probability_and_peak(xp: Any, place: Any, mu: Any, sigma: Any, side: int) -> Any:
    """That of being beyond a place which mu is not, ``phi`` there, and z."""
    distance, error = distance_to(mu, place)
    clipped = clip_to_density(xp, distance, sigma)
    peak, step = density(xp, clipped, sigma), error / sigma
    tail = tail_moments(xp, -xp.abs(clipped), sigma, peak, 0)[0]
    z = -clipped / sigma
    return tail + side * (step * peak), peak * (1 + z * step), z
