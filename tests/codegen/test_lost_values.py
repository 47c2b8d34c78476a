"""Values that rounding or overflow takes from a function's own text; references from mpmath."""

from functools import cache
from types import ModuleType

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.structures import UNIT
from codegen.value_check import first_wrong_value
from symbolic_moments.symbols import x

FORMS = {
    "sign(x)*log(1+abs(x))": lambda t: mpmath.sign(t) * mpmath.log1p(abs(t)),
    "log(1+abs(x)**1.5)": lambda t: mpmath.log1p(abs(t) ** 1.5),
    "log(1+relu(x))": lambda t: mpmath.log1p(max(t, 0)),
    "log(2+abs(x)) - log(2)": lambda t: mpmath.log1p(abs(t) / 2),
    "1-1/(1+abs(x))": lambda t: abs(t) / (1 + abs(t)),
    "(1+abs(x))**0.25-1": lambda t: mpmath.expm1(mpmath.log1p(abs(t)) / 4),
    "erf(x)-2*x/sqrt(pi)": lambda t: mpmath.erf(t) - 2 * t / mpmath.sqrt(mpmath.pi),
    "x*Phi(x)-x/2": lambda t: t * mpmath.erf(t / mpmath.sqrt(2)) / 2,
    "abs(x)-sin(abs(x))": lambda t: abs(t) - mpmath.sin(abs(t)),
    "relu(x)-log(1+relu(x))": lambda t: max(t, 0) - mpmath.log1p(max(t, 0)),
    "tanh(x)-x+x**3/3": lambda t: mpmath.tanh(t) - t + t**3 / 3,
}
ENDS = {
    "sinh(x)/cosh(2*x)": lambda t: mpmath.sinh(t) / mpmath.cosh(2 * t),
    "log(1+exp(-x)+exp(2*x))": lambda t: mpmath.log(1 + mpmath.exp(-t) + mpmath.exp(2 * t)),
    "exp(x)/(1+exp(2*x))": lambda t: 1 / (2 * mpmath.cosh(t)),
}


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("text", FORMS)
def test_small_values_on_both_sides_of_a_kink(text):
    places = [side * 10.0**-n for n in (1, 2, 3, 5, 8, 12, 16, 60) for side in (-1, 1)]
    with mpmath.workdps(300):
        for place, found in zip(places, kernel(text).activation(np.array(places)), strict=True):
            wanted = FORMS[text](mpmath.mpf(place))
            assert abs(float(found) - wanted) <= 2e-15 * abs(wanted)


@pytest.mark.parametrize("offset", [2.0**-40, -(2.0**-20), 2.0**-10, -(2.0**-6)])
@pytest.mark.parametrize("text", ["log(x**2 - 2*x + 2)", "1 - sech(x - 1)"])
def test_small_values_next_to_the_middle_of_what_bends(text, offset):
    definition = mpmath.log1p if text.startswith("log") else lambda square: 1 - mpmath.sech(mpmath.sqrt(square))
    with mpmath.workdps(60):
        wanted = definition(mpmath.mpf(offset) ** 2)
        assert abs(float(kernel(text).activation(1 + offset)) - wanted) <= 2e-15 * wanted


@pytest.mark.parametrize("text", ["sign(x)*log(1+abs(x))", "abs(x)-sin(abs(x))", "erf(x)-2*x/sqrt(pi)"])
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1e-9), (1e-9, 1e-9), (-3e-7, 1e-7)])
def test_moments_of_small_values(text, mu, sigma):
    with mpmath.workdps(60):
        kink = -mpmath.mpf(mu) / mpmath.mpf(sigma)
        cuts = sorted({mpmath.mpf(n) for n in (-14, -6, -2, 2, 6, 14)} | {kink})

        unit = FORMS[text](abs(mpmath.mpf(mu)) + mpmath.mpf(sigma))

        def moment(n):
            def integrand(z):
                return (FORMS[text](mu + mpmath.mpf(sigma) * z) / unit) ** n * mpmath.npdf(z)

            return unit**n * mpmath.quad(integrand, cuts)

        mean, square = moment(1), moment(2)
        assert abs(kernel(text).second_moment(mu, sigma) - square) <= 2e-14 * square
        assert abs(kernel(text).raw_moments(mu, sigma, 0)[0] - mean) <= 2e-14 * mpmath.sqrt(square)
        assert abs(kernel(text).variance(mu, sigma) - (square - mean**2)) <= 2e-13 * (square - mean**2)


@pytest.mark.parametrize("text", ENDS)
@pytest.mark.parametrize("place", [-1000.0, -720.0, -360.0, -2.0, 0.5, 30.0, 300.0, 360.0, 1000.0])
def test_exponential_sums_do_not_overflow(text, place):
    with mpmath.workdps(900):
        wanted, slope = mpmath.taylor(ENDS[text], mpmath.mpf(place), 1)
        assert abs(float(kernel(text).activation(place)) - wanted) <= max(4e-16 * abs(wanted), mpmath.mpf("1e-300"))
        found = kernel(text).hermite_coefficients(place, 1e-6, 1)[1]
        assert abs(float(found) - slope * mpmath.mpf(1e-6)) <= max(1e-11 * abs(slope) * 1e-6, mpmath.mpf("1e-300"))


