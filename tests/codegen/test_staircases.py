"""Functions of one rounded line with two limits, against sums over the steps in many digits."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import emit

FUNCTIONS = {
    "tanh(round(x))": (lambda y, k: mp.tanh(k), -0.5, 1),
    "sigmoid(4*round(x/4))": (lambda y, k: 1 / (1 + mp.exp(-4 * k)), -2, 4),
    "hardtanh(4*round(x/4))": (lambda y, k: mpf(min(max(4 * k, -1), 1)), -2, 4),
}
POINTS = [(0.2, 0.1), (0.0, 1.0), (0.3, 4.1), (-12.0, 3.9), (-25.0, 5.0), (8.0, 0.2), (-15.5, 0.2), (2.5 + 1e-9, 1e-9)]
"""Mean and deviation, in steps."""


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("text", FUNCTIONS)
def test_expectations_are_sums_over_the_steps(text, worst_error):
    function, first, step = FUNCTIONS[text]
    for mu, sigma in POINTS:
        assert worst_error(kernel(text), function, first, step, mu * step, sigma * step) < 1e-14, (mu, sigma)


@pytest.mark.parametrize("sigma", [30.0, 1e4])
def test_wide_means_are_sums_of_probabilities(sigma):
    for text, mu in (("tanh(round(x))", 0.7 * sigma), ("sigmoid(4*round(x/4))", -5 * sigma)):
        function, first, step = FUNCTIONS[text]
        with mp.workdps(60):
            ends = [(first + step * mpf(k) - mpf(mu)) / mpf(sigma) for k in range(-400, 402)]
            below = [mpf(0), *map(mp.ncdf, ends), mpf(1)]
            heights = [function(0, k) for k in range(-401, 402)]
            mean = sum(h * (b - a) for h, (a, b) in zip(heights, pairwise(below), strict=True))
        assert abs(kernel(text).raw_moments(mu, sigma, 0)[0] - float(mean)) < 1e-14 * abs(float(mean))


def test_ties_and_point_masses():
    places = np.arange(-24, 25) / 4
    np.testing.assert_allclose(kernel("tanh(round(x))").activation(places), np.tanh(np.rint(places)), rtol=4e-16)
    np.testing.assert_allclose(
        kernel("tanh(round(x))").raw_moments(places, 0.0, 1)[1], places * np.tanh(np.rint(places))
    )
    slopes = kernel("tanh(round(x))").expected_derivatives([0.5, 0.25], 0.0, 1)[1]
    assert np.isnan(slopes[0])
    assert slopes[1] == 0


def test_what_is_left_of_a_plateau_has_all_its_digits():
    with mp.workdps(60):
        rise = mp.tanh(17) - mp.tanh(16)
        exact = rise**2 * mp.ncdf(-3) * mp.ncdf(3)
    assert abs(kernel("tanh(round(x))").variance(16.5 + 3 / 1024, 1 / 1024) - float(exact)) < 1e-13 * float(exact)
