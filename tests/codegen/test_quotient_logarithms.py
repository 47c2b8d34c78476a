"""Logarithms of quotients of sums of exponentials: soft clipping as it is often written."""

import mpmath
import pytest

from codegen import emit


@pytest.fixture(scope="module")
def kernel():
    return emit("log((1+exp(x))/(1+exp(x-1)))").load()


@pytest.mark.parametrize("point", [(0.0, 1.0), (20.0, 2.0), (2.0, 30.0)])
def test_soft_clipping_is_served(kernel, point):
    with mpmath.workdps(40):
        mu, sigma = map(mpmath.mpf, point)
        ends = [mpmath.mpf(j) / 4 for j in range(-60, 61)]

        def less_one(y):
            return mpmath.log1p((mpmath.exp(-1) - 1) / (1 + mpmath.exp(y - 1)))

        def average(f):
            return mpmath.quad(lambda z: f(mu + sigma * z) * mpmath.npdf(z), ends, maxdegree=5)

        mean = average(less_one)
        variance = average(lambda y: (less_one(y) - mean) ** 2)
        assert abs(kernel.variance(*point) / variance - 1) < 2e-13
        assert abs(kernel.hermite_coefficients(*point, 0)[0] / (1 + mean) - 1) < 1e-13


DIFFERENCES = {
    "log((1+exp(x))/(2+exp(x)))": lambda y: -mpmath.log1p(1 / (1 + mpmath.exp(y))),
    "log(5+exp(-x)) - log(1+exp(-x))": lambda y: mpmath.log1p(4 / (1 + mpmath.exp(-y))),
    "log((3+x**2)/(1+x**2))": lambda y: mpmath.log1p(2 / (1 + y * y)),
}


@pytest.mark.parametrize("text", sorted(DIFFERENCES))
def test_what_is_left_far_out_keeps_its_digits(text):
    kernel, function = emit(text).load(), DIFFERENCES[text]
    assert kernel.KERNEL["promise"]["activation"] == 2e-14
    with mpmath.workdps(40):
        for place in (-600.0, -30.0, -3.0, 0.0, 6.0, 40.0, 600.0):
            assert abs(kernel.activation(place) / function(mpmath.mpf(place)) - 1) < 2e-14
        for mu, sigma in ((30.0, 2.0), (-40.0, 0.5)):
            ends = [mpmath.mpf(j) / 2 for j in range(-32, 33, 2)]
            mean = mpmath.quad(lambda z: function(mu + sigma * z) * mpmath.npdf(z), ends, maxdegree=4)  # noqa: B023
            assert abs(kernel.hermite_coefficients(mu, sigma, 0)[0] / mean - 1) < 1e-13
