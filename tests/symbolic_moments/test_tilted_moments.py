import random
from functools import cache

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.exponential_algebra import OutsideAlgebraError, constant_sum, sine_of
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import mu, sigma, x
from symbolic_moments.tilt import piecewise_expectation


def cdf(c, u):
    return c.erfc(-u / c.sqrt(2)) / 2


FUNCTIONS = {
    "Piecewise((x, x > 0), (exp(x) - 1, True))": ("PE", lambda c, y: y if y > 0 else c.expm1(y), lambda c: (0,)),
    "x**2*exp(-x/2)": ("PE", lambda c, y: y**2 * c.exp(-y / 2), lambda c: ()),
    "exp(-abs(x - 1))": ("PE", lambda c, y: c.exp(-abs(y - 1)), lambda c: (1,)),
    "Min(exp(x), 2)*(x - 1)": ("PE", lambda c, y: min(c.exp(y), 2) * (y - 1), lambda c: (c.log(2),)),
    "sinh(x) - x": ("PE", lambda c, y: c.sinh(y) - y, lambda c: ()),
    "Piecewise((exp(x), x < 1), (x, x < 2), (exp(-x), True))": (
        "PE",
        lambda c, y: c.exp(y) if y < 1 else y if y < 2 else c.exp(-y),
        lambda c: (1, 2),
    ),
    "exp(-(x - 1)**2)*relu(x) + x": ("GA", lambda c, y: c.exp(-((y - 1) ** 2)) * max(y, 0) + y, lambda c: (0,)),
    "x**3*exp(-x**2/3)": ("GA", lambda c, y: y**3 * c.exp(-(y**2) / 3), lambda c: ()),
    "x*cos(x)": ("TR", lambda c, y: y * c.cos(y), lambda c: ()),
    "x + sin(3*x)**2/3": ("TR", lambda c, y: y + c.sin(3 * y) ** 2 / 3, lambda c: ()),
    "sin(2*x + 1)*exp(x - x**2/2)*x": (
        "TR",
        lambda c, y: c.sin(2 * y + 1) * c.exp(y - y**2 / 2) * y,
        lambda c: (),
    ),
    "cos(x) + relu(x - 1)": ("TR", lambda c, y: c.cos(y) + max(y - 1, 0), lambda c: (1,)),
    "x*exp(x)*Phi(2*x - 1) - x": ("ER", lambda c, y: y * c.exp(y) * cdf(c, 2 * y - 1) - y, lambda c: ()),
    "erf(x)*(1 + exp(-x**2)) + exp(-x)": (
        "ER",
        lambda c, y: c.erf(y) * (1 + c.exp(-(y**2))) + c.exp(-y),
        lambda c: (),
    ),
    "x*Phi(x) + relu(x - 1)": ("ER", lambda c, y: y * cdf(c, y) + max(y - 1, 0), lambda c: (1,)),
}
ORDERS = (0, 1, 4, 8)
OPEN_SQUARES = {"x*Phi(x) + relu(x - 1)", "cos(x) + relu(x - 1)"}


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mean", "deviation"), [("0.7", "1.3"), ("-3", "0.5")])
def test_every_quantity_is_its_definition(definition, text, mean, deviation):
    family, function, kinks = FUNCTIONS[text]

    def integrands(context, y, z):
        g = function(context, y)
        return [*(g * y**n for n in ORDERS), *(g * definition.hermite(n, z) for n in ORDERS), g * g]

    references = definition.expectations(integrands, mean, deviation, kinks(definition.context))
    g = activation(text)
    assert g.family == family
    for n, reference in zip(ORDERS, references, strict=False):
        assert g.moment(n).kind == "closed"
        definition.check(g.moment(n).evalf(35, mu=mean, sigma=deviation), reference)
    for n, reference in zip(ORDERS, references[len(ORDERS) :], strict=False):
        definition.check(g.hermite(n).evalf(35, mu=mean, sigma=deviation), reference)
        derivative = definition.context.convert(g.expected_derivative(n).evalf(35, mu=mean, sigma=deviation))
        definition.check(derivative * definition.number(deviation) ** n, reference)
    second = g.second_moment()
    assert second.kind == ("integral" if text in OPEN_SQUARES else "closed")
    definition.check(second.evalf(32, mu=mean, sigma=deviation), references[-1])


