"""``u Phi(u) + phi(u)``, the mean of a relu under noise: again such a mean, of more noise, under every Gaussian."""

from functools import cache

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())

CASES = {
    "x*(erf(x) + 1)/2 + exp(-x**2)/(2*sqrt(pi))": (1, 0, mpf(1) / 2),
    "x*Phi(x) + exp(-x**2/2)/sqrt(2*pi)": (1, 0, mpf(1)),
    "(x - 1)*Phi(2*x - 2) + exp(-2*(x - 1)**2)/sqrt(8*pi)": (1, 1, mpf(1) / 4),
    "x*Phi(x) + exp(-x**2/2)/sqrt(2*pi) - x": (-1, 0, mpf(1)),
}
"""The side on which it grows, where the relu has its kink, and the variance of the noise."""


@pytest.mark.parametrize("text", CASES)
@settings(max_examples=25, deadline=None)
@given(mu=st.floats(-30, 30) | st.floats(-1000, 1000), exponent=st.floats(-9, 6))
def test_coefficients(text, mu, exponent):
    side, kink, noise = CASES[text]
    sigma = 10**exponent
    with mp.workdps(40):
        width = mp.sqrt(noise + mpf(sigma) ** 2)
        u = side * (mpf(mu) - kink) / width
        with mp.extraprec(2 * max(mp.mag(u), 0) + 10):
            mean = width * (u * mp.ncdf(u) + mp.npdf(u))
        slope, bend = mpf(sigma) * side * mp.ncdf(u), mpf(sigma) ** 2 * mp.npdf(u) / width
        if min(mean, abs(slope), bend) < mpf(10) ** -280:
            return
        found = kernel_of(text).hermite_coefficients(mu, sigma, 2)
        deviation = mp.sqrt(slope**2 + bend**2 / 2)
        ulps = mpf(2) ** -50 * (1 + abs(mu) / width * (1 + abs(u)))
        assert abs(mpf(float(found[0])) - mean) <= (mpf(10) ** -13 + ulps) * mean
        assert abs(mpf(float(found[1])) - slope) <= (mpf(10) ** -13 + ulps) * deviation
        assert abs(mpf(float(found[2])) - bend) <= (mpf(10) ** -13 + ulps) * deviation


def test_values_where_both_terms_are_a_thousand_times_what_they_leave():
    text = "x*(erf(x) + 1)/2 + exp(-x**2)/(2*sqrt(pi))"
    with mp.workdps(400):
        for place in (-25.0, -7.3, -1.0):
            y = mpf(place)
            value = y * (mp.erf(y) + 1) / 2 + mp.exp(-(y**2)) / (2 * mp.sqrt(mp.pi))
            assert abs(mpf(float(kernel_of(text).activation(place))) - value) <= 2e-14 * value
