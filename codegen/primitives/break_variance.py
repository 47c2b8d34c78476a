"""The variance next to a kink or a jump: what g adds to its value there, at exact distances from it."""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.kink import polynomial_value, side_window
from codegen.primitives.smooth_panel import panel_expectations


def variance_beside_breaks(xp: Any, mu: Any, sigma: Any, breaks: Any) -> Any:
    """``Var g(y)`` in the rows whose Gaussian sees one kink or jump alone, as series about it; NaN elsewhere.

    Each break is its place (a number and what rounding took from it), the jump there, the distance of the next one,
    and for both sides a radius, the series of ``(g(place + u) - g(place)) / u``, and pieces that go on beyond it.
    """
    result = xp.zeros_like(mu) + xp.nan
    for place, jump, gap, *sides in breaks:
        centre, error = exact_sum(mu, -place[0])
        centre, error = exact_sum(centre, error - place[1])
        some = xp.flatnonzero((sigma > 0) & (xp.abs(centre) <= 40 * sigma))
        if not len(some):
            continue
        offset, low, spread = centre[some], error[some], sigma[some]
        windows = [side_window(xp, offset, spread, side) for side in (-1, 1)]
        left_window, right_window = windows
        farthest = [left_window[1] - left_window[0], right_window[0] + right_window[2]]
        left = seen_alone(xp, offset, spread, gap) & (result[some] != result[some])
        for count in sorted({0, xp.method["break_pieces"]}):
            used = [(series, pieces[:count]) for _, series, pieces in sides]
            known = left
            for (radius, _, pieces), far in zip(sides, farthest, strict=True):
                reach = radius * xp.rational(1, xp.method["root_reciprocal"])
                known = known & (far <= (pieces[:count][-1][1] if pieces[:count] else reach))
            left = left & ~known
            rows = xp.flatnonzero(known)
            if len(rows):
                parts = [[part[rows] for part in window] for window in windows]
                result[some[rows]] = variance_about_break(xp, offset[rows], low[rows], spread[rows], jump, used, parts)
    return result


def series_and_pieces(xp: Any, distance: Any, u: Any, series: Any, pieces: Any) -> Any:
    """``u`` times the series, or the Chebyshev polynomial of the piece in which the distance is."""
    value = u * polynomial_value(u, series)
    for lower, upper, coefficients in pieces:
        s = (2 * distance - (lower + upper)) / (upper - lower)
        ahead, beyond = coefficients[-1] + xp.zeros_like(s), xp.zeros_like(s)
        for coefficient in coefficients[-2:0:-1]:
            ahead, beyond = coefficient + 2 * s * ahead - beyond, ahead
        whole = coefficients[0] + s * ahead - beyond if len(coefficients) > 1 else ahead
        value = xp.where(distance > lower, whole, value)
    return value


def seen_alone(xp: Any, centre: Any, sigma: Any, gap: Any) -> Any:
    """Whether a place at the distance ``gap`` from 0, on the same side, is not felt beside 0."""
    drop = xp.method["panel_window"]
    return gap * (gap - 2 * xp.abs(centre)) >= 4 * drop * sigma * sigma


def variance_about_break(xp: Any, centre: Any, error: Any, sigma: Any, jump: Any, sides: Any, windows: Any) -> Any:
    """``Var h(u)``, u of mean ``centre + error``: h the series of both sides, the jump added on that across from u."""
    own = centre > 0
    functions, shares = [], []
    for number, (series, pieces) in enumerate(sides):
        across = own if number == 0 else ~own
        height = xp.where(across, (2 * number - 1) * jump, 0)
        shares.append(xp.where(across, 1 - (centre / sigma) * (error / sigma), 1))
        functions.append((height, 2 * number - 1, series, pieces))

    def expectation(power: int, mean: Any) -> Any:
        total = 0
        for (height, side, *terms), window, share in zip(functions, windows, shares, strict=True):
            less = height - mean

            def deviation(u: Any, around: Any, side: Any = side, terms: Any = terms) -> Any:
                return [(series_and_pieces(xp, side * u, u, *terms) + around) ** power]

            sums = panel_expectations(xp, centre, sigma, [], window, deviation, [1], less)
            total = total + share * sums[0][0]
        return total

    return expectation(2, expectation(1, xp.zeros_like(centre)))
