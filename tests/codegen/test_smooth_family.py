"""Functions without a closed form: stable rewriting, panels, Taylor arithmetic, and the kernels made of them."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from codegen import emit
from codegen.asymptotes import asymptote
from codegen.panel_plan import NoPanelPlanError, panel_plan
from codegen.primitives.taylor import derivatives_of
from codegen.stable_forms import log_cosh, sigmoid, softplus, stabilised, tanh
from codegen.verify import verify
from codegen.verify.mp_namespace import MpNamespace
from numeric_backend import kernels
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

LOGISTIC = {
    "sigmoid(x)": sigmoid(x),
    "x*sigmoid(x)": x * sigmoid(x),
    "tanh(x)": tanh(x),
    "softplus(x)": softplus(x),
    "log(sigmoid(x))": -softplus(-x),
    "log(cosh(2*x))": log_cosh(2 * x),
    "x*tanh(softplus(x))": x * tanh(softplus(x)),
    "exp(x)/(1 + exp(x))": sigmoid(x),
}
SMOOTH = {
    "sigmoid(x)": lambda t: 1 / (1 + mpmath.exp(-t)),
    "tanh(x)": mpmath.tanh,
    "x*tanh(softplus(x))": lambda t: t * mpmath.tanh(mpmath.log1p(mpmath.exp(t))),
    "x/(1 + abs(x))": lambda t: t / (1 + abs(t)),
    "atan(x)": mpmath.atan,
    "x*exp(-x**2/2)": lambda t: t * mpmath.exp(-t * t / 2),
}


@cache
def kernel_of(text):
    return emit(text).load()


def defined(function, mu, sigma, n):
    """E[y^n g(y)] and E|y^n g(y)| by mpmath quadrature of the definition."""
    with mpmath.workdps(30):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        reach = 12 * sigma
        near = {mu + sigma * j for j in range(-12, 13, 2)} | {c for c in range(-12, 13, 2) if abs(c - mu) < reach}
        points = sorted(mpmath.mpf(c) for c in near | {mpmath.mpf(0)} if abs(c - mu) <= reach)

        @cache
        def value(y):
            return y**n * function(y) * mpmath.npdf(y, mu, sigma)

        return mpmath.quad(value, points), mpmath.quad(lambda y: abs(value(y)), points)


@pytest.mark.parametrize("text", LOGISTIC)
def test_logistic_patterns_are_found(text):
    assert stabilised(read_expression(text)) == LOGISTIC[text]


@pytest.mark.parametrize("text", LOGISTIC)
def test_asymptotes_leave_the_rest(text):
    function = LOGISTIC[text]
    for side in (-1, 1):
        polynomial, rest = asymptote(function, x, side)
        plain = (function - polynomial - rest).replace(softplus, lambda u: sp.log(1 + sp.exp(u)))
        plain = plain.replace(sigmoid, lambda u: 1 / (1 + sp.exp(-u))).replace(tanh, sp.tanh)
        plain = plain.replace(log_cosh, lambda u: sp.log(sp.cosh(u)))
        for place in (-3, sp.Rational(1, 3), 5):
            assert abs(sp.N(plain.subs(x, place), 30)) < 1e-25


def test_algebraic_functions_have_no_exponential_asymptote():
    assert asymptote(sp.sqrt(1 + x**2), x, 1) is None
    assert asymptote(x / (1 + sp.Abs(x)), x, 1) is None


def test_panels_know_poles_and_decay():
    plan = panel_plan(sigmoid(x), x, ())
    assert plan.frame.rates == (1, 0)
    assert 0 in plan.breakpoints
    assert len(plan.breakpoints) < 12
    with pytest.raises(NoPanelPlanError, match="panels"):
        panel_plan(sp.sin(x), x, ())
    with pytest.raises(NoPanelPlanError, match="grows exponentially"):
        panel_plan(sp.exp(x), x, ())


@given(place=st.floats(-20, 20).filter(lambda v: abs(v) > 1e-3))
def test_taylor_arithmetic_gives_derivatives(place):
    def function(xp, u):
        return xp.tanh(u) * xp.exp(-(u * u) / 8) + xp.sqrt(1 + u * u) / (2 + xp.sin(u)) + xp.log1p(xp.abs(u)) ** 2

    names = MpNamespace(30)
    point = names.inputs([place])
    got = derivatives_of(names, function, point, 5)
    with mpmath.workdps(60):

        def plain(t):
            top = mpmath.tanh(t) * mpmath.exp(-t * t / 8) + mpmath.sqrt(1 + t * t) / (2 + mpmath.sin(t))
            return top + mpmath.log1p(abs(t)) ** 2

        for k in range(6):
            wanted = mpmath.diff(plain, mpmath.mpf(place), k)
            assert abs(mpmath.mpf(str(got[k][0])) - wanted) < 1e-18 * (1 + abs(wanted))


@pytest.mark.parametrize("text", SMOOTH)
def test_kernels_agree_with_the_definition(text):
    kernel = kernel_of(text)
    for mu, sigma in ((0.0, 1.0), (0.7, 0.1), (-4.0, 1.5), (3.0, 12.0), (1e-3, 1e-4)):
        got = kernel.raw_moments(mu, sigma, 4)
        for n in (0, 1, 4):
            wanted, size = defined(SMOOTH[text], mu, sigma, n)
            assert abs(got[n] - wanted) <= 1e-13 * size


@pytest.mark.parametrize("text", SMOOTH)
def test_variance_and_coefficients_agree(text):
    """Var g = sum c_k^2 / k!, two routes of the kernel that share nothing but panels."""
    kernel = kernel_of(text)
    mu, sigma = np.array([0.0, 1.5, -6.0]), np.array([0.7, 0.5, 0.9])
    coefficients = kernel.hermite_coefficients(mu, sigma, 60)
    weights = np.array([1 / float(mpmath.factorial(k)) for k in range(61)])[1:, None]
    total = (coefficients[1:] ** 2 * weights).sum(axis=0)
    np.testing.assert_allclose(kernel.variance(mu, sigma), total, rtol=2e-3 if "abs" in text else 1e-6)
    mean = kernel.hermite_coefficients(mu, sigma, 0)[0]
    np.testing.assert_allclose(kernel.second_moment(mu, sigma), kernel.variance(mu, sigma) + mean**2, rtol=1e-11)


def test_saturated_tails_keep_their_digits():
    """tanh at mu = 15, sigma = 0.3: 1 - g is 1e-13, and so is everything the coefficients are made of."""
    kernel = kernel_of("tanh(x)")
    with mpmath.workdps(40):
        density = lambda y: mpmath.npdf(y, 15, mpmath.mpf("0.3"))  # noqa: E731
        rest = mpmath.quad(
            lambda y: density(y) * (mpmath.tanh(y) - 1) * (y - 15) / mpmath.mpf("0.3"), [11, 14, 15, 16, 19]
        )
        square = mpmath.quad(lambda y: density(y) * (mpmath.tanh(y) - 1) ** 2, [11, 13, 14, 15, 16, 19])
        mean = mpmath.quad(lambda y: density(y) * (mpmath.tanh(y) - 1), [11, 13, 14, 15, 16, 19])
    sigma = float(mpmath.mpf("0.3"))
    np.testing.assert_allclose(kernel.hermite_coefficients(15.0, sigma, 1)[1], float(rest), rtol=1e-12)
    np.testing.assert_allclose(kernel.variance(15.0, sigma), float(square - mean**2), rtol=1e-11)


@pytest.mark.parametrize("sigma", [0.15, 0.2, 0.37, 0.9])
def test_the_variance_of_what_is_left_of_a_line_next_to_its_root(sigma):
    """x - tanh(x) is x^3/3 there: the variance about the line lost 4e-12."""
    got = kernel_of("x - tanh(x)").variance(0.0, sigma)
    with mpmath.workdps(30):
        wanted = mpmath.quad(lambda z: (sigma * z - mpmath.tanh(sigma * z)) ** 2 * mpmath.npdf(z), range(-14, 15))
    assert abs(got - wanted) <= 1e-14 * wanted


@pytest.mark.parametrize("text", ["x*sigmoid(x)", "softplus(x)", "log(cosh(x))", "tanh(x)**2"])
@pytest.mark.parametrize("place", [3e-150, 1e-5, -0.3, -40.0])
def test_derivatives_at_a_point_mass_keep_their_digits_next_to_a_root_at_zero(text, place):
    """silu^(5)(mu) = 1.5 mu + ...: through exp(-|x|) rounding alone left 2e-16 there."""
    plain = {
        "x*sigmoid(x)": lambda t: t / (1 + mpmath.exp(-t)),
        "softplus(x)": lambda t: mpmath.log1p(mpmath.exp(t)),
        "log(cosh(x))": lambda t: mpmath.log(mpmath.cosh(t)),
        "tanh(x)**2": lambda t: mpmath.tanh(t) ** 2,
    }[text]
    got = kernel_of(text).expected_derivatives(place, 0.0, 7)
    with mpmath.workdps(450 if abs(place) < 1e-100 else 120):
        wanted = [mpmath.factorial(k) * c for k, c in enumerate(mpmath.taylor(plain, mpmath.mpf(place), 7))]
        for found, exact in zip(got, wanted, strict=True):
            assert abs(mpmath.mpf(float(found)) - exact) <= 1e-13 * abs(exact)


def test_noise_below_the_promise_may_have_either_sign_if_the_record_says_so():
    """c_6 of tanh at mu = -333, sigma = 1e-12 is 1e-358, and the panels' noise is 1e-14 of sd(g), about 1e-314."""
    kernel = emit("tanh(x)").load()
    points = [(-333.0, 1e-12)]
    assert verify(kernel, 25, 6, points).passed
    right = kernel.hermite_coefficients
    kernel.hermite_coefficients = lambda mu, sigma, degree: 1.001 * right(mu, sigma, degree)
    assert not verify(kernel, 25, 1, points).passed
    kernel.hermite_coefficients = lambda mu, sigma, degree: np.nan * right(mu, sigma, degree)
    assert not verify(kernel, 25, 6, points).passed


