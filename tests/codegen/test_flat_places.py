"""Exponentials of poles: they vanish with all their derivatives at a place where their exponent has a pole."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import emit

POINTS = [(0.0, 0.2), (0.3, 0.05), (-0.15, 0.03), (2.0, 3.0), (30.0, 0.5), (0.0, 1e4)]


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize(
    ("text", "function", "level"),
    [
        ("exp(-1/x**2)", lambda t: mpmath.exp(-1 / t**2), 0),
        ("1/(1 + exp(-1/x**2))", lambda t: -mpmath.exp(-1 / t**2) / (1 + mpmath.exp(-1 / t**2)), 1),
    ],
)
def test_moments_against_quadrature_of_the_definition(text, function, level):
    """What g leaves of its value at 0 is integrated: it is as small as exp(-1000) next to 0."""
    module = kernel(text)
    for mu, sigma in POINTS:
        with mpmath.workdps(40):
            m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
            ends = {m + k * s for k in range(-13, 14)}
            ends |= {side * mpmath.mpf(2) ** k / 40 for k in range(24) for side in (-1, 1)} | {mpmath.mpf(0)}
            cuts = sorted(end for end in ends if abs(end - m) <= 13 * s)

            @cache
            def at(y, m=m, s=s):
                return function(y), (y - m) / s, mpmath.npdf((y - m) / s) / s

            def term(f, y, at=at):
                value, z, density = at(y)
                return f(value, z) * density

            def moment(f, cuts=cuts, term=term):
                rule = lambda pair: mpmath.quad(lambda y: term(f, y) if y else 0, pair, method="gauss-legendre")  # noqa: E731
                return mpmath.fsum(map(rule, pairwise(cuts)))

            mean = moment(lambda g, z: g)
            variance = moment(lambda g, z, mean=mean: (g - mean) ** 2)
            second = moment(lambda g, z, mean=mean: (g - mean) * (z * z - 1))
        assert module.raw_moments(mu, sigma, 0)[0] == pytest.approx(float(level + mean), rel=1e-13)
        assert module.variance(mu, sigma) == pytest.approx(float(variance), rel=2e-13)
        scale = float(mpmath.sqrt(2 * variance))
        assert abs(module.hermite_coefficients(mu, sigma, 2)[2] - float(second)) <= 1e-13 * scale


def test_it_is_flat_at_the_place():
    for text, place in (("exp(-1/x**2)", 0.0), ("exp(-1/abs(x))", 0.0), ("exp(-1/(x - 1)**2)", 1.0)):
        module = kernel(text)
        np.testing.assert_array_equal(module.expected_derivatives(place, 0.0, 4), 0)
        np.testing.assert_array_equal(module.activation([place, place + 1e-3]), 0)