@settings(max_examples=6, deadline=None, print_blob=True)
@given(
    mean=st.floats(-3, 3),
    deviation=st.floats(0.25, 2),
    rate=st.fractions(-3, 3, max_denominator=4),
    square=st.fractions(0, 2, max_denominator=4),
    frequency=st.fractions(-4, 4, max_denominator=4),
    order=st.integers(0, 8),
)
def test_any_exponent_any_frequency_any_order(definition, mean, deviation, rate, square, frequency, order):
    g = activation(f"(x**2 - x)*exp(({rate})*x - ({square})*x**2)*cos(({frequency})*x + 1)")
    c, q, w = (definition.number(value) for value in (rate, square, frequency))

    def integrands(context, y, z):
        value = (y**2 - y) * context.exp(c * y - q * y**2) * context.cos(w * y + 1)
        return [value * y**order, value * definition.hermite(order, z)]

    peak = definition.tilted_mean(mean, deviation, rate, square)
    moment, hermite = definition.expectations(integrands, mean, deviation, peaks=[peak])
    definition.check(g.moment(order).evalf(32, mu=mean, sigma=deviation), moment)
    definition.check(g.hermite(order).evalf(32, mu=mean, sigma=deviation), hermite)


@settings(max_examples=5, deadline=None, print_blob=True)
@given(
    mean=st.floats(-3, 3),
    deviation=st.floats(0.25, 2),
    rate=st.fractions(-3, 3, max_denominator=4),
    square=st.fractions(0, 2, max_denominator=4),
    point=st.fractions(-2, 2, max_denominator=4),
    order=st.integers(0, 8),
)
def test_any_exponent_on_a_half_line(definition, mean, deviation, rate, square, point, order):
    text = f"Piecewise((x*exp(({rate})*x - ({square})*x**2), x < ({point})), (exp(-({rate})*x), True))"
    g = activation(text)
    c, q, p = (definition.number(value) for value in (rate, square, point))

    def integrands(context, y, z):
        value = y * context.exp(c * y - q * y**2) if y < p else context.exp(-c * y)
        return [value * y**order, value * definition.hermite(order, z), value**2]

    tilts = [(rate, square), (2 * rate, 2 * square), (-rate, 0), (-2 * rate, 0)]
    peaks = [definition.tilted_mean(mean, deviation, *tilt) for tilt in tilts]
    moment, hermite, second = definition.expectations(integrands, mean, deviation, (p,), peaks=peaks)
    definition.check(g.moment(order).evalf(32, mu=mean, sigma=deviation), moment)
    definition.check(g.hermite(order).evalf(32, mu=mean, sigma=deviation), hermite)
    definition.check(g.second_moment().evalf(32, mu=mean, sigma=deviation), second)


def test_fifty_digits_against_mpmath(definition):
    """E[y^n g], n = 0..8, at seeded random points; mpmath's own adaptive quadrature, the peak taken out."""
    draw = random.Random(20260)
    context = type(definition.context)()
    context.dps = 70
    cases = {
        "Piecewise((x, x > 0), (exp(x) - 1, True))": lambda y: y if y > 0 else context.expm1(y),
        "exp(-x**2)*sin(3*x)": lambda y: context.exp(-(y**2)) * context.sin(3 * y),
        "x*exp(-x)*Phi(x)": lambda y: y * context.exp(-y) * cdf(context, y),
    }
    for text, function in cases.items():
        mean, deviation = sp.Rational(draw.randint(-200, 200), 100), sp.Rational(draw.randint(30, 150), 100)
        m, s = (context.mpf(int(value.p)) / int(value.q) for value in (mean, deviation))
        ends = sorted({m + k * s for k in range(-22, 23, 2)} | {context.zero})
        weighted = cache(lambda y, g=function, m=m, s=s: g(y) * context.exp(-(((y - m) / s) ** 2) / 2))
        for order in range(9):
            reference = context.quad(lambda y: y**order * weighted(y), ends)  # noqa: B023
            reference /= s * context.sqrt(2 * context.pi)
            value = context.convert(activation(text).moment(order).evalf(52, mu=mean, sigma=deviation))
            assert abs(value - reference) <= context.mpf(10) ** -50 * abs(reference), (text, order, mean, deviation)


