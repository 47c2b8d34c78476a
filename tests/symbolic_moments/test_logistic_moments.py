import random
from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath.calculus.quadrature import GaussLegendre

from symbolic_moments import activation
from symbolic_moments.alternating_series import acceleration, terms_for
from symbolic_moments.language import parse_expression
from symbolic_moments.logistic_terms import logistic_terms
from symbolic_moments.symbols import mu, sigma, x


def sigmoid(c, u):
    return 1 / (1 + c.exp(-u)) if u > 0 else c.exp(u) / (1 + c.exp(u))


def softplus(c, u):
    return max(u, 0) + c.log1p(c.exp(-abs(u)))


FUNCTIONS = {
    "sigmoid(x)": (sigmoid, "series"),
    "tanh(x)": (lambda c, y: c.tanh(y), "series"),
    "x*sigmoid(x)": (lambda c, y: y * sigmoid(c, y), "series"),
    "x*sigmoid(1.702*x)": (lambda c, y: y * sigmoid(c, y * 851 / 500), "series"),
    "x - tanh(x)": (lambda c, y: y - c.tanh(y), "series"),
    "x*tanh(x)": (lambda c, y: y * c.tanh(y), "series"),
    "log(1 + exp(x))": (softplus, "integral"),
    "-log(1 + exp(-x))": (lambda c, y: -softplus(c, -y), "integral"),
    "log(cosh(x))": (lambda c, y: c.log(c.cosh(y)), "integral"),
    "x*exp(x)/(2 + 3*exp(x)) + softplus(1 - 2*x)": (
        lambda c, y: y * c.exp(y) / (2 + 3 * c.exp(y)) + softplus(c, 1 - 2 * y),
        "integral",
    ),
}
ORDERS = (0, 1, 4, 8)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mean", "deviation"), [("0.7", "0.8"), ("-3", "0.5")])
def test_every_quantity_is_its_definition(definition, text, mean, deviation):
    function, kind = FUNCTIONS[text]

    def integrands(context, y, z):
        g = function(context, y)
        return [*(g * y**n for n in ORDERS), *(g * definition.hermite(n, z) for n in ORDERS), g * g]

    references = definition.expectations(integrands, mean, deviation)
    g = activation(text)
    assert g.family == "LG"
    for n, reference in zip(ORDERS, references, strict=False):
        assert g.moment(n).kind == "series"
        definition.check(g.moment(n).evalf(35, mu=mean, sigma=deviation), reference)
    for n, reference in zip(ORDERS, references[len(ORDERS) :], strict=False):
        definition.check(g.hermite(n).evalf(35, mu=mean, sigma=deviation), reference)
    assert g.moments().evalf(20, n=3, mu=mean, sigma=deviation) == g.moment(3).evalf(20, mu=mean, sigma=deviation)
    derivative = definition.context.convert(g.expected_derivative(4).evalf(35, mu=mean, sigma=deviation))
    definition.check(derivative * definition.number(deviation) ** 4, references[len(ORDERS) + 2])
    second = g.second_moment()
    assert second.kind == kind
    definition.check(second.evalf(32, mu=mean, sigma=deviation), references[-1])


@settings(max_examples=5, deadline=None, print_blob=True)
@given(
    mean=st.floats(-4, 4),
    deviation=st.floats(0.1, 0.7),
    slope=st.fractions(-2, 2, max_denominator=4).filter(lambda v: abs(v) > 0.2),
    offset=st.fractions(-2, 2, max_denominator=4),
    order=st.integers(0, 8),
)
@example(mean=0.0, deviation=0.5, slope=Fraction(1), offset=Fraction(0), order=8)
def test_any_slope_any_offset_any_order(definition, mean, deviation, slope, offset, order):
    g = activation(f"(x**2 - 1)*sigmoid(({slope})*x + ({offset})) + x*softplus(({slope})*x)")
    a, b = definition.number(slope), definition.number(offset)

    def integrands(context, y, z):
        value = (y**2 - 1) * sigmoid(context, a * y + b) + y * softplus(context, a * y)
        return [value * y**order, value * definition.hermite(order, z)]

    moment, hermite = definition.expectations(integrands, mean, deviation)
    definition.check(g.moment(order).evalf(32, mu=mean, sigma=deviation), moment)
    definition.check(g.hermite(order).evalf(32, mu=mean, sigma=deviation), hermite)


