"""Two-point moments against the definition: quadrature over both variables, cut at the kinks, and published cases."""

import itertools
import random

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation, bivariate_moment
from symbolic_moments.symbols import x

CLOSED = {
    "relu": (0,),
    "hardtanh": (-1, 1),
    "elu": (0,),
    "gelu": (),
    "erf": (),
    "exp": (),
    "leaky_relu": (0,),
    "heaviside": (0,),
    "identity": (),
}
WHOLE_LINE = {
    "sin": (),
    "x*cos(2*x) - 3*sin(x)": (),
    "gaussian": (),
    "x**2*exp(-x**2/3 + x)": (),
    "exp(-x**2)*Phi(2*x + 1)": (),
    "x*exp(-x)*sin(2*x)": (),
}
PAIRS = list(itertools.combinations_with_replacement(CLOSED, 2))
NAMES = ("mu_1", "sigma_1", "mu_2", "sigma_2", "rho")


def point_of(t_1, sigma_1, t_2, sigma_2, rho):
    """Means within a few deviations of 0: the tails of the definition need windows of their own."""
    return dict(zip(NAMES, (t_1 * sigma_1, sigma_1, t_2 * sigma_2, sigma_2, rho), strict=True))


def drawn_point(generator):
    number = generator.uniform
    return point_of(number(-2, 2), number(0.3, 1.5), number(-2, 2), number(0.3, 1.5), number(-0.9, 0.9))


POINTS = st.builds(
    point_of, st.floats(-2, 2), st.floats(0.2, 1.5), st.floats(-2, 2), st.floats(0.2, 1.5), st.floats(-0.9, 0.9)
)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_closed_pairs_are_the_double_integral(two_points, pair):
    point = drawn_point(random.Random("-".join(pair)))
    formula = two_points.check(*pair, [CLOSED[name] for name in pair], point)
    assert formula.kind == "closed"


@settings(max_examples=6, deadline=None)
@given(pair=st.sampled_from(PAIRS), point=POINTS)
def test_closed_pairs_anywhere(two_points, pair, point):
    two_points.check(*pair, [CLOSED[name] for name in pair], point)


@pytest.mark.parametrize(
    "pair",
    [*zip(WHOLE_LINE, [*list(WHOLE_LINE)[1:], "sin"], strict=True), ("gaussian", "relu"), ("selu", "exp(x/2)*Phi(x)")],
    ids="|".join,
)
def test_waves_gaussians_and_tilted_error_functions(two_points, pair):
    kinks = [{**CLOSED, **WHOLE_LINE, "selu": (0,)}.get(name, ()) for name in pair]
    whole = set(pair) <= set(WHOLE_LINE)
    if whole and any("Phi" in name for name in pair) and any("sin" in name for name in pair):
        assert bivariate_moment(*pair).kind == "integral"
    else:
        formula = two_points.check(*pair, kinks, drawn_point(random.Random("|".join(pair))))
        assert formula.kind == "closed"


@pytest.mark.parametrize("rho", ["-0.97", "0.3", "0.999"])
def test_published_cases_without_means(rho):
    context = mpmath.MPContext()
    context.dps = 45
    r, s_1, s_2 = context.mpf(rho), context.mpf(3) / 2, context.mpf(2) / 3
    point = {"mu_1": 0, "mu_2": 0, "sigma_1": "1.5", "sigma_2": "2/3", "rho": rho}
    inside = 2 * r * s_1 * s_2 / context.sqrt((1 + 2 * s_1**2) * (1 + 2 * s_2**2))
    known = {
        "relu": s_1 * s_2 * (context.sqrt(1 - r**2) + r * (context.pi - context.acos(r))) / (2 * context.pi),
        "erf": 2 / context.pi * context.asin(inside),
        "heaviside": context.mpf(1) / 4 + context.asin(r) / (2 * context.pi),
    }
    for name, expected in known.items():
        value = bivariate_moment(name, name).evalf(30, **point)
        assert abs(value - expected) <= context.mpf(10) ** -29 * abs(expected)