def test_the_record_that_does_not_say_so_is_held_to_the_sign():
    kernel = emit("tanh(x)").load()
    kernel.KERNEL["regimes"] = [regime for regime in kernel.KERNEL["regimes"] if "noise" not in regime]
    kernel.hermite_coefficients = lambda mu, sigma, degree: np.full((degree + 1, len(mu)), -1e-320)
    certificate = verify(kernel, 25, 6, [(-333.0, 1e-12)])
    assert any(row.function == "hermite_coefficients" and row.rounding == np.inf for row in certificate.table)


@pytest.mark.parametrize("function", ["tanh_softplus", "tanh_softplus_slope"])
def test_one_exponential_makes_mish(function):
    """tanh(softplus(x)) and its derivative keep their relative digits from the left tail to where they underflow."""
    kernel = kernel_of("x*tanh(log(1 + exp(x)))")
    places = np.array([-700.0, -37.0, -5.5, -1e-3, 0.0, 1e-9, 0.7, 9.0, 36.0, 349.0])
    with mpmath.workdps(700):
        exact = {
            "tanh_softplus": [float(mpmath.tanh(mpmath.log1p(mpmath.exp(x)))) for x in places],
            "tanh_softplus_slope": [
                float(mpmath.sech(mpmath.log1p(mpmath.exp(x))) ** 2 / (1 + mpmath.exp(-x))) for x in places
            ],
        }[function]
    np.testing.assert_allclose(getattr(kernel, function)(kernel.xp, places), exact, rtol=2e-15)
    shared = kernel.rising_exponential(kernel.xp, places)
    np.testing.assert_array_equal(
        getattr(kernel, function)(kernel.xp, places, shared), getattr(kernel, function)(kernel.xp, places)
    )


