"""Moments of a Gaussian on one side of zero: forward where that is stable, scaled and backward in the tail."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density
from codegen.primitives.derivatives import alternate


def tail_ratios(xp: Any, x: Any, degree: int) -> Any:
    """``r_k = h_k(x) / h_(k-1)(x)``, k = 1 .. degree, of ``h_k(x) = int_0^inf z^k exp(-z^2/2 - x z) dz``, x >= 0.

    Backward, ``r_k = k / (x + r_(k+1))``: every term is positive. The seed is the expansion of the Riccati
    equation ``r' = r^2 + x r - depth`` in ``1 / (x^2 + 4 depth)``.
    """
    depth = max(xp.method["seed_depth"], degree + 2)
    width = xp.sqrt(x * x + 4 * depth)
    leading = 2 * depth / (width + x)
    u = leading / width
    inverse_square = 1 / (width * width)
    series = xp.zeros_like(x)
    for coefficients in xp.method["seed_series"]:
        term = xp.zeros_like(x)
        for coefficient in coefficients[:-1]:
            term += coefficient
            term *= u
        series *= inverse_square
        series += term
        series += coefficients[-1]
    ratio = leading * series
    ratios = []
    for k in range(depth - 1, 0, -1):
        ratio += x
        ratio = k / ratio
        if k <= degree:
            ratios.append(ratio * 1)
    return ratios[::-1]


def scaled_tails(xp: Any, x: Any, degree: int) -> Any:
    """``h_k(x) = int_0^inf z^k exp(-z^2/2 - x z) dz``, k = 0 .. degree, for x >= 0: from tables to degree 2."""
    if degree >= len(xp.method["tail_tables"]):
        tails = [xp.erfcx(x / xp.sqrt(2)) * xp.sqrt2pi / 2]
        for ratio in tail_ratios(xp, x, degree):
            tails.append(tails[-1] * ratio)
        return tails
    t = (x - xp.method["tail_centre"]) / (x + xp.method["tail_centre"])
    tails = []
    for numerator, denominator in xp.method["tail_tables"][: degree + 1]:
        value, divisor = xp.zeros_like(x), xp.zeros_like(x)
        for coefficient in numerator:
            value *= t
            value += coefficient
        for coefficient in denominator:
            divisor *= x
            divisor += coefficient
        tails.append(value / divisor)
    return tails


def tail_moments(xp: Any, mu: Any, sigma: Any, peak: Any, degree: int) -> Any:
    """``E[y^k; y > 0]``, k = 0 .. degree, for mu <= 0; ``peak`` is ``phi(mu / sigma)``. No subtraction."""
    scale, moments = peak, []
    for tail in scaled_tails(xp, -clip_to_density(xp, mu, sigma) / sigma, degree):
        moments.append(scale * tail)
        scale = scale * sigma
    return moments


def body_moments(xp: Any, mu: Any, sigma: Any, peak: Any, degree: int) -> Any:
    """``E[y^k; y > 0]``, k = 0 .. degree, by the forward recurrence; every term is positive for mu >= 0."""
    moments = [xp.ndtr(mu / sigma)]
    if degree >= 1:
        moments.append(mu * moments[0] + sigma * peak)
    variance = sigma * sigma
    for k in range(1, degree):
        moments.append(mu * moments[k] + k * variance * moments[k - 1])
    return moments


def half_line_moments(xp: Any, mu: Any, sigma: Any, degree: int) -> Any:
    """``E[y^k; y > 0]``, k = 0 .. degree, and ``phi(mu / sigma)``."""
    peak = density(xp, clip_to_density(xp, mu, sigma), sigma)
    return half_line_with(xp, mu, sigma, peak, degree), peak


def half_line_with(xp: Any, mu: Any, sigma: Any, peak: Any, degree: int) -> Any:
    """``E[y^k; y > 0]``, k = 0 .. degree, given ``phi(mu / sigma)``: forward, and the tail where mu < 0.

    Up to degree 2 the tail of either sign, and the whole less the tail where mu > 0: no branch.
    """
    if degree < len(xp.method["tail_tables"]):
        tails = tail_moments(xp, -xp.abs(mu), sigma, peak, degree)
        return whole_less_tail(xp, mu, sigma, tails)
    moments = body_moments(xp, mu, sigma, peak, degree)
    tail = xp.flatnonzero(mu < 0)
    for moment, value in zip(moments, tail_moments(xp, mu[tail], sigma[tail], peak[tail], degree), strict=True):
        moment[tail] = value
    return moments


def whole_less_tail(xp: Any, mu: Any, sigma: Any, tails: Any) -> Any:
    """``E[y^k; y > 0]``, k at most 2, from the moments of the side of 0 on which mu is not."""
    inside = 1 * (mu > 0)
    moments = [inside + (1 - 2 * inside) * tails[0]]
    if len(tails) > 1:
        moments.append(xp.maximum(mu, 0) + tails[1])
    if len(tails) > 2:
        moments.append(xp.where(mu > 0, mu * moments[1] + sigma * sigma * moments[0], tails[2]))
    return moments


def both_half_line_moments(xp: Any, mu: Any, sigma: Any, degree: int) -> Any:
    """``E[y^k; y > 0]``, ``E[y^k; y < 0]``, k = 0 .. degree, and ``phi(mu / sigma)``."""
    distance = xp.abs(mu)
    peak = density(xp, clip_to_density(xp, distance, sigma), sigma)
    if degree < len(xp.method["tail_tables"]):
        tails = tail_moments(xp, -distance, sigma, peak, degree)
        positive = whole_less_tail(xp, mu, sigma, tails)
        return positive, alternate(whole_less_tail(xp, -mu, sigma, tails)), peak
    near = body_moments(xp, distance, sigma, peak, degree)
    far = tail_moments(xp, -distance, sigma, peak, degree)
    left = mu < 0
    positive = [xp.where(left, f, n) for n, f in zip(near, far, strict=True)]
    negative = [xp.where(left, n, f) for n, f in zip(near, far, strict=True)]
    return positive, alternate(negative), peak
