"""Exponentials that grow, beyond 0 or around Phi: kernels against quadrature of the definition."""

import itertools
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath.calculus.quadrature import GaussLegendre

from codegen import KernelSource, emit
from codegen.verify import verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from codegen.verify.definition import read_definition
from codegen.verify.whole_line import outward_rates

ONE_SIDED = "Max(exp(x) - 1, 0)"
BOTH_SIDES = "Piecewise((exp(x/2), x > 0), (exp(-x)*(5 + x), True))"
FUNCTIONS = {
    "exp(x)*Heaviside(x)": lambda y: mpmath.exp(y) if y > 0 else mpmath.mpf(0),
    "exp(x)*Max(x, 0)": lambda y: mpmath.exp(y) * max(y, 0),
    ONE_SIDED: lambda y: max(mpmath.expm1(y), 0),
    "exp(abs(x))": lambda y: mpmath.exp(abs(y)),
    "sinh(x)*Heaviside(x)": lambda y: mpmath.sinh(y) if y > 0 else mpmath.mpf(0),
    BOTH_SIDES: lambda y: mpmath.exp(y / 2) if y > 0 else mpmath.exp(-y) * (5 + y),
    "Piecewise((exp(x), x > 0), (exp(2*x) - x, True))": lambda y: mpmath.exp(y) if y > 0 else mpmath.exp(2 * y) - y,
    "exp(x)*Phi(x)": lambda y: mpmath.exp(y) * mpmath.ncdf(y),
    "exp(-x)*Phi(x)": lambda y: mpmath.exp(-y) * mpmath.ncdf(y),
    "exp(x)*Phi(-x)": lambda y: mpmath.exp(y) * mpmath.ncdf(-y),
    "exp(x)*erf(x)": lambda y: mpmath.exp(y) * mpmath.erf(y),
    "x*exp(x/2)*Phi(2*x - 1)": lambda y: y * mpmath.exp(y / 2) * mpmath.ncdf(2 * y - 1),
    "exp(x/3)*(1 + x*Phi(x + 1))": lambda y: mpmath.exp(y / 3) * (1 + y * mpmath.ncdf(y + 1)),
}
BUMPS = ("exp(-x)*Phi(x)", "exp(x)*Phi(-x)")
POINTS = [(-20.0, 0.3), (-6.5, 1.7), (-2.0, 0.01), (-0.8, 0.6), (0.3, 2.5), (1.5, 0.2), (3.0, 1.1), (25.0, 0.9)]
ORDERS = range(9)
NODES = GaussLegendre(mpmath.mp).calc_nodes(3, 150)


@cache
def kernel_of(text):
    return emit(text).load()


def defined(function, mu, sigma):
    """E[y^n g], E|y^n g|, E[g He_k], E[g^2], Var g: Gauss-Legendre rules over every sigma and around the bend."""
    with mpmath.workdps(40):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        reach = 24 + 4 * sigma
        cuts = {mu + sigma * j for j in range(-int(reach), int(reach) + 1)}
        cuts |= {mpmath.mpf(j) / 2 for j in range(-12, 13) if abs(mpmath.mpf(j) / 2 - mu) < reach * sigma}
        terms = []
        for a, b in itertools.pairwise(sorted(cuts)):
            for node, weight in NODES:
                y = (a + b) / 2 + (b - a) / 2 * node
                terms.append((y, function(y), weight * (b - a) / 2 * mpmath.npdf(y, mu, sigma)))
        raw = [mpmath.fsum(w * g * y**n for y, g, w in terms) for n in ORDERS]
        absolute = [mpmath.fsum(abs(w * g * y**n) for y, g, w in terms) for n in ORDERS]
        variance = mpmath.fsum(w * (g - raw[0]) ** 2 for _, g, w in terms)
        hermite = [mpmath.mpf(0) for _ in ORDERS]
        for y, g, w in terms:
            before, value = mpmath.mpf(0), w * (g - raw[0])
            for k in ORDERS:
                hermite[k] += value
                before, value = value, (y - mu) / sigma * value - k * before
        hermite[0] = raw[0]
        return raw, absolute, hermite, mpmath.fsum(w * g * g for _, g, w in terms), variance


def assert_promised(kernel, function, mu, sigma):
    raw, absolute, hermite, square, variance = defined(function, mu, sigma)
    promise = kernel.KERNEL["promise"]
    found = kernel.raw_moments(mu, sigma, ORDERS[-1]), kernel.hermite_coefficients(mu, sigma, ORDERS[-1])
    for k in ORDERS:
        assert abs(found[0][k] - raw[k]) <= promise["raw_moments"] * absolute[k], (mu, sigma, k)
        scale = absolute[0] if k == 0 else mpmath.sqrt(variance * mpmath.factorial(k))
        assert abs(found[1][k] - hermite[k]) <= promise["hermite_coefficients"] * scale, (mu, sigma, k)
    if square < 1e-290:
        return
    assert abs(kernel.second_moment(mu, sigma) - square) <= promise["second_moment"] * square, (mu, sigma)
    assert abs(kernel.variance(mu, sigma) - variance) <= promise["variance"] * variance, (mu, sigma)


@pytest.mark.parametrize("text", FUNCTIONS)
def test_kernels_keep_their_promise(text):
    kernel = kernel_of(text)
    for mu, sigma in POINTS:
        assert_promised(kernel, FUNCTIONS[text], mu, sigma)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(-12, 12), st.floats(0.3, 3))
def test_kernels_keep_their_promise_anywhere(text, mu, sigma):
    assert_promised(kernel_of(text), FUNCTIONS[text], mu, sigma)


