from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.symbols import x

FUNCTIONS = {
    "identity": (lambda c, y: y, ()),
    "square": (lambda c, y: y**2, ()),
    "cube": (lambda c, y: y**3, ()),
    "relu": (lambda c, y: max(y, 0), (0,)),
    "leaky_relu": (lambda c, y: y if y > 0 else y / 100, (0,)),
    "abs": (lambda c, y: abs(y), (0,)),
    "heaviside": (lambda c, y: c.mpf(y > 0), (0,)),
    "sign": (lambda c, y: c.mpf((y > 0) - (y < 0)), (0,)),
    "relu2": (lambda c, y: max(y, 0) ** 2, (0,)),
    "relu3": (lambda c, y: max(y, 0) ** 3, (0,)),
    "clip(x, -1, 2)*x": (lambda c, y: min(max(y, -1), 2) * y, (-1, 2)),
    "Piecewise((x**2, x < -1), (2 - x, x < 3), (1, True))": (
        lambda c, y: y**2 if y < -1 else 2 - y if y < 3 else c.one,
        (-1, 3),
    ),
}
ORDERS = (0, 1, 2, 3, 5)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("mean", "deviation"), [("0.7", "1.3"), ("-4", "0.5")])
def test_every_quantity_is_its_definition(definition, name, mean, deviation):
    function, kinks = FUNCTIONS[name]

    def integrands(context, y, z):
        g = function(context, y)
        moments = [g * y**n for n in ORDERS]
        hermite = [g * definition.hermite(n, z) for n in ORDERS]
        return [*moments, *hermite, g * g]

    references = definition.expectations(integrands, mean, deviation, kinks)
    g = activation(name)
    assert g.family == "PP"
    for n, reference in zip(ORDERS, references, strict=False):
        assert g.moment(n).kind == "closed"
        definition.check(g.moment(n).evalf(35, mu=mean, sigma=deviation), reference)
        definition.check(g.moments().evalf(35, n=n, mu=mean, sigma=deviation), reference)
    for n, reference in zip(ORDERS, references[len(ORDERS) :], strict=False):
        scale = definition.number(deviation) ** n
        definition.check(g.hermite(n).evalf(35, mu=mean, sigma=deviation), reference)
        derivative = g.expected_derivative(n).evalf(35, mu=mean, sigma=deviation)
        definition.check(definition.context.convert(derivative) * scale, reference)
    definition.check(g.second_moment().evalf(35, mu=mean, sigma=deviation), references[-1])


@settings(max_examples=15, deadline=None)
@given(
    mean=st.floats(-5, 5).filter(lambda v: v == 0 or abs(v) > 1e-3),
    deviation=st.floats(0.2, 4),
    point=st.fractions(-3, 3, max_denominator=7),
    order=st.integers(0, 6),
)
def test_any_breakpoint_any_order(definition, mean, deviation, point, order):
    assume(abs(mean - point) < 8 * deviation)
    g = activation(f"Max(x - ({point}), 0)*(x + 1) + Heaviside(x - ({point}))")
    c = definition.number(point)

    def integrands(context, y, z):
        value = (y - c) * (y + 1) + 1 if y > c else context.zero
        return [value * y**order, value * definition.hermite(order, z)]

    moment, hermite = definition.expectations(integrands, mean, deviation, (c,), wide=False)
    definition.check(g.moment(order).evalf(32, mu=mean, sigma=deviation), moment)
    definition.check(g.hermite(order).evalf(32, mu=mean, sigma=deviation), hermite)


def test_the_recurrence_stated_is_satisfied_by_the_moments():
    formula = activation("clip(x, -1, 2)").moments()
    definitions = {str(equation.lhs): equation for equation in formula.expr}
    assert {"T_1(0)", "T_1(1)", "T_1(n + 1)", "T_2(n + 1)", "m(n + 1)"} <= set(definitions)
    known = {}
    for name in ("m", "T_1", "T_2"):
        function = sp.Function(name)
        order = sp.Symbol("n", integer=True, nonnegative=True)
        known[function(0)], known[function(1)] = definitions[f"{name}(0)"].rhs, definitions[f"{name}(1)"].rhs
        for n in range(1, 5):
            step = definitions[f"{name}(n + 1)"].rhs.subs(order, n)
            known[function(n + 1)] = sp.expand(step.subs(known))
    for n in range(4):
        stated = definitions["M(n)"].rhs.subs(sp.Symbol("n", integer=True, nonnegative=True), n).subs(known)
        assert sp.expand(stated - activation("clip(x, -1, 2)").moment(n).expr) == 0


