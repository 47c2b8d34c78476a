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
