"""Kinks away from 0: the variance beside them, and on which side of a place that is no double a double lies."""

import math
from functools import cache

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.verify import verify
from numeric_backend import kernels
from symbolic_moments import activation


@cache
def kernel_of(text):
    return emit(text).load()


def gelu_10_variance(mu, sigma):
    """Var min(10, max(-10, x Phi(x))) from the definition, the mass left of the kink brought to order one."""
    kink = mp.findroot(lambda x: x * mp.ncdf(x) - 10, 10)
    m, s = mp.mpf(float(mu)) - kink, mp.mpf(float(sigma))
    top = -m / s
    lowered = max(-top, 0) ** 2 / 2

    def left(z):
        return ((kink + m + s * z) * mp.ncdf(kink + m + s * z) - 10) / s

    def weight(z):
        return mp.exp(lowered - z * z / 2) / mp.sqrt(2 * mp.pi)

    if top < 0:
        places = [top - mp.mpf(step) / 100 for step in (2400, 1400, 800, 300, 100, 30, 10, 3, 1, 0)]
    else:
        last = min(top, mp.mpf(24))
        places = [*(mp.mpf(z) for z in (-24, -14, -8, -3, -1, 0, 1, 3, 8, 14) if z < last), last]
    mean = mp.quad(lambda z: left(z) * weight(z), places) * mp.exp(-lowered)
    below = mp.quad(lambda z: (left(z) - mean) ** 2 * weight(z), places) * mp.exp(-lowered)
    return (below + mean**2 * mp.ncdf(-top)) * s * s


@pytest.mark.parametrize(
    ("mu", "sigma"),
    [
        (10.0, 1e-12),
        (10 + 1e-9, 1e-9),
        (10.009, 1e-3),
        (10.3, 0.01),
        (12.0, 0.1),
        (9.995, 1e-3),
        (9.5, 0.03),
        (10.0, 1.0),
        (938.0, 25.0),
    ],
)
def test_the_variance_beside_a_kink_keeps_its_digits(mu, sigma):
    """Values around the kink of gelu_10 round to an ulp of 10; on its flat side they are equal for thirty sigma."""
    with mp.workdps(50):
        exact = float(gelu_10_variance(mu, sigma))
    np.testing.assert_allclose(kernels.load("gelu_10").variance(mu, sigma), exact, rtol=1e-14)


def test_a_transcendental_kink_has_the_digits_of_the_narrowest_gaussian():
    """1e-12 wide, twenty of that beside the kink of gelu_10: an error of the kink counts 1e12-fold."""
    certificate = verify("gelu_10", digits=50, degree=2, points=[(10 + 2e-11, 1e-12)])
    assert certificate.passed, str(certificate)


def test_the_nearest_kink_counts_also_where_it_is_a_jump():
    """xielu, level between its kinks: around the one at -1e-6, places at 0 would be rounded to 1e-22, 1e-10 sigma."""
    subject = activation("xielu", alpha_p="0.8", alpha_n="0.5", beta="0.5")
    certificate = verify(emit(subject), digits=30, degree=2, points=[(-3e-12, 1e-12), (-1e-6, 1e-9), (-1e-6, 2e-5)])
    assert certificate.passed, str(certificate)


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("Piecewise((x, x > 1/1000), (0, True))", sp.Rational(1, 1000)),
        ("Piecewise((x, 3*x > 1), (0, True))", sp.Rational(1, 3)),
        ("Piecewise((0, x <= sqrt(2)), (x, True))", sp.sqrt(2)),
        ("x*Heaviside(x - 1/10)", sp.Rational(1, 10)),
        ("Piecewise((tanh(x) + x, 1/1000 < x), (0, True))", sp.Rational(1, 1000)),
    ],
)
def test_doubles_beside_a_jump_are_on_their_own_side(expression, place):
    kernel = emit(expression).load()
    nearest = float(place)
    for x in (np.nextafter(nearest, -9), nearest, np.nextafter(nearest, 9)):
        beyond = bool(sp.Rational(float(x)) > place)
        assert (kernel.activation(x) != 0) == beyond
        assert (kernel.raw_moments(x, 0.0, 1) != 0).all() == beyond
        derivatives = kernel.expected_derivatives(x, 0.0, 2)
        assert np.isfinite(derivatives).all()  # no double is at the jump
        assert (derivatives[1] != 0) == beyond


def test_a_kink_at_a_root_that_no_radical_writes():
    kernel = emit("Max(x**3 - x - 1, 0)").load()
    with mp.workdps(30):
        kink = mp.findroot(lambda x: x**3 - x - 1, 1.3)
        for mu, sigma in ((float(kink), 1e-9), (0.3, 0.8), (-2.0, 1.0), (5.0, 0.1)):
            m, s = mp.mpf(mu), mp.mpf(sigma)

            def integrand(z, n, m=m, s=s):
                y = m + s * z
                return y**n * (y**3 - y - 1) * mp.npdf(z)

            start = max((kink - m) / s, mp.mpf(-12))
            cuts = [start, *(mp.mpf(k) for k in range(-11, 13) if k > start + 0.1)]
            expected = [mp.quad(lambda z, n=n: integrand(z, n), cuts) for n in range(4)]
            found = kernel.raw_moments(mu, sigma, 3)
            assert all(abs(float(f / e) - 1) < 1e-13 for f, e in zip(found, expected, strict=True)), (mu, sigma)


