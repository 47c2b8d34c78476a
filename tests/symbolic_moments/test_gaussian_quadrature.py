from fractions import Fraction

import mpmath
import pytest

from symbolic_moments import activation, integration_window, panels
from symbolic_moments.gaussian_quadrature import gaussian_expectation, kinks
from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import mu, sigma

MP = mpmath.MPContext()
MP.dps = 60


@pytest.mark.parametrize(("mean", "deviation"), [("0.7", "1.3"), ("-30", "1"), ("3", "40"), ("1", "0.000001")])
def test_exponential(mean, deviation):
    value = gaussian_expectation(40, parse_expression("x*exp(x)"), {mu: Fraction(mean), sigma: Fraction(deviation)})
    m, s = MP.mpf(mean), MP.mpf(deviation)
    reference = (m + s * s) * MP.exp(m + s * s / 2)
    assert abs(MP.convert(value) - reference) < abs(reference) * MP.mpf(10) ** -39


@pytest.mark.parametrize(
    "text", ["relu(x)", "abs(x - 1)*x", "gelu", "Piecewise((x**2, x < -2), (1, x < 1), (x, True))"]
)
@pytest.mark.parametrize(("mean", "deviation"), [("0.3", "1"), ("-9", "1"), ("2", "0.01"), ("1", "30")])
def test_agrees_with_closed_forms(text, mean, deviation):
    g = activation(text)
    closed = g.moment(1)
    assert closed.kind == "closed"
    values = {mu: Fraction(mean), sigma: Fraction(deviation)}
    value = gaussian_expectation(25, g.expression * parse_expression("x"), values)
    assert abs(value / closed.evalf(30, mu=mean, sigma=deviation) - 1) < 1e-24


def test_odd_integrand_is_zero():
    assert gaussian_expectation(20, parse_expression("tanh(x)"), {mu: Fraction(0), sigma: Fraction(1)}) == 0


def test_published_value():
    # E[tanh(z)^2] of a standard normal z, as every mean-field table of deep networks has it
    value = activation("tanh(x)").second_moment().evalf(20, mu=0, sigma=1)
    reference = MP.quad(
        lambda z: MP.tanh(z) ** 2 * MP.exp(-z * z / 2), [-18, -9, -4, -2, -1, 0, 1, 2, 4, 9, 18]
    ) / MP.sqrt(2 * MP.pi)
    assert abs(MP.convert(value) - reference) < 1e-19
    assert abs(value - 0.394294) < 1e-6


def test_softplus_far_below_zero():
    value = activation("log(1 + exp(x))").moment(0).evalf(25, mu=-500, sigma=1)
    first = MP.exp(MP.mpf(-500) + MP.mpf(1) / 2)
    second = MP.exp(MP.mpf(-1000) + 2) / 2
    assert abs(MP.convert(value) - (first - second)) < first * MP.mpf(10) ** -24


def test_a_jump_that_is_not_found_is_an_error(monkeypatch):
    monkeypatch.setattr(integration_window, "switches", lambda expression: ())
    with pytest.raises(ArithmeticError, match=r"the quadrature does not converge next to x = 0\.549306144"):
        activation("Piecewise((1, tanh(x) > 1/2), (0, True))").moment(0).evalf(20, mu="0.7", sigma="1.3")


def test_kinks():
    assert kinks(parse_expression("Piecewise((x, x**2 > 4), (sign(3*x - 1), True))")) == (-2, Fraction(1, 3), 2)


@pytest.mark.parametrize("order", [2, 5])
def test_narrow_gaussians_keep_the_digits_that_hermite_polynomials_cancel(order):
    """At sigma = 1e-9, ``E[g He_n]`` is ``g^(n)(mu) sigma^n`` but for sigma^2: 45 digits below ``E|g He_5|``."""
    value = activation("Phi(x)**2").hermite(order).evalf(10, mu="0.3", sigma="1e-9")
    derivative = MP.diff(lambda y: (MP.erfc(-y / MP.sqrt(2)) / 2) ** 2, MP.mpf("0.3"), order)
    assert abs(MP.convert(value) / (derivative * MP.mpf("1e-9") ** order) - 1) < 1e-9


def test_what_oscillates_too_often_is_an_error(monkeypatch):
    monkeypatch.setattr(panels, "MOST_PANELS", 30)
    with pytest.raises(ArithmeticError, match=r"oscillates too often for this sigma"):
        activation("sin(exp(x))").moment(0).evalf(15, mu=2, sigma=1)


def test_a_root_of_a_function_of_astronomical_numbers_is_integrated():
    """Under a wide Gaussian exp(x) leaves the numbers that enclosures follow: nothing is known then, not NaN."""

    def integrand(z):
        return mpmath.sqrt(mpmath.log1p(mpmath.exp(10000 * z))) * mpmath.npdf(z)

    with mpmath.workdps(30):
        ends = [mpmath.mpf(e) for e in ("-0.02", "-0.005", "0", "0.005", "0.02", "0.2", "1", "4", "12")]
        expected = mpmath.quad(integrand, ends)
    value = activation("sqrtsoftplus").moment(0).evalf(15, mu=0, sigma=10000)
    assert abs(value / expected - 1) < 1e-13


def test_a_pole_is_told_and_not_a_bare_division():
    with pytest.raises(ZeroDivisionError, match="0 to the power of -2: a denominator vanishes"):
        gaussian_expectation(15, parse_expression("1/x**2"), {mu: Fraction(0), sigma: Fraction(1)})
