"""Waves of quadratic phase: their closed forms against quadrature of the definition."""

import mpmath
import pytest
import sympy as sp

from symbolic_moments import activation, bivariate_moment, circle_moment
from symbolic_moments.exponential_algebra import cosine_of, sine_of
from symbolic_moments.symbols import mu, n, sigma, x

TEXTS = (
    "sin(x**2)",
    "cos(x**2 + x)",
    "x*sin(x**2)",
    "sin(x**2)*exp(-x**2/2)",
    "cos(x**2)**2",
    "2*x + cos(3*x**2 - 1)",
    "sin(x**2/2 + 1)*x**2",
    "exp(x)*cos(x**2 - x)",
)
HERMITE = {0: lambda z: 1, 1: lambda z: z, 3: lambda z: z**3 - 3 * z}


def sums(function, mu, sigma, step):
    """``E[y^n g]``, ``E[He_n(z) g]`` for n = 0, 1, 3 and ``E[g^2]`` by the trapezoidal rule in z."""
    total = [mpmath.mpf(0)] * 7
    for i in range(-int(12 / step), int(12 / step) + 1):
        z = i * step
        y = mu + sigma * z
        value = function(y)
        weight = mpmath.npdf(z) * step
        weights = [y**n for n in HERMITE] + [polynomial(z) for polynomial in HERMITE.values()] + [value]
        total = [one + weight * value * factor for one, factor in zip(total, weights, strict=True)]
    return total


@pytest.mark.parametrize("text", TEXTS)
def test_formulas_are_integrals_of_the_definition(text):
    g = activation(text)
    function = sp.lambdify(x, g.expression, "mpmath")
    point = {"mu": "0.7", "sigma": "0.75"}
    with mpmath.workdps(30):
        place = mpmath.mpf("0.7"), mpmath.mpf("0.75")
        fine, coarse = (sums(function, *place, mpmath.mpf(step)) for step in ("0.04", "0.05"))
        formulas = [g.moment(n) for n in HERMITE] + [g.hermite(n) for n in HERMITE] + [g.second_moment()]
        for formula, one, two in zip(formulas, fine, coarse, strict=True):
            assert abs(one - two) < 1e-24 * (1 + abs(one))
            assert abs(formula.evalf(25, **point) - one) < 1e-23 * (1 + abs(one))


def test_recurrences_lead_from_seeds_to_moments():
    g = activation("x*cos(x**2 - x)*exp(-x**2)")
    stated, *equations = g.moments().expr
    point = {mu: sp.Rational(1, 3), sigma: sp.Rational(1, 2)}
    rules = {one.lhs.func: one.rhs for one in equations if one.lhs.has(n)}
    known = {one.lhs: one.rhs.subs(point).evalf(40) for one in equations if not one.lhs.has(n)}
    for order in (1, 2, 3):
        for name, rule in rules.items():
            known[name(order + 1)] = rule.subs(n, order).subs(point).subs(known).evalf(40)
    moment = stated.rhs.subs(n, 3).subs(known)
    assert abs(moment - g.moment(3).evalf(30, mu="1/3", sigma="1/2")) < 1e-28


def test_the_ring_adds_and_subtracts_phases():
    phase = 3 * x**2 - x
    assert (cosine_of(phase) * cosine_of(phase) + sine_of(phase) * sine_of(phase)).as_expr() == 1
    assert sine_of(-(x**2)) == -sine_of(x**2)
    (slow, fast) = (cosine_of(2 * x**2) * sine_of(x**2 - x)).terms
    assert {slow.chirp, fast.chirp} == {1, 3}


def test_only_what_stands_alone_on_the_whole_line_is_of_the_family():
    assert activation("sin(x**2)").family == "CH"
    assert activation("sin(x**2)/cos(1) + x").family == "CH"
    for text in ("relu(x)*sin(x**2)", "erf(x)*sin(x**2)", "sin(x**3)", "tanh(x) + sin(x**2)"):
        assert activation(text).family == "NO"
    assert activation("tanh(x) + sin(x**2)").decomposition.remainder.has(sp.sin)


def test_other_formulas_do_not_take_them_for_plain_waves():
    with mpmath.workdps(30):
        circle = mpmath.quad(lambda t: mpmath.sin((mpmath.cos(t) + 0.25) ** 2), [-mpmath.pi, 0, mpmath.pi])
        found = circle_moment("sin(x**2)", 0)
        assert found.kind == "integral"
        assert abs(found.evalf(20, A=1, b="0.25") - circle) < 1e-18
    two = bivariate_moment("sin(x**2)", "x")
    assert two.kind == "integral"
    stein = activation("sin(x**2)").expected_derivative(1).evalf(20, mu="0.3", sigma=1)
    assert abs(two.evalf(18, mu_1="0.3", sigma_1=1, mu_2=0, sigma_2=1, rho="0.5") - stein / 2) < 1e-16
