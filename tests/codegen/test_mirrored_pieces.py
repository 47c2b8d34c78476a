"""Piecewise polynomials and their mirror images: ``c_k`` of g(-x) at mu is ``(-1)^k c_k`` of g at -mu."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import emit
from numeric_backend import kernels

PROMISED = 2e-14
ORDERS = 4
MIRRORED = {
    "clip(-x, 0, 1)": "clip(x, 0, 1)",
    "hardsigmoid(-x)": "hardsigmoid(x)",
    "relu6(-x)": "relu6(x)",
    "1 - hardtanh(x)": "1 + hardtanh(x)",
    "clip(1 - x, 0, 1)**2": "clip(1 + x, 0, 1)**2",
    "Piecewise((1, x < -1), (x**2, x < 0), (0, True))": "Piecewise((0, x < 0), (x**2, x < 1), (1, True))",
    "clip(-x, 0, 1) + relu(1 - abs(x - 3))": "clip(x, 0, 1) + relu(1 - abs(x + 3))",
}


@cache
def kernel(text):
    return emit(text).load()


def falling(t, foot, height):
    """``height`` on the left, down by one a unit to 0 at ``foot``."""
    return min(max(foot - t, 0), height)


def mean_by_definition(function, corners, mu, sigma):
    """``E[g(y)]``, the density over its value at the last corner, beyond which g is 0."""
    last, mu, sigma = (mpmath.mpf(v) for v in (max(corners), mu, sigma))
    shift = max((mu - last) / sigma, 0) ** 2 / 2
    cuts = sorted({*map(mpmath.mpf, corners), *(last - sigma * mpmath.mpf(j) / 8 for j in range(0, 320, 4))})
    whole = mpmath.quad(lambda t: function(t) * mpmath.exp(shift - ((t - mu) / sigma) ** 2 / 2), cuts)
    return whole * mpmath.exp(-shift) / (sigma * mpmath.sqrt(2 * mpmath.pi))


@pytest.mark.parametrize("text", MIRRORED)
@settings(max_examples=25, deadline=None)
@given(mu=st.floats(-30, 30), share=st.floats(0.01, 8))
def test_mirror_images_have_the_same_coefficients(text, mu, share):
    """Relative to ``E|g|`` and to ``sd(g) sqrt(k!)``, far out on both sides of the pieces too."""
    sigma = max(share, abs(mu) / 30)
    here, there = kernel(text), kernel(MIRRORED[text])
    signs = (-1.0) ** np.arange(ORDERS)
    factorials = np.array([1.0, 1.0, 2.0, 6.0])
    scales = np.sqrt(there.variance(-mu, sigma) * factorials)
    scales[0] = there.raw_moments(-mu, sigma, 0)[0]
    coefficients = signs * there.hermite_coefficients(-mu, sigma, ORDERS - 1)
    misses = np.abs(here.hermite_coefficients(mu, sigma, ORDERS - 1) - coefficients)
    assert np.all(misses <= 2 * PROMISED * scales)
    derivative = here.expected_derivatives(mu, sigma, 0)[0] - there.expected_derivatives(-mu, sigma, 0)[0]
    assert abs(derivative) <= 2 * PROMISED * scales[0]


@pytest.mark.parametrize(
    ("mu", "sigma"), [(10.0, 2.0), (16.0, 2.0), (22.0, 2.0), (30.0, 2.0), (-3.0, 2.0), (60.0, 9.0)]
)
@pytest.mark.parametrize(
    ("text", "foot", "height", "power"),
    [("clip(-x, 0, 1)", 0, 1, 1), ("clip(1 - x, 0, 1)**2", 1, 1, 2), ("relu6(-x)", 0, 6, 1)],
)
def test_little_is_left_of_a_level_far_to_its_right(text, foot, height, power, mu, sigma):
    """The level less the probability of what lies beyond it was 0, or the rounding of 1."""
    with mpmath.workdps(30):
        wanted = float(
            mean_by_definition(lambda t: falling(t, foot, height) ** power, (foot - height, foot), mu, sigma)
        )
    np.testing.assert_allclose(kernel(text).hermite_coefficients(mu, sigma, 0)[0], wanted, rtol=PROMISED, atol=0)


def test_limits_given_as_arguments_keep_what_is_left():
    """``hardtanh`` between -1 and 0 is ``clip(-x, 0, 1)`` turned over."""
    mu = np.array([10.0, 16.0, 22.0, 30.0])
    found = kernels.load("hardtanh").hermite_coefficients(mu, 2.0, 1, minimum=-1.0, maximum=0.0)
    with mpmath.workdps(30):
        means = [-float(mean_by_definition(lambda t: falling(t, 0, 1), (-1, 0), one, 2.0)) for one in mu]
    np.testing.assert_allclose(found[0], means, rtol=PROMISED, atol=0)
