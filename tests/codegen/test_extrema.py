"""Next to extrema where the terms of g' cancel, coefficients and variances keep what the last bits of mu tell."""

import math
from functools import cache

import mpmath
import pytest
from mpmath import mpf

from codegen import emit
from codegen.verify import verify

DIGITS = 50
REACH = 13


def difference(y):
    return (y + 2) * mpmath.ncdf(y + 2) - mpmath.log1p(mpmath.exp(2 * y))


def sum_of_three(y):
    return (y - 1) * mpmath.ncdf(y - 1) - 3 * y / mpf(10) + 1 / (1 + mpmath.exp(-y))


KERNELS = [
    ("gelu(x + 2) - softplus(2*x)", difference, 0.077),
    ("gelu(x - 1) - 0.3*x + sigmoid(x)", sum_of_three, 0.37),
]


@cache
def kernel_of(expression):
    return emit(expression).load()


@cache
def extremum(function, guess):
    return mpmath.findroot(lambda y: mpmath.diff(function, y), guess)


def first_and_spread(function, mu, sigma):
    """c_1, c_2 and Var g from the definition."""
    mu, sigma = mpf(mu), mpf(sigma)

    def mean(of):
        return mpmath.quad(lambda z: of(z, function(mu + sigma * z)) * mpmath.npdf(z), [-REACH, 0, REACH])

    level = mean(lambda z, g: g)
    first, second = mean(lambda z, g: z * (g - level)), mean(lambda z, g: (z * z - 1) * (g - level))
    return first, second, mean(lambda z, g: (g - level) ** 2)


@pytest.mark.parametrize(("expression", "function", "guess"), KERNELS)
@pytest.mark.parametrize("sigma", [1e-9, 1e-5, 1e-3])
@pytest.mark.parametrize("deviations", [-30.0, -1.0, 0.0, 0.7])
def test_beside_extrema(expression, function, guess, sigma, deviations):
    kernel = kernel_of(expression)
    with mpmath.workdps(DIGITS):
        mu = float(extremum(function, guess)) + deviations * sigma
        first, second, variance = first_and_spread(function, mu, sigma)
        own = kernel.hermite_coefficients(mu, sigma, 2)
        step = 4 * math.ulp(mu) / sigma
        assert abs(own[1] - first) <= max(1e-13 * mpmath.sqrt(variance), step * abs(second))
        assert abs(own[2] - second) <= 1e-13 * mpmath.sqrt(2 * variance)
        change = step * abs(2 * first * second) + step**2 * second**2
        assert abs(kernel.variance(mu, sigma) - variance) <= max(2e-13 * variance, change)


EVEN = {
    "sigmoid(x)*(1 - sigmoid(x))": lambda y: 1 / (2 + 2 * mpmath.cosh(y)),
    "tanh(x + 1) - tanh(x - 1)": lambda y: mpmath.tanh(y + 1) - mpmath.tanh(y - 1),
    "atan(x + 1) - atan(x - 1)": lambda y: mpmath.atan(y + 1) - mpmath.atan(y - 1),
}


@pytest.mark.parametrize("expression", EVEN)
@pytest.mark.parametrize(("mu", "sigma"), [(1.3e-7, 2e-8), (-2.1e-4, 1e-6), (3e-9, 1e-9), (1e-12, 1e-3), (-1e-3, 1e-5)])
def test_even_functions_beside_zero(expression, mu, sigma):
    kernel = kernel_of(expression)
    with mpmath.workdps(2 * DIGITS):
        first, second, variance = first_and_spread(EVEN[expression], mu, sigma)
        own = kernel.hermite_coefficients(mu, sigma, 2)
        assert abs(own[1] - first) <= 1e-13 * mpmath.sqrt(variance)
        assert abs(own[2] - second) <= 1e-13 * mpmath.sqrt(2 * variance)
        assert abs(kernel.variance(mu, sigma) - variance) <= 2e-13 * variance
        slope = mpmath.diff(EVEN[expression], mpf(mu))
        assert abs(kernel.expected_derivatives(mu, 0.0, 1)[1] - slope) <= 1e-13 * abs(slope)


def test_the_text_is_exact_there_in_any_number_of_digits():
    kernel = kernel_of("gelu(x + 2) - softplus(2*x)")
    place = 0.07709111165566253
    beside = [(place + d * sigma, sigma) for sigma in (1e-9, 1e-3, 1 / 112) for d in (-3, 0, 0.5)]
    certificate = verify(kernel, digits=30, degree=4, points=[*beside, (place + 0.125, 1e-3), (place, 0.0)])
    assert certificate.passed, certificate.worst


def test_functions_whose_slope_has_its_digits_have_no_series():
    assert not any("g' is 0" in regime for regime in emit("x*tanh(log(1 + exp(x)))").load().KERNEL["regimes"])