@pytest.mark.parametrize("name", ["relu", "hardtanh", "elu", "gelu", "erf", "exp", "heaviside", "tanh"])
def test_the_diagonal_is_the_second_moment(name):
    formula, point = bivariate_moment(name, name), {"mu_1": "0.4", "sigma_1": "1.3", "mu_2": "0.4", "sigma_2": "1.3"}
    square = activation(name).second_moment().evalf(25, mu="0.4", sigma="1.3")
    for rho in (1, 1 + 2e-16):
        assert abs(formula.evalf(25, rho=rho, **point) / square - 1) < mpmath.mpf(10) ** -23
    near = formula.evalf(15, rho=1 - 2.0**-40, **point) if name != "tanh" else square
    assert abs(near / square - 1) < (1e-5 if name == "heaviside" else 1e-10)


@pytest.mark.parametrize("pair", [("relu", "gelu"), ("elu", "hardtanh"), ("erf", "exp"), ("tanh", "silu")])
def test_opposite_variables_and_independent_ones(two_points, pair):
    point = {"mu_1": 0.3, "sigma_1": 1.25, "mu_2": -0.5, "sigma_2": 0.75}
    formula, context = bivariate_moment(*pair), two_points.context
    left, right = (two_points.function(name) for name in pair)
    places = [(kink - 0.3) / 1.25 for kink in CLOSED.get(pair[0], ())]
    places += [(kink + 0.5) / -0.75 for kink in CLOSED.get(pair[1], ())]
    nodes = two_points.nodes([context.mpf(place) for place in places])
    opposite = context.fsum(w * left(0.3 + u * 1.25) * right(-0.5 - 0.75 * u) for u, w in nodes)
    assert abs(formula.evalf(20, rho=-1, **point) - opposite) < 1e-16 * abs(opposite)
    means = [
        activation(name).moment(0).evalf(25, mu=point[f"mu_{k}"], sigma=point[f"sigma_{k}"])
        for k, name in enumerate(pair, start=1)
    ]
    assert abs(formula.evalf(20, rho=0, **point) - means[0] * means[1]) < 1e-19
    at_a_point = formula.evalf(20, **(point | {"sigma_1": 0, "rho": "0.5"}))
    assert abs(at_a_point - left(context.mpf(0.3)) * means[1]) < 1e-18


@pytest.mark.parametrize("name", ["relu", "gelu", "elu", "tanh", "x**2"])
def test_the_identity_is_steins_lemma(name):
    point = {"mu_1": "-0.6", "sigma_1": "0.7", "mu_2": "0.4", "sigma_2": "1.3", "rho": "-0.45"}
    g = activation(name)
    mean, slope = (g.expected_derivative(n).evalf(30, mu="0.4", sigma="1.3") for n in (0, 1))
    expected = mpmath.mpf("-0.6") * mean + mpmath.mpf("-0.45") * mpmath.mpf("0.7") * mpmath.mpf("1.3") * slope
    for formula, at in (
        (bivariate_moment("identity", g), point),
        (bivariate_moment(g, "x"), {**point, "mu_1": "0.4", "sigma_1": "1.3", "mu_2": "-0.6", "sigma_2": "0.7"}),
    ):
        assert abs(formula.evalf(25, **at) - expected) < 1e-14 * abs(expected)


def test_homogeneous_functions_keep_their_digits_on_every_scale():
    formula = bivariate_moment("relu", "leaky_relu")
    whole = formula.evalf(25, mu_1=-3, sigma_1=1, mu_2=-2, sigma_2=2, rho="-0.8")
    scale = mpmath.mpf(10) ** -20
    small = formula.evalf(25, mu_1="-3e-20", sigma_1="1e-20", mu_2="-2e-20", sigma_2="2e-20", rho="-0.8")
    assert abs(small / scale**2 / whole - 1) < mpmath.mpf(10) ** -14
    far = bivariate_moment("relu", "relu").evalf(20, mu_1=-40, sigma_1=1, mu_2=-40, sigma_2=1, rho="-0.5")
    # Laplace: the density at the corner falls off like exp(-80 y1 - 80 y2)
    density = mpmath.exp(-3200) / (2 * mpmath.pi * mpmath.sqrt(0.75))
    assert abs(far / (density / 80**4) - 1) < 0.01


