"""Entire functions: their power series about 0, and Hermite series of their variance."""

from typing import Any

from codegen.primitives.normal_cdf import binomial_convolution
from codegen.primitives.recurrences import gaussian_moments, powers


def series_about_zero(xp: Any, mu: Any, sigma: Any, unit: Any, derivatives: Any, degree: int) -> Any:
    """``unit^k E[g^(k)(y)] = unit^k sum_j g^(j+k)(0) E[y^j] / j!``, k = 0 .. degree; ``derivatives`` are those at 0.

    For small mu and sigma: terms that cancel at 0 have cancelled in the derivatives.
    """
    count = len(derivatives) - degree
    moments = gaussian_moments(xp, mu, sigma * sigma, count - 1)
    factorial = 1
    weights = [moments[0]]
    for j in range(1, count):
        factorial = factorial * j
        weights.append(moments[j] / factorial)
    values = []
    for k, power in enumerate(powers(xp, unit, degree)):
        value = xp.zeros_like(mu)
        for j in range(count - 1, -1, -1):
            value = value + derivatives[j + k] * weights[j]
        values.append(power * value)
    return values


def hermite_variance(xp: Any, coefficients: Any) -> Any:
    """``sum_k c_k^2 / k!``, k >= 1: the variance up to the last coefficient; also the share of the last two."""
    total = xp.zeros_like(coefficients[0])
    last = [total, total]
    factorial = 1
    for k in range(1, len(coefficients)):
        factorial = factorial * k
        last = [last[1], coefficients[k] * coefficients[k] / factorial]
        total = total + last[1]
    return total, last[0] + last[1]


def moments_from_hermite(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:
    """``E[y^n g(y)] = sum_k C(n,k) sigma^k c_k E[y^(n-k)]``, n = 0 .. len(coefficients) - 1.

    As exact relative to ``E|y^n g|`` as the coefficients are; sums of moments would cancel at roots of g.
    """
    degree = len(coefficients) - 1
    moments = gaussian_moments(xp, mu, sigma * sigma, degree)
    scaled = [power * value for power, value in zip(powers(xp, sigma, degree), coefficients, strict=True)]
    return binomial_convolution(scaled, moments)
