"""Products and sums of ramps, steps and exponentials: what a fuzz of them found."""

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import emit

NODES = mpmath.mp._gauss_legendre.get_nodes(-1, 1, 4, 120)


@cache
def kernel(text):
    return emit(text).load()


def integral(function, mu, sigma, cuts):
    """``E[f(y)]`` from the definition, on parts of a sigma and cut at the kinks."""
    with mpmath.workdps(35):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        places = sorted({m + k * s for k in range(-20, 21)} | {mpmath.mpf(cut) for cut in cuts})
        parts = [((b - a) / 2, (a + b) / 2) for a, b in pairwise(places)]
        nodes = [(c + h * t, h * w) for h, c in parts for t, w in NODES]
        return mpmath.fsum(w * function(y) * mpmath.npdf(y, m, s) for y, w in nodes)


@pytest.mark.parametrize(
    "text", ["exp(-x**2)*exp(x)", "exp(-(x - 3)**2)*exp(2*x)*Min(x, 2)", "exp(3*x)*x*exp(-x**2/2)"]
)
def test_a_gaussian_that_an_exponential_multiplies_is_0_far_out(text):
    """It was 0 times infinity."""
    module = kernel(text)
    np.testing.assert_array_equal(module.activation([-1e5, -1e3, 1e3, 1e5]), 0)
    for values in (module.raw_moments(1e3, [0.0, 1e-9, 1.0], 2), module.variance(1e3, [0.0, 1e-9, 1.0])):
        np.testing.assert_array_equal(values, 0)
    assert np.all(np.isfinite(module.raw_moments(1e3, 1e3, 2)))


def test_the_value_at_a_kink_does_not_stand_for_the_line_that_is_nearer():
    """``-1`` and a Gaussian far away: what is left of -1 is less than what is left of the value at the kink."""
    mu, sigma = -10.5, 0.25
    assert abs(kernel("exp(-(x - 2)**2) + Max(x, -1)").variance(mu, sigma)) < 1e-100
    rest = lambda y: mpmath.exp(-((y - 2) ** 2)) + max(y + 1, 0)  # noqa: E731
    mean = integral(rest, -30.0, 3.0, [-1, 0, 1, 2])
    square = integral(lambda y: rest(y) ** 2, -30.0, 3.0, [-1, 0, 1, 2])
    assert kernel("exp(-(x - 2)**2) + Max(x, -1)").variance(-30.0, 3.0) == pytest.approx(
        float(square - mean**2), rel=2e-13
    )


def test_a_step_beside_softplus_times_a_gaussian():
    g = lambda y: (mpmath.sign(y + 1) - mpmath.log1p(mpmath.exp(-y - 2))) * mpmath.exp(-(y**2))  # noqa: E731
    wanted = integral(g, -0.4, 0.9, [-1])
    assert kernel("(sign(x + 1) - softplus(-x - 2))*exp(-x**2)").raw_moments(-0.4, 0.9, 0)[0] == pytest.approx(
        float(wanted), rel=1e-13
    )


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("Max(x, -1) + softplus(x) - sign(x)", lambda y: mpmath.log1p(mpmath.exp(y))),
        ("abs(x) + x + exp(x)*tanh(x)", lambda y: mpmath.exp(y) * mpmath.tanh(y)),
    ],
)
def test_constants_of_branches_that_cancel_leave_the_small_rest(text, function):
    module, mu = kernel(text), -120.0
    np.testing.assert_allclose(
        module.activation([-300.0, mu]), [float(function(mpmath.mpf(y))) for y in (-300, mu)], rtol=1e-13
    )
    wanted = integral(function, mu, 2.0, [])
    assert module.raw_moments(mu, 2.0, 0)[0] == pytest.approx(float(wanted), rel=1e-13)
    assert module.variance(mu, 2.0) == pytest.approx(
        float(integral(lambda y: function(y) ** 2, mu, 2.0, []) - wanted**2), rel=2e-13
    )


def test_polynomials_between_kinks_are_written_apart_where_their_terms_cancel():
    """``x (x + 1) - x`` next to 0 had one digit in a million wrong at 1e-12, and the function was refused."""
    module = kernel("x*Max(x + 1, 1) - Max(x, -1)")
    np.testing.assert_allclose(module.activation([-3.0, -0.5, 1e-12, 2.0]), [-2.0, 0.0, 1e-24, 4.0], rtol=1e-15)
    wanted = integral(lambda y: max(y, 0) ** 2 + min(y + 1, 0), 0.3, 0.7, [-1, 0])
    assert module.raw_moments(0.3, 0.7, 0)[0] == pytest.approx(float(wanted), rel=1e-13)
