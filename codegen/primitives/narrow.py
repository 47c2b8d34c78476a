"""Hermite coefficients under a Gaussian far narrower than the function: by the derivatives at its centre."""

from typing import Any

from codegen.primitives.taylor import derivatives_of


def narrow_coefficients(xp: Any, mu: Any, sigma: Any, coefficients: Any, function: Any, limit: Any) -> Any:
    """``c_k = sigma^k sum_j g^(k+2j)(mu) (sigma^2/2)^j / j!`` where ``0 < sigma <= limit``, as given elsewhere.

    Nodes mu + sigma z would be rounded by an ulp of mu, which next to an extremum of g is more than is left of g.
    """
    some = xp.flatnonzero((sigma > 0) & (sigma <= limit))
    if not len(some):
        return coefficients
    pairs = xp.method["narrow_pairs"]
    degree = len(coefficients) - 1
    slopes = derivatives_of(xp, function, mu[some], degree + 2 * pairs)
    half_square = sigma[some] * sigma[some] / 2
    power = 1
    for k in range(degree + 1):
        total = slopes[k + 2 * pairs]
        for j in range(pairs - 1, -1, -1):
            total = slopes[k + 2 * j] + half_square * total / (j + 1)
        coefficients[k][some] = power * total
        power = power * sigma[some]
    return coefficients