@pytest.mark.parametrize("text", [ONE_SIDED, "exp(abs(x))", "exp(x)*Phi(x)", "x*exp(x/2)*Phi(2*x - 1)"])
def test_kernels_are_verified(text):
    points = [(-937.5, 25.0), (-98.459, 4.966), (-20.0, 1.0), (-1.0, 1e-6), (0.0, 0.7), (2.2, 6.1), (750.0, 1e-12)]
    certificate = verify(kernel_of(text), digits=30, degree=3, points=points)
    assert certificate.passed, str(certificate)


def test_a_wrong_exponent_is_noticed():
    source = emit("exp(x)*Heaviside(x)").source
    planted = source.replace("scaled_up(xp, value, top)", "scaled_up(xp, value, top / 2)")
    assert planted != source
    kernel = KernelSource("planted", "numpy", planted).load()
    assert not verify(kernel, digits=30, degree=1, points=[(-3.0, 4.0), (1.0, 1.0)]).passed


@pytest.mark.parametrize("text", FUNCTIONS)
def test_what_overflows_is_infinite_and_nothing_is_nan(text):
    kernel = kernel_of(text)
    mu = np.array([-1e3, -800.0, -30.0, -0.0, 1e-300, 30.0, 800.0, 1e3])[:, None]
    sigma = np.array([0.0, 1e-12, 1e-3, 1.0, 30.0, 1e3, 1e6])
    for values in (
        kernel.raw_moments(mu, sigma, 8),
        kernel.hermite_coefficients(mu, sigma, 8),
        kernel.second_moment(mu, sigma),
        kernel.variance(mu, sigma),
    ):
        assert not np.isnan(values).any()
    if text not in BUMPS:
        assert kernel.second_moment(mu, 1e6).max() == np.inf


@pytest.mark.parametrize("text", FUNCTIONS)
def test_the_point_mass(text):
    kernel = kernel_of(text)
    mu = np.array([-3.0, -0.5, 1e-6, 0.5, 2.0])
    expected = np.array([float(FUNCTIONS[text](mpmath.mpf(y))) for y in mu])
    np.testing.assert_allclose(kernel.raw_moments(mu, 0.0, 3), expected * mu ** np.arange(4)[:, None], rtol=2e-14)
    with mpmath.workdps(40):
        slopes = [[mpmath.diff(FUNCTIONS[text], mpmath.mpf(y), k, h=1e-12) for y in mu] for k in (1, 2)]
    found = kernel.expected_derivatives(mu, 0.0, 2)[1:]
    np.testing.assert_allclose(found, np.array(slopes, dtype=float), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("text", ["exp(abs(x))", "exp(x)*Phi(x)"])
def test_cupy_kernels_run_the_same_lines(text):
    mu, sigma = np.array([-3.0, 0.0, 2.0, 60.0]), np.array([0.5, 1.0, 2.0, 7.0])
    with cupy_or_stand_in():
        stand_in = emit(text, target="cupy").load()
        found = stand_in.raw_moments(mu, sigma, 4), stand_in.hermite_coefficients(mu, sigma, 4)
    kernel = kernel_of(text)
    np.testing.assert_array_equal(found[0], kernel.raw_moments(mu, sigma, 4))
    np.testing.assert_array_equal(found[1], kernel.hermite_coefficients(mu, sigma, 4))


@pytest.mark.parametrize("text", ["exp(x)*Max(x, 0) + Phi(x)", "exp(10*x)*Phi(x)", "exp(x)*Max(x, 0) + tanh(x)"])
def test_what_no_closed_form_covers_goes_to_the_last_family(text):
    kernel = kernel_of(text)
    assert kernel.KERNEL["promise"]["raw_moments"] <= 1e-13
    assert any("panels on which g was seen" in regime for regime in kernel.KERNEL["regimes"])
    assert any("the exponential of an end is taken out" in regime for regime in kernel.KERNEL["regimes"])
    assert 0 < kernel.raw_moments(0.0, 36.0 if "10" not in text else 3.6, 0)[0] < np.inf


def test_a_switch_whose_zero_is_0_has_its_kink_there_exactly():
    assert read_definition(ONE_SIDED).kinks == (0,)


def test_growth_is_read_off_the_outer_branches():
    assert outward_rates(read_definition("exp(abs(x))")) == (-1.0, 1.0)
    assert outward_rates(read_definition("Piecewise((x, x > 0), (exp(x) - 1, True))")) == ()


@pytest.mark.parametrize(
    ("text", "extremum"),
    [("exp(x)*Phi(-x)", 0.30263084), ("exp(x)*erf(x)", -0.70814), ("x*exp(x/2)*Phi(2*x - 1)", -0.2317323566450691)],
)
def test_slopes_keep_their_digits_next_to_an_extremum(text, extremum):
    points = [(extremum, sigma) for sigma in (0.0, 1e-12, 1e-3)]
    certificate = verify(kernel_of(text), digits=30, degree=2, points=points)
    assert certificate.passed, str(certificate)


def test_what_is_beyond_the_doubles_is_infinite_and_never_a_number_less_another():
    """Narrow coefficients at -800 were infinity less infinity, moments of both sides under a wide Gaussian too."""
    kernel = emit("Piecewise((sinh(x), x < 2), (3.6, True))").load()
    with np.errstate(all="ignore"):
        got = kernel.hermite_coefficients(-800.0, [1e-3, 1.0], 4)
        np.testing.assert_array_equal(got, np.array([[-1, 1, -1, 1, -1]] * 2).T * np.inf)
        both = emit("x*exp(abs(x - 1))").load()
        assert not np.isnan(both.raw_moments([-900.0, 900.0], 1e4, 3)).any()
        assert np.isposinf([both.second_moment(900.0, 1e4), both.variance(900.0, 1e4)]).all()
