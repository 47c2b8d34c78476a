"""Error-free transformations and the normal density without the loss of ``t^2`` ulp."""

from typing import Any


def exact_sum(a: Any, b: Any) -> Any:
    """Return ``a + b`` rounded, and the rounding error (Knuth)."""
    total = a + b
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def exact_product(xp: Any, a: Any, b: Any) -> Any:
    """Return ``a b`` rounded, and the rounding error (Veltkamp's splitting, Dekker's product)."""
    splitter = xp.method["splitter"]
    product = a * b
    shifted = splitter * a
    a_high = shifted - (shifted - a)
    a_low = a - a_high
    shifted = splitter * b
    b_high = shifted - (shifted - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def exact_square(xp: Any, a: Any) -> Any:
    """Return ``a^2`` rounded, and the rounding error."""
    square = a * a
    shifted = xp.method["splitter"] * a
    high = shifted - (shifted - a)
    low = a - high
    return square, ((high * high - square) + 2 * (high * low)) + low * low


def clip_to_density(xp: Any, mu: Any, sigma: Any) -> Any:
    """``mu`` moved to where ``phi(mu / sigma)`` just vanishes, if it lies beyond: no overflow, the same density."""
    limit = xp.method["density_limit"] * sigma
    return xp.minimum(xp.maximum(mu, -limit), limit)


def density(xp: Any, mu: Any, sigma: Any) -> Any:
    """``phi(mu / sigma)``, the rounding errors of the quotient and of its square put back to first order.

    ``exp(-t*t/2)`` alone is wrong by ``t^2`` ulp.
    """
    t = mu / sigma
    product, product_error = exact_product(xp, t, sigma)
    quotient_error = ((mu - product) - product_error) / sigma
    square, square_error = exact_square(xp, t)
    correction = 1 - (square_error / 2 + t * quotient_error)
    return xp.exp(-square / 2) * correction / xp.sqrt2pi


def horner_pair(xp: Any, x: Any, coefficients: Any) -> Any:
    """``sum_j coefficients_j x^j`` and what rounding took from it; coefficients are such pairs too, lowest first."""
    value, error = coefficients[-1]
    value = value + xp.zeros_like(x)
    for number, low in coefficients[-2::-1]:
        product, product_error = exact_product(xp, value, x)
        value, sum_error = exact_sum(product, number)
        error = error * x + (product_error + sum_error + low)
    return value, error


def doubled_horner(xp: Any, x: Any, coefficients: Any) -> Any:
    """``sum_j coefficients_j x^j`` as if computed to twice the precision; pairs (number, what rounding took)."""
    value, error = horner_pair(xp, x, coefficients)
    return value + error


def series_product(factors: Any) -> Any:
    """Coefficients of the product of polynomials, each a list of arrays, lowest power first."""
    product = factors[0]
    for factor in factors[1:]:
        terms: list[Any] = [0] * (len(product) + len(factor) - 1)
        for i, a in enumerate(product):
            for j, b in enumerate(factor):
                terms[i + j] = terms[i + j] + a * b
        product = terms
    return product
