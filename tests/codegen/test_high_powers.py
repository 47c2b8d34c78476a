"""High powers of steps; of sines, whose waves cancel to nothing near their roots, against those waves in 100 digits."""

from functools import cache
from itertools import pairwise

import pytest
from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre

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


STEPS = {
    "tanh(x)**40": lambda y: mp.tanh(y) ** 40,
    "sigmoid(x)**20": lambda y: (1 + mp.exp(-y)) ** -20,
    "tanh(2*x - 1)**7": lambda y: mp.tanh(2 * y - 1) ** 7,
}
kernel_of = cache(lambda text: emit(text).load())


@pytest.mark.parametrize("text", STEPS)
@pytest.mark.parametrize(
    ("mu", "sigma"), [(0.1, 0.5), (3, 2), (-0.005, 0.0016), (5, 400), (-300, 300), (0.3, 1e4), (2, 1e-9), (-20, 3)]
)
def test_powers_of_steps(text, mu, sigma):
    """What they leave of 1 does not cancel, and panels where they vanish have bounds that are not far above them."""
    with mp.workdps(50):
        mean, spread = mpf(float(mu)), mpf(sigma)
        cuts = {side * mpf(2) ** k for side in (-1, 1) for k in range(-10, 6)} | {mpf(0)}
        cuts |= {side * mpf(k) / 2 for side in (-1, 1) for k in range(130)}
        cuts |= {mean + k * spread for k in range(-36, 37, 2)}
        ordered = sorted(cut for cut in cuts if abs(cut - mean) <= 36 * spread)
        nodes = [
            ((high + low) / 2 + (high - low) / 2 * node, (high - low) / 2 * weight)
            for low, high in pairwise(ordered)
            for node, weight in GaussLegendre(mp).calc_nodes(4, mp.prec)
        ]
        rows = [((y - mean) / spread, STEPS[text](y), w * mp.npdf(y, mean, spread)) for y, w in nodes]
        first = mp.fsum(w * v for z, v, w in rows)
        square, variance = mp.fsum(w * v * v for z, v, w in rows), mp.fsum(w * (v - first) ** 2 for z, v, w in rows)
        slopes = [
            mp.fsum(w * (v - first) * z for z, v, w in rows),
            mp.fsum(w * (v - first) * (z * z - 1) for z, v, w in rows),
        ]
        size = mp.fsum(w * abs(v) for z, v, w in rows)
        kernel = kernel_of(text)
        found = [mpf(float(c)) for c in kernel.hermite_coefficients(float(mu), sigma, 2)]
        assert abs(found[0] - first) <= 1e-13 * size
        assert abs(found[1] - slopes[0]) <= 1e-13 * mp.sqrt(variance)
        assert abs(found[2] - slopes[1]) <= 1e-13 * mp.sqrt(2 * variance)
        assert abs(mpf(float(kernel.second_moment(float(mu), sigma))) - square) <= 1e-13 * square
        assert abs(mpf(float(kernel.variance(float(mu), sigma))) - variance) <= 2e-13 * variance
