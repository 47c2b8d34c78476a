"""``atan(a tan(x)) = sum_m ((-1)^(m+1) + r^m) sin(2 m x) / m``, ``r = (a - 1)/(a + 1)``, jumps again and again."""

from __future__ import annotations

import math
from functools import cache

import mpmath
import numpy as np
import pytest

from codegen import emit
from symbolic_moments import activation

MP = mpmath.MPContext()
MP.dps = 40
FACTORS = {"atan(2*tan(x))": MP.mpf(2), "atan(tan(x)/2)": MP.mpf(1) / 2}


@cache
def kernel(text):
    return emit(text).load()


def series(factor, mu, sigma, degree):
    r, mu, sigma = (factor - 1) / (factor + 1), MP.mpf(mu), MP.mpf(sigma)
    totals = [MP.zero] * (degree + 1)
    for m in range(1, 60):
        size = ((-1) ** (m + 1) + r**m) * MP.exp(-2 * (m * sigma) ** 2) / m
        waves = MP.sin(2 * m * mu), MP.cos(2 * m * mu)
        for k in range(degree + 1):
            totals[k] += (-1) ** (k // 2) * size * waves[k % 2] * (2 * m * sigma) ** k
    return totals


@pytest.mark.parametrize("text", FACTORS)
@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.3), (-700.0, 0.5), (2.0, 0.4), (44.0, 3.0), (1.5, 1e4)])
def test_against_the_fourier_series(text, mu, sigma):
    wanted = series(FACTORS[text], mu, sigma, 5)
    found = kernel(text)
    assert found.KERNEL["promise"]["raw_moments"] == 1e-13
    values, deviation = found.hermite_coefficients(mu, sigma, 4), float(np.sqrt(found.variance(mu, sigma)))
    for k in range(5):
        by_mu = 4 * np.spacing(abs(mu)) / sigma * abs(wanted[k + 1])
        assert abs(values[k] - wanted[k]) <= 1e-13 * deviation * math.factorial(k) ** 0.5 + by_mu


@pytest.mark.parametrize("turns", [0, -3])
@pytest.mark.parametrize("text", FACTORS)
def test_next_to_a_jump(text, turns):
    """There ``|g| = pi/2 - |v|/a`` but for ``|v|^3``."""
    factor, found = FACTORS[text], kernel(text)
    mu, s = float(MP.pi / 2 + turns * MP.pi), MP.mpf(1e-4)
    square = MP.pi**2 / 4 - MP.sqrt(2 * MP.pi) * s / factor + (s / factor) ** 2
    assert abs(found.second_moment(mu, 1e-4) - square) <= 1e-13 * square + 20 * s**3
    t = (mu - MP.pi / 2 - turns * MP.pi) / s
    slope = MP.sqrt(2 / MP.pi) * (s / factor - MP.sqrt(MP.pi / 2) * MP.pi / MP.sqrt(2 * MP.pi))
    assert abs(found.hermite_coefficients(mu, 1e-4, 0)[0] - t * slope) <= 1e-13 * MP.pi / 2 + t**2


@pytest.mark.parametrize("text", FACTORS)
def test_values_and_the_formula(text):
    factor = FACTORS[text]
    places = [0.7, 1e-5, -2.0, 100.3]
    values = kernel(text).activation(np.array(places))
    for place, value in zip(places, values, strict=True):
        wanted = MP.atan(factor * MP.tan(MP.mpf(place)))
        assert abs(value - wanted) <= 2e-14 * abs(wanted) + 8 * np.spacing(abs(place))
    found = activation(text).hermite(1).evalf(20, mu=mpmath.mpf(0.3), sigma=mpmath.mpf(0.5))
    assert abs(found - series(factor, 0.3, 0.5, 1)[1]) < 1e-19
