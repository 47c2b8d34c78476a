"""Kernels of periodic functions, against their Fourier series known in closed form."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import KernelSource, emit
from codegen.periodic_window import kinks_within, period_of, window
from codegen.verify import verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from symbolic_moments.language import parse_expression

mp = mpmath.mp


def rectified(m):
    """``|sin(x)| = 2/pi - (4/pi) sum_m cos(2 m x) / (4 m^2 - 1)``."""
    return 2 * m, -4 / (mp.pi * (4 * m * m - 1)), 0


def bessel(m):
    """``exp(cos(3 x)) = I_0(1) + 2 sum_m I_m(1) cos(3 m x)``."""
    return 3 * m, 2 * mp.besseli(m, 1), 0


def logarithm(m):
    """``log(3 + sin(x)) = -log(2 r) + 2 sum_m (-1)^(m+1) (r^m/m) cos(m (x - pi/2))``, r = 3 - sqrt(8)."""
    size = 2 * (-1) ** (m + 1) * (3 - mp.sqrt(8)) ** m / m
    return m, size * mp.cospi(mp.mpf(m) / 2), size * mp.sinpi(mp.mpf(m) / 2)


def square_wave(m):
    """``sign(sin(x)) = (4/pi) sum sin((2 m - 1) x) / (2 m - 1)``."""
    return 2 * m - 1, 0, 4 / (mp.pi * (2 * m - 1))


SERIES = {
    "abs(sin(x))": (lambda: 2 / mp.pi, rectified, 40),
    "exp(cos(3*x))": (lambda: mp.besseli(0, 1), bessel, 30),
    "log(3+sin(x))": (lambda: -mp.log(2 * (3 - mp.sqrt(8))), logarithm, 40),
    "sign(sin(x))": (lambda: mp.mpf(0), square_wave, 40),
}


@cache
def kernel(text):
    return emit(text).load()


@cache
def series(text):
    mean, term, count = SERIES[text]
    with mpmath.workdps(40):
        return mean(), [term(m) for m in range(1, count)]


def coefficients(text, mu, sigma, degree):
    """``c_0 .. c_degree``: k derivatives of every wave, damped by ``exp(-(m sigma)^2 / 2)``."""
    with mpmath.workdps(40):
        mean, waves = series(text)
        mu, sigma = mp.mpf(mu), mp.mpf(sigma)
        totals = [mean] + [mp.mpf(0)] * degree
        for m, cosine, sine in waves:
            factor = mp.exp(-((m * sigma) ** 2) / 2)
            even = cosine * mp.cos(m * mu) + sine * mp.sin(m * mu)
            odd = sine * mp.cos(m * mu) - cosine * mp.sin(m * mu)
            for k in range(degree + 1):
                totals[k] += (-1) ** (k // 2) * (odd if k % 2 else even) * factor * (m * sigma) ** k
        return totals


@settings(max_examples=10, deadline=None)
@given(st.floats(-1000, 1000), st.floats(0, 1))
@pytest.mark.parametrize("text", SERIES)
def test_coefficients_and_derivatives_against_the_fourier_series(text, mu, share):
    """Kinked waves have too many terms under narrow Gaussians."""
    least = -0.5 if text in ("abs(sin(x))", "sign(sin(x))") else -3
    sigma = 10.0 ** (least + share * (6 - least))
    found = kernel(text).hermite_coefficients(mu, sigma, 4)
    slopes = kernel(text).expected_derivatives(mu, sigma, 4)
    deviation = float(np.sqrt(kernel(text).variance(mu, sigma)))
    wanted = coefficients(text, mu, sigma, 5)
    for k in range(5):
        scale = float(kernel(text).second_moment(mu, sigma)) ** 0.5 if k == 0 else deviation * math.factorial(k) ** 0.5
        by_mu = 4 * np.spacing(abs(mu)) / sigma * abs(float(wanted[k + 1]))
        assert abs(float(found[k] - wanted[k])) <= 1e-13 * scale + by_mu
        assert abs(float(slopes[k] - wanted[k] / mp.mpf(sigma) ** k)) <= (1e-13 * scale + by_mu) / sigma**k


@settings(max_examples=15, deadline=None)
@given(st.floats(-1000, 1000), st.floats(-0.5, 6))
def test_variance_of_a_rectified_wave(mu, exponent):
    sigma = 10.0**exponent
    with mpmath.workdps(40):
        square = (1 - mp.exp(-2 * mp.mpf(sigma) ** 2) * mp.cos(2 * mp.mpf(mu))) / 2
        wanted = square - coefficients("abs(sin(x))", mu, sigma, 0)[0] ** 2
    slope = abs(float(coefficients("abs(sin(x))", mu, sigma, 1)[1])) / sigma
    by_mu = 8 * np.spacing(abs(mu)) * slope
    assert abs(float(kernel("abs(sin(x))").variance(mu, sigma) - wanted)) <= 2e-13 * float(wanted) + by_mu
    assert abs(float(kernel("abs(sin(x))").second_moment(mu, sigma) - square)) <= 1e-13 * float(square) + by_mu


@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.2), (-7.5, 0.6), (40.0, 5.0), (900.0, 0.3), (2.0, 300.0)])
def test_moments_against_those_of_the_waves(mu, sigma):
    found = kernel("exp(cos(3*x))").raw_moments(mu, sigma, 3)
    with mpmath.workdps(40):
        mean, waves = series("exp(cos(3*x))")
        for n in range(4):
            wanted = _moment(n, 0, mu, sigma) * mean
            wanted += sum(cosine * _moment(n, m, mu, sigma).real for m, cosine, _ in waves)
            size = mp.exp(1) * (abs(mp.mpf(mu)) + mp.mpf(sigma)) ** n
            assert abs(found[n] - wanted) <= 1e-13 * size


def _moment(n, m, mu, sigma):
    """``E[y^n exp(i m y)]``: y is turned about ``mu + i m sigma^2``."""
    mu, sigma = mp.mpf(mu), mp.mpf(sigma)
    centre = mu + mp.mpc(0, m) * sigma**2
    moments = [mp.mpc(1), centre]
    for k in range(1, n):
        moments.append(centre * moments[k] + k * sigma**2 * moments[k - 1])
    return moments[n] * mp.exp(mp.mpc(0, m) * mu - (m * sigma) ** 2 / 2)


@pytest.mark.parametrize("turns", [0, 3])
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 0.06), (0.0, 0.03), (-1.5707963267948966, 0.15), (1.5, 0.09)])
def test_variance_of_a_flat_bottom(mu, sigma, turns):
    """What is left of a constant, at 1e-23 to 1e-74 of it, by the two sides beside the flat part."""
    with mpmath.workdps(40):
        low, high = (mp.pi / 6, 5 * mp.pi / 6)
        cuts = [low - 2 * mp.pi, high - 2 * mp.pi, low, high, low + 2 * mp.pi]
        most = max(mp.npdf(cut, mp.mpf(mu), mp.mpf(sigma)) for cut in cuts)  # quad stops at an absolute error
        moments = [mp.mpf(0), mp.mpf(0)]
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            beside = [mp.mpf(2) ** -n for n in range(1, 11)]
            places = [start, *(start + h for h in beside[::-1]), *(end - h for h in beside), end]
            for n in (1, 2):
                moments[n - 1] += mp.quad(
                    lambda y, n=n: (mp.sin(y) - 0.5) ** n * mp.npdf(y, mp.mpf(mu), mp.mpf(sigma)) / most, places
                )
        wanted = most * (moments[1] - most * moments[0] ** 2)
    found = kernel("Max(sin(x), 1/2)").variance(mu + turns * 2 * np.pi, sigma)
    assert abs(float(found) / float(wanted) - 1) <= 2e-13 + turns * 1e-10


def test_a_point_mass_has_the_value_and_its_derivatives():
    kinked = kernel("abs(sin(x))")
    for mu in (0.3, 7.0, -400.25):
        wanted = [abs(np.sin(mu)), np.sign(np.sin(mu)) * np.cos(mu), -abs(np.sin(mu))]
        np.testing.assert_allclose(kinked.expected_derivatives(mu, 0.0, 2), wanted, rtol=1e-12)
        np.testing.assert_allclose(kinked.raw_moments(mu, 0.0, 2), abs(np.sin(mu)) * mu ** np.arange(3), rtol=1e-15)
        assert kinked.variance(mu, 0.0) == 0


def test_a_mean_next_to_a_kink_keeps_its_digits():
    """Next to 0, and where mu less a multiple of the period is no double."""
    for turns in (0, 1, 7, 150):
        sigma, mu = 1e-9, float(np.pi * turns)
        with mpmath.workdps(40):
            t = (mp.mpf(mu) - mp.pi * turns) / mp.mpf(sigma)
            wanted = mp.mpf(sigma) * (2 * mp.npdf(t) + t * (2 * mp.ncdf(t) - 1))
        found = kernel("abs(sin(x))").hermite_coefficients(mu, sigma, 0)[0]
        assert abs(float(found - wanted)) <= 1e-13 * float(wanted) + np.spacing(mu)


def test_period_kinks_and_window():
    found = parse_expression("Max(sin(x), cos(2*x))")
    assert float(period_of(found)) == 2 * np.pi
    kinks = [float(kink) for kink in kinks_within(found, period_of(found))]
    assert all(abs(np.sin(kink) - np.cos(2 * kink)) < 1e-12 for kink in kinks)
    assert len(window(parse_expression("abs(sin(x))"), period_of(parse_expression("abs(sin(x))"))).args) > 7
    assert period_of(parse_expression("x + sin(x)")) is None
    assert period_of(parse_expression("sin(x) + sin(pi*x)")) is None


def test_the_cupy_text_runs_on_the_stand_in():
    mu, sigma = np.array([-3.0, 0.0, 700.0, 60.0]), np.array([0.5, 1.0, 0.01, 7.0])
    with cupy_or_stand_in():
        stand_in = emit("log(3+sin(x))", target="cupy").load()
        found = stand_in.raw_moments(mu, sigma, 4), stand_in.variance(mu, sigma)
    np.testing.assert_array_equal(found[0], kernel("log(3+sin(x))").raw_moments(mu, sigma, 4))
    np.testing.assert_array_equal(found[1], kernel("log(3+sin(x))").variance(mu, sigma))


@pytest.mark.parametrize("mu", [1e12, 1e17, 1e20, -1e300])
def test_means_far_beyond_the_digits_of_mu_are_means(mu):
    mean, variance = kernel("log(3+sin(x))").raw_moments(mu, 0.1, 0)[0], kernel("log(3+sin(x))").variance(mu, 0.1)
    assert math.log(2) <= mean <= math.log(4)
    assert 0 < variance < 1


@pytest.mark.parametrize("periods", [-1, 1, 2, 7])
def test_kinks_away_from_zero_are_as_sharp_as_the_one_there(periods):
    mu, sigma = periods * math.pi, 1e-9
    with mpmath.workdps(40):
        distance = float(mp.mpf(mu) - periods * mp.pi)
    folded = sigma * math.sqrt(2 / math.pi) * (1 + (distance / sigma) ** 2 / 2)
    expected = folded * mu ** np.arange(3)
    np.testing.assert_allclose(kernel("abs(sin(x))").raw_moments(mu, sigma, 2), expected, rtol=1e-14)


@pytest.mark.parametrize("text", ["log(3+sin(x))", "abs(sin(x))"])
def test_verify_passes_and_finds_a_planted_error(text):
    points = [(0.3, 0.5), (0.0, 1e-9), (-2.0, 0.05), (9.0, 0.1), (1.5, 0.0), (6.0, 0.3)]
    assert verify(kernel(text), digits=30, degree=3, points=points).passed
    source = kernel(text).__source__
    wrong = KernelSource("wrong", "numpy", source.replace("count * head", "count * head * (1 + xp.rational(1, 10**9))"))
    assert wrong.source != source
    certificate = verify(wrong.load(), digits=30, degree=3, points=points)
    assert not certificate.passed
    assert certificate.worst["mu"] == 9.0


def test_verify_says_how_far_it_knows_the_kinks():
    certificate = verify(kernel("abs(sin(x))"), digits=20, degree=1, points=[(0.3, 0.1), (100.0, 0.1)])
    assert certificate.counts["refused"] == 1


def test_the_unit_of_x_does_not_matter():
    random = np.random.default_rng(3)
    mu, sigma = random.normal(0, 5, 50), 10 ** random.uniform(-3, 1, 50)
    found = emit("exp(cos(x/1024))").load().hermite_coefficients(1024 * mu, 1024 * sigma, 4)
    np.testing.assert_allclose(found, emit("exp(cos(x))").load().hermite_coefficients(mu, sigma, 4), 1e-13, 1e-15)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("x+abs(sin(x))", [(0.3, 0.5), (3.0, 1e-3)]),
        ("sqrt(abs(sin(x)))", [(0.3, 0.05)]),
        ("atan(2*tan(x))", [(0.3, 0.5), (1.6, 1e-3)]),
    ],
)
def test_verify_knows_kinks_beside_a_line_and_vertical_places(text, points):
    assert verify(kernel(text), digits=20, degree=1, points=points).passed