def test_odd_times_even_is_zero():
    point = {"mu_1": 0, "sigma_1": "1.5", "mu_2": 0, "sigma_2": "0.4", "rho": "0.7"}
    assert bivariate_moment("hardtanh", "abs").evalf(20, **point) == 0
    assert bivariate_moment("tanh", "x*tanh(x)").evalf(15, **point) == 0


def test_both_orders_are_the_same_number():
    there = bivariate_moment("elu", "gelu").evalf(25, mu_1=1, sigma_1=2, mu_2=-1, sigma_2="0.5", rho="0.25")
    back = bivariate_moment("gelu", "elu").evalf(25, mu_1=-1, sigma_1="0.5", mu_2=1, sigma_2=2, rho="0.25")
    assert abs(there / back - 1) < mpmath.mpf(10) ** -24


def test_parameters_stay_symbols():
    leaky = activation("leaky_relu", slope="slope")
    formula = bivariate_moment(leaky, "relu")
    point = {"mu_1": 0, "sigma_1": 1, "mu_2": "0.5", "sigma_2": 1, "rho": "0.5"}
    by_value = bivariate_moment(activation("leaky_relu", slope="0.2"), "relu").evalf(20, **point)
    assert abs(formula.evalf(20, slope="0.2", **point) / by_value - 1) < mpmath.mpf(10) ** -18
    with pytest.raises(ValueError, match="no value for slope"):
        formula.evalf(20, **point)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rho": "1.1"}, "rho = 1.1 given; a correlation is between -1 and 1"),
        ({"rho": -1 - 1e-9}, "a correlation is between -1 and 1"),
        ({"rho": "strong"}, "rho = 'strong' is not a finite real number"),
        ({"rho": float("nan")}, "rho = nan is not a finite real number"),
        ({"sigma_2": -1}, "sigma_2 = -1 given; a standard deviation is at least 0"),
    ],
)
def test_bad_values_are_named(change, message):
    point = {"mu_1": 0, "sigma_1": 1, "mu_2": 0, "sigma_2": 1, "rho": 0}
    for pair in (("relu", "relu"), ("tanh", "tanh")):
        with pytest.raises(ValueError, match=message):
            bivariate_moment(*pair).evalf(15, **(point | change))


def test_bad_formulas_are_named():
    with pytest.raises(ValueError, match="no value for rho; give mu_1, sigma_1, mu_2, sigma_2, rho"):
        bivariate_moment("relu", "relu").evalf(15, mu_1=0, sigma_1=1, mu_2=0, sigma_2=1)
    with pytest.raises(ValueError, match="unknown activation 'reluu'"):
        bivariate_moment("relu", "reluu")
    with pytest.raises(ValueError, match="a parameter is called rho"):
        bivariate_moment(x * sp.Symbol("rho", real=True), "relu")


def test_the_derivation_names_what_it_uses():
    steps = bivariate_moment("elu", "gelu").derivation()
    for words in ("completing the square", "Stein's lemma", r"\Phi_2", r"\mathbf{1}\{x < 0\}", "Source"):
        assert words in steps
    assert "Stein's lemma" in bivariate_moment("x", "x**2").derivation()
    assert "completing the square" not in bivariate_moment("relu", "relu").derivation()


def test_a_value_far_below_the_second_moments_keeps_its_digits():
    point = {"mu_1": "-36.5", "sigma_1": "0.01", "mu_2": "35.6", "sigma_2": "1.2e-5", "rho": "-0.99999"}
    few, many = (bivariate_moment("heaviside", "relu").evalf(digits, **point) for digits in (15, 30))
    assert many > 0
    assert abs(few / many - 1) < 1e-14


@pytest.mark.parametrize(
    ("first", "second", "mean"), [("relu", "relu", 0), ("relu", "relu", -1), ("heaviside", "relu", 0)]
)
def test_factors_that_are_on_where_the_other_is_off_give_nothing(first, second, mean):
    formula = bivariate_moment(first, second)
    assert formula.evalf(20, mu_1=mean, sigma_1=1, mu_2=mean, sigma_2=1, rho=-1) == 0
