"""Parameters of activations: values, symbols, domains."""

import re

import pytest
import sympy as sp

from symbolic_moments import activation
from symbolic_moments.activations import CATALOGUE, ActivationRecord
from symbolic_moments.parameters import POSITIVE, REAL, Parameter
from symbolic_moments.symbols import mu, sigma, x

JUMP = ActivationRecord(
    "jump_relu",
    "Piecewise((x, x > {theta}), (0, True))",
    "PP",
    (),
    (Parameter("theta", "1", POSITIVE, "scale"),),
)
SOFTPLUS = ActivationRecord(
    "soft_plus",
    "log(1 + exp({beta}*x))/{beta}",
    "NO",
    (),
    (Parameter("beta", "1", POSITIVE, "reciprocal scale"),),
)


def test_its_own_name_keeps_a_parameter_symbolic():
    g = activation("leaky_relu", slope="slope")
    (slope,) = g.parameters
    assert slope == g.record.parameters[0].symbol
    assert g.template == g.expression == sp.Piecewise((x, x > 0), (slope * x, True))
    assert g.key != "leaky_relu"
    at_default = g.hermite(2).expr.subs(slope, sp.Rational(1, 100))
    assert sp.simplify(at_default - activation("leaky_relu").hermite(2).expr) == 0


def test_a_template_keeps_what_the_values_hide():
    g = activation("leaky_relu", slope=1)
    assert g.expression == x
    assert g.template.has(sp.Symbol("slope", real=True))
    assert activation("relu").template == activation("relu").expression


def test_a_symbolic_threshold_is_a_breakpoint():
    """E[y 1{y > theta}] = mu Phi(t) + sigma phi(t), t = (mu - theta)/sigma, at theta = 7/10, mu = 2/5, sigma = 1/2."""
    g = activation(JUMP, theta="theta")
    (theta,) = g.decomposition.breakpoints
    assert theta.is_positive
    value = g.moment(0).evalf(20, mu=sp.Rational(2, 5), sigma=sp.Rational(1, 2), theta=sp.Rational(7, 10))
    t = sp.Rational(-3, 5)
    exact = sp.Rational(2, 5) * (1 + sp.erf(t / sp.sqrt(2))) / 2 + sp.exp(-(t**2) / 2) / sp.sqrt(8 * sp.pi)
    assert abs(sp.Float(str(value), 20) - sp.N(exact, 20)) < sp.Float("1e-18")
    assert not g.moment(0).expr.free_symbols - {mu, sigma, theta}


def test_records_need_not_be_in_the_catalogue():
    g = activation(JUMP)
    assert (g.name, g.family, g.record) == ("jump_relu", "PP", JUMP)
    assert g.key != "jump_relu"
    assert activation(JUMP, theta="0.5").expression == sp.Piecewise((x, x > sp.Rational(1, 2)), (0, True))


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        (JUMP, {"theta": -1}, "jump_relu: theta = -1 given; it must be a number above 0"),
        (JUMP, {"theta": "0"}, "jump_relu: theta = 0 given; it must be a number above 0"),
        (JUMP, {"theta": float("nan")}, "theta = nan given; a parameter is a number"),
        (JUMP, {"theta": float("inf")}, "theta = oo given; it must be a number above 0"),
        ("keras_relu", {"max_value": "-inf"}, "max_value = '-inf' given; a parameter is a number"),
        ("keras_relu", {"threshold": "inf"}, "threshold = oo given; it must be a real number"),
        ("softshrink", {"threshold": -1}, "threshold = -1 given; it must be a number above 0, or 0"),
        (JUMP, {"theta": sp.oo}, "theta = oo given; it must be a number above 0"),
        (JUMP, {"theta": sp.Symbol("t", real=True)}, "give theta='theta' to keep it symbolic"),
        (JUMP, {"lambd": 1}, "jump_relu has no parameter 'lambd'; its parameters are theta"),
        (SOFTPLUS, {"beta": 0}, "soft_plus: beta = 0 given; it must be a number above 0"),
        ("leaky_relu", {"slope": sp.nan}, "leaky_relu: slope = nan given; it must be a real number"),
        ("leaky_relu", {"slope": sp.I}, "leaky_relu: slope = I given; it must be a real number"),
        ("leaky_relu", {"slope": x}, "leaky_relu: slope = x given; it must be a real number"),
        ("leaky_relu", {"slope": True}, "slope = True given; a parameter is a number"),
        ("rectified_power", {"exponent": "exponent"}, "it must be a whole number from 1 to 64"),
        ("gelu", {"slope": 1}, "gelu has no parameter 'slope'; it has no parameters"),
    ],
)
def test_values_outside_the_domain_are_refused(spec, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        activation(spec, **given)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lambda", "1", POSITIVE, "scale"), "lambda is a keyword of Python: say lambd"),
        (("_a", "1", REAL, "coefficient"), "without _ in front"),
        (("mu", "1", REAL, "coefficient"), "a name is a Python identifier other than x, mu"),
        (("a", "1", REAL, "sideways"), "enters = 'sideways' given; one of form, coefficient, breakpoint, scale"),
        (("a", "1", REAL, "scale"), "a scale is positive, a real number given as domain"),
        (("a", "-1", POSITIVE, "scale"), "the default -1 is not a number above 0"),
    ],
)
def test_parameters_that_contradict_themselves_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Parameter(*arguments)


def test_the_catalogue_says_how_parameters_enter():
    entering = {(record.name, one.name): one.enters for record in CATALOGUE for one in record.parameters}
    assert entering["leaky_relu", "slope"] == "coefficient"
    assert entering["rectified_power", "exponent"] == "form"


@pytest.mark.parametrize(
    ("spec", "given", "both"),
    [
        ("keras_relu", {"threshold": 7}, ("threshold = 7", "max_value = 6")),
        ("keras_relu", {"max_value": -1}, ("threshold = 0", "max_value = -1")),
        ("hardtanh", {"minimum": 2}, ("minimum = 2", "maximum = 1")),
        ("hardtanh", {"minimum": 1, "maximum": 1}, ("minimum = 1", "maximum = 1")),
    ],
)
def test_values_in_the_wrong_order_are_refused_by_both_names(spec, given, both):
    with pytest.raises(ValueError, match="must be less than") as caught:
        activation(spec, **given)
    assert all(part in str(caught.value) for part in both)


@pytest.mark.parametrize(
    ("spec", "given", "plain"),
    [
        ("keras_relu", {"max_value": float("inf")}, "relu"),
        ("keras_relu", {"max_value": "inf", "negative_slope": "0.01"}, "leaky_relu"),
        ("softshrink", {"threshold": 0}, "identity"),
        ("hardshrink", {"threshold": "0"}, "identity"),
        ("squareplus", {"b": 0}, "relu"),
    ],
)
def test_the_edge_of_a_domain_may_be_given(spec, given, plain):
    assert sp.simplify(activation(spec, **given).moment(2).expr - activation(plain).moment(2).expr) == 0


def test_an_expression_takes_no_infinity():
    with pytest.raises(ValueError, match="a = oo given; it must be a real number"):
        activation(x * sp.Symbol("a", real=True), a=float("inf"))


def test_formulas_say_where_their_parameters_lie():
    assert activation("softplus", beta="beta").moment(0).assumptions[-1] == r"$\beta > 0$"
    assert activation("elu", alpha="alpha").moment(0).assumptions[-1] == r"$\alpha \in \mathbb{R}$"
