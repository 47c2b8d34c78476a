"""High powers of sines, whose waves cancel to nothing near their roots, against those waves in 100 digits."""

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