@pytest.mark.parametrize("text", ["sigmoid(x)", "x*sigmoid(x)", "log(1 + exp(x))"])
def test_fifty_digits(text):
    """Seeded points, n = 0..8, against Gauss-Legendre panels as wide as 1, the next pole being pi away."""
    draw = random.Random(text)
    c = mpmath.MPContext()
    c.dps = 75
    rule = GaussLegendre(c).calc_nodes(5, c.prec + 20)
    mean, deviation = Fraction(draw.randint(-60, 60), 10), Fraction(draw.randint(15, 25), 10)
    m, s = (c.mpf(value.numerator) / value.denominator for value in (mean, deviation))
    low, high = (c.floor(min(m, 0) - 17 * s), c.ceil(max(m, 0) + 17 * s))
    references = [c.zero] * 9
    for a in range(int(low), int(high)):
        for node, weight in rule:
            y = a + (1 + node) / 2
            value = weight / 2 * FUNCTIONS[text][0](c, y) * c.exp(-(((y - m) / s) ** 2) / 2)
            references = [total + value * y**n for n, total in enumerate(references)]
    g = activation(text)
    for order, total in enumerate(references):
        reference = total / (s * c.sqrt(2 * c.pi))
        value = c.convert(g.moment(order).evalf(52, mu=mean, sigma=deviation))
        assert abs(value - reference) <= c.mpf(10) ** -50 * abs(reference), (text, order, mean, deviation)


def test_the_bound_of_the_series_holds_and_is_not_idle():
    c = mpmath.MPContext()
    c.dps = 80
    for terms in (1, 2, 5, 12, 40):
        weights, d = acceleration(terms)
        assert d == c.nint(((3 + c.sqrt(8)) ** terms + (3 - c.sqrt(8)) ** terms) / 2)
        # measures: uniform (log 2), sqrt-like and a point mass at the worst place, s = 1
        for a, total in (
            (lambda k: Fraction(1, k + 1), c.log(2)),
            (lambda k: Fraction(2, 2 * k + 1), c.pi / 2),
            (lambda k: Fraction(1), c.mpf(1) / 2),
        ):
            value = sum(w * a(k) for k, w in enumerate(weights))
            error = abs(c.mpf(value.numerator) / value.denominator - total)
            assert error <= total / d * (1 + c.mpf(10) ** -40)
        assert error > total / d / 2  # the point mass attains the bound: it cannot be halved
    assert acceleration(terms_for(30))[1] > 10**30
    with pytest.raises(ValueError, match="at least one term"):
        acceleration(0)


def test_limits_of_the_plane():
    tanh, plus = activation("tanh(x)"), activation("log(1 + exp(x))")
    # far in saturation: tanh = 1 - 2 e^{-2y} + ..., c_3 = -2 (-2 sigma)^3 e^{-2 mu + 2 sigma^2} to about e^{-2 mu}
    c = mpmath.MPContext()
    c.dps = 60
    leading = 16 * c.exp(-2 * c.mpf(1000) + 2)
    value = c.convert(tanh.hermite(3).evalf(30, mu=1000, sigma=1))
    assert abs(value - leading) < c.mpf(10) ** -29 * leading
    # so wide that sigmoid is a step: E = 1/2 + E[sigmoid - step] with int (sigmoid - step) = 0
    assert abs(activation("sigmoid(x)").moment(0).evalf(30, mu=0, sigma=10**6) - 0.5) == 0
    # far left softplus is e^y
    value = c.convert(plus.moment(0).evalf(30, mu=-200, sigma=1))
    exact = c.exp(c.mpf(-200) + c.mpf(1) / 2)
    assert abs(value - exact) < c.mpf(10) ** -29 * exact
    near = tanh.expected_derivative(3).evalf(20, mu="0.5", sigma="1e-12")
    assert abs(near - tanh.expected_derivative(3).evalf(20, mu="0.5", sigma=0)) < 1e-20


