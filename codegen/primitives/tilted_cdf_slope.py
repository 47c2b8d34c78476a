"""``E[(exp(c y) Phi(u))']`` next to its root, for c < 0: two terms that nearly cancel are never made."""

from typing import Any

from codegen.primitives.precise_hermite import smoothed_argument
from codegen.primitives.tilted_cdf import tail_density, tilted_argument


def tilted_cdf_slope(xp: Any, mu: Any, sigma: Any, form: Any, slope: Any, top: Any, unit: Any, values: Any) -> Any:
    """``values``, ``exp(-top) unit E[f']``, with those next to a root replaced.

    ``E[f'] = c d (R(h) - 1 / (|c| S))``, d the density at h and ``R = Phi / phi``, whose Taylor series about ``start``
    has the coefficients ``(k + 1) R_(k+1) = start R_k + R_(k-1)``. ``slope`` holds the start, R there, and what R is
    there above ``1 / (|c| width)``: a number so small that its rounding is far below any ulp of mu.
    """
    start, ratio, above = slope
    rate, _, width_squared, _, _ = form
    _, mean, shifted = tilted_argument(xp, mu, sigma, form)
    h, rest = smoothed_argument(xp, mean[0], sigma, shifted, width_squared)
    some = xp.flatnonzero(8 * xp.abs(h - start) < 1)
    step = (h[some] - start) + rest[some]
    coefficients = [ratio, 1 + start * ratio]
    for k in range(1, xp.method["slope_terms"]):
        coefficients.append((start * coefficients[k] + coefficients[k - 1]) / (k + 1))
    series = xp.zeros_like(step)
    for coefficient in coefficients[:0:-1]:
        series = (series + coefficient) * step
    variance = sigma[some] * sigma[some]
    width = xp.sqrt(width_squared[0])
    scale = xp.sqrt(width_squared[0] + variance)
    rise = variance / (-rate[0] * width * scale * (width + scale))
    peak = tail_density(xp, mu[some], sigma[some], form, top[some])
    values[some] = unit[some] * rate[0] * peak * (above + rise + series)
    return values
