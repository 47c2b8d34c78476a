"""Differences that saturate: where the slopes of their terms cancel, narrow Gaussians see g' as it is written."""

from functools import cache

import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())


def softplus(y):
    return mp.log1p(mp.exp(y))


CASES = {
    "log((1 + exp(5*x))/(1 + exp(5*(x - 1))))/5": lambda y: (softplus(5 * y) - softplus(5 * y - 5)) / 5,
    "softplus(x) - softplus(x - 1)": lambda y: softplus(y) - softplus(y - 1),
    "gelu(x - 3) - gelu(x + 3)": lambda y: (y - 3) * mp.ncdf(y - 3) - (y + 3) * mp.ncdf(y + 3),
    "x*sigmoid(x) - (x - 6)*sigmoid(x - 6)": lambda y: y / (1 + mp.exp(-y)) - (y - 6) / (1 + mp.exp(6 - y)),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("mu", [-31.0, -8.5, 0.3, 9.0, 20.25, 34.0, 90.0])
@pytest.mark.parametrize("sigma", [3e-7, 1e-3])
def test_slopes(text, mu, sigma):
    with mp.workdps(450):
        derivatives = mp.taylor(CASES[text], mpf(mu), 9)
        moments = [mp.fac(n) * c for n, c in enumerate(derivatives)]
        variance = mpf(sigma) ** 2
        mean = [sum(moments[k + 2 * j] * (variance / 2) ** j / mp.fac(j) for j in range(4)) for k in range(3)]
        wanted = [mean[k] * mpf(sigma) ** k for k in range(3)]
        deviation = mp.sqrt(wanted[1] ** 2 + wanted[2] ** 2 / 2)
        found = kernel_of(text).hermite_coefficients(mu, sigma, 2)
        for k in (1, 2):
            assert abs(mpf(float(found[k])) - wanted[k]) <= 1e-13 * deviation * mp.sqrt(mp.fac(k))
        point = kernel_of(text).expected_derivatives(mu, 0.0, 1)
        assert abs(mpf(float(point[1])) - moments[1]) <= 1e-13 * abs(moments[1])
        assert np.isfinite(point).all()
