"""Forms that keep their digits where the plain text cancels, underflows or divides 0 by 0; references from mpmath."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.kink_limits import kink_limits
from codegen.method import method_constants
from codegen.mp_functions import real_function
from codegen.stable_forms import stabilised
from codegen.stable_functions import sqrt_softplus, sum_with_root, tanh_rest, written_out
from numeric_backend import kernels
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

DEFINITIONS = {
    "squareplus": lambda u: (u + mpmath.sqrt(u * u + 4)) / 2,
    "tanhshrink": lambda u: u - mpmath.tanh(u),
    "sqrtsoftplus": lambda u: mpmath.sqrt(mpmath.log1p(mpmath.exp(u))),
}
PLACES = (-1400.0, -1000.0, -746.0, -720.0, -30.0, -1.0, -0.999, -0.3, -1e-5, 1e-90, 1e-3, 0.5, 1.0, 7.0, 300.0, 1e3)
FAR_TAIL = 1e-300


def relative_error(got, wanted):
    return float(abs(mpmath.mpf(float(got)) - wanted) / max(abs(wanted), FAR_TAIL))


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("place", PLACES)
def test_value_and_slope_keep_their_digits(name, place):
    kernel = kernels.load(name)
    with mpmath.workdps(900):
        value, slope = mpmath.taylor(DEFINITIONS[name], mpmath.mpf(place), 1)
        assert relative_error(kernel.activation(place), value) <= 1e-15
        assert relative_error(kernel.expected_derivatives(place, 0.0, 1)[1], slope) <= 1e-15


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("place", [-30.0, -2.5, -0.3, 0.7, 7.0])
def test_power_series_keep_their_digits(name, place):
    got = kernels.load(name).expected_derivatives(place, 0.0, 4)
    with mpmath.workdps(100):
        wanted = mpmath.taylor(DEFINITIONS[name], mpmath.mpf(place), 4)
        for k in range(5):
            assert relative_error(got[k], wanted[k] * mpmath.factorial(k)) <= 5e-15


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(x + sqrt(x**2 + 4))/2", sum_with_root(x, 4) / 2),
        ("sqrt(x**2 + 1) - x", sum_with_root(-x, 1)),
        ("tanh(2*x) - 2*x", -tanh_rest(2 * x)),
        ("sqrt(softplus(3*x))", sqrt_softplus(3 * x)),
        ("x + sqrt(x + 4)", x + sp.sqrt(x + 4)),
    ],
)
def test_patterns_are_recognised(text, wanted):
    expression = read_expression(text)
    assert stabilised(expression) == wanted
    assert abs(sp.N(written_out(wanted - expression).subs(x, sp.Rational(3, 7)), 30)) < 1e-28


@pytest.mark.parametrize("digits", [15, 30, 60])
def test_terms_of_the_tangent_suffice(digits):
    (terms,) = method_constants(["tanh_terms"], digits).values()
    with mpmath.workdps(digits + 10):
        left_out = mpmath.nsum(lambda k: 2 * k / mpmath.factorial(2 * k + 1), [terms + 1, mpmath.inf])
        assert left_out < mpmath.mpf(10) ** -digits / 3


@pytest.mark.parametrize("name", ["gelu_tanh", "gelu_10"])
@pytest.mark.parametrize(("mu", "sigma"), [(-219.4, 0.011), (-39.0, 1e-12), (-1000.0, 9.0), (-600.0, 1e-5)])
def test_where_everything_underflows_there_is_nothing(name, mu, sigma):
    kernel = kernels.load(name)
    assert not kernel.raw_moments(mu, sigma, 4).any()
    assert not kernel.expected_derivatives(mu, sigma, 4).any()
    assert kernel.variance(mu, sigma) == 0


def test_a_variance_that_underflows_is_not_negative():
    for name, mu in (("sigmoid", 362.93611986), ("silu", -372.69751726), ("tanh", 184.38767303)):
        assert (kernels.load(name).variance(mu + np.linspace(-9, 9, 200), 1e-8) >= 0).all()


def test_limits_at_an_approximate_kink_are_numbers():
    """clip(x Phi(x), -10, 10) has its kink at 10 + 7.6e-23: slopes Phi + x phi and 0."""
    kink = sp.Rational("10.000000000000000000000076198530241605260659675381")
    (limit,) = kink_limits(read_expression("clip(x*Phi(x), -10, 10)"), x, kink)
    with mpmath.workdps(40):
        wanted = (mpmath.ncdf(10) + 10 * mpmath.npdf(10)) / 2
        assert limit.is_Rational
        assert abs(mpmath.mpf(int(limit.p)) / int(limit.q) - wanted) < 1e-20


@pytest.mark.parametrize("place", [1e-300, -1e-90, 1e-9, -0.3, 2.0, 1e3])
def test_a_constant_beside_a_root_hides_nothing_small(place):
    kernel = emit("x + sqrt(x**2 + 1)/2 - 1/2").load()
    with mpmath.workdps(700):
        wanted = mpmath.mpf(place) + (mpmath.sqrt(mpmath.mpf(place) ** 2 + 1) - 1) / 2
        assert relative_error(float(kernel.activation(place)), wanted) <= 1e-15


@pytest.mark.parametrize("text", ["log(1 + x**2)", "erf(x)", "log(2) + 0*x + atan(x)"])
def test_functions_are_measured_with_all_their_digits(text):
    """SymPy hands ``log`` and ``erf`` to the doubles of ``math`` where a context does not bring its own."""
    function = read_expression(text)
    got = real_function(function, x, 50)(0.375)
    wanted = sp.N(function.subs(x, sp.Rational(3, 8)), 60)
    assert abs(sp.Float(str(got), 60) - wanted) < sp.Float(10) ** -45


@pytest.mark.parametrize(
    ("text", "square", "linear", "constant", "number"),
    [
        ("sqrt(1 + x**2) - 1", 1, 0, 1, 1),
        ("sqrt(1 + x**2)", 1, 0, 1, 0),
        ("sqrt(4*x**2 + 1) - 3", 4, 0, 1, 3),
        ("sqrt(x**2 + 2*x + 5) - 1", 1, 2, 5, 1),
    ],
)
@pytest.mark.parametrize("place", [-1000.0, -30.0, 2.0, 777.7])
def test_high_derivatives_of_a_root_far_out(text, square, linear, constant, number, place):
    found = emit(text).load().expected_derivatives(place, 0.0, 6)
    with mpmath.workdps(60):
        coefficients = mpmath.taylor(
            lambda y: mpmath.sqrt(square * y * y + linear * y + constant) - number, mpmath.mpf(place), 6
        )
        for k, coefficient in enumerate(coefficients):
            wanted = coefficient * mpmath.factorial(k)
            assert abs(mpmath.mpf(float(found[k])) - wanted) <= 1e-14 * abs(wanted)
