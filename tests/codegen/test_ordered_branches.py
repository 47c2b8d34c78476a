"""Branches between two bounds: conditions like ``|x| < 3``, and the variance far from where they jump."""

import mpmath
import numpy as np
import pytest

from codegen import emit

CASES = {
    "where(abs(x) < 3, exp(x), 0)": (3, mpmath.exp, 0),
    "where((x > -3) & (x < 3), exp(x), 1)": (3, mpmath.exp, 1),
    "where(abs(x) < 1, exp(-x), 2)": (1, lambda y: mpmath.exp(-y), 2),
    "where(x**2 < 9, tanh(x), 1)": (3, mpmath.tanh, 1),
}


def expectation(integrand, bound, mu, sigma):
    """By Gauss-Legendre and by tanh-sinh quadrature, cut at both bounds and where the integrand peaks."""
    with mpmath.workdps(40):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        around = [mu + k * sigma for k in range(-40, 41, 2)]
        around += [side * bound + k * sigma / 64 for side in (-1, 1) for k in range(-64, 65, 2)]
        cuts = sorted({-bound, bound, 0, *around})

        largest = ((min(max(mu, -bound), bound) - mu) / sigma) ** 2 / 2

        def weighted(y):
            return integrand(y) * mpmath.exp(largest - ((y - mu) / sigma) ** 2 / 2)

        one, other = (mpmath.quad(weighted, cuts, method=rule) for rule in ("gauss-legendre", "tanh-sinh"))
        assert abs(one - other) <= 1e-16 * abs(one)
        return one * mpmath.exp(-largest) / (sigma * mpmath.sqrt(2 * mpmath.pi))


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 1.1), (-10.576515495078763, 0.25974524774190966)])
def test_branches_between_two_bounds(text, mu, sigma):
    bound, inside, outside = CASES[text]

    def value(y):
        return inside(y) if abs(y) < bound else mpmath.mpf(outside)

    kernel = emit(text).load()
    mean = expectation(value, bound, mu, sigma)
    assert abs(kernel.raw_moments(mu, sigma, 0)[0] - mean) <= 1e-13 * abs(mean)
    spread = expectation(lambda y: (value(y) - mean) ** 2, bound, mu, sigma)
    assert abs(kernel.variance(mu, sigma) - spread) <= 2e-13 * spread


def test_values_at_the_bounds():
    strict, closed = (emit(f"where(abs(x) {sign} 3, exp(x), 0)").load() for sign in ("<", "<="))
    at = np.array([-3.0, 3.0])
    assert strict.activation(at).tolist() == [0, 0]
    assert closed.activation(at).tolist() == pytest.approx(np.exp(at).tolist(), rel=1e-15)
