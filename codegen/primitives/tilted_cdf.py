r"""Expectations of ``p(y) exp(c y) Phi((y - centre) / width)``: the Gaussian tilted by the exponential, then Phi.

A ``form`` holds, as pairs (number, what rounding took from it), the rate c, the centre, ``width^2`` and
``far = centre + c width^2``, and the number ``height = exp(c centre + c^2 width^2 / 2)``, for which
``exp(c y) phi((y - centre) / width) = height phi((y - far) / width)``. Results are over ``exp(top)``.
"""

from typing import Any

from codegen.primitives.normal_cdf import (
    cdf_moments,
    conditional_gaussian,
    error_function_moments,
    mixed_moments,
    smoothed_density,
)
from codegen.primitives.recurrences import gaussian_moments
from codegen.primitives.tilted import exponential_size, exponential_tilt, tilted_reals


def tilted_argument(xp: Any, mu: Any, sigma: Any, form: Any) -> Any:
    """The exponent and the mean after the tilt, both pairs, and the centre with what rounding took from that mean."""
    rate, centre = form[0], form[1]
    exponent, mean = exponential_tilt(xp, mu, sigma, rate, (0, 0))
    return exponent, mean, (centre[0], centre[1] - mean[1])


def tail_density(xp: Any, mu: Any, sigma: Any, form: Any, top: Any) -> Any:
    """``exp(-top) S E[exp(c y) phi((y - centre) / width)] / width``, ``S^2 = width^2 + sigma^2``: no overflow."""
    _, _, width_squared, far, height = form
    return smoothed_density(xp, mu, sigma, far, width_squared)[1] * (height * xp.exp(-top))


def level_cdf_moments(xp: Any, mu: Any, sigma: Any, form: Any, top: Any, degree: int) -> Any:
    """``exp(-top) E[y^n exp(c y) Phi(u)]``, n = 0 .. degree; also h, ``exp(-top)`` times the density at h, and S.

    Where h < 0 that density multiplies the sum: the weight of the tilt may overflow there, and Phi underflow.
    """
    _, _, width_squared, far, _ = form
    exponent, mean, shifted = tilted_argument(xp, mu, sigma, form)
    found, _, _, scale = cdf_moments(xp, mean[0], sigma, shifted, width_squared, degree)
    h = (mean[0] - shifted[0]) / scale
    weight = exponential_size(xp, exponent, top)
    moments = [weight * moment for moment in found]
    peak = tail_density(xp, mu, sigma, form, top)
    some = xp.flatnonzero(h < 0)
    variance = sigma[some] * sigma[some]
    middle, spread = conditional_gaussian(xp, mu[some], variance, far[0], width_squared[0], scale[some])
    tilted = gaussian_moments(xp, middle, spread, degree)
    values = mixed_moments(xp, h[some], peak[some], variance / scale[some], tilted, degree)
    for moment, value in zip(moments, values, strict=True):
        moment[some] = value
    return moments, h, peak, scale


def level_error_moments(xp: Any, mu: Any, sigma: Any, form: Any, top: Any, degree: int) -> Any:
    """``level_cdf_moments`` for ``erf(u / sqrt(2))`` about a centre 0."""
    exponent, mean, _ = tilted_argument(xp, mu, sigma, form)
    found, h, _, scale = error_function_moments(xp, mean[0], sigma, form[2], degree)
    weight = exponential_size(xp, exponent, top)
    return [weight * moment for moment in found], h, tail_density(xp, mu, sigma, form, top), scale


def level_gaussian_moments(xp: Any, mu: Any, sigma: Any, form: Any, top: Any, degree: int) -> Any:
    """``exp(-top) E[y^n exp(c y)]``, n = 0 .. degree."""
    exponent, mean, _ = tilted_argument(xp, mu, sigma, form)
    weight = exponential_size(xp, exponent, top)
    return [weight * moment for moment in gaussian_moments(xp, mean[0], sigma * sigma, degree)]


def shifted_derivatives(values: Any, step: Any) -> Any:
    """``sum_j C(k,j) step^(k-j) values_j``, k = 0 .. len(values) - 1: the derivatives of ``exp(step y) f``."""
    results, current = [], values
    while current:
        results.append(current[0])
        current = [current[i + 1] + step * current[i] for i in range(len(current) - 1)]
    return results


def combined(xp: Any, coefficients: Any, rows: Any, like: Any) -> Any:
    """``sum_j coefficients_j rows_j``, elementwise over the rows."""
    totals = [xp.zeros_like(like) for _ in rows[0]]
    for coefficient, row in zip(coefficients, rows, strict=True):
        totals = [total + coefficient * value for total, value in zip(totals, row, strict=True)]
    return totals


def tilted_cdf_hermite(xp: Any, mu: Any, sigma: Any, form: Any, coefficients: Any, top: Any, degree: int) -> Any:
    """``exp(-top) E[p(y) exp(c y) Phi(u) He_k((y - mu) / sigma)]``, k = 0 .. degree, by one panel.

    Phi is the probability of ``w = u - e > 0`` for a standard normal e; given w the variable y is Gaussian, and the
    Hermite polynomials of it have a recurrence: what is left to integrate over w is smooth at every scale.
    """
    rate, _, width_squared, far, _ = form
    exponent, mean, shifted = tilted_argument(xp, mu, sigma, form)
    variance = sigma * sigma
    total = width_squared[0] + variance
    scale = xp.sqrt(total)
    h = (mean[0] - shifted[0]) / scale
    middle, spread = conditional_gaussian(xp, mu, variance, far[0], width_squared[0], scale)
    outside = h < 0
    base = xp.where(outside, middle, mean[0])
    argument = xp.where(outside, sigma * (far[0] - mu) / total, rate[0] * sigma)
    drop = xp.method["panel_window"] + 2 * max(degree - 16, 0)
    gap = xp.where(outside, -h, 0)
    reach = 2 * drop / (xp.sqrt(gap * gap + 2 * drop) + gap)
    first = xp.where(outside, 0, -xp.minimum(xp.where(outside, 0, h), reach))
    span = reach - first
    totals = [xp.zeros_like(mu) for _ in range(degree + 1)]
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        share = weight * xp.exp(-offset * ((offset + 2 * gap) / 2))
        z, y = argument + sigma / scale * offset, base + variance / scale * offset
        powers = len(coefficients) - 1
        rows = tilted_reals(share, z, variance / total, y, spread, spread / sigma, powers, degree)
        totals = [a + b for a, b in zip(totals, combined(xp, coefficients, rows, mu), strict=True)]
    inside = xp.where(outside, 0, exponent[0]), xp.where(outside, 0, exponent[1])
    size = xp.where(outside, tail_density(xp, mu, sigma, form, top), exponential_size(xp, inside, top) / xp.sqrt2pi)
    return [span * size * total for total in totals]


def tilted_polynomial_hermite(xp: Any, mu: Any, sigma: Any, form: Any, coefficients: Any, top: Any, degree: int) -> Any:
    """``exp(-top) E[p(y) exp(c y) He_k((y - mu) / sigma)]``, k = 0 .. degree."""
    exponent, mean, _ = tilted_argument(xp, mu, sigma, form)
    weight = exponential_size(xp, exponent, top)
    powers = len(coefficients) - 1
    rows = tilted_reals(weight, form[0][0] * sigma, 0, mean[0], sigma * sigma, sigma, powers, degree)
    return combined(xp, coefficients, rows, mu)
