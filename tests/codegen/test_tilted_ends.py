"""Functions that grow exponentially, where their exponential is taken out."""

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import KernelSource, emit
from codegen.verify import verify

FUNCTIONS = {
    "exp(x)*tanh(x)": lambda y: mpmath.exp(y) * mpmath.tanh(y),
    "sinh(x)*tanh(x)": lambda y: mpmath.sinh(y) * mpmath.tanh(y),
    "exp(x)/(1 + x**2)": lambda y: mpmath.exp(y) / (1 + y * y),
    "cosh(x)*log(1 + x**2)": lambda y: mpmath.cosh(y) * mpmath.log1p(y * y),
    "exp(x)*sqrt(abs(x - 3))": lambda y: mpmath.exp(y) * mpmath.sqrt(abs(y - 3)),
    "sqrt(1 + exp(2*x))": lambda y: mpmath.sqrt(1 + mpmath.exp(2 * y)),
}
OVERFLOWING = "exp(x)*tanh(x)"


@cache
def kernel(text):
    return emit(text).load()


NODES = mpmath.mp._gauss_legendre.get_nodes(-1, 1, 4, 100)


def integral(function, mu, sigma, rate):
    """``E[f(y)]`` from the definition, on parts around both peaks."""
    with mpmath.workdps(30):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        peaks = {m + c * rate * s * s for c in (0, 1)}
        places = sorted({peak + k * s for peak in peaks for k in range(-14, 15, 2)} | {mpmath.mpf(0), mpmath.mpf(3)})
        parts = pairwise(places)
        terms = [
            w * (b - a) / 2 * function(y) * mpmath.npdf(y, m, s)
            for a, b in parts
            for t, w in NODES
            for y in [(a + b) / 2 + (b - a) / 2 * t]
        ]
        return mpmath.fsum(terms)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mu", "sigma", "n"), [(25.0, 25.0, 0), (-400.0, 33.0, 2), (600.0, 9.0, 1)])
def test_moments_are_finite_wherever_they_are_doubles(text, mu, sigma, n):
    g = FUNCTIONS[text]
    wanted = integral(lambda y: y**n * g(y), mu, sigma, 1)
    if mu < 0 and text in ("sinh(x)*tanh(x)", "cosh(x)*log(1 + x**2)"):
        wanted += integral(lambda y: y**n * g(y), -mu, sigma, 1)
    assert kernel(text).raw_moments(mu, sigma, n)[n] == pytest.approx(float(wanted), rel=1e-13)


def test_coefficients_and_squares_have_exponentials_of_their_own():
    module, g = kernel(OVERFLOWING), FUNCTIONS[OVERFLOWING]
    square = integral(lambda y: g(y) ** 2, 100.0, 15.0, 2)
    assert module.second_moment(100.0, 15.0) == pytest.approx(float(square), rel=1e-13)
    assert module.variance(100.0, 15.0) == pytest.approx(float(square), rel=1e-13)
    third = integral(lambda y: g(y) * ((y / 25) ** 3 - 3 * (y / 25)), 0.0, 25.0, 1)
    assert module.hermite_coefficients(0.0, 25.0, 3)[3] == pytest.approx(float(third), rel=1e-13)


@pytest.mark.parametrize(("mu", "sigma"), [(353.8, 0.06), (353.8, 0.12), (354.5, 0.01)])
def test_a_variance_is_finite_where_it_is_and_the_square_is_about_the_largest_double(mu, sigma):
    """``Var exp(y)`` to the last digits: tanh is 1 there."""
    with mpmath.workdps(40):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        wanted = mpmath.expm1(s * s) * mpmath.exp(2 * m + s * s)
    assert kernel(OVERFLOWING).variance(mu, sigma) == pytest.approx(float(wanted), rel=1e-13)


@pytest.mark.parametrize("text", FUNCTIONS)
def test_what_no_double_holds_is_infinite_and_nothing_is_nan(text):
    mu, sigma = np.meshgrid([0.0, 1.0, -1.0, 30.0, -30.0, 700.0, -1e4, 1e6], [0, 1e-9, 1e-3, 0.3, 3, 30, 143, 1e3, 1e6])
    module = kernel(text)
    for values in (
        module.raw_moments(mu, sigma, 3),
        module.hermite_coefficients(mu, sigma, 3),
        module.second_moment(mu, sigma),
        module.variance(mu, sigma),
    ):
        assert not np.isnan(values).any()
    assert module.raw_moments(0.0, 37.0, 0) < np.inf
    assert module.raw_moments(0.0, 39.0, 0) == np.inf


def test_a_row_far_from_all_that_bends_is_not_narrow_where_its_weight_is_not():
    """c_k at mu = -1e4, sigma = 143 was by derivatives at mu: 0."""
    got = kernel(OVERFLOWING).hermite_coefficients(-1e4, 143.0, 2)
    with mpmath.workdps(30):
        size = mpmath.exp(mpmath.mpf(143) ** 2 / 2 - 10**4)
    np.testing.assert_allclose(got, [float(size * 143**k) for k in range(3)], rtol=1e-12)


def test_verify_holds_what_has_its_exponential_taken_out():
    source = emit(OVERFLOWING).source
    assert verify(KernelSource("whole", "numpy", source).load(), 20, 2, [(1.0, 30.0), (0.5, 1.0)]).passed
    spoilt = source.replace("mu + spread\n", "mu + spread + spread / 10**11\n")
    assert spoilt != source
    assert not verify(KernelSource("spoilt", "numpy", spoilt).load(), 20, 2, [(1.0, 30.0)]).passed