def test_panels_beyond_the_normal_doubles_of_the_density_keep_their_digits():
    """y^8 g(y) is large where the density of the panel is subnormal: the sum is a normal number with all its digits."""
    mu, sigma = -938.25, 25.0
    got = kernels.load("gelu_tanh").raw_moments(mu, sigma, 8)
    with mpmath.workdps(30):
        rate = mpmath.sqrt(2 / mpmath.pi)

        def value(y):
            return y * (1 + mpmath.tanh(rate * (y + mpmath.mpf("0.044715") * y**3))) / 2

        size = mpmath.npdf(0, mu, sigma) * 2**40  # mpmath's quadrature stops at absolute errors
        ends = [mpmath.mpf(j) / 2 for j in range(-40, 160)]
        for n in (0, 5, 8):
            wanted = mpmath.quad(
                lambda y, n=n: value(y) * y**n * (mpmath.npdf(y, mu, sigma) / size), ends, method="gauss-legendre"
            )
            assert abs(mpmath.mpf(float(got[n])) / size - wanted) <= 1e-13 * abs(wanted)


@pytest.mark.parametrize(("mu", "sigma"), [(-1.3463614195059515, 0.18696299374524747), (-1.29301116, 0.18932137856198)])
def test_the_variance_of_silu_about_its_minimum_is_no_difference_of_squares(mu, sigma):
    with mpmath.workdps(40):

        def deviation(y):
            return y / (1 + mpmath.exp(-y)) - mu / (1 + mpmath.exp(-mpmath.mpf(mu)))

        ends = [mu + mpmath.mpf(sigma) * j for j in range(-14, 15)]
        mean, square = (
            mpmath.quad(lambda y, p=p: deviation(y) ** p * mpmath.npdf(y, mu, sigma), ends, method="gauss-legendre")
            for p in (1, 2)
        )
        wanted = square - mean**2
        found = mpmath.mpf(float(kernels.load("silu").variance(mu, sigma)))
        assert abs(found - wanted) <= 2e-14 * wanted


