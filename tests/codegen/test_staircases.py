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


BUMPS = {
    "exp(-round(x)**2)": (lambda y, k: mp.exp(-(mpf(k) ** 2)), -0.5, 1),
    "round(x)*exp(-round(x)**2/4)": (lambda y, k: k * mp.exp(-(mpf(k) ** 2) / 4), -0.5, 1),
    "1/cosh(2*round(x/2))": (lambda y, k: 1 / mp.cosh(2 * k), -1, 2),
}


@pytest.mark.parametrize("text", BUMPS)
def test_bumps_are_sums_over_the_steps(text, worst_error):
    function, first, step = BUMPS[text]
    for mu, sigma in [*POINTS, (3.0, 12.0)]:
        assert worst_error(kernel(text), function, first, step, mu * step, sigma * step) < 1e-14, (mu, sigma)


@pytest.mark.parametrize("sigma", [1e3, 1e6])
def test_wide_gaussians_see_the_area_of_a_bump(sigma):
    text = "exp(-round(x)**2)"
    with mp.workdps(60):
        area, density = sum(mp.exp(-(mpf(k) ** 2)) for k in range(-30, 31)), mp.npdf(0) / mpf(sigma)
        ends = [(k - mpf("0.5")) / mpf(sigma) for k in range(-30, 32)]
        below = [mp.ncdf(end) for end in ends]
        mean = sum(mp.exp(-(mpf(k) ** 2)) * (below[k + 31] - below[k + 30]) for k in range(-30, 31))
        assert abs(mean / (area * density) - 1) < 1 / sigma
    assert abs(kernel(text).raw_moments(0.0, sigma, 0)[0] - float(mean)) < 1e-14 * float(mean)


def test_variances_see_jumps_that_weigh_in_the_square_alone():
    mu, sigma = -100, 5
    with mp.workdps(150):
        ends = [(k - mpf("0.5") - mu) / sigma for k in range(-250, 252)]
        shares = [(mp.ncdf(b) - mp.ncdf(a), mp.tanh(k) + 1) for k, (a, b) in enumerate(pairwise(ends), -250)]
        exact = sum(p * d * d for p, d in shares) - sum(p * d for p, d in shares) ** 2
    assert abs(kernel("tanh(round(x))").variance(mu, sigma) - float(exact)) < 1e-13 * float(exact)


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