def test_far_tail_keeps_every_digit(definition):
    value = activation("relu").moment(1).evalf(30, mu=-40, sigma=1)
    # E[y relu(y)] = int_0^oo y^2 phi(y + 40) dy, the factor exp(-800) taken out
    context = definition.context
    integral = context.quad(lambda y: y**2 * context.exp(-y * y / 2 - 40 * y), [0, 0.25, 1, 4])
    reference = integral * context.exp(-800) / context.sqrt(2 * context.pi)
    assert abs(context.convert(value) - reference) < reference * context.mpf(10) ** -29


def test_saturated_side_keeps_every_digit(definition):
    # c_1 of a clipped identity far to the right: the difference of two distribution functions next to 1
    value = activation("clip(x, -1, 1)").hermite(1).evalf(25, mu=60, sigma=1)
    context = definition.context
    integral = context.quad(lambda y: context.exp(-((y - 60) ** 2) / 2 + 59**2 / 2), [-1, 0, 0.5, 0.8, 0.95, 1])
    reference = integral * context.exp(-(59**2) / 2) / context.sqrt(2 * context.pi)
    exact = (context.erfc(59 / context.sqrt(2)) - context.erfc(61 / context.sqrt(2))) / 2
    assert abs(context.convert(value) - exact) < exact * context.mpf(10) ** -24
    assert abs(reference - exact) < exact * context.mpf(10) ** -8


def test_point_mass():
    relu, step = activation("relu"), activation("heaviside")
    assert relu.moment(2).evalf(20, mu=3, sigma=0) == 27
    assert relu.moment(2).evalf(20, mu=-3, sigma=0) == 0
    assert step.moment(0).evalf(20, mu=0, sigma=0) == 0.5
    assert relu.hermite(0).evalf(20, mu=3, sigma=0) == 3
    assert relu.hermite(3).evalf(20, mu=3, sigma=0) == 0
    assert relu.expected_derivative(1).evalf(20, mu=0, sigma=0) == 0.5
    assert relu.expected_derivative(1).evalf(20, mu=-1, sigma=0) == 0
    assert str(relu.expected_derivative(2).evalf(20, mu=0, sigma=0)) == "nan"
    assert relu.expected_derivative(2).evalf(20, mu=1, sigma=0) == 0
    assert str(step.expected_derivative(1).evalf(20, mu=0, sigma=0)) == "nan"
    assert activation("relu3").expected_derivative(3).evalf(20, mu=0, sigma=0) == 3


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "abs", "relu2"])
def test_point_mass_is_the_limit(name):
    g = activation(name)
    for mean in (Fraction(3, 2), Fraction(-2)):
        for n in range(3):
            for formula in (g.moment(n), g.expected_derivative(n)):
                near = formula.evalf(20, mu=mean, sigma=Fraction(1, 10**12))
                assert abs(near - formula.evalf(20, mu=mean, sigma=0)) < 1e-20


def test_symbolic_parameter():
    slope = sp.Symbol("slope", real=True)
    general = activation("leaky_relu", slope=slope).moment(2)
    assert slope in general.variables
    assert general.expr.subs(slope, sp.Rational(1, 100)).expand() == activation("leaky_relu").moment(2).expr.expand()
    theta = sp.Symbol("theta", real=True)
    jump = activation(x * sp.Heaviside(x - theta), name="jump_relu").moment(0)
    shifted = activation("x*Heaviside(x - 0.5)").moment(0)
    assert jump.evalf(30, mu=1, sigma=2, theta="0.5") == shifted.evalf(30, mu=1, sigma=2)


def test_derivation_can_be_followed():
    text = activation("relu").moment(1).derivation()
    assert r"T_{j+1} = \mu T_j + j \sigma^2 T_{j-1} + \sigma c^{j} \varphi(t_c)" in text
    assert r"T_{2} = " in text
    assert text.count(r"\textbf{Step") >= 4
    text = activation("relu").hermite(3).derivation()
    assert "Stein" in text
    assert "D_{0,1} = 1" in text
