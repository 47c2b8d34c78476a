"""Expected derivatives of a power series under Gaussians so narrow that they see nothing beyond it."""

from typing import Any


def series_derivatives(xp: Any, offset: Any, sigma: Any, series: Any, degree: int) -> Any:
    """``E[f^(k)(offset + sigma z)]``, k = 0 .. degree, of ``f(v) = sum_j series_j v^j``: Taylor shift, even moments."""
    shifted = [xp.zeros_like(offset) + a for a in series]
    for start in range(len(shifted) - 1):
        for j in range(len(shifted) - 2, start - 1, -1):
            shifted[j] = shifted[j] + offset * shifted[j + 1]
    square, found = sigma * sigma, []
    for k in range(degree + 1):
        choices = 1
        for j in range(2, k + 1):
            choices *= j
        total, power = xp.zeros_like(offset), xp.ones_like(offset)
        for m in range(k, len(shifted), 2):
            total = total + choices * power * shifted[m]
            half = (m - k) // 2 + 1
            choices, power = choices * (m + 1) * (m + 2) // (2 * half), power * square
        found.append(total)
    return found


def times_powers(values: Any, sigma: Any) -> Any:
    """``sigma^k values_k``."""
    power, found = 1, []
    for value in values:
        found.append(power * value)
        power = power * sigma
    return found


def sum_of_squares(xp: Any, coefficients: Any) -> Any:
    """``sum_k c_k^2 / k!``, k = 1, 2, ..., smallest first."""
    factorial, terms = 1, []
    for k, value in enumerate(coefficients[1:], 1):
        factorial *= k
        terms.append(value * value / factorial)
    total = xp.zeros_like(terms[0])
    for term in reversed(terms):
        total = total + term
    return total