@pytest.mark.parametrize(
    "text",
    [
        "Piecewise((x, x > 0), (exp(x) - 1, True))",
        "exp(-abs(x - 1))*x",
        "exp(-x**2)*sin(3*x + 1)",
        "x*exp(-x)*Phi(x - 1) + erf(x)",
    ],
)
def test_stated_recurrences(text):
    formula = activation(text).moments()
    equations = {str(equation.lhs): equation.rhs for equation in formula.expr}
    order = sp.Symbol("n", integer=True, nonnegative=True)
    point = {mu: sp.Rational(3, 7), sigma: sp.Rational(5, 4)}
    names = {name.split("(")[0] for name in equations} - {"M"}
    known = {}
    for name in names:
        for index in (0, 1):
            known[sp.Function(name)(index)] = equations[f"{name}({index})"].subs(point).evalf(60)
    for step in range(1, 5):
        for name in names:
            rhs = equations[f"{name}(n + 1)"].subs(order, step).subs(point)
            known[sp.Function(name)(step + 1)] = rhs.xreplace(known).evalf(60)
    for n in range(4):
        stated = equations["M(n)"].subs(order, n).xreplace(known).evalf(50)
        exact = activation(text).moment(n).evalf(40, mu="3/7", sigma="5/4")
        assert abs(stated - sp.Float(str(exact), 40)) < sp.Float("1e-35")
    assert formula.evalf(25, n=3, mu=1, sigma=2) == activation(text).moment(3).evalf(25, mu=1, sigma=2)


def test_closed_forms_of_the_literature():
    assert activation("exp(x)").moment(0).expr == sp.exp(mu + sigma**2 / 2)
    assert sp.simplify(activation("sin(x)").moment(0).expr - sp.exp(-(sigma**2) / 2) * sp.sin(mu)) == 0
    # E[exp(-y^2)] is the moment generating function of a noncentral chi-square with one degree of freedom
    gaussian = activation("exp(-x**2)").moment(0).expr
    assert sp.simplify(gaussian - sp.exp(-(mu**2) / (1 + 2 * sigma**2)) / sp.sqrt(1 + 2 * sigma**2)) == 0
    elu = activation("Piecewise((x, x > 0), (exp(x) - 1, True))")
    below = sp.exp(mu + sigma**2 / 2) * Phi(-(mu + sigma**2) / sigma)
    assert sp.expand(elu.hermite(1).expr - sigma * (Phi(mu / sigma) + below)) == 0
    assert sp.expand(elu.hermite(2).expr - sigma**2 * below) == 0  # neither g nor its slope jumps at 0: no density
    assert elu.hermite(3).expr.has(phi)


def test_hermite_coefficients_are_derivatives_in_the_mean():
    for text in ("exp(-abs(x - 1))*x", "exp(-x**2)*sin(3*x)", "x*exp(-x)*Phi(x) + erf(x)"):
        g = activation(text)
        for order in range(1, 5):
            expected = sigma**order * sp.diff(g.hermite(0).expr, mu, order)
            difference = (expected - g.hermite(order).expr).subs({mu: sp.Rational(3, 7), sigma: sp.Rational(5, 4)})
            assert abs(difference.evalf(40)) < sp.Float("1e-33")


