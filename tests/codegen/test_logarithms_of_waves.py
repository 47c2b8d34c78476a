"""Kernels of logarithms and arcsines of waves: infinite again and again, or where a constant and a wave cancel."""

from __future__ import annotations

import math
from functools import cache

import mpmath
import numpy as np
import pytest

from codegen import NoKernelError, emit

MP = mpmath.MPContext()
MP.dps = 40
PI = MP.pi

PLACES = {
    "log(abs(sin(x)))": (MP.mpf(0), 1),
    "log(abs(cos(x)))": (PI / 2, 1),
    "log(abs(cos(2*x + 1)))": ((PI / 2 - 1) / 2, 2),
}
"""Where they are infinite, and how many times as fast they are as the first."""


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("turns", [0, 1, -2, 150])
@pytest.mark.parametrize("text", PLACES)
def test_next_to_where_a_wave_is_infinite(text, turns):
    """``E[log|sin(s z)|] = log(s) + E[log|z|] - s^2/6``, and less than ``s^4`` of it."""
    start, rate = PLACES[text]
    place = start + turns * PI / rate
    mu, sigma = float(place), 1e-4
    found = kernel(text)
    s, t = rate * MP.mpf(sigma), (MP.mpf(mu) - place) / MP.mpf(sigma)
    mean = MP.log(s) - (MP.euler + MP.log(2)) / 2 - s**2 / 6 + t**2 / 2
    assert abs(found.hermite_coefficients(mu, sigma, 0)[0] - mean) <= 1e-13 * abs(mean)
    assert abs(found.hermite_coefficients(mu, sigma, 1)[1] - t) <= 1e-13
    # Cov(log|z|, z^2) = 1
    variance = PI**2 / 8 - s**2 / 3
    assert abs(found.variance(mu, sigma) - variance) <= 1e-12 * variance


@pytest.mark.parametrize("text", PLACES)
@pytest.mark.parametrize(
    ("mu", "sigma"), [(0.3, 0.3), (-1.4, 0.45), (100.2, 0.5), (-700.0, 0.3), (2.0, 3.0), (1.5, 1e4)]
)
def test_against_fourier_series(text, mu, sigma):
    """``log|sin(x)| = -log(2) - sum_m cos(2 m x) / m``; the square of the sum has the mean ``pi^2/12`` and waves."""
    start, rate = PLACES[text]
    u, s = rate * (MP.mpf(mu) - start), rate * MP.mpf(sigma)
    totals = [-MP.log(2), *[MP.zero] * 5]
    for m in range(1, 40):
        size = -MP.exp(-2 * (m * s) ** 2) / m
        waves = MP.cos(2 * m * u), MP.sin(2 * m * u)
        for k in range(6):
            totals[k] += (-1) ** ((k + 1) // 2) * size * waves[k % 2] * (2 * m * s) ** k
    # E[g^2]: products of waves, whose sums and differences are damped
    square = PI**2 / 12 + MP.log(2) ** 2
    for n in range(1, 40):
        sums = sum(MP.mpf(1) / (2 * m * (n - m)) for m in range(1, n))
        differences = MP.harmonic(n) / n
        square += (sums + differences + 2 * MP.log(2) / n) * MP.exp(-2 * (n * s) ** 2) * MP.cos(2 * n * u)
    variance = square - totals[0] ** 2
    found = kernel(text)
    got = found.hermite_coefficients(mu, sigma, 4)
    by_mu = 4 * np.spacing(abs(mu)) / sigma
    for k in range(5):
        scale = MP.sqrt(variance) * math.factorial(k) ** 0.5 if k else abs(totals[0])
        assert abs(got[k] - totals[k]) <= 1e-13 * scale + by_mu * abs(totals[k + 1])
    assert abs(found.variance(mu, sigma) - variance) <= (2e-13 + by_mu) * variance
    assert abs(found.second_moment(mu, sigma) - square) <= (1e-13 + by_mu) * square


@pytest.mark.parametrize(
    "text", ["x/10 + log(abs(sin(x)))", "log(abs(sin(x))) + log(abs(sin(x + 1)))", "log(abs(sin(x)))*sign(cos(x))"]
)
def test_what_is_infinite_at_several_places_of_a_period_is_refused(text):
    with pytest.raises(NoKernelError, match="infinite again and again"):
        emit(text)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("log(abs(sin(x)))", lambda y: MP.log(abs(MP.sin(y)))),
        ("log(1.001 + sin(x))", lambda y: MP.log(MP.mpf(1001) / 1000 + MP.sin(y))),
        ("log(2 + sin(x))", lambda y: MP.log(2 + MP.sin(y))),
        ("asin(sin(x)**2)", lambda y: MP.asin(MP.sin(y) ** 2)),
        ("sqrt(1.001 + cos(x))", lambda y: MP.sqrt(MP.mpf(1001) / 1000 + MP.cos(y))),
    ],
)
def test_values_where_the_terms_cancel(text, function):
    """Next to extremes, and where the logarithm crosses or touches 0."""
    found = kernel(text)
    assert found.KERNEL["promise"]["raw_moments"] == 1e-13
    places = [float(k * PI / 2) + away for k in range(-3, 4) for away in (-0.03, -1e-3, 1e-5, 0.02)]
    values = found.activation(np.array(places))
    for place, value in zip(places, values, strict=True):
        wanted, slope = function(MP.mpf(place)), MP.diff(function, MP.mpf(place))
        assert abs(value - wanted) <= 2e-14 * abs(wanted) + 4 * np.spacing(abs(place)) * abs(slope)


