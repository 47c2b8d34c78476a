"""Quotients that saturate as powers of x do, inside products and functions: narrow Gaussians see g', not g."""

from functools import cache

import pytest
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())


def quotient(y):
    return y * y / (1 + y * y)


def softplus(y):
    return max(y, mpf(0)) + mp.log1p(mp.exp(-abs(y)))


CASES = {
    "x*abs(x)/(1 + x**2)": lambda y: mp.sign(y) * quotient(y),
    "tanh(x**2/(1 + x**2))": lambda y: mp.tanh(quotient(y)),
    "x**2/(1 + x**2)*sigmoid(x)": lambda y: quotient(y) / (1 + mp.exp(-y)),
    "(1 + x**2)/(2 + x**2)*erf(x)": lambda y: (1 + y * y) / (2 + y * y) * mp.erf(y),
    "softplus(x)/sqrt(1 + x**2)": lambda y: softplus(y) / mp.sqrt(1 + y * y),
    "softplus(x)*x/(1 + x**2)": lambda y: softplus(y) * y / (1 + y * y),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("mu", [5.3, 40.3, 578.3, 900.0])
@pytest.mark.parametrize("relative", [1e-9, 2e-6])
def test_first_coefficient_and_variance(text, mu, relative):
    """At 900 and sigma = 1e-6 ``c_1`` was 6e-11 off."""
    sigma = relative * mu
    with mp.workdps(80):
        first, second, third = (mp.diff(CASES[text], mpf(mu), n) for n in (1, 2, 3))
        coefficient = mpf(sigma) * (first + mpf(sigma) ** 2 * third / 2)
        variance = coefficient**2 + mpf(sigma) ** 4 * second**2 / 2
        found = kernel_of(text).hermite_coefficients(mu, sigma, 1)[1]
        assert abs(float(found) - coefficient) <= 1e-13 * mp.sqrt(variance)
        assert abs(float(kernel_of(text).variance(mu, sigma)) - variance) <= 2e-13 * variance
