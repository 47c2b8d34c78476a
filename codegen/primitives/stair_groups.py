"""Steps under Gaussians that see many of them: jumps near each other, as Taylor polynomials about their middle."""

from typing import Any

from codegen.primitives.stair_shares import probability_and_peak
from codegen.primitives.stair_table import the_larger


def jump_groups(xp: Any, table: Any, width: Any, terms: int) -> Any:
    """Numbers of the first jump of each group and of the one after its last, its middle, and its moments.

    A group is what lies between two neighbouring multiples of the width, the unit of its moments.
    """
    places, lows, heights = table[:3]
    cells = xp.floor(places / width)
    middles = (cells + xp.rational(1, 2)) * width
    offsets = ((places - middles) + lows) / width
    powers = [heights]
    for _ in range(terms):
        powers.append(powers[-1] * offsets)
    rows, ones = xp.stack(powers), xp.ones_like(places)
    starts = [0, *(xp.flatnonzero(cells[1:] != cells[:-1]) + 1).tolist()]
    ends = [*starts[1:], len(places)]
    return [(a, b, middles[a], rows[:, a:b] @ ones[a:b]) for a, b in zip(starts, ends, strict=True)]


def grouped_coefficients(xp: Any, table: Any, mu: Any, sigma: Any, window: Any, degree: int) -> Any:
    """The mean, and ``c_k``, k = 1 .. degree; ``window`` is as for ``add_jumps``, with the most weighty jump.

    With ``H_0 = Q(z)``, or less 1 to the left of mu, and ``H_m = He_(m-1)(z) phi(z)`` at the middle of a group
    ``c_k = sum_j (-width / sigma)^j m_j / j! H_(k+j)``. A group is at most four sigma wide, and where ``phi`` falls
    steeply by no more than e^4.
    """
    top, anchor, first, last = window
    first, last = -the_larger(-first, -anchor), the_larger(last, anchor + 1)
    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    room = 4 * sigma / (1 + xp.abs(table[0][top] - mu) / sigma)
    octaves = xp.floor(xp.log(room) / xp.log(2 + 0 * room))
    terms = xp.method["stair_terms"] + 2 * degree
    waiting = xp.flatnonzero(octaves == octaves)
    while len(waiting):
        octave = int(octaves[waiting[0]])
        here = octaves[waiting] == octave
        rows, waiting = waiting[xp.flatnonzero(here)], waiting[xp.flatnonzero(~here)]
        width = xp.rational(2**octave, 1) if octave >= 0 else xp.rational(1, 2**-octave)
        level = table[4][-1] + xp.zeros_like(mu[rows])
        for start, end, middle, moments in reversed(jump_groups(xp, table, width, terms)):
            level = xp.where(end > anchor[rows], table[4][start], level)
            some = rows[xp.flatnonzero((first[rows] < end) & (last[rows] > start))]
            if len(some):
                shares = group_shares(xp, middle, width, moments, mu[some], sigma[some], end > anchor[some], degree)
                for value, part in zip(values, shares, strict=True):
                    value[some] += part
        values[0][rows] += level
    return values


def group_shares(xp: Any, middle: Any, width: Any, moments: Any, mu: Any, sigma: Any, right: Any, degree: int) -> Any:
    """What one group adds to the mean and the coefficients."""
    side = 2 * (mu < middle) - 1
    tail, peak, z = probability_and_peak(xp, (middle, 0), mu, sigma, side)
    following = [xp.where(side > 0, tail - 1 * ~right, 1 * right - tail), peak]
    while len(following) <= degree:
        m = len(following) - 1
        following.append(z * following[m] - (m - 1) * following[m - 1])
    factor, step, totals = xp.ones_like(mu), -width / sigma, [xp.zeros_like(mu) for _ in range(degree + 1)]
    for j, moment in enumerate(moments):
        share = factor * moment
        for k in range(degree + 1):
            totals[k] += share * following[k]
        factor = factor * step / (j + 1)
        m = len(following) + j - 1
        following = [*following[1:], z * following[-1] - (m - 1) * following[-2]]
    return totals
