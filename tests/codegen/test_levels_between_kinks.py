"""Variances of what is constant between two kinks, some deviations away from both: squares would round them off."""

from functools import cache

import pytest
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())

CASES = {
    "where(abs(x) < 1, 5, tanh(x))": (mp.tanh, 5, mpf(1)),
    "where(abs(x) < 1e-7, 5, tanh(x))": (mp.tanh, 5, mpf("1e-7")),
    "where(abs(x) < 1, 2, sigmoid(x))": (lambda y: 1 / (1 + mp.exp(-y)), 2, mpf(1)),
    "where(abs(x) < 1, 5, exp(-x**2))": (lambda y: mp.exp(-y * y), 5, mpf(1)),
    "where(abs(x) < 3, 2, sin(x))": (mp.sin, 2, mpf(3)),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("place", "spread"), [(0.2, 0.1), (0, 0.125), (-0.3, 0.1), (0.5, 0.08), (1.01, 0.001)])
def test_variances(text, place, spread):
    outside, level, end = CASES[text]
    mu, sigma = float(place * end), float(spread * end)
    with mp.workdps(50):

        def less_level(y):
            return outside(y) - level if abs(y) > end else mpf(0)

        def mean(power):
            places = sorted({mpf(mu) + t * mpf(sigma) for t in range(-30, 31, 3)} | {-end, end})
            return mp.quad(lambda y: less_level(y) ** power * mp.npdf(y, mu, sigma), places)

        variance = mean(2) - mean(1) ** 2
        assert abs(mpf(float(kernel_of(text).variance(mu, sigma))) - variance) <= 2e-13 * variance
