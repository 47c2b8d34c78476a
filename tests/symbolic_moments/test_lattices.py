"""Nested minima and maxima keep every branch: SymPy's own simplification drops some."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import x

NUMBERS = st.integers(-4, 4).map(str)
LEAVES = NUMBERS | st.sampled_from(["x", "-x", "x-2", "3-x", "x**2", "2*x+1"])


def nested(inner):
    return st.one_of(
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(inner, st.integers(-4, 0), st.integers(0, 4)).map(lambda t: f"clip({t[0]}, {t[1]}, {t[2]})"),
        inner.map(lambda u: f"relu6({u})"),
        inner.map(lambda u: f"hardtanh({u})"),
    )


TEXTS = st.recursive(LEAVES, nested, max_leaves=6)
PLACES = [Fraction(n, 3) for n in range(-24, 25)]


def clip(u, low, high):
    return min(max(u, low), high)


@given(TEXTS)
@settings(deadline=None, max_examples=200)
def test_values_are_those_of_the_text(text):
    names = {
        "min": min,
        "max": max,
        "clip": clip,
        "relu6": lambda u: clip(u, 0, 6),
        "hardtanh": lambda u: clip(u, -1, 1),
    }
    expression = parse_expression(text)
    for place in PLACES:
        expected = eval(text, {"__builtins__": {}}, {**names, "x": place})
        assert expression.subs(x, sp.Rational(place.numerator, place.denominator)) == sp.Rational(str(expected))


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("min(max(-x,clip(x,-3,-2)),relu6(x))", -6, 0),
        ("min(max(x,clip(x,-3,-2)),relu6(x-1))", sp.Rational(1, 4), 0),
        ("Min(Max(3-x,Min(x,-3)),clip(11*x,-1/3,-1/4))", -1, -sp.Rational(1, 3)),
    ],
)
def test_branches_that_sympy_drops(text, place, value):
    assert parse_expression(text).subs(x, place) == value


def test_a_nest_without_end_is_refused():
    text = "x"
    for k in range(12):
        text = f"max({k}*x, min({text}, {k}-x), min(x**{k + 2}, {k}+x))" if len(text) < 1500 else text
    with pytest.raises(ValueError, match="branches given; at most 256"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("leaky_relu(Piecewise((relu6(x-12),x<0),(relu(3*x-7/4),True)))", 1, sp.Rational(5, 4)),
        ("Piecewise((x,Piecewise((x,x<1),(2,True))<0),(x**2,True))", -3, -3),
        ("elu(where(x<0,x,2*x)+1)", -2, sp.exp(-1) - 1),
    ],
)
def test_conditions_on_what_has_branches_itself(text, place, value):
    expression = parse_expression(text)
    assert not expression.has(sp.ITE)
    assert expression.subs(x, place) == value


@pytest.mark.parametrize(
    ("outer", "nest"),
    [
        ("hardswish", "max(relu6(x), hardtanh(x))"),
        ("leaky_relu", "min(max(x, 0), max(x, 2))"),
        ("leaky_relu", "min(min(relu6(x), -x), clip(x, 1, 6))"),
        ("tanh", "min(relu(x), hardtanh(x))"),
        ("elu", "max(relu6(x), hardtanh(x))"),
    ],
)
def test_a_function_of_a_nest_meets_no_open_minimum_of_numbers(outer, nest):
    """``Min(Max(0, x), Max(-1, x))`` is ``Max(x, Min(-1, 0))`` in SymPy, which no comparison of numbers takes."""
    expression = parse_expression(f"{outer}({nest})")
    assert not [part for part in expression.atoms(sp.Min, sp.Max) if part.is_number]
    inner = parse_expression(nest)
    for place in map(sp.Rational, PLACES):
        assert expression.subs(x, place) == parse_expression(f"{outer}(x)").subs(x, inner.subs(x, place))
