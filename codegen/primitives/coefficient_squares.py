"""The variance as a series of the Hermite coefficients."""

from typing import Any


def coefficient_squares(coefficients: Any) -> Any:
    """``sum_k c_k^2 / k!``, k = 1 .. order, and the last two terms of it."""
    order = len(coefficients) - 1
    series, factorial = 0 * coefficients[0], 1
    for k in range(1, order + 1):
        factorial = factorial * k
        series = series + coefficients[k] * coefficients[k] / factorial
    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial
    return series, last


def shared_variance(part: Any, coefficients: Any) -> Any:
    """``Var s + 2 Cov(s, g - s)`` for coefficients of a part s and of g: ``sum_k s_k (2 c_k - s_k) / k!``, k >= 1."""
    series, factorial = 0 * coefficients[0], 1
    for k in range(1, len(coefficients)):
        factorial = factorial * k
        series = series + part[k] * (2 * coefficients[k] - part[k]) / factorial
    return series
