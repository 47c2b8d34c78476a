import math

import mpmath
import pytest
import sympy as sp
from mpmath import libmp

from codegen.verify.definition import read_definition
from codegen.verify.smooth import UnsupportedExpressionError
from symbolic_moments.symbols import x as symbol


@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("Max(x, 0)", (0,)),
        ("Abs(x - 1) + Max(x, 2)", (1, 2)),
        ("Abs(Abs(x) - 1)", (-1, 0, 1)),
        ("Heaviside(2*x + 1)", (sp.Rational(-1, 2),)),
        ("Max(x**2 - 2, 0)", (-sp.sqrt(2), sp.sqrt(2))),
        ("Piecewise((x, x > 0), (x/100, True))", (0,)),
        ("x*Phi(x)", ()),
    ],
)
def test_kinks(text, kinks):
    assert read_definition(text).kinks == kinks


@pytest.mark.parametrize(
    "text",
    [
        "Max(x, 0)**3 - x*erf(x - 1)",
        "clip(x, -1, 2)*exp(-x**2)",
        "sign(x - 1)*Phi(2*x) + tanh(x)",
        "Piecewise((exp(x) - 1, x < 0), (x, x < 3), (3, True))",
    ],
)
@pytest.mark.parametrize("x", [-2.25, -0.5, 0.75, 1.5, 3.25])
def test_pieces_equal_the_expression(text, x):
    definition = read_definition(text)
    value = libmp.to_float(definition.value(libmp.from_float(x), 120), rnd="n")
    expected = float(definition.expression.subs(symbol, sp.Rational(x)).n(30))
    assert math.isclose(value, expected, rel_tol=1e-15, abs_tol=1e-300)


def test_value_at_a_jump_is_the_expressions_own():
    zero = libmp.fzero
    assert libmp.to_float(read_definition("Heaviside(x)").value(zero, 60)) == 0.5
    assert libmp.to_float(read_definition("Heaviside(x, 0)").value(zero, 60)) == 0.0
    assert libmp.to_float(read_definition("Piecewise((1, x >= 0), (2, True))").value(zero, 60)) == 1.0
    assert libmp.to_float(read_definition("Piecewise((1, x > 0), (2, True))").value(zero, 60)) == 2.0


def test_scales_of_error_functions_are_those_of_their_gaussian():
    assert read_definition("x*Phi(2*x - 1)").scales == ((sp.Rational(1, 2), sp.Rational(1, 2)),)
    assert read_definition("erf(x/sqrt(2))").scales == ((0, 1),)


def test_a_branch_decided_by_something_transcendental_is_located():
    (left, right) = read_definition("Max(exp(x) - 2, x)").kinks
    for kink in (left, right):
        assert abs(sp.N(sp.exp(kink) - 2 - kink, 100)) < sp.Rational(1, 10**90)
    with pytest.raises(UnsupportedExpressionError, match=r"cannot be told apart"):
        read_definition("Max(sin(x), x*cos(x))")
    found = read_definition("Max(sin(x), cos(x))")
    assert len(found.kinks) == 33 + 2
    assert all(abs(sp.N(sp.sin(kink) - sp.cos(kink), 100)) < sp.Rational(1, 10**90) for kink in found.kinks[1:-1])
    assert found.pieces[0].is_zero
    assert found.pieces[-1].is_zero
    assert [found.serves(45.0, sigma) for sigma in (0.1, 0.2)] == [True, False]


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("log(1 + exp(x))", -1000, lambda t: mpmath.log1p(mpmath.exp(t))),
        ("x - tanh(x)", mpmath.mpf(2) ** -60, lambda t: t**3 / 3 - 2 * t**5 / 15 + 17 * t**7 / 315),
        ("sqrt(1 + x**2) - 1", mpmath.mpf(2) ** -90, lambda t: t**2 / (1 + mpmath.sqrt(1 + t**2))),
    ],
)
def test_cancellation_in_the_definition_costs_no_digits(text, place, wanted):
    definition = read_definition(text)
    with mpmath.workdps(60):
        got = mpmath.make_mpf(definition.value(mpmath.mpf(place)._mpf_, 160))
        exact = wanted(mpmath.mpf(place))
        assert abs(got - exact) < abs(exact) * mpmath.mpf(10) ** -45


@pytest.mark.parametrize(
    ("text", "place"), [("atan(2*tan(x))", sp.pi / 2), ("asin(sin(x))", sp.pi / 2), ("acos(cos(x))", 0)]
)
def test_folded_waves_are_cut_where_they_fold(text, place):
    """Rules that stepped over the jump of atan(2 tan(x)) had agreed on a coefficient 8e-8 off."""
    found = read_definition(text)
    assert any(abs(sp.N(kink - place, 100)) < sp.Rational(1, 10**90) for kink in found.kinks)


@pytest.mark.parametrize("text", ["x % 1", "round(x)", "floor(4*x)", "abs(sin(x))"])
def test_what_is_known_of_a_periodic_function_does_not_end_at_a_kink(text):
    definition = read_definition(text)
    first, *inner, last = definition.kinks
    period = inner[1] - inner[0]
    assert float(last) == -float(first) == definition.reach
    assert last - inner[-1] < period
    assert last % period != inner[-1] % period
