"""What only a closer look shows to stay away from 0, and maxima that one look decides."""

import pytest
from mpmath import mp, mpf

from codegen import emit

CASES = {
    "log(2 + sin(x) + cos(x))": lambda y: mp.log(2 + mp.sin(y) + mp.cos(y)),
    "x/(1 - x*exp(-(x + exp(x))))": lambda y: y / (1 - y * mp.exp(-(y + mp.exp(y)))),
    "Min(x, sqrt(x**2 + 1/100))": lambda y: y,
}


@pytest.mark.parametrize("text", CASES)
def test_means(text):
    kernel = emit(text).load()
    with mp.workdps(30):
        for mu, sigma in ((0, 1), (-7, 0.5), (300, 1e-6), (2, 1e-3)):
            cuts = [mpf(mu) + k * mpf(sigma) for k in range(-14, 15, 2)]
            mean = mp.quad(lambda y, m=mu, s=sigma: CASES[text](y) * mp.npdf(y, m, mpf(s)), cuts)
            size = mp.quad(lambda y, m=mu, s=sigma: abs(CASES[text](y)) * mp.npdf(y, m, mpf(s)), cuts)
            assert abs(kernel.raw_moments(float(mu), sigma, 0)[0] - float(mean)) <= 1e-13 * float(size)
