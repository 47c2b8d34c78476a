"""``E[g']`` next to its root, ``g = exp(c y) (p(y) Phi(u) + q(y))``: the terms that nearly cancel are never made."""

from typing import Any

from codegen.primitives.compensated import exact_sum, series_product
from codegen.primitives.recurrences import gaussian_moments


def taylor_about(coefficients: Any, start: Any) -> Any:
    """Coefficients of the polynomial in ``y - start``, lowest power first."""
    found = list(coefficients)
    for first in range(len(found) - 1):
        for j in range(len(found) - 2, first - 1, -1):
            found[j] = found[j] + start * found[j + 1]
    return found


def slope_series(xp: Any, form: Any, p: Any, q: Any, extremum: Any) -> Any:
    """Taylor coefficients of ``exp(-c start) g' / size`` about the start; the first is known beforehand."""
    start, _, slope, value, density, one = extremum
    rate, centre, width_squared = form[0][0], form[1][0], form[2][0]
    terms = xp.method["taylor_terms"]
    width = xp.sqrt(width_squared)
    u = (start - centre) / width
    growth, bend, last = [xp.rational(1, 1)], [value], [density, -u * density]
    for m in range(1, terms + 2):
        growth.append(growth[-1] * rate / m)
        last.append(-(u * last[m] + m * last[m - 1]))
    scale = xp.rational(1, 1)
    for m in range(1, terms + 2):
        scale = scale / (width * m)
        bend.append(last[m - 1] * scale)
    found = series_product([taylor_about(p, start), series_product([growth, bend])[: terms + 2]])[: terms + 2]
    if q:
        beside = series_product([taylor_about(q, start), growth])[: terms + 2]
        found = [a + one * b for a, b in zip(found, beside, strict=True)]
    return [slope, *[(m + 1) * found[m + 1] for m in range(1, terms + 1)]]


def tilted_cdf_slope(
    xp: Any, mu: Any, sigma: Any, form: Any, p: Any, q: Any, extrema: Any, top: Any, unit: Any, values: Any
) -> Any:
    """``values``, ``exp(-top) unit E[g']``, with those next to one of the ``extrema`` of g replaced.

    There sigma and the distance are small beside the width of Phi and the range of the exponential.
    """
    rate = form[0][0]
    width = xp.sqrt(form[2][0])
    fastest = xp.maximum(1 / width, xp.abs(rate))
    for extremum in extrema:
        start = extremum[0]
        distance, error = exact_sum(mu, -start)
        some = xp.flatnonzero(8 * fastest * (xp.abs(distance) + sigma) < 1)
        coefficients = slope_series(xp, form, p, q, extremum)
        step = distance[some] + error[some]
        moments = gaussian_moments(xp, step, sigma[some] * sigma[some], len(coefficients) - 1)
        total = xp.zeros_like(step)
        for coefficient, moment in zip(coefficients[::-1], moments[::-1], strict=True):
            total = total + coefficient * moment
        size = extremum[1] * xp.exp(rate * start)
        values[some] = unit[some] * xp.exp(-top[some]) * size * total
    return values