@pytest.mark.parametrize(("mu", "sigma"), [(-1.57, 1e-3), (-1.6, 0.05), (-0.001, 0.01), (0.7, 0.5), (200.0, 2.0)])
def test_a_wave_that_nearly_touches(mu, sigma):
    """``log(a + sin(x)) = -log(2 r) + 2 sum_m (-1)^(m+1) (r^m/m) cos(m (x - pi/2))``, ``r = a - sqrt(a^2 - 1)``."""
    a = MP.mpf(1001) / 1000
    r = a - MP.sqrt(a * a - 1)
    m_u, s = MP.mpf(mu), MP.mpf(sigma)
    totals = [-MP.log(2 * r), MP.zero, MP.zero]
    for m in range(1, 2200):
        size = 2 * (-1) ** (m + 1) * r**m / m * MP.exp(-((m * s) ** 2) / 2)
        for k in range(3):
            totals[k] += size * (m * s) ** k * MP.cos(m * (m_u - PI / 2) + k * PI / 2)
    found = kernel("log(1.001 + sin(x))")
    got, deviation = found.hermite_coefficients(mu, sigma, 1), float(np.sqrt(found.variance(mu, sigma)))
    size = math.sqrt(found.second_moment(mu, sigma))
    by_mu = 4 * np.spacing(abs(mu)) / sigma
    assert abs(got[0] - totals[0]) <= 1e-13 * size + by_mu * abs(totals[1])
    assert abs(got[1] - totals[1]) <= 1e-13 * deviation + by_mu * abs(totals[2])


@pytest.mark.parametrize(
    ("mu", "sigma"), [(1.57, 1e-3), (-1.6, 0.05), (0.001, 0.01), (0.7, 0.5), (20.0, 2.0), (math.pi / 2, 1e-6)]
)
def test_an_arcsine_that_turns(mu, sigma):
    """``asin(sin(x)^2)`` by quadrature of the definition, cut where it has its kinks."""
    m_u, s = MP.mpf(mu), MP.mpf(sigma)
    low, high = m_u - 12 * s, m_u + 12 * s
    kinks = [PI / 2 + k * PI for k in range(-12, 20)]
    cuts = sorted([*(m_u + k * s for k in range(-12, 13)), *(k for k in kinks if low < k < high)])
    share = lambda n, mean=0: MP.quad(  # noqa: E731
        lambda y: (MP.asin(MP.sin(y) ** 2) - mean) ** n * MP.npdf((y - m_u) / s) / s, cuts
    )
    mean = share(1)
    variance = share(2, mean)
    first = MP.quad(lambda y: (MP.asin(MP.sin(y) ** 2) - mean) * (y - m_u) / s * MP.npdf((y - m_u) / s) / s, cuts)
    found, by_mu = kernel("asin(sin(x)**2)"), 4 * np.spacing(abs(mu)) / sigma
    got = found.hermite_coefficients(mu, sigma, 1)
    deviation = MP.sqrt(variance)
    assert abs(got[0] - mean) <= 1e-13 * mean + by_mu * abs(first)
    assert abs(got[1] - first) <= (1e-13 + by_mu) * deviation
    assert abs(found.variance(mu, sigma) - variance) <= (2e-13 + by_mu) * variance
