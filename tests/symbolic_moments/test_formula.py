from decimal import Decimal
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from symbolic_moments import Formula, activation
from symbolic_moments.formula import Step
from symbolic_moments.symbols import mu, sigma


def formula(identifier, expr, **more):
    return Formula(identifier, "q", "q", expr, (mu, sigma), ("always",), (Step("Seen.", "q = 1"),), "here", **more)


def test_ids_are_unique():
    first = formula("test.unique", mu + sigma)
    assert formula("test.unique", mu + sigma) == first
    with pytest.raises(ValueError, match=r"formula id 'test.unique' is taken by a formula of another content"):
        formula("test.unique", mu - sigma)


def test_frozen():
    with pytest.raises(AttributeError):
        formula("test.frozen", mu).expr = sigma


@pytest.mark.parametrize("digits", [5, 15, 30, 50, 100, 400])
def test_any_number_of_digits(digits):
    value = activation("relu").moment(0).evalf(digits, mu=1, sigma=1)
    context = mpmath.MPContext()
    context.dps = digits + 20
    reference = context.erfc(-1 / context.sqrt(2)) / 2 + context.exp(-0.5) / context.sqrt(2 * context.pi)
    assert abs(context.convert(value) - reference) < reference * context.mpf(10) ** (1 - digits)


def test_values_are_exact():
    relu = activation("relu").moment(0)
    same = [Fraction(1, 4), 0.25, "0.25", "1/4", Decimal("0.25"), mpmath.mpf("0.25"), sp.Rational(1, 4)]
    assert len({str(relu.evalf(40, mu=value, sigma=1)) for value in same}) == 1
    assert relu.evalf(40, mu=0.1, sigma=1) != relu.evalf(40, mu="0.1", sigma=1)
    assert relu.evalf(40, mu=mpmath.mpf(0.1), sigma=1) == relu.evalf(40, mu=0.1, sigma=1)


def test_global_precision_is_left_alone():
    before = mpmath.mp.dps
    activation("gelu").second_moment().evalf(60, mu=1, sigma=2)
    activation("tanh(x)").moment(0).evalf(20, mu=1, sigma=2)
    assert mpmath.mp.dps == before


def test_exact_zero_and_cancellation():
    assert activation("relu").hermite(4).evalf(30, mu="0.6", sigma="0.6") == 0  # He_2(1)
    assert activation("heaviside").hermite(4).evalf(30, mu=0, sigma=3) == 0
    tiny = formula("test.tiny", sp.exp(-mu) + 1 - 1).evalf(20, mu=900, sigma=1)
    assert abs(tiny / mpmath.exp(-900) - 1) < 1e-15


def test_extra_values_are_ignored():
    assert activation("heaviside").moment(0).evalf(20, mu=0, sigma=1, theta=7, n=3) == 0.5


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"mu": 1}, ValueError, r"E\[relu\(x\)\]: no value for sigma; give mu, sigma as keywords"),
        ({"mu": 1, "sigma": -1}, ValueError, "sigma = -1 given; a standard deviation is at least 0"),
        ({"mu": 1, "sigma": float("nan")}, ValueError, "sigma = nan is not a finite real number"),
        ({"mu": float("inf"), "sigma": 1}, ValueError, "mu = inf is not a finite real number"),
        ({"mu": mpmath.inf, "sigma": 1}, ValueError, "is not a finite real number"),
        ({"mu": "one", "sigma": 1}, ValueError, "mu = 'one' is not a finite real number"),
        ({"mu": 1j, "sigma": 1}, TypeError, "mu = 1j is not a finite real number"),
        ({"mu": True, "sigma": 1}, TypeError, "mu = True is not a finite real number"),
        ({"mu": [1], "sigma": 1}, TypeError, "is not a finite real number"),
    ],
)
def test_bad_values(values, error, message):
    with pytest.raises(error, match=message):
        activation("relu").moment(0).evalf(20, **values)


