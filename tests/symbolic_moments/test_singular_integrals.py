"""Integrals over functions with roots, logarithms and kinks without a formula, against series and split quadrature."""

import itertools
from fractions import Fraction

import mpmath
import pytest

from symbolic_moments import activation
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.language import parse_expression
from symbolic_moments.real_zeros import isolated_zeros
from symbolic_moments.symbols import mu, sigma

MP = mpmath.MPContext()
MP.dps = 75


def number(text):
    exact = Fraction(text)
    return MP.mpf(exact.numerator) / exact.denominator


def agrees(value, reference, digits):
    value = MP.convert(value)
    assert not MP.isnan(value)
    assert abs(value - reference) <= abs(reference) * MP.mpf(10) ** (1 - digits), (
        f"{MP.nstr(value, digits)} against {MP.nstr(reference, digits)}"
    )


def expected_wave(mean, deviation, frequency, shift):
    """E[cos(frequency (y - shift))]."""
    return MP.cos(frequency * (mean - shift)) * MP.exp(-((frequency * deviation) ** 2) / 2)


def expected_abs_sin(mean, deviation, frequency, shift=0):
    """E|sin(frequency (y - shift))| by its Fourier series, whose terms the Gaussian damps."""
    terms = (expected_wave(mean, deviation, 2 * k * frequency, shift) / (4 * k * k - 1) for k in range(1, 400))
    return 2 / MP.pi - 4 / MP.pi * MP.fsum(terms)


def max_of_sin_and_cos(mean, deviation):
    mean_of_sum = expected_wave(mean, deviation, 1, 0) + expected_wave(mean, deviation, 1, MP.pi / 2)
    return (mean_of_sum + MP.sqrt(2) * expected_abs_sin(mean, deviation, 1, MP.pi / 4)) / 2


def triangle_wave(mean, deviation):
    terms = (
        (-1) ** k * expected_wave(mean, deviation, 2 * k + 1, MP.pi / (4 * k + 2)) / (2 * k + 1) ** 2
        for k in range(400)
    )
    return 4 / MP.pi * MP.fsum(terms)


WAVES = {
    "Max(sin(x), cos(x))": max_of_sin_and_cos,
    "abs(sin(3*x))": lambda m, s: expected_abs_sin(m, s, 3),
    "sqrt(1 + cos(x))": lambda m, s: MP.sqrt(2) * expected_abs_sin(m, s, MP.mpf(1) / 2, MP.pi),
    "asin(sin(x))": triangle_wave,
}


@pytest.mark.parametrize("text", WAVES)
@pytest.mark.parametrize(("mean", "deviation", "digits"), [("0.7", "1.3", 30), ("-20", "0.5", 50)])
def test_periodic_kinks(text, mean, deviation, digits):
    value = activation(text).moment(0).evalf(digits, mu=mean, sigma=deviation)
    agrees(value, WAVES[text](number(mean), number(deviation)), digits)


@pytest.mark.parametrize("digits", [30, 50])
@pytest.mark.parametrize("power", ["1/2", "3/2", "1/64", "7/3"])
def test_powers_of_a_standard_normal_variable(power, digits):
    # E|z|^p = 2^(p/2) Gamma((p + 1)/2)/sqrt(pi)
    p = number(power)
    reference = MP.mpf(2) ** (p / 2) * MP.gamma((p + 1) / 2) / MP.sqrt(MP.pi)
    agrees(activation(f"abs(x)**({power})").moment(0).evalf(digits, mu=0, sigma=1), reference, digits)
    agrees(activation(f"Max(x, 0)**({power})").moment(0).evalf(digits, mu=0, sigma=1), reference / 2, digits)


def test_power_away_from_the_mean():
    # E[(mu + sigma z)_+^p] = sigma^p phi(t) Gamma(p + 1) exp(t^2/4) D_{-p-1}(-t), t = mu/sigma (DLMF 12.5.1)
    t, p = number("-3") / number("0.4"), MP.mpf(3) / 2
    density = MP.exp(-t * t / 2) / MP.sqrt(2 * MP.pi)
    reference = number("0.4") ** p * density * MP.gamma(p + 1) * MP.exp(t * t / 4) * MP.pcfd(-p - 1, -t)
    agrees(activation("Max(x, 0)**1.5").moment(0).evalf(40, mu="-3", sigma="0.4"), reference, 40)


def split_quadrature(function, mean, deviation, cuts, reach=20):
    """E[f(y)] by the double exponential rule between given points, the density's peak on the window factored out."""
    mean, deviation = number(mean), number(deviation)
    grid = [mean + deviation * j for j in range(-reach, reach + 1, 2)]
    ends = sorted({*grid, *(MP.mpf(cut) for cut in cuts if abs(cut - mean) < reach * deviation)})
    parts = [
        MP.quad(lambda y: function(y) * MP.exp(-(((y - mean) / deviation) ** 2) / 2), [a, b])
        for a, b in itertools.pairwise(ends)
    ]
    return MP.fsum(parts) / (deviation * MP.sqrt(2 * MP.pi))


def real_root(function, start):
    return MP.findroot(function, MP.mpf(start))


ERF_MEETS_X = real_root(lambda y: MP.erf(y) - y, "0.6175")
QUINTIC = real_root(lambda y: y**5 - y - 1, "1.167")
SPLIT = {
    "Max(x, erf(x))": (lambda y: max(y, MP.erf(y)), [-ERF_MEETS_X, 0, ERF_MEETS_X]),
    "Piecewise((x, tanh(x) > 1/2), (0, True))": (lambda y: y if y > MP.log(3) / 2 else MP.zero, [MP.log(3) / 2]),
    "tanh(x)*Max(x**5 - x - 1, 0)": (lambda y: MP.tanh(y) * max(y**5 - y - 1, 0), [QUINTIC]),
    "Max(x, tanh(x))": (lambda y: max(y, MP.tanh(y)), [0]),
    "Piecewise((tanh(x), (x == 1) | (x < 0)), (exp(x), x != 2), (7, True))": (
        lambda y: MP.tanh(y) if y < 0 else MP.exp(y),
        [0],
    ),
    "abs(x**2 - 2)**0.5*tanh(x + 1)": (
        lambda y: MP.sqrt(abs(y * y - 2)) * MP.tanh(y + 1),
        [-MP.sqrt(2), MP.sqrt(2)],
    ),
}


