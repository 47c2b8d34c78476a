"""The variance next to a kink or a jump: what g adds to its value there, at exact distances from it."""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.kink import polynomial_value, side_window
from codegen.primitives.smooth_panel import panel_expectations


def variance_beside_breaks(xp: Any, mu: Any, sigma: Any, breaks: Any) -> Any:
    """``Var g(y)`` in the rows whose Gaussian sees one kink or jump alone, as series about it; NaN elsewhere.

    Each break is its place (a number and what rounding took from it), the jump there, the distance of the next one,
    and for both sides a radius and the series of ``(g(place + u) - g(place)) / u``.
    """
    result = xp.zeros_like(mu) + xp.nan
    for place, jump, gap, *sides in breaks:
        centre, error = exact_sum(mu, -place[0])
        centre, error = exact_sum(centre, error - place[1])
        some = xp.flatnonzero((sigma > 0) & (xp.abs(centre) <= 40 * sigma))
        if not len(some):
            continue
        row = centre[some], error[some], sigma[some]
        reaches = [side_window(xp, row[0], row[2], side) for side in (-1, 1)]
        known = seen_alone(xp, row[0], row[2], gap) & (result[some] != result[some])
        for (radius, _), (start, below, above) in zip(sides, reaches, strict=True):
            reach = radius * xp.rational(1, xp.method["root_reciprocal"])
            known = known & (start - below >= -reach) & (start + above <= reach)
        rows = xp.flatnonzero(known)
        if len(rows):
            windows = [[part[rows] for part in reach] for reach in reaches]
            value = variance_about_break(xp, *[part[rows] for part in row], jump, sides, windows)
            result[some[rows]] = value
    return result


def seen_alone(xp: Any, centre: Any, sigma: Any, gap: Any) -> Any:
    """Whether a place at the distance ``gap`` from 0, on the same side, is not felt beside 0."""
    drop = xp.method["panel_window"]
    return gap * (gap - 2 * xp.abs(centre)) >= 4 * drop * sigma * sigma


def variance_about_break(xp: Any, centre: Any, error: Any, sigma: Any, jump: Any, sides: Any, windows: Any) -> Any:
    """``Var h(u)``, u of mean ``centre + error``: h the series of both sides, the jump added on that across from u."""
    own = centre > 0
    functions, shares = [], []
    for number, (_, series) in enumerate(sides):
        across = own if number == 0 else ~own
        height = xp.where(across, (2 * number - 1) * jump, 0)
        shares.append(xp.where(across, 1 - (centre / sigma) * (error / sigma), 1))
        functions.append((height, series))

    def expectation(power: int, mean: Any) -> Any:
        total = 0
        for (height, series), window, share in zip(functions, windows, shares, strict=True):
            less = height - mean

            def deviation(u: Any, around: Any, series: Any = series) -> Any:
                return [(u * polynomial_value(u, series) + around) ** power]

            sums = panel_expectations(xp, centre, sigma, [], window, deviation, [1], less)
            total = total + share * sums[0][0]
        return total

    return expectation(2, expectation(1, xp.zeros_like(centre)))
