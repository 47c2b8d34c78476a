"""Periodic functions under wide Gaussians, against their Fourier series from the textbook."""

from fractions import Fraction

import mpmath
import pytest

from symbolic_moments import activation
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.language import parse_expression
from symbolic_moments.periodic_expectation import periodic_expectation
from symbolic_moments.periodic_parts import periodic_parts
from symbolic_moments.symbols import mu, sigma

MP = mpmath.MPContext()
MP.dps = 60


def moment_of_wave(order, frequency, mean, deviation):
    """``E[y^order exp(i frequency y)]`` by the derivatives of the characteristic function."""
    m, s = MP.mpf(mean), MP.mpf(deviation)
    shifted = m + 1j * frequency * s * s
    total = sum(
        MP.binomial(order, 2 * j) * MP.fac2(2 * j - 1) * s ** (2 * j) * shifted ** (order - 2 * j)
        for j in range(order // 2 + 1)
    )
    return MP.exp(1j * frequency * m - (frequency * s) ** 2 / 2) * total


def rectified_sine(order, mean, deviation):
    """``|sin x| = 2/pi - (4/pi) sum_k cos(2 k x)/(4 k^2 - 1)``."""
    waves = sum(moment_of_wave(order, 2 * k, mean, deviation).real / (4 * k * k - 1) for k in range(1, 60))
    return 2 / MP.pi * moment_of_wave(order, 0, mean, deviation).real - 4 / MP.pi * waves


def square_wave(order, mean, deviation):
    """``sign(cos x) = (4/pi) sum_k (-1)^k cos((2 k + 1) x)/(2 k + 1)``."""
    waves = ((-1) ** k * moment_of_wave(order, 2 * k + 1, mean, deviation).real / (2 * k + 1) for k in range(60))
    return 4 / MP.pi * sum(waves)


SERIES = {"abs(sin(x))": rectified_sine, "sign(cos(x))": square_wave}


def agrees(value, reference, digits):
    assert abs(MP.convert(value) - reference) <= abs(reference) * MP.mpf(10) ** (1 - digits)


@pytest.mark.parametrize("text", SERIES)
@pytest.mark.parametrize("order", [0, 1, 9])
@pytest.mark.parametrize(("mean", "deviation"), [("0.3", "6.5"), ("-1000", "20"), ("0.5", "1000"), ("7", "1000000")])
def test_moments(text, order, mean, deviation):
    """To every digit also where all that is left of a square wave is exp(-sigma^2/2)."""
    value = activation(text).moment(order).evalf(30, mu=mean, sigma=deviation)
    agrees(value, SERIES[text](order, mean, deviation), 30)


def test_hermite_coefficient_keeps_its_digits():
    """``E[He_3 |sin|]``: the constant 2/pi drops out exactly, the first wave leaves e^-200."""
    value = activation("abs(sin(x))").hermite(3).evalf(30, mu="0.5", sigma=10)
    wave = (2j * 10) ** 3 * MP.expj(1) * MP.exp(-200)
    agrees(value, -4 / (3 * MP.pi) * wave.real, 30)


def test_second_moment_of_a_function_with_a_polynomial():
    # E[(x sign(sin(x - 1)))^2] = E[x^2]
    agrees(activation("sign(sin(x - 1))*x").second_moment().evalf(30, mu=1, sigma=7), MP.mpf(50), 30)


def test_odd_about_the_mean_is_zero():
    assert activation("x*abs(sin(x))").moment(0).evalf(30, mu=0, sigma=100) == 0
    assert activation("sign(sin(x - 1))").moment(0).evalf(30, mu=1, sigma=100) == 0


@pytest.mark.parametrize("text", ["abs(sin(x))", "x**2*Max(cos(x), sin(x + 1))"])
def test_agrees_with_panels(text):
    """Just above the period the Fourier series, and the panels that would serve a narrower Gaussian."""
    expression = parse_expression(text)
    values = {mu: Fraction(1, 3), sigma: Fraction(32, 5)}
    series = periodic_expectation(15, expression, values)
    assert series is not None
    # the same function, no longer seen to be periodic
    hidden = gaussian_expectation(15, expression + parse_expression("exp(-x**2)"), values)
    bump = MP.exp(-(MP.mpf(values[mu].numerator) ** 2) / 9 / (1 + 2 * MP.mpf("6.4") ** 2))
    bump /= MP.sqrt(1 + 2 * MP.mpf("6.4") ** 2)
    agrees(series, MP.convert(hidden) - bump, 14)


@pytest.mark.parametrize(
    "text", ["abs(sin(x)) + exp(-x)", "abs(sin(x) + cos(sqrt(2)*x))", "abs(sin(x**2))", "tanh(x)", "x**2", "x*atan(x)"]
)
def test_what_is_not_periodic(text):
    assert periodic_parts(parse_expression(text)) is None


def test_narrow_gaussians_are_left_to_panels():
    assert periodic_expectation(20, parse_expression("abs(sin(x))"), {mu: Fraction(0), sigma: Fraction(1)}) is None
