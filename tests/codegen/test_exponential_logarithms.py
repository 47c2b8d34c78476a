"""Logarithms of an exponential less a number: infinite at a place that no double holds, a line at one end."""

from functools import cache
from itertools import pairwise

import pytest
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())
CASES = {"log(abs(exp(x) - 2))": 2, "log(abs(expm1(x)))": 1}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(
    ("t", "sigma"), [(0, 1e-9), (3, 1e-9), (-12, 1e-6), (1, 1e-3), (-2, 0.1), (0.3, 1), (4, 2), (-6, 2), (-1, 30)]
)
def test_around_the_place(text, t, sigma):
    """In coordinates that start there, by tanh-sinh quadrature on both sides."""
    with mp.workdps(40):
        place = mp.log(CASES[text])
        mu = float(place + t * mpf(sigma))
        offset, spread = mpf(mu) - place, mpf(sigma)
        cuts = {mpf(0), *(offset + k * spread for k in range(-14, 15, 4))}
        cuts |= {side * mpf(2) ** k * 4 for side in (-1, 1) for k in range(6)}
        ordered = sorted(cut for cut in cuts if abs(cut - offset) <= 14 * spread)

        @cache
        def value(v):
            return mp.log(CASES[text]) + mp.log(abs(mp.expm1(v)))

        def expectation(function):
            """Over the distance from the place; in units of sigma, as the rule stops at absolute errors."""
            pieces = pairwise([cut / spread for cut in ordered])
            return mp.fsum(
                mp.quad(lambda w: function(w * spread) * mp.npdf(w - offset / spread), pair) for pair in pieces
            )

        mean = expectation(value)
        kernel = kernel_of(text)
        found = [mpf(float(c)) for c in kernel.hermite_coefficients(mu, sigma, 1)]
        deviation = mp.sqrt(expectation(lambda v: (value(v) - mean) ** 2))
        slope = expectation(lambda v: (value(v) - mean) * (v - offset) / spread)
        assert abs(found[0] - mean) <= 1e-13 * expectation(lambda v: abs(value(v)))
        assert abs(found[1] - slope) <= 1e-13 * deviation
        assert abs(mpf(float(kernel.variance(mu, sigma))) - deviation**2) <= 2e-13 * deviation**2


def test_values_next_to_the_place():
    """What the nearest double leaves of log(2) is 2.3e-17, and nothing overflows far out."""
    kernel = kernel_of("log(abs(exp(x) - 2))")
    with mp.workdps(60):
        for y in (0.6931471805599453, 0.69314718, 0.7, -30.0, 3.0):
            wanted = mp.log(abs(mp.exp(mpf(y)) - 2))
            assert abs(mpf(float(kernel.activation(y))) - wanted) <= 1e-14 * abs(wanted)
    assert float(kernel.activation(1e3)) == 1e3