@pytest.mark.parametrize(
    ("text", "beyond"),
    [("Min(exp(x), 10)", 3.0), ("Min(cosh(x), 3)", -2.0), ("Min(x*exp(x), 10)", 2.0), ("tanh(Min(exp(x), 10))", 3.0)],
)
def test_a_point_mass_far_beyond_a_clip_has_slope_zero(text, beyond):
    far = np.copysign([abs(beyond), 400.0, 800.0, 1000.0], beyond)
    assert np.all(emit(text).load().expected_derivatives(far, 0.0, 4)[1:] == 0)


def test_a_kernel_is_written_where_values_at_a_kink_of_eighty_digits_do_not_simplify():
    kernel, mu = emit("Min(tanh(x)*exp(x), 3)").load(), 0.5
    slope = mp.tanh(mu) * mp.exp(mu) + mp.exp(mu) / mp.cosh(mu) ** 2
    assert float(kernel.expected_derivatives(mu, 0.0, 1)[1]) == pytest.approx(float(slope), rel=1e-14)


@pytest.mark.parametrize("sigma", [1e-9, 3.4e-9, 1e-7])
def test_panels_that_meet_at_a_kink_between_doubles_leave_nothing_out(sigma):
    """The mean of a constant and a line beside it; a gap of the rounding of the kink was 1e-8 of the density."""
    kernel = kernel_of("Max(tanh(x**3), 1/3)")
    with mp.workdps(40):
        kink = mp.cbrt(mp.atanh(mp.mpf(1) / 3))
        distance = (mp.mpf(float(kink)) - kink) / sigma
        rise = mp.mpf(8) / 3 * kink**2 * sigma * (mp.npdf(distance) + distance * mp.ncdf(distance))
        expected = float(mp.mpf(1) / 3 + rise)
    mean = kernel.hermite_coefficients(float(kink), sigma, 0)[0]
    assert abs(mean - expected) <= 1e-14 + 3 * sigma**2


@pytest.mark.parametrize(
    ("expression", "kink"), [("abs(tanh(x-3))", 3), ("Max(tanh(x-1),0)", 1), ("abs(sigmoid(x-2)-1/2)*4", 2)]
)
@pytest.mark.parametrize("away", [-1.5, 0.0, 0.75])
def test_the_mean_next_to_a_kink_at_which_the_function_vanishes(expression, kink, away):
    """|v| or max(v, 0) for narrow Gaussians; nodes that are rounded to doubles had lost 4e-8 of it."""
    kernel, sigma = kernel_of(expression), 2.0**-30
    right = away * mp.ncdf(away) + mp.npdf(away)
    expected = float(right if expression.startswith("Max") else 2 * right - away)
    mean, *_ = kernel.hermite_coefficients(kink + away * sigma, sigma, 2)
    assert abs(mean / sigma - expected) <= 1e-14 * expected
    assert abs(kernel.raw_moments(kink + away * sigma, sigma, 2)[2] / kink**2 / mean - 1) <= 1e-8


def test_which_branch_is_the_largest_far_out_where_an_argument_has_no_plain_value():
    kernel = emit("Min(x, relu(log(cosh(x))))").load()
    y = np.array([-1000.0, -0.5, 0.5, 1000.0])
    assert kernel.activation(y) == pytest.approx([-1000, -0.5, math.log(math.cosh(0.5)), 1000 - math.log(2)], rel=1e-15)


@pytest.mark.parametrize("away", [2.0, 5.0])
def test_coefficients_beside_an_irrational_kink_beyond_which_the_function_is_constant(away):
    """The low part of the kink was left out where the Gaussian's peak lay beyond it: 1e-9 of sd(g) at five sigma."""
    sigma = 3e-9
    with mp.workdps(60):
        kink = mp.findroot(lambda y: mp.sin(y) * mp.exp(-y * y / 4) - mp.mpf(1) / 4, 2.18)
        mu = float(kink + away * sigma)
        end = (kink - mu) / sigma

        def rest(z):
            y = mu + sigma * z
            return (mp.sin(y) * mp.exp(-y * y / 4) - mp.mpf(1) / 4) / sigma

        def expectation(function):
            return mp.quad(lambda z: function(z) * mp.npdf(z), [end - 16, end - 8, end - 4, end - 2, end - 1, end])

        spread = mp.sqrt(expectation(lambda z: rest(z) ** 2) - expectation(rest) ** 2)
        found = kernel_of("Max(sin(x)*exp(-x**2/4), 1/4)").hermite_coefficients(mu, sigma, 3)
        for k, hermite in enumerate((lambda z: z, lambda z: z * z - 1, lambda z: z**3 - 3 * z), 1):
            exact = expectation(lambda z, hermite=hermite: rest(z) * hermite(z))
            assert abs(float(found[k]) / sigma - exact) <= 1e-13 * spread * mp.sqrt(mp.factorial(k))


@pytest.mark.parametrize("away", [-2.3, 0.0, 1.7])
def test_windows_that_reach_beyond_a_kink_between_doubles_leave_nothing_out(away):
    """A window cut at the double next to the kink left out its rounding over sigma: 1e-12 of the mean."""
    sigma = 1.65e-6
    with mp.workdps(40):
        kink = (4 - mp.log(10)) / (mp.mpf(7) / 10)
        mu = float(kink + away * sigma)
        end = (kink - mu) / sigma

        def rise(z):
            return (mp.exp(mp.mpf(7) / 10 * (mu + sigma * z) - 4) - mp.mpf(1) / 10) * mp.npdf(z)

        expected = mp.mpf(1) / 10 + mp.quad(rise, [end - 16, end - 8, end - 4, end - 2, end])
        found = kernel_of("Min(exp(-abs(0.7*x - 4)), 0.1)").hermite_coefficients(mu, sigma, 0)[0]
        assert abs(float(found) - expected) <= 1e-14 * expected
