"""Kernels of triangle and saw-tooth waves, staircases, vertical waves, and waves whose branches only touch."""

import itertools
import math
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit, kernel_choice
from codegen.periodic_window import kinks_within, only_branch, period_and_slope, window
from symbolic_moments import activation
from symbolic_moments.language import parse_expression
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.real_zeros import isolated_zeros
from symbolic_moments.symbols import x

MP = mpmath.MPContext()
MP.dps = 60
PI = MP.pi


@cache
def kernel(text):
    return emit(text).load()


def folded_line(mu, sigma, place, slopes, value, degree):
    """Coefficients of a line with one kink: slopes on either side of a place, all others out of sight."""
    mu, sigma = MP.mpf(mu), MP.mpf(sigma)
    t, jump = (mu - place) / sigma, MP.mpf(slopes[1] - slopes[0])
    phi, cdf = MP.npdf(t), MP.ncdf(t)
    ramp = sigma * (phi + t * cdf)
    found = [value + slopes[0] * (mu - place) + jump * ramp, sigma * (slopes[0] + jump * cdf)]
    polynomials = [MP.one, -t]
    for k in range(2, degree + 1):
        found.append(sigma * jump * phi * polynomials[k - 2])
        polynomials.append(-t * polynomials[-1] - (k - 1) * polynomials[-2])
    return found


def folded_variance(mu, sigma, place, slopes):
    mu, sigma = MP.mpf(mu), MP.mpf(sigma)
    t, jump = (mu - place) / sigma, MP.mpf(slopes[1] - slopes[0])
    phi, cdf = MP.npdf(t), MP.ncdf(t)
    ramp, square = phi + t * cdf, (1 + t * t) * cdf + t * phi
    return sigma**2 * (slopes[0] ** 2 + 2 * slopes[0] * jump * cdf + jump**2 * (square - ramp**2))


FOLDED = {  # a kink, slopes on both sides, the value there
    "abs(asin(sin(x)))": (-PI / 2, (-1, 1), -1),
    "acos(sin(2*x + 1))": ((PI / 2 - 1) / 2, (-2, 2), 0),
    "x + asin(sin(x))": (PI / 2, (2, 0), PI),
}


@pytest.mark.slow
@pytest.mark.parametrize("turns", [0, 150])
@pytest.mark.parametrize("sigma", [1e-9, 1e-3, 0.05])
@pytest.mark.parametrize("text", ["acos(sin(2*x + 1))", "x + asin(sin(x))"])
def test_next_to_a_fold(text, sigma, turns):
    place, slopes, value = FOLDED[text]
    period, rise = (PI, 0) if text.startswith("acos") else (2 * PI, 1)
    at = place + turns * period
    mus = float(at) + np.array([-1.5, 0.0, 0.7]) * sigma
    coefficients = kernel(text).hermite_coefficients(mus, sigma, 4)
    variances, squares = kernel(text).variance(mus, sigma), kernel(text).second_moment(mus, sigma)
    for row, mu in enumerate(mus):
        wanted = folded_line(mu, sigma, at, slopes, value + rise * turns * period, 5)
        variance = folded_variance(mu, sigma, at, slopes)
        by_mu = 4 * np.spacing(abs(mu)) / sigma
        for k in range(5):
            scale = abs(wanted[0]) if k == 0 else MP.sqrt(variance) * math.factorial(k) ** 0.5
            assert abs(coefficients[k, row] - wanted[k]) <= 1e-13 * scale + by_mu * abs(wanted[k + 1])
        assert abs(variances[row] - variance) <= (2e-13 + 2 * by_mu) * variance
        square = wanted[0] ** 2 + variance
        assert abs(squares[row] - square) <= (1e-13 + by_mu) * square