def test_zero_by_symmetry_is_zero_and_small_is_not():
    tanh = activation("tanh(x)")
    assert tanh.moment(2).evalf(30, mu=0, sigma=3) == 0
    assert tanh.hermite(4).evalf(30, mu=0, sigma=3) == 0
    assert activation("sigmoid(2*x - 1)").hermite(2).evalf(30, mu="1/2", sigma=3) == 0
    assert activation("log(cosh(x))").hermite(3).evalf(30, mu=0, sigma=2) == 0
    small = tanh.moment(0).evalf(20, mu="1e-60", sigma=3)
    assert abs(small / tanh.moment(0).evalf(20, mu="1e-30", sigma=3) * mpmath.mpf(10) ** 30 - 1) < 1e-15
    assert tanh.hermite(3).evalf(15, mu=50, sigma="0.1") > 0


def test_derivatives_at_a_point_mass():
    c = mpmath.MPContext()
    c.dps = 60
    cases = {
        "tanh(x)": c.tanh,
        "x*sigmoid(1.702*x)": lambda y: y * sigmoid(c, y * 851 / 500),
        "x*log(1 + exp(1 - 2*x))": lambda y: y * softplus(c, 1 - 2 * y),
    }
    for text, function in cases.items():
        for order in range(7):
            value = activation(text).expected_derivative(order).evalf(20, mu="0.3", sigma=0)
            reference = c.diff(function, c.mpf(3) / 10, order)
            assert abs(c.convert(value) - reference) < c.mpf(10) ** -18 * max(1, abs(reference))


@pytest.mark.parametrize("text", [*FUNCTIONS, "3/(2 + 5*exp(-x))", "log(3*exp(2*x) + exp(-x))", "log(1/(1 + exp(x)))"])
def test_terms_make_up_the_whole(text):
    expression = parse_expression(text)
    total = sp.S.Zero
    for term in logistic_terms(expression):
        u = term.slope * x + term.offset
        assert term.slope.is_positive
        kind = {"": 1, "sigmoid": 1 / (1 + sp.exp(-u)), "softplus": sp.log(1 + sp.exp(u))}[term.kind]
        total += term.polynomial * kind
    for j in range(-10, 11):
        point = sp.Rational(j, 3) + sp.Rational(1, 97)
        assert abs((total - expression).subs(x, point).evalf(25)) < 1e-20


@pytest.mark.parametrize(
    "text", ["tanh(x)**2", "tanh(x**2)", "1/(1 - exp(x - 9))", "sigmoid(x)*tanh(x)", "sin(x)*tanh(x)"]
)
def test_what_is_not_logistic(text):
    assert logistic_terms(parse_expression(text)) is None


def test_statement_and_derivation():
    formula = activation("sigmoid(x)", name="sigmoid").moment(0)
    assert formula.statement.startswith("E[sigmoid(x)] = Sum((-1)**j*(exp(j**2*sigma**2/2 - j*mu)*Phi(")
    assert "err by at most 4/(3 + sqrt(8))**N" in formula.statement
    text = formula.derivation()
    assert "Chebyshev" in text
    assert r"S(u) = \sum_{j \ge 0} (-1)^j e^{-ju}" in text
    assert "Cohen" in text
    # the terms written in the formula are those that the value is made of
    index, terms = formula.expr.variables[0], formula.expr.function.subs({mu: sp.Rational(1, 2), sigma: 2})
    weights, _ = acceleration(22)
    total = sum(float(w) * float(abs(terms.subs(index, k).evalf(30))) for k, w in enumerate(weights))
    assert abs(total - float(formula.evalf(15, mu="0.5", sigma=2))) < 1e-14