@pytest.mark.parametrize("text", SPLIT)
@pytest.mark.parametrize(("mean", "deviation", "digits"), [("0.3", "1.2", 30), ("1/3", "0.07", 50)])
def test_against_quadrature_split_by_hand(text, mean, deviation, digits):
    function, cuts = SPLIT[text]
    value = activation(text).moment(0).evalf(digits, mu=mean, sigma=deviation)
    agrees(value, split_quadrature(function, mean, deviation, cuts), digits)


def test_logarithm_of_a_square():
    # E[log z^2] = -gamma - log 2
    agrees(activation("log(x**2)").moment(0).evalf(40, mu=0, sigma=1), -MP.euler - MP.log(2), 40)


def test_narrow_bump_far_from_the_mean():
    # 0 at every point one would try first: the threshold is passed beyond x = 2646, 126 deviations from the mean
    text = "Piecewise((1, tanh(x/1000) > 0.99), (0, True))"
    start = 1000 * MP.atanh(MP.mpf(99) / 100)
    t = (number("-10000") - start) / 100
    value = activation(text).moment(0).evalf(20, mu=-10000, sigma=100)
    agrees(value, MP.erfc(-t / MP.sqrt(2)) / 2, 20)


def test_bumps_between_which_nothing_is():
    # (sin(x) - c)_+ about pi/2 + 2 pi k: three bumps of half-width acos(c) matter at 20 digits
    c = MP.mpf(9999) / 10000
    half = MP.acos(c)
    cuts = [MP.pi / 2 + 2 * MP.pi * k + sign * half for k in range(-6, 7) for sign in (-1, 1)]
    reference = split_quadrature(lambda y: max(MP.sin(y) - c, 0), "4", "1.5", cuts)
    agrees(activation("Max(sin(x) - 0.9999, 0)").moment(0).evalf(25, mu=4, sigma="1.5"), reference, 25)


def test_vanishing_function_is_zero():
    values = {mu: Fraction(1), sigma: Fraction(1)}
    assert gaussian_expectation(20, parse_expression("Max(-exp(x), 0)"), values) == 0


def test_too_many_kinks_are_an_error():
    end = MP.mpf(100)
    with pytest.raises(ArithmeticError, match="more than 60 zeros"):
        isolated_zeros(parse_expression("sin(x)"), {}, -end, end, [], MP.one, 20, most=60)
    assert len(isolated_zeros(parse_expression("sin(x)"), {}, -end, end, [], MP.one, 20, most=70)) == 63


def test_hundreds_of_kinks_without_a_period():
    """``|sin x| e^(-x/40)`` is the periodic function under the shifted Gaussian, times a factor."""
    mean, deviation = MP.mpf(3), MP.mpf(40)
    value = activation("abs(sin(x))*exp(-x/40)").moment(0).evalf(15, mu=3, sigma=40)
    shifted = activation("abs(sin(x))").moment(0).evalf(25, mu=mean - deviation**2 / 40, sigma=40)
    agrees(value, MP.exp(-mean / 40 + (deviation / 40) ** 2 / 2) * MP.convert(shifted), 15)


def test_parameters_move_kinks():
    import sympy

    theta = sympy.Symbol("theta", real=True)
    from symbolic_moments.symbols import x

    g = activation(sympy.sqrt(sympy.Abs(x - theta)))
    p = MP.mpf(1) / 2
    reference = MP.mpf(2) ** (p / 2) * MP.gamma((p + 1) / 2) / MP.sqrt(MP.pi)
    agrees(g.moment(0).evalf(30, mu="1/3", sigma=1, theta="1/3"), reference, 30)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("1/(1 + exp(x**2))", lambda y: 1 / (1 + MP.exp(y * y))),
        ("exp(-exp(x**2))", lambda y: MP.exp(-MP.exp(y * y))),
        ("log(sigmoid(x))", lambda y: -MP.log1p(MP.exp(-y))),
    ],
)
def test_faster_growth_that_is_tamed(text, function):
    value = activation(text).moment(0).evalf(30, mu="0.3", sigma="1.2")
    agrees(value, split_quadrature(function, "0.3", "1.2", [0]), 30)


@pytest.mark.parametrize("deviation", [1000, 10**6])
def test_double_exponential_decay_under_a_wide_gaussian(deviation):
    # the density is constant to 1e-6 or better where exp(-exp(x^2)) is not 0
    integral = MP.quad(lambda y: MP.exp(-MP.exp(y * y)), [-3, -1, 0, 1, 3])
    value = activation("exp(-exp(x**2))").moment(0).evalf(15, mu=0, sigma=deviation)
    flat = integral / (deviation * MP.sqrt(2 * MP.pi))
    assert abs(value / flat - 1) < 1 / MP.mpf(deviation) ** 2


def test_logarithm_of_a_logistic_function_that_is_all_but_one():
    # -E[log(1 + exp(-y))] = -exp(-mu + 1/2) + exp(-2 mu + 2)/2 - ...
    reference = -MP.exp(MP.mpf(-500) + MP.mpf(1) / 2)
    agrees(activation("log(sigmoid(x))").moment(0).evalf(25, mu=500, sigma=1), reference, 25)