def saw_tooth(mu, sigma, degree):
    """``atan(tan(x)) = sum_m (-1)^(m+1) sin(2 m x) / m``."""
    mu, sigma = MP.mpf(mu), MP.mpf(sigma)
    totals = [MP.zero] * (degree + 1)
    for m in range(1, 60):
        size = (-1) ** (m + 1) * MP.exp(-2 * (m * sigma) ** 2) / m
        waves = MP.sin(2 * m * mu), MP.cos(2 * m * mu)
        for k in range(degree + 1):
            totals[k] += (-1) ** (k // 2) * size * waves[k % 2] * (2 * m * sigma) ** k
    return totals


@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.3), (-700.0, 0.5), (2.0, 0.4), (44.0, 3.0), (1.5, 1e4)])
def test_a_saw_tooth_against_its_fourier_series(mu, sigma):
    wanted = saw_tooth(mu, sigma, 5)
    kinked = kernel("atan(tan(x))")
    found, deviation = kinked.hermite_coefficients(mu, sigma, 4), float(np.sqrt(kinked.variance(mu, sigma)))
    for k in range(5):
        by_mu = 4 * np.spacing(abs(mu)) / sigma * abs(wanted[k + 1])
        assert abs(found[k] - wanted[k]) <= 1e-13 * deviation * math.factorial(k) ** 0.5 + by_mu
    cosines = sum(
        (-1) ** m * MP.exp(-2 * (m * MP.mpf(sigma)) ** 2) * MP.cos(2 * m * MP.mpf(mu)) / m**2 for m in range(1, 60)
    )
    square = PI**2 / 12 + cosines
    by_mu = 8 * np.spacing(abs(mu)) / sigma
    assert abs(kinked.second_moment(mu, sigma) - square) <= (1e-13 + by_mu) * square
    assert abs(kinked.variance(mu, sigma) - (square - wanted[0] ** 2)) <= (2e-13 + by_mu) * square


@pytest.mark.parametrize("turns", [-1, 40])
def test_next_to_a_jump_the_second_moment_is_that_of_both_sides(turns):
    """The variance and the square of the mean vary fast there, and their sum hardly."""
    place = float(PI / 2 + turns * PI)
    square = kernel("atan(tan(x))").second_moment(place, 3e-4)
    assert abs(square - (PI**2 / 4 - PI * MP.mpf(3e-4) * MP.sqrt(2 / PI) + MP.mpf(3e-4) ** 2)) <= 1e-13 * square


def test_a_saw_tooth_and_its_line_are_stairs():
    stairs = kernel("x - atan(tan(x))")
    np.testing.assert_allclose(stairs.activation([0.5, -40.0, 900.0]), np.pi * np.array([0, -13, 286]), rtol=1e-15)
    for mu, sigma in [(0.0, 0.2), (157.0, 0.3), (20.0, 0.7), (3.0, 50.0)]:
        jumps = [PI / 2 + m * PI for m in range(-200, 250)]
        above = [MP.ncdf((MP.mpf(mu) - jump) / MP.mpf(sigma)) for jump in jumps]
        first = -199 * PI - PI
        steps = [first + PI * n for n in range(len(jumps) + 1)]
        shares = [1 - above[0], *(a - b for a, b in itertools.pairwise(above)), above[-1]]
        mean = MP.fsum(s * p for s, p in zip(steps, shares, strict=True))
        variance = MP.fsum((s - mean) ** 2 * p for s, p in zip(steps, shares, strict=True))
        size = MP.fsum(abs(s) * p for s, p in zip(steps, shares, strict=True))
        by_mu = 8 * np.spacing(abs(mu)) / sigma
        assert abs(stairs.hermite_coefficients(mu, sigma, 0)[0] - mean) <= 1e-13 * size + by_mu * sigma
        assert abs(stairs.variance(mu, sigma) - variance) <= (2e-13 + 100 * by_mu) * variance


