"""High powers of sines, whose waves cancel to nothing near their roots, against those waves in 100 digits."""

from functools import cache

import pytest
from mpmath import mp, mpf

from codegen import emit

POWER = 50


def mean(mu, sigma):
    """``E[sin(y)^50] = 2^-50 (C(50, 25) + 2 sum_k (-1)^k C(50, 25 - k) cos(2 k mu) exp(-2 k^2 sigma^2))``."""
    half = POWER // 2
    waves = (
        (-1) ** k * mp.binomial(POWER, half - k) * mp.cos(2 * k * mu) * mp.exp(-2 * k * k * sigma * sigma)
        for k in range(1, half + 1)
    )
    return (mp.binomial(POWER, half) + 2 * mp.fsum(waves)) / mpf(2) ** POWER


@pytest.fixture(scope="module")
def kernel():
    return emit(f"sin(x)**{POWER}").load()


@pytest.mark.parametrize(
    ("mu", "sigma"), [(0, 1), (0, 0.1), (0.3, 0.05), (3.1, 0.01), (300, 1e-6), (20, 5), (1, 1e5), (0.01, 0.003)]
)
def test_means(kernel, mu, sigma):
    with mp.workdps(200):
        wanted = mean(mpf(mu), mpf(sigma))
        assert abs(mpf(float(kernel.raw_moments(float(mu), sigma, 0)[0])) - wanted) <= 1e-13 * wanted


def test_steep_bounds_of_panels_away_from_zero(kernel):
    """Next to pi they were taken around a rounded middle: e^200 too large, and what counts was left out."""
    mu, sigma = 3.1415, 1e-4
    with mp.workdps(300):
        wanted = mean(mpf(mu), mpf(sigma))
        assert abs(mpf(float(kernel.hermite_coefficients(mu, sigma, 0)[0])) - wanted) <= 1e-13 * wanted


@pytest.mark.parametrize(
    ("mu", "sigma"), [(1.5, 0.01), (-1.57, 0.003), (4.7, 1e-3), (0.3, 0.05), (0, 1), (64.4, 1e-3), (2, 1e5)]
)
def test_cosines_have_their_roots_away_from_zero(mu, sigma):
    with mp.workdps(300):
        m, s = mpf(mu), mpf(sigma)
        waves = (2 * mp.binomial(40, 20 - k) * mp.cos(2 * k * m) * mp.exp(-2 * (k * s) ** 2) for k in range(1, 21))
        wanted = (mp.binomial(40, 20) + mp.fsum(waves)) / mpf(2) ** 40
        rows = cosine().raw_moments([float(mu)] * 40, sigma, 0)[0]
        assert max(abs(mpf(float(found)) - wanted) for found in rows) <= 1e-13 * wanted


@cache
def cosine():
    return emit("cos(x)**40").load()
