"""Functions made of ``p(v) exp(-rate v)`` between any breakpoints, v the distance from 0, which is one of them.

A piece is a tuple (side, terms, roots): -1 left of 0 and 1 right of it, the terms of f, and for each of ``f', f'' ...``
the order of a zero at 0 that no single term shows, 0 where there is none and after the last.
"""

from typing import Any

from codegen.primitives.exponential_terms import derivative_terms, horner, terms_at, terms_increment, terms_value
from codegen.primitives.panel import at_rows, panel


def joined_variance(xp: Any, mu: Any, sigma: Any, breakpoints: Any, pieces: Any, jumps: Any, powers: int) -> Any:
    """``E[(g - g(mu))^2] - E[g - g(mu)]^2``, one panel a piece, for sigma below the range of the exponentials.

    ``jumps`` are those of g at the breakpoints, ``powers`` is the highest power of v. On a piece ``g - g(mu)`` is an
    increment from its point nearest to mu; the way there is the sum of the increments and jumps between.
    """
    starts, ends = [(-xp.inf, 0), *breakpoints], [*breakpoints, (xp.inf, 0)]
    windows = [panel(xp, mu, sigma, *pair, 2 * powers) for pair in zip(starts, ends, strict=True)]
    climbs = way_to_pieces(xp, mu, breakpoints, pieces, jumps, windows)
    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    for piece, (place, first, span, gap, peak), climb in zip(pieces, windows, climbs, strict=True):
        reached = span * peak != 0
        near = steps_are_short(xp, piece[1], xp.maximum(-first, first + span))
        for rows, short in ((xp.flatnonzero(reached & near), True), (xp.flatnonzero(reached & ~near), False)):
            if rows.size:
                window = at_rows((place[0], first, span, gap, peak, climb, sigma), rows)
                total, total_square = piece_squares(xp, terms_at(piece, rows), window, short)
                mean[rows] += total
                square[rows] += total_square
    return square - mean * mean


def piece_squares(xp: Any, piece: Any, window: Any, short: bool) -> Any:
    """``E[u(y)]`` and ``E[u(y)^2]`` on one piece, u the increment from the start of the window and the way to there."""
    start, first, span, gap, peak, way, sigma = window
    side, terms, _ = piece
    series = increment_series(xp, piece, side * start) if short else []
    total, total_square = xp.zeros_like(start), xp.zeros_like(start)
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        step = side * offset
        value = way + (step * horner(series, step) if short else terms_increment(xp, terms, side * start, step))
        share = weight * xp.exp(-(offset / sigma) * ((offset + 2 * gap) / (2 * sigma))) * value
        total = total + share
        total_square = total_square + share * value
    scale = span / sigma * peak
    return scale * total, scale * total_square


def steps_are_short(xp: Any, terms: Any, length: Any) -> Any:
    """Where steps of this length are covered by ``increment_series``: polynomials everywhere."""
    return length * max([rate[0] for rate, _ in terms], default=0) < xp.rational(1, 2)


def increment_series(xp: Any, piece: Any, v: Any) -> Any:
    """``f^(k)(v) / k!``, k = 1, 2 ..: an increment whose rounding errors are no noise of its argument."""
    _, terms, roots = piece
    decays = any(rate[0] != 0 for rate, _ in terms)
    count = max([len(coefficients) - 1 for _, coefficients in terms] + [xp.method["increment_terms"] if decays else 1])
    series, factorial = [], 1
    for k in range(1, count + 1):
        terms, factorial = derivative_terms(terms), factorial * k
        series.append(terms_value(xp, terms, roots[k - 1] if k <= len(roots) else 0, v) / factorial)
    return series


def piece_increment(xp: Any, piece: Any, start: Any, offset: Any) -> Any:
    """``g(start + offset) - g(start)`` on one piece."""
    side, terms, _ = piece
    value = terms_increment(xp, terms, side * start, side * offset)
    some = xp.flatnonzero(steps_are_short(xp, terms, xp.abs(offset)))
    step = side * offset[some]
    value[some] = step * horner(increment_series(xp, terms_at(piece, some), side * start[some]), step)
    return value


def way_to_pieces(xp: Any, mu: Any, breakpoints: Any, pieces: Any, jumps: Any, windows: Any) -> Any:
    """``g(start) - g(mu)`` for every piece, start its point nearest to mu."""
    climbs = [xp.zeros_like(mu) for _ in pieces]
    ahead = [is_below(mu, place) for place in breakpoints]
    for towards in (1, -1):
        way = xp.zeros_like(mu)
        for number in range(len(breakpoints))[::towards]:
            own, beyond = (number, number + 1) if towards > 0 else (number + 1, number)
            start, below, above = windows[own][0]
            crossed = ahead[number] if towards > 0 else ~ahead[number]
            length = xp.where(crossed, above if towards > 0 else -below, 0)
            way = way + piece_increment(xp, pieces[own], start, length)
            way = way + xp.where(crossed, towards * jumps[number], 0)
            climbs[beyond] = climbs[beyond] + way
    return climbs


def is_below(y: Any, place: Any) -> Any:
    """Whether ``y < place``, the place a pair (number, what rounding took from it)."""
    return (y < place[0]) | ((y == place[0]) & (place[1] > 0))


def joined_derivatives(xp: Any, y: Any, breakpoints: Any, pieces: Any, first: Any, degree: int) -> Any:
    """``g^(k)(y)``, k = 0 .. degree; at a breakpoint the mean of both sides, NaN above the first derivative that jumps.

    ``first`` are the orders of those derivatives, one for each breakpoint.
    """
    values = []
    at = [(y == place[0]) & (place[1] == 0) for place in breakpoints]
    below = [is_below(y, place) for place in breakpoints]
    current = [(side, terms) for side, terms, _ in pieces]
    for k in range(degree + 1):
        beside = [side**k * terms_value(xp, terms, 0, xp.abs(y)) for side, terms in current]
        value = beside[-1]
        for number in range(len(breakpoints) - 1, -1, -1):
            middle = (beside[number] + beside[number + 1]) / 2 if k <= first[number] else xp.nan
            value = xp.where(below[number], beside[number], xp.where(at[number], middle, value))
        values.append(value)
        current = [(side, derivative_terms(terms)) for side, terms in current]
    return values