@pytest.mark.parametrize(("mu", "sigma"), [(0.2, 0.1), (-3.0, 0.02), (500.0, 0.5), (3.0, 30.0), (-900.0, 1e5)])
def test_a_line_and_a_wave(mu, sigma):
    """``2 x - 1 + exp(sin(x))``, whose wave is ``I_0 + 2 sum_m I_m cos(m (x - pi/2))``."""
    found = kernel("2*x - 1 + exp(sin(x))")
    m_u, s = MP.mpf(mu), MP.mpf(sigma)

    def waves(scale, k):
        total = MP.zero
        for m in range(1, 60):
            angle = m * (m_u - PI / 2) + k * PI / 2
            total += 2 * MP.besseli(m, scale) * MP.cos(angle) * MP.exp(-((m * s) ** 2) / 2) * (m * s) ** k
        return total

    mean = MP.besseli(0, 1) + waves(1, 0)
    variance = MP.besseli(0, 2) + waves(2, 0) - mean**2 + 4 * s * waves(1, 1) + 4 * s**2
    coefficients = [mean + 2 * m_u - 1, waves(1, 1) + 2 * s, waves(1, 2)]
    by_mu = 4 * np.spacing(abs(mu)) / sigma
    scales = [MP.sqrt(coefficients[0] ** 2 + variance), MP.sqrt(variance), MP.sqrt(2 * variance)]
    for k, value in enumerate(found.hermite_coefficients(mu, sigma, 2)):
        assert abs(value - coefficients[k]) <= (1e-13 + by_mu) * scales[k]
    assert abs(found.variance(mu, sigma) - variance) <= (2e-13 + by_mu) * variance
    first = m_u * coefficients[0] + s * coefficients[1]
    assert abs(found.raw_moments(mu, sigma, 1)[1] - first) <= 1e-13 * (abs(m_u) + s) * scales[0]


def test_a_line_that_a_wave_cancels_keeps_the_digits_of_what_is_left():
    for place in (-1e-5, -0.3):
        value = MP.mpf(place) + abs(MP.sin(MP.mpf(place)))
        assert abs(kernel("x + abs(sin(x))").activation(place) / float(value) - 1) <= 1e-13
        mean = value - MP.sin(MP.mpf(place)) * MP.expm1(-(MP.mpf(1e-9) ** 2) / 2)
        assert abs(kernel("x + abs(sin(x))").hermite_coefficients(place, 1e-9, 0)[0] / float(mean) - 1) <= 1e-12


@pytest.mark.parametrize("turns", [0, 1, 150])
@pytest.mark.parametrize("sigma", [1e-6, 1e-3])
@pytest.mark.parametrize(("text", "power"), [("sqrt(abs(sin(x)))", "1/2"), ("abs(sin(x))**1.5", "3/2")])
def test_next_to_a_vertical_place(text, power, sigma, turns):
    """``E|sin(sigma z)|^p = sigma^p (E|z|^p - p sigma^2 E|z|^(p+2) / 6)``, and less than ``sigma^4`` of it."""
    p = MP.mpf(power[0]) / 2
    mu = float(PI * turns)
    assert abs(mu - PI * turns) < 1e-12 * sigma / 1e-3 or turns > 1

    def absolute(q):
        return 2 ** (q / 2) * MP.gamma((q + 1) / 2) / MP.sqrt(PI)

    s = MP.mpf(sigma)
    mean = s**p * (absolute(p) - p * s**2 / 6 * absolute(p + 2))
    square = s ** (2 * p) * (absolute(2 * p) - 2 * p * s**2 / 6 * absolute(2 * p + 2))
    variance = square - mean**2
    t = (mu - PI * turns) / s
    allowed = 2e-13 + 10 * s**4 + t**2
    found = kernel(text)
    assert abs(found.hermite_coefficients(mu, sigma, 0)[0] - mean) <= allowed * mean
    assert abs(found.second_moment(mu, sigma) - square) <= allowed * square
    assert abs(found.variance(mu, sigma) - variance) <= 10 * allowed * variance


def test_branches_that_touch_are_no_kinks():
    assert str(only_branch(parse_expression("abs(sin(x) + 1)"))) == "sin(x) + 1"
    assert emit("Max(cos(x), 1)").load().KERNEL["expression"] == "1"
    assert only_branch(parse_expression("sign(1 - cos(x))")) is None
    found = parse_expression("Max(sin(x), cos(2*x))")
    assert only_branch(found) is None
    pieces = [piece for piece, _ in window(found, 2 * math.pi).args[1:-1]]
    assert all(one != other for one, other in itertools.pairwise(pieces))
    touches = [kink for kink in kinks_within(found, 20 * mpmath.pi) if abs(math.sin(kink) + 1) < 1e-12]
    assert len(touches) == 20