@pytest.mark.parametrize(("mu", "sigma"), [(-16.0, 0.01), (-18.94, 0.01), (-14.0, 0.015), (-18.0, 1e-4)])
def test_a_tail_that_steepens_leaves_the_derivatives_at_mu_sooner(mu, sigma):
    kernel = kernels.load("gelu_tanh")
    with mpmath.workdps(40):
        scale = mpmath.sqrt(2 / mpmath.pi)

        def integrand(z):
            y = mpmath.mpf(mu) + mpmath.mpf(sigma) * z
            return y / (1 + mpmath.exp(-2 * scale * (y + mpmath.mpf("0.044715") * y**3))) * mpmath.npdf(z)

        expected = mpmath.quad(integrand, [mpmath.mpf(j) / 2 for j in range(-28, 33)])
        found = kernel.hermite_coefficients(mu, sigma, 1)[0]
        assert abs(float(found / expected) - 1) < 2e-13


@pytest.mark.parametrize(
    ("text", "rest", "mu", "sigma"),
    [
        ("tanh(x)**2", lambda y: -(mpmath.sech(y) ** 2), -12.0, 1e6),
        ("cos(tanh(x)) + 1", lambda y: mpmath.cos(mpmath.tanh(y)) - mpmath.cos(1), 7.0, 1.8e5),
    ],
)
def test_coefficients_of_what_has_one_level_at_both_ends_under_a_wide_gaussian(text, rest, mu, sigma):
    """Slopes on either side of 0 cancelled: c_1 was 5 % over its promise."""
    with mpmath.workdps(40):

        def coefficient(weight):
            return mpmath.quad(
                lambda y: rest(y) * weight((y - mu) / sigma) * mpmath.npdf(y, mu, sigma), range(-60, 61, 2)
            )

        first, second = coefficient(lambda z: z), coefficient(lambda z: z * z - 1)
    kernel = kernel_of(text)
    spread = math.sqrt(kernel.variance(mu, sigma))
    got = kernel.hermite_coefficients(mu, sigma, 2)
    assert abs(got[1] - first) <= 1e-14 * spread
    assert abs(got[2] - second) <= 1e-14 * spread


@pytest.mark.parametrize("expression", ["x/(1+abs(x))", "x*exp(-abs(x))", "sqrt(1+x**2)-1", "tanh(x)"])
def test_windows_within_an_ulp_of_the_mean_are_no_empty_ones(expression):
    """``mu - 11 sigma == mu``: no panel counted, moments were 0 (softsign at (274, 1e-15))."""
    kernel = emit(expression).load()
    mu = np.random.default_rng(5).uniform(-300, 300, 50)
    value = kernel.activation(mu)
    for sigma in (1e-12, 1e-15, 1e-20):
        np.testing.assert_allclose(kernel.raw_moments(mu, sigma, 0)[0], value, rtol=1e-12)
        np.testing.assert_allclose(kernel.second_moment(mu, sigma), value**2, rtol=1e-12)
