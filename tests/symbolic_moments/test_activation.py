import re
import time

import pytest
import sympy as sp

from symbolic_moments import Activation, activation
from symbolic_moments.activations import CATALOGUE, VECTOR_VALUED
from symbolic_moments.symbols import x


@pytest.mark.parametrize("record", CATALOGUE, ids=lambda record: record.name)
def test_catalogue(record):
    g = activation(record.name)
    assert g.name == g.key == record.name
    assert g.family == record.family
    for alias in record.aliases:
        assert activation(alias).expression == g.expression
    assert record.used_in or record.found_in


def test_names_are_unique():
    names = [name for record in CATALOGUE for name in (record.name, *record.aliases)]
    assert len(names) == len(set(names))
    assert not set(names) & set(VECTOR_VALUED)


def test_at_a_jump():
    assert activation("heaviside").expression.subs(x, 0) == sp.Rational(1, 2)
    assert activation("sign").expression.subs(x, 0) == 0


def test_parameters():
    assert activation("leaky_relu").expression == sp.Piecewise((x, x > 0), (x / 100, True))
    assert activation("leaky_relu", slope=0.1).expression == sp.Piecewise((x, x > 0), (x / 10, True))
    assert activation("leaky_relu", slope="1/100").key == "leaky_relu"
    assert activation("leaky_relu", slope=2).key != "leaky_relu"
    assert activation("rectified_power", exponent=4).expression == sp.Max(x, 0) ** 4
    theta = sp.Symbol("theta", real=True)
    g = activation(x * sp.Heaviside(x - theta), theta=2)
    assert g.parameters == ()
    assert g.decomposition.breakpoints == (2,)


def test_names_of_expressions():
    g = activation("x*erf(x)", name="double_gelu")
    assert g.name == "double_gelu"
    assert activation("x*erf(x)").name == activation("erf(x)*x").name
    assert activation("x*erf(x)").name.isidentifier()
    first, second = activation("x**2", name="f"), activation("x**4", name="f")
    assert first.moment(0).id != second.moment(0).id
    assert activation(g) is g
    assert isinstance(g, Activation)


@pytest.mark.parametrize(
    ("spec", "parameters", "message"),
    [
        ("geluu", {}, "unknown activation 'geluu'; did you mean 'gelu'? see polywick list"),
        ("leaky-rleu", {}, "did you mean 'leaky_relu'?"),
        ("qqqq", {}, "unknown activation 'qqqq'; see polywick list"),
        ("softmax", {}, "softmax is not an activation of one variable: it maps a whole vector"),
        ("SwiGLU", {}, "build a GLU"),
        ("crelu", {}, "two outputs"),
        ("atan", {}, "give it its argument: 'atan(x)'"),
        ("relu", {"slope": 1}, "relu has no parameter 'slope'; it has no parameters"),
        ("leaky_relu", {"alpha": 1}, "leaky_relu has no parameter 'alpha'; its parameters are slope"),
        ("leaky_relu", {"slope": "steep"}, "slope = 'steep' given"),
        ("leaky_relu", {"slope": float("nan")}, "slope = nan given"),
        ("rectified_power", {"exponent": "0.5"}, "exponent = 1/2 given; it must be a whole number from 1 to 64"),
        ("x**2", {"a": 1}, "the expression has no parameter 'a'"),
        ("1/x", {}, "1/x is not integrable against every Gaussian"),
        ("exp(x**2)", {}, "exp(x**2) is not integrable against every Gaussian"),
        ("__import__('os')", {}, "unknown function '__import__'"),
    ],
)
def test_refusals(spec, parameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        activation(spec, **parameters)


def test_bad_name_and_orders():
    with pytest.raises(ValueError, match="a name is a letter followed by"):
        activation("x**2", name="../evil")
    with pytest.raises(ValueError, match="takes no name and no parameters"):
        activation(activation("relu"), name="other")
    for bad in (-1, 1.5, "2", True):
        with pytest.raises(ValueError, match="the order is a whole number, at least 0"):
            activation("relu").moment(bad)


@pytest.mark.parametrize("text", ["x*tanh(log(1 + exp(x)))", "Max(x, exp(x) - 1)", "Phi(x)**2"])
def test_outside_the_families_is_an_integral_and_quick(text):
    start = time.perf_counter()
    g = activation(text)
    formulas = [g.moment(3), g.hermite(5), g.expected_derivative(2), g.second_moment(), g.moments()]
    assert time.perf_counter() - start < 5
    assert all(formula.kind == "integral" and formula.bound for formula in formulas)
    assert "Not yet a closed form" in g.moment(3).derivation()


@pytest.mark.parametrize("spec", ["-x", "x-x**2", " - x "])
def test_a_minus_sign_is_no_hyphen_of_a_name(spec):
    assert activation(spec).name.startswith("g_")


@pytest.mark.parametrize("spec", ["sqrt(-1)*x", "log(-1)*x", "asin(2)*x"])
def test_constants_that_are_not_real_are_named(spec):
    with pytest.raises(ValueError, match="is not a real number"):
        activation(spec)


def test_a_long_name_is_too_long_and_not_repeated():
    with pytest.raises(ValueError, match="too long") as refused:
        activation("relu" * 30000)
    assert len(str(refused.value)) < 500