def test_many_touches_count_once():
    context = working_context(30)
    end = 20 * context.pi
    assert len(isolated_zeros(parse_expression("sin(x) + 1"), {}, -end, end, [], context.one, 40, 30)) == 20


def test_smooth_inverse_functions_of_waves():
    mu = np.array([0.3, -5.0, 800.0])
    smooth = kernel("asin(0.3*sin(x))")
    np.testing.assert_allclose(smooth.activation(mu), np.arcsin(0.3 * np.sin(mu)), rtol=1e-14)
    with MP.workdps(30):
        wanted = MP.quad(lambda z: MP.asin(MP.mpf(3) / 10 * MP.sin(MP.mpf(0.3) + z / 2)) * MP.npdf(z), range(-12, 13))
    assert abs(smooth.hermite_coefficients(0.3, 0.5, 0)[0] - wanted) <= 1e-13 * abs(wanted)


def test_periods_and_slopes():
    assert str(period_and_slope(parse_expression("3 - x/2 + abs(sin(2*x))"))) == "(pi/2, -1/2)"
    assert period_and_slope(parse_expression("x**2 + abs(sin(x))")) is None
    assert period_and_slope(x + 1) is None


def test_rational_functions_of_folded_waves():
    found = kernel("1/(2 + asin(sin(x)))")
    for mu, sigma in [(PI / 2, 1e-6), (-3 * PI / 2, 1e-3), (41 * PI / 2, 1e-2)]:
        m, s = MP.mpf(float(mu)), MP.mpf(sigma)
        cuts = [m - 14 * s, *(m + k * s for k in range(-13, 14)), m + 14 * s, mu]
        wanted = MP.quad(lambda y, m=m, s=s: MP.npdf(y, m, s) / (2 + MP.asin(MP.sin(y))), sorted(cuts))
        assert abs(found.hermite_coefficients(float(mu), sigma, 0)[0] - wanted) <= 2e-13 * wanted


def test_lines_with_many_kinks_are_left_to_panels():
    subject = activation(window(parse_expression("asin(sin(x)) + asin(sin(2*x))"), 2 * sp.pi))
    assert len(subject.decomposition.breakpoints) > kernel_choice.MOST_CLOSED
    assert sum(map(len, kernel_choice._plan_within(subject, 8).functions)) < 500_000


@pytest.mark.parametrize("text", ["sqrt(1 + cos(x))", "sqrt(2 - 2*sin(x))"])
def test_roots_of_what_a_wave_leaves_of_its_extreme(text):
    found = kernel(text)
    for away in (1e-9, 1e-4, 0.3):
        place = (math.pi if "cos" in text else math.pi / 2) + away
        square = 1 + MP.cos(MP.mpf(place)) if "cos" in text else 2 - 2 * MP.sin(MP.mpf(place))
        assert abs(found.activation(place) - MP.sqrt(square)) <= 2e-14 * MP.sqrt(square) + 4 * np.spacing(place)


@pytest.mark.parametrize("turns", [0, 7])
def test_root_of_what_the_size_of_a_wave_leaves_of_1(turns):
    """``sqrt(1 - |sin(x)|)`` next to pi/2 is ``|v| (1 - v^2/24)/sqrt(2)``, but for an ulp of nodes."""
    found = kernel("sqrt(1 - abs(sin(x)))")
    assert found.KERNEL["promise"]["raw_moments"] == 1e-13
    sigma = 1e-4
    place = PI / 2 + turns * PI
    mu = float(place)
    mean = MP.sqrt(1 / PI) * MP.mpf(sigma) * (1 - MP.mpf(sigma) ** 2 / 12)
    assert abs(found.hermite_coefficients(mu, sigma, 0)[0] / mean - 1) <= 1e-13 + 10 * sigma**4 + np.spacing(mu) / sigma
    value = MP.sqrt(1 - MP.sin(MP.mpf(mu + 1e-4)) * (-1) ** turns)
    assert abs(found.activation(mu + 1e-4) - value) <= 2e-14 * value + 4 * np.spacing(mu)