def test_far_tails_and_large_deviations_keep_every_digit(definition):
    elu = activation("Piecewise((x, x > 0), (exp(x) - 1, True))")
    c = definition.context
    # nearly all of the Gaussian is below 0: E = E[e^y - 1] to far more digits than 30
    exact = c.expm1(c.mpf(-40) + c.mpf(1) / 2)
    assert abs(c.convert(elu.moment(0).evalf(32, mu=-40, sigma=1)) - exact) < c.mpf(10) ** -30
    # E[e^y; y < 0] = phi(t)/phi(t + sigma) Phi(-t - sigma), exp(sigma^2/2) far beyond every double
    value = c.convert(activation("Piecewise((0, x > 0), (exp(x), True))").moment(0).evalf(30, mu=0, sigma=1000))
    u = c.mpf(1000)
    mills = c.quad(lambda s: c.exp(-u * s - s * s / 2), [0, 1 / u, 4 / u, 20 / u, 120 / u, 400 / u])
    assert abs(value - mills / c.sqrt(2 * c.pi)) < c.mpf(10) ** -28 * value


def test_point_mass():
    elu = activation("Piecewise((x, x > 0), (exp(x) - 1, True))")
    assert elu.moment(2).evalf(20, mu=3, sigma=0) == 27
    assert elu.expected_derivative(1).evalf(20, mu=0, sigma=0) == 1
    assert str(elu.expected_derivative(2).evalf(20, mu=0, sigma=0)) == "0.5"
    assert str(elu.expected_derivative(3).evalf(20, mu=0, sigma=0)) == "nan"
    assert elu.expected_derivative(2).evalf(20, mu=1, sigma=0) == 0
    for text in ("exp(-abs(x - 1))*x", "x*cos(x)", "x*exp(-x)*Phi(x)"):
        g = activation(text)
        for mean in ("1.5", "-2"):
            for formula in (g.moment(2), g.expected_derivative(1), g.expected_derivative(3)):
                near = formula.evalf(20, mu=mean, sigma="1e-12")
                assert abs(near - formula.evalf(20, mu=mean, sigma=0)) < 1e-20


def test_symbolic_parameters():
    alpha, w = sp.Symbol("alpha", positive=True), sp.Symbol("w", real=True)
    celu = activation(sp.Piecewise((x, x > 0), (alpha * (sp.exp(x / alpha) - 1), True)), name="celu")
    fixed = activation("Piecewise((x, x > 0), (2*(exp(x/2) - 1), True))")
    for general, special in ((celu.moment(2), fixed.moment(2)), (celu.hermite(3), fixed.hermite(3))):
        assert alpha in general.variables
        assert general.evalf(30, mu=1, sigma=2, alpha=2) == special.evalf(30, mu=1, sigma=2)
    snake = activation(x + sp.sin(w * x) ** 2 / w, name="snake").moment(1)
    assert snake.evalf(30, mu=1, sigma=2, w=3) == activation("x + sin(3*x)**2/3").moment(1).evalf(30, mu=1, sigma=2)


def test_a_wave_on_a_half_line_is_refused():
    with pytest.raises(OutsideAlgebraError):
        piecewise_expectation((sp.S.Zero,), (constant_sum(0), sine_of(x)))


def test_derivation_can_be_followed():
    text = activation("Piecewise((x, x > 0), (exp(x) - 1, True))").moment(1).derivation()
    assert "The tilt: completing the square" in text
    assert r"m = \mu + \sigma^{2}" in text
    assert r"K_{j+1} = m K_j" in text
    text = activation("exp(-abs(x))").hermite(2).derivation()
    assert r"D_{0,1} = -2" in text
    assert "Dirac" in text
    assert r"m + i\eta" in activation("x*cos(x)").moment(1).derivation()
    assert "Owen" in activation("exp(x)*Phi(x)").second_moment().derivation()