@pytest.mark.parametrize("digits", [0, -3, 1.5, "9", True])
def test_bad_digits(digits):
    for spec in ("relu", "tanh(x)"):
        with pytest.raises(ValueError, match="give a whole number of decimal digits, at least 1"):
            activation(spec).moment(0).evalf(digits, mu=1, sigma=1)


def test_general_order_needs_n():
    moments = activation("relu").moments()
    assert moments.evalf(20, n=2, mu=1, sigma=1) == activation("relu").moment(2).evalf(20, mu=1, sigma=1)
    with pytest.raises(ValueError, match="no value for n"):
        moments.evalf(20, mu=1, sigma=1)
    with pytest.raises(ValueError, match="whole number, at least 0"):
        moments.evalf(20, n=-1, mu=1, sigma=1)


def test_as_text():
    relu = activation("relu").hermite(2)
    assert relu.statement == "E[relu(x) He_2((x - mu)/sigma)] = sigma*phi(mu/sigma)"
    assert relu.latex().endswith(r"= \sigma \varphi\left(\frac{\mu}{\sigma}\right)")
    assert relu._repr_latex_() == f"$\\displaystyle {relu.latex()}$"
    assert "M(n) = T(n + 1); " in activation("relu").moments().statement
    assert r"\begin{aligned}" in activation("relu").moments().latex()
    assert r"\mathrm{leaky\_relu}" in activation("leaky_relu").moment(0).latex()


def test_no_value_at_zero_sigma():
    with pytest.raises(ValueError, match="has no value at sigma = 0"):
        activation("abs(x)*tanh(x)").expected_derivative(1).evalf(20, mu=1, sigma=0)


def _about_a_tiny_mean(spec, order, mean, deviation):
    """First order in the mean of ``E[y^order g(y)]`` for odd integrands, by the derivative of the density."""
    context = mpmath.MPContext()
    context.dps = 40
    m, s = context.mpf(mean), context.mpf(deviation)
    function = {"erf": context.erf, "abs": abs, "sign": context.sign, "softsign": lambda y: y / (1 + abs(y))}[spec]

    def integrand(z):
        return z ** (order + 1) * function(s * z) / s * context.npdf(z)  # of order 1: quad stops by absolute error

    return 2 * m * s**order * context.quad(integrand, [0, 1, 3, 6, 16])


@pytest.mark.parametrize(
    ("spec", "order", "mean"),
    [
        ("erf", 0, "1e-200"),
        ("erf", 8, "1e-300"),
        ("abs", 1, "1e-300"),
        ("sign", 0, "1e-60"),
        ("sign", 0, "1e-300"),
        ("softsign", 0, "1e-60"),
    ],
)
def test_a_tiny_value_is_not_zero(spec, order, mean):
    value = activation(spec).moment(order).evalf(25, mu=mean, sigma="1e-6")
    reference = _about_a_tiny_mean(spec, order, mean, "1e-6")
    assert reference != 0
    assert abs(value - reference) <= abs(reference) * mpmath.mpf(10) ** -11  # first order in the mean, and quad


def test_almost_odd_is_not_zero():
    shifted = activation("atan(x - 1)").moment(0)
    assert shifted.evalf(20, mu=1, sigma=2) == 0
    assert shifted.evalf(20, mu="1." + 40 * "0" + "1", sigma=2) > 0


def test_a_periodic_function_about_a_tiny_mean():
    """``sin x |sin x| = (8/pi) sum sin(k x)/(k (4 - k^2))``, k odd: all but the first wave is below e^-450."""
    formula = activation("sin(x)*abs(sin(x))").moment(0)
    value = formula.evalf(20, mu="1e-60", sigma=10)
    first = 8 / (3 * mpmath.pi) * mpmath.exp(-50) * mpmath.mpf("1e-60")
    assert abs(value - first) < first * mpmath.mpf(10) ** -14
    assert formula.evalf(20, mu=0, sigma=10) == 0


def test_what_cancels_too_deep_is_refused():
    with pytest.raises(ArithmeticError, match="cancel"):
        activation("erf").moment(0).evalf(20, mu="1e-100000", sigma=1)