@pytest.mark.parametrize("text", ENDS)
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 300.0), (-400.0, 100.0)])
def test_wide_gaussians_see_no_overflow(text, mu, sigma):
    with mpmath.workdps(30):
        cuts = [mu + 2 * n * sigma for n in range(-6, 7)] + [-64, -32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32, 64]

        def moment(n):
            return mpmath.quad(lambda y: ENDS[text](y) ** n * mpmath.npdf(y, mu, sigma), sorted(cuts))

        mean, square = moment(1), moment(2)
    assert abs(kernel(text).raw_moments(mu, sigma, 0)[0] - mean) <= 1e-13 * mpmath.sqrt(square)
    assert abs(kernel(text).variance(mu, sigma) - (square - mean**2)) <= 2e-13 * square


@pytest.mark.parametrize(("mu", "sigma"), [(30.0, 1.0), (-40.0, 3.0), (300.0, 0.5)])
def test_a_quotient_of_exponential_sums_keeps_the_variance_of_its_tail(mu, sigma):
    """``(e^x - 1)/(e^x + 1) = 1 - 2/(e^x + 1)``."""
    with mpmath.workdps(60):
        cuts = [mu + 2 * n * sigma for n in range(-8, 9)]
        unit = mpmath.exp(abs(mu))

        def moment(n):
            return mpmath.quad(lambda y: (unit / (1 + mpmath.exp(abs(y)))) ** n * mpmath.npdf(y, mu, sigma), cuts)

        wanted = 4 * (moment(2) - moment(1) ** 2) / unit**2
    assert abs(kernel("(exp(x)-1)/(exp(x)+1)").variance(mu, sigma) - wanted) <= 1e-12 * wanted


@pytest.mark.parametrize("text", ["relu(x)**1.5", "(relu(x) + relu(x)**2)**1.5"])
@pytest.mark.parametrize(("mu", "sigma"), [(-12.0, 1e-6), (-250.0, 1e-9), (-12.0, 1e-3)])
def test_where_a_power_is_0_so_are_its_coefficients(text, mu, sigma):
    assert not kernel(text).hermite_coefficients(mu, sigma, 8).any()
    assert kernel(text).variance(mu, sigma) == 0


@pytest.mark.parametrize("text", ["x*tanh(exp(x))", "x/sinh(x)", "atan(exp(x))"])
@pytest.mark.parametrize("mu", [-1000.0, 400.0, 1000.0])
def test_a_constant_has_coefficients_where_its_exponential_has_left_the_doubles(text, mu):
    slope = {"x*tanh(exp(x))": float(mu > 0)}.get(text, 0.0)
    coefficients = kernel(text).hermite_coefficients(mu, 1e-3, 4)
    assert abs(coefficients[1] - slope * 1e-3) <= 1e-17
    assert np.abs(coefficients[2:]).max() <= 1e-100
    assert abs(kernel(text).variance(mu, 1e-3) - slope * 1e-6) <= 1e-19


@pytest.mark.parametrize(
    ("text", "mu", "signs"), [("(1-exp(-x))/x", -1000.0, [1, -1, 1]), ("exp(x)*tanh(x)", 1e3, [1, 1, 1])]
)
@pytest.mark.parametrize("sigma", [1e-9, 1e-4, 0.5])
def test_what_overflows_is_infinite(text, mu, signs, sigma):
    assert (kernel(text).hermite_coefficients(mu, sigma, 2) == np.inf * np.array(signs)).all()


@pytest.mark.parametrize("text", ["Max(x, 0)*exp(-x)", "Heaviside(x)*exp(-x)", "Max(x, 0)*exp(-x)/(1 + x**2)"])
def test_what_is_0_beside_what_overflows_is_0(text):
    """0 times exp(1000) was no number, and with it the moments of wide Gaussians."""
    found = kernel(text)
    np.testing.assert_array_equal(found.activation([-1e300, -1000.0, -710.0]), 0)
    mu, sigma = np.meshgrid([-1000.0, -400.0, 0.0, 300.0, 1000.0], [1e-9, 1.0, 40.0, 100.0, 1e6])
    for name, degree in (("raw_moments", [4]), ("hermite_coefficients", [4]), ("variance", [])):
        assert np.isfinite(getattr(found, name)(mu, sigma, *degree)).all()
    assert np.isfinite(found.raw_moments([-1000.0, 1000.0], 0.0, 4)).all()


def test_a_logarithm_times_what_vanishes_is_0_there():
    assert kernel("x*log(abs(x))").activation(0.0) == 0
    assert not kernel("x*log(abs(x))").raw_moments(0.0, 0.0, 2).any()


def test_the_trial_sees_a_value_that_lost_its_digits():
    rounded, whole = ModuleType("rounded"), ModuleType("whole")
    rounded.__dict__["activation"] = lambda t: np.log(1 + np.abs(t))
    whole.__dict__["activation"] = lambda t: np.log1p(np.abs(t))
    expression = sp.log(1 + sp.Abs(x))
    assert "activation(x=" in str(first_wrong_value(rounded, expression, (UNIT,), (sp.S.Zero,)))
    assert first_wrong_value(whole, expression, (UNIT,), (sp.S.Zero,)) is None
