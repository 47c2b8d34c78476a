"""The family that takes what no other does: steep, oscillating, cancelling; vertical and removable places."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen import NoKernelError, emit, verify
from codegen.chebyshev_panels import evaluator, resolved
from codegen.emission import KernelSource
from codegen.families import general_subject
from codegen.panel_marks import NoPanelPlanError
from codegen.resolved_panels import resolved_panels
from codegen.structures import Structure
from symbolic_moments.symbols import x

FUNCTIONS = {
    "tanh(x**3)": lambda t: mpmath.tanh(t**3),
    "tanh(3*x) - tanh(x)": lambda t: mpmath.sinh(2 * t) / (mpmath.cosh(3 * t) * mpmath.cosh(t)),
    "asin(tanh(x))": lambda t: 2 * mpmath.atan(mpmath.tanh(t / 2)),
    "exp(x)*tanh(x)": lambda t: mpmath.exp(t) * mpmath.tanh(t),
    "sqrt(abs(x))": lambda t: mpmath.sqrt(abs(t)),
    "abs(x - 1)**(1/3)": lambda t: mpmath.cbrt(abs(t - 1)),
    "log(x**2)": lambda t: mpmath.log(t * t) if t else mpmath.mpf(0),
    "sin(x)/x": mpmath.sinc,
    "x/(exp(x) - 1)": lambda t: t / mpmath.expm1(t) if t else mpmath.mpf(1),
}
PLACES = (-2, -1, -0.5, 0, 0.5, 1, 2)


@cache
def kernel(text):
    return emit(text).load()


def by_quadrature(function, weight, mu, sigma):
    """``E[weight(y, z) g(y)]`` from the definition; g grows no faster than exp(y)."""
    with mpmath.workdps(20):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        ends = {mu + j * sigma for j in range(-12, 13 + math.ceil(sigma), 3)}
        places = [mpmath.mpf(place) for place in PLACES]
        ends |= {place + s * mpmath.mpf(10) ** -j for place in places for j in range(0, 8, 2) for s in (-1, 0, 1)}
        cuts = sorted(end for end in ends if -12 * sigma <= end - mu <= (12 + sigma) * sigma)

        def f(y):
            z = (y - mu) / sigma
            return function(y) * weight(y, z) * mpmath.npdf(z) / sigma

        return mpmath.fsum(mpmath.quad(f, pair) for pair in pairwise(cuts))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.sampled_from(sorted(FUNCTIONS)), mu=st.floats(-4, 4), scale=st.floats(-2, 1), n=st.sampled_from([0, 1, 4])
)
def test_moments_against_quadrature_of_the_definition(text, mu, scale, n):
    sigma = 10.0**scale
    function = cache(FUNCTIONS[text])
    wanted = by_quadrature(function, lambda y, z: y**n, mu, sigma)
    size = by_quadrature(lambda t: abs(function(t)), lambda y, z: abs(y) ** n, mu, sigma)
    slope = abs(by_quadrature(function, lambda y, z: y**n * z, mu, sigma)) / sigma
    got = kernel(text).raw_moments(mu, sigma, n)[n]
    assert abs(mpmath.mpf(float(got)) - wanted) <= 1e-13 * size + 4 * np.spacing(abs(mu)) * slope


@pytest.mark.parametrize("text", ["tanh(x**3)", "sqrt(abs(x))", "sin(x)/x", "log(x**2)", "tanh(3*x) - tanh(x)"])
@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.7), (-1.5, 0.1), (2.5, 3.0), (0.0, 20.0)])
def test_coefficients_and_variance_against_quadrature(text, mu, sigma):
    function = cache(FUNCTIONS[text])
    mean = by_quadrature(function, lambda y, z: 1, mu, sigma)
    variance = by_quadrature(lambda t: (function(t) - mean) ** 2, lambda y, z: 1, mu, sigma)
    third = by_quadrature(lambda t: function(t) - mean, lambda y, z: z**3 - 3 * z, mu, sigma)
    assert abs(kernel(text).variance(mu, sigma) - variance) <= 2e-13 * variance
    got = kernel(text).hermite_coefficients(mu, sigma, 3)[3]
    assert abs(got - third) <= 1e-13 * mpmath.sqrt(6 * variance)


def test_a_saturated_function_keeps_its_variance():
    """tanh(x^3) is -1 and 1e-50 there: rounded values have no variance."""
    mu, sigma = -5.0, 0.3
    with mpmath.workdps(120):
        cuts = [-7, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1]

        def moment(n):
            return mpmath.quad(lambda y: (1 + mpmath.tanh(y**3)) ** n * mpmath.npdf((y - mu) / sigma) / sigma, cuts)

        wanted = moment(2) - moment(1) ** 2
    assert abs(kernel("tanh(x**3)").variance(mu, sigma) - wanted) <= 2e-13 * wanted


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("1/x", ValueError, "it has a pole at x = 0"),
        ("1/x**2", ValueError, "it has a pole at x = 0"),
        ("sin(x)/x**2", ValueError, "could not be shown"),
        ("exp(x**2)", ValueError, "only for sigma"),
        ("sin(x)/x*exp(x**2)", ValueError, "grows"),
        ("log(x)", ValueError, "not real"),
        ("sqrt(x)", ValueError, "not real"),
    ],
)
def test_what_stays_refused(text, error, reason):
    with pytest.raises(error, match=reason):
        emit(text)


def test_a_line_that_is_approached_and_not_known_is_refused(monkeypatch):
    monkeypatch.setattr(general_subject, "asymptote", lambda *_: None)
    with pytest.raises(NoKernelError, match="approaches a line at its left end"):
        emit("tanh(x**3)")


def test_the_text_runs_in_many_digits():
    points = [(0.3, 0.7), (0.0, 1e-9), (-2.0, 0.05), (1.0, 30.0), (0.5, 0.0)]
    assert verify(kernel("tanh(x**3)"), digits=50, degree=4, points=points).passed


def test_a_planted_error_is_found():
    source = kernel("tanh(x**3)").__source__
    wrong = source.replace("xp.tanh(x * x ** 2)", "xp.tanh(x * x ** 2) * (1 + xp.rational(1, 10**9))")
    assert wrong != source
    broken = KernelSource("broken", "numpy", wrong).load()
    certificate = verify(broken, digits=20, degree=2, points=[(0.3, 0.7), (-1.0, 2.0)])
    assert not certificate.passed
    assert verify(KernelSource("whole", "numpy", source).load(), 20, 2, [(0.3, 0.7), (-1.0, 2.0)]).passed


def test_too_few_nodes_next_to_a_vertical_place_are_found():
    """Nodes that do not crowd miss the root: a truncation error, not one of the formula."""
    module = emit("sqrt(abs(x))").load()
    module.METHOD["singular_power"] = 1
    certificate = verify(module, digits=20, degree=1, points=[(0.1, 0.7)])
    assert not certificate.passed
    assert next(row for row in certificate.table if row.function == "raw_moments").truncation > 1e-9


def test_what_falls_short_promises_what_its_trial_showed():
    squared = kernel("log(abs(x**2 - 4))**2")
    record, (mu, sigma) = squared.KERNEL, (0.34510583616689683, 0.7483885030063502)
    assert 1e-13 < record["promise"]["second_moment"] <= 1e-10
    assert any("promises" in regime and "a trial gave second_moment" in regime for regime in record["regimes"])
    with mpmath.workdps(30):
        cuts = [-10, -4, -2, 0, 2, 3, 5, 11]
        exact = mpmath.quad(lambda y: mpmath.log(abs(y * y - 4)) ** 4 * mpmath.npdf(y, mu, sigma), cuts)
    assert 1e-13 < abs(squared.second_moment(mu, sigma) / exact - 1) <= record["promise"]["second_moment"]


def test_next_to_infinite_places_the_trial_sees_what_doubles_do_not():
    assert kernel("log(abs(cos(x)))").KERNEL["promise"]["variance"] == 2e-13


def test_where_waves_go_on_for_ever_nothing_is_made_up():
    for text, mu, sigma in (("sin(x)*sin(sqrt(1 + x**2))", 0.0, 1e6), ("sin(x)*tanh(x)", 5000.0, 3.0)):
        module = kernel(text)
        assert any("NaN" in regime for regime in module.KERNEL["regimes"])
        assert np.isnan(module.raw_moments(mu, sigma, 2)).all()
        assert np.isnan(module.variance(mu, sigma))
        assert np.isfinite(module.raw_moments(1000.0, 200.0, 2)).all()


def test_a_narrow_bump_far_out_is_not_stepped_over():
    bump = evaluator(sp.exp(-((100 * (x - 37)) ** 2)), x)
    (panels,), reach = resolved_panels([bump], [Structure(sp.Integer(37), sp.Rational(1, 128))], ())
    assert reach > 1e7
    inside = [one for one in panels if one.lower <= 37 <= one.upper]
    assert all(float(one.upper - one.lower) < 1 for one in inside)
    assert all(one.level + one.slope * (37 - one.middle) > -0.01 for one in inside)


def test_a_panel_is_refused_where_the_function_bends_within_it():
    steep = evaluator(sp.tanh(100 * x), x)
    assert resolved(steep, sp.Integer(-1), sp.Integer(1)) is None
    assert resolved(steep, sp.Rational(-1, 100), sp.Rational(1, 100)) is not None
    with pytest.raises(NoPanelPlanError, match="cannot be resolved"):
        resolved_panels([evaluator(sp.Abs(x - sp.Rational(1, 3)), x)], [Structure(sp.Integer(0), sp.Integer(1))], ())


def test_a_removable_place_is_filled():
    module = kernel("sin(x)/x")
    np.testing.assert_array_equal(module.activation([0.0, 5e-324]), [1.0, 1.0])
    np.testing.assert_allclose(module.expected_derivatives(0.0, 0.0, 4), [1, 0, -1 / 3, 0, 1 / 5], rtol=1e-15)


def test_a_difference_of_steps_has_its_derivatives_where_they_cross():
    """Series whose values agree were both taken for the larger: the third derivative at 0 was wrong."""
    got = kernel("tanh(3*x) - tanh(x)").expected_derivatives(0.0, 0.0, 3)
    np.testing.assert_allclose(got, [0, 2, 0, -52], rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "rest", "mu", "sigma"),
    [
        ("1/(1 + x**8)", lambda t: -(t**8) / (1 + t**8), -0.095, 0.03),
        ("sigmoid(x**5)", lambda t: mpmath.tanh(t**5 / 2) / 2, 0.0011, 0.0063),
        ("sigmoid(x**5)", lambda t: -1 / (1 + mpmath.exp(t**5)), 547.0, 182.0),
        ("asin(tanh(x))", lambda t: -2 * mpmath.atan(mpmath.exp(-t)), 30.0, 1.5),
        ("sqrt(1 + exp(x))", lambda t: mpmath.expm1(mpmath.log1p(mpmath.exp(t)) / 2), -40.0, 1.0),
        ("exp(-exp(x))", lambda t: mpmath.expm1(-mpmath.exp(t)), -40.0, 1.0),
    ],
)
def test_a_variance_far_below_the_square_of_the_mean(text, rest, mu, sigma):
    """Flat tops and points of inflexion, a Gaussian that ends where g is 0, ends whose line is not that of a tanh."""
    with mpmath.workdps(60):
        places = sorted({mu + k * sigma for k in range(-16, 17, 2)} | {-2.0, -1.0, 0.0, 1.0, 2.0})

        def moment(n):
            return mpmath.quad(lambda y: rest(y) ** n * mpmath.npdf(y, mu, sigma), places)

        wanted = moment(2) - moment(1) ** 2
    assert abs(kernel(text).variance(mu, sigma) - wanted) <= 2e-13 * wanted


def test_what_overflows_next_to_its_weight_is_infinite_and_says_so():
    module = kernel("exp(x*sigmoid(x))")
    assert any(
        "beyond the doubles within 13 sigma of its weight: infinite" in line for line in module.KERNEL["regimes"]
    )
    mu, sigma = np.array([1.0, 1.0, -1000.0, 1.0]), np.array([30.0, 1e6, 1e6, 3.0])
    for values in (module.raw_moments(mu, sigma, 2)[0], module.second_moment(mu, sigma), module.variance(mu, sigma)):
        np.testing.assert_array_equal(np.isposinf(values), [True, True, True, False])
    falling = kernel("-exp(-x*sigmoid(-x))")
    np.testing.assert_array_equal(falling.raw_moments(0.0, 30.0, 3), [-np.inf, np.inf, -np.inf, np.inf])


@pytest.mark.parametrize("text", ["exp(x)*tanh(x)", "exp(x*sigmoid(x))"])
def test_rows_that_are_not_summed_since_they_overflow_would_have_been_infinite(text):
    source = kernel(text).__source__
    summed = source.replace("'overflow_height': 800", "'overflow_height': 10**9")
    assert summed != source
    mu, sigma = np.meshgrid(np.linspace(-900, 900, 37), 10 ** np.linspace(-1, 6, 57))
    quick, whole = (KernelSource("one", "numpy", text).load() for text in (source, summed))
    for name, degree in (("raw_moments", [3]), ("hermite_coefficients", [2]), ("second_moment", []), ("variance", [])):
        values = getattr(quick, name)(mu, sigma, *degree)
        assert np.isinf(values).any()
        assert np.isfinite(values).any()
        np.testing.assert_allclose(values, getattr(whole, name)(mu, sigma, *degree), rtol=1e-15)


def test_verify_grants_infinities_where_terms_overflow_and_no_others():
    source = kernel("exp(x*sigmoid(x))").__source__
    assert verify(KernelSource("whole", "numpy", source).load(), 20, 2, [(1.0, 30.0), (0.5, 1.0)]).passed
    spoilt = source.replace("(xp.abs(row) < xp.inf)", "(xp.abs(row) < 1)")
    assert spoilt != source
    assert not verify(KernelSource("spoilt", "numpy", spoilt).load(), 20, 2, [(0.5, 1.0)]).passed
    silent = source.replace("13 sigma", "12 sigma")
    assert not verify(KernelSource("silent", "numpy", silent).load(), 20, 2, [(1.0, 30.0)]).passed


def test_derivatives_next_to_a_vertical_place_do_not_overflow_before_their_time():
    tiny = np.finfo(float).tiny
    got = kernel("abs(x)**1.5").expected_derivatives([1e-300, -tiny], 0.0, 4)
    np.testing.assert_allclose(got[2], [7.5e149, 0.75 / np.sqrt(tiny)], rtol=1e-14)
    np.testing.assert_array_equal(got[3:], [[-np.inf, np.inf], [np.inf, np.inf]])
    np.testing.assert_array_equal(kernel("log(x**2)").expected_derivatives(1e-300, 0.0, 3)[2:], [-np.inf, np.inf])
    assert kernel("log(x**2)").activation(tiny) == pytest.approx(2 * np.log(tiny), rel=1e-15)


def test_even_derivatives_of_a_difference_of_steps_next_to_0():
    """The product of its factors left 1e-15 of them where they are 5e-5."""
    got = kernel("tanh(3*x) - tanh(x)").expected_derivatives(1e-6, 0.0, 4)
    np.testing.assert_allclose(got[[2, 4]], [-5.1999999999354664e-5, 0.0038719999999009012], rtol=1e-13)


def test_a_logarithm_next_to_its_place_is_taken_about_its_mean():
    """E[g] is 235 standard deviations there: coefficients of g itself had errors of the mean."""
    got = kernel("log(x**2)").hermite_coefficients(-6.676840351767563e-11, 6.519483966285633e-12, 4)
    wanted = [-0.197204382604, -0.0196417172404, -0.00395357855727, -0.00120659967166]
    np.testing.assert_allclose(got[1:], wanted, rtol=2e-11)


def test_what_one_exponential_less_one_divides_keeps_its_small_derivatives():
    module = kernel("x/(exp(x) - 1)")
    np.testing.assert_allclose(module.expected_derivatives(-100.0, 0.0, 2)[2], 98 * np.exp(-100), rtol=1e-13)
    np.testing.assert_array_equal(module.expected_derivatives(1000.0, 0.0, 3), 0)


def test_steps_of_a_maximum_round_nothing_beside_them():
    """Its slope was exp(x) + 1 - 1 to the left of both kinks."""
    kernel = emit("Max(exp(x), x + 2)").load()
    np.testing.assert_allclose(kernel.expected_derivatives(-50.0, 1.0, 3), math.exp(-49.5), rtol=1e-13)
    np.testing.assert_allclose(kernel.expected_derivatives(-0.5, 0.01, 1), [1.5, 1], rtol=1e-13)


def test_exponential_trends_take_nodes():
    """The panels of ``exp(x)`` counted as constants: 5e-11 of the moments of wide Gaussians, and a promise of 1e-9."""
    kernel = emit("Min(exp(x), 10)").load()
    assert kernel.KERNEL["promise"]["raw_moments"] == 1e-13
    mu, sigma = -136.01348726151596, 105.42420938158888
    with mpmath.workdps(40):
        m, s, kink = mpmath.mpf(mu), mpmath.mpf(sigma), mpmath.log(10)
        wanted = mpmath.exp(m + s * s / 2) * mpmath.ncdf((kink - m) / s - s) + 10 * mpmath.ncdf((m - kink) / s)
    assert kernel.raw_moments(mu, sigma, 0)[0] == pytest.approx(float(wanted), rel=1e-13)
