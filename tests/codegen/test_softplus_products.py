"""Softplus times exponentials that it falls with."""

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.softplus_products import with_softplus_ratios
from codegen.stable_functions import softplus, written_out
from codegen.verify import verify

x = sp.Symbol("x", real=True)
FUNCTIONS = {
    "exp(-x)*softplus(x)": lambda y: mpmath.exp(-y) * mpmath.log1p(mpmath.exp(y)),
    "exp(-2*x)*softplus(x)": lambda y: mpmath.exp(-2 * y) * mpmath.log1p(mpmath.exp(y)),
    "x*exp(x)*softplus(-x)": lambda y: y * mpmath.exp(y) * mpmath.log1p(mpmath.exp(-y)),
}


@cache
def kernel(text):
    return emit(text).load()


def integral(function, mu, sigma):
    with mpmath.workdps(30):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        places = [m + k * s / 2 for k in range(-24, 25)]
        return mpmath.quad(lambda y: function(y) * mpmath.npdf(y, m, s), places, maxdegree=5)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mu", "sigma"), [(-3.0, 0.5), (1.0, 2.0)])
def test_moments_and_variance_of_products_that_tend_to_1(text, mu, sigma):
    g = FUNCTIONS[text]
    mean, square = integral(g, mu, sigma), integral(lambda y: g(y) ** 2, mu, sigma)
    variance = integral(lambda y: (g(y) - mean) ** 2, mu, sigma)
    module = kernel(text)
    assert module.raw_moments(mu, sigma, 0)[0] == pytest.approx(float(mean), rel=1e-13)
    assert module.second_moment(mu, sigma) == pytest.approx(float(square), rel=1e-13)
    assert module.variance(mu, sigma) == pytest.approx(float(variance), rel=2e-13)


def test_the_variance_where_nothing_is_left_but_1():
    """``g = 1 - exp(y)/2 + ...``: to 1e-17 its variance is that of ``exp(y)/2``."""
    wanted = np.exp(-80.0 + 1.0) * np.expm1(1.0) / 4
    assert kernel("exp(-x)*softplus(x)").variance(-40.0, 1.0) == pytest.approx(wanted, rel=1e-13)


def test_values_far_out():
    module = kernel("exp(-x)*softplus(x)")
    places = np.array([-np.inf, -1e5, -745.0, -1.0, 0.0, 700.0, 1e5])
    with mpmath.workdps(400):
        wanted = [1, 1, 1, *(float(FUNCTIONS["exp(-x)*softplus(x)"](mpmath.mpf(y))) for y in (-1, 0, 700)), 0]
    np.testing.assert_allclose(module.activation(places), wanted, rtol=4e-16)
    slopes = kernel("exp(-x)*softplus(x)").expected_derivatives(-30.0, 0.0, 4)
    np.testing.assert_allclose(slopes[1:], -np.exp(-30.0) / 2, rtol=1e-12)


def test_verify_holds_the_series_in_many_digits():
    assert verify(kernel("exp(-x)*softplus(x)"), 40, 2, [(-3.0, 0.5), (-30.0, 0.1), (2.0, 1.0)]).passed


@pytest.mark.parametrize(
    "product", [sp.exp(-2 * x + 1) * softplus(x) ** 3, x * sp.exp(x) * softplus(-x), sp.exp(-3 * x) * softplus(2 * x)]
)
def test_rewritten_products_are_the_same_functions(product):
    written = with_softplus_ratios(product)
    assert written != product
    difference = (written_out(written) / written_out(product) - 1).subs(x, sp.Rational(7, 10))
    assert abs(sp.N(difference, 30)) < 1e-25
