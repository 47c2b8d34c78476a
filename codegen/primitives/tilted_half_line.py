"""Moments of a Gaussian times a decaying exponential, beyond 0; a rate is a pair (number, what rounding took from it).

A Gaussian times ``exp(-rate v)`` is ``exp(exponent)`` times the Gaussian with mean ``mean - rate sigma^2``.
"""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_square, exact_sum
from codegen.primitives.half_line import half_line_with, tail_ratios


def tilted_gaussian(xp: Any, mean: Any, sigma: Any, rate: Any) -> Any:
    """``mean - rate sigma^2`` and ``-rate mean + rate^2 sigma^2 / 2``, both as (number, what rounding took)."""
    square, square_error = exact_square(xp, sigma)
    shift, shift_error = exact_product(xp, square, rate[0])
    shift_error = shift_error + (square_error * rate[0] + square * rate[1])
    tilted, tilted_error = exact_sum(mean, -shift)
    half, half_error = exact_sum(shift / 2, -mean)
    exponent, exponent_error = exact_product(xp, half, rate[0])
    exponent_error = exponent_error + (half_error + shift_error / 2) * rate[0] + half * rate[1]
    return (tilted, tilted_error - shift_error), (exponent, exponent_error)


def tilted_moments(xp: Any, mean: Any, sigma: Any, peak: Any, rate: Any, degree: int) -> Any:
    """``E[v^k exp(-rate v); v > 0]``, k = 0 .. degree; ``peak`` is ``phi(mean / sigma)``.

    Where the tilted mean is negative the density at 0 multiplies scaled tail moments; elsewhere the exponent is
    negative: nothing overflows, nothing is subtracted.
    """
    if rate[0] == 0:
        return half_line_with(xp, mean, sigma, peak, degree)
    (tilted, error), (exponent, exponent_error) = tilted_gaussian(xp, mean, sigma, rate)
    variance = sigma * sigma
    moments = [xp.zeros_like(mean) for _ in range(degree + 1)]
    some = xp.flatnonzero(tilted > 0)
    centre, weight = tilted[some], xp.exp(exponent[some]) * (1 + exponent_error[some])
    body = [weight * xp.ndtr(centre / sigma[some])]
    if degree >= 1:
        body.append(centre * body[0] + sigma[some] * peak[some])
    for k in range(1, degree):
        body.append(centre * body[k] + k * variance[some] * body[k - 1])
    for moment, value in zip(moments, body, strict=True):
        moment[some] = value
    some = xp.flatnonzero(~(tilted > 0))
    x = -tilted[some] / sigma[some]
    tail = [peak[some] * xp.erfcx(x / xp.sqrt(2)) * xp.sqrt2pi / 2]
    if degree >= 1:
        for ratio in tail_ratios(xp, x, degree):
            tail.append(tail[-1] * (sigma[some] * ratio))
    for moment, value in zip(moments, tail, strict=True):
        moment[some] = value
    falling = xp.where(tilted > 0, 0, tilted / sigma)
    return beside_tilted(moments, sigma, peak, falling, error / sigma)


def beside_tilted(moments: Any, sigma: Any, peak: Any, falling: Any, step: Any) -> Any:
    """``E[v^k exp(-rate v); v > 0]`` with the tilted mean ``step`` of sigma farther on, to first order.

    ``falling``: the tilted mean over sigma where the density at 0 is the weight and falls with it, else 0.
    """
    slopes = [peak] + [sigma * (k * moments[k - 1]) for k in range(1, len(moments))]
    return [m + step * (slope + falling * m) for m, slope in zip(moments, slopes, strict=True)]
