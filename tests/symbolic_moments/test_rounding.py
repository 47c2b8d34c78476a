import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given
from hypothesis import strategies as st

from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import x

PYTHON = {
    "floor(x)": math.floor,
    "ceil(x/4)": lambda v: math.ceil(v / 4),
    "round(x)": round,
    "rint(x - 1/2)": lambda v: np.rint(v - 0.5),
    "x % 2": lambda v: v % 2,
    "x % -0.75": lambda v: v % -0.75,
    "x // 0.25": lambda v: v // 0.25,
    "floor(clip(x, -1, 3))": lambda v: math.floor(min(max(v, -1), 3)),
    "clip(round(x), -8, 7)": lambda v: min(max(round(v), -8), 7),
    "ceil(3*tanh(x))": lambda v: math.ceil(3 * math.tanh(v)),
    "trunc(x)": math.trunc,
    "fix(x/2)": lambda v: math.trunc(v / 2),
    "trunc(clip(x, -8, 7))": lambda v: math.trunc(min(max(v, -8), 7)),
    "relu(round(x))": lambda v: max(round(v), 0),
    "relu(floor(x))": lambda v: max(math.floor(v), 0),
    "Min(ceil(x), 2)": lambda v: min(math.ceil(v), 2),
}


@pytest.mark.parametrize("text", PYTHON)
@given(quarters=st.integers(-60, 60))
def test_rounding_is_that_of_python_ties_included(text, quarters):
    place = sp.Rational(quarters, 4)
    assert float(parse_expression(text).subs(x, place)) == pytest.approx(float(PYTHON[text](float(place))), abs=1e-12)


def test_what_is_bounded_has_pieces_and_what_is_not_has_none():
    assert str(parse_expression("floor(clip(2*x, 0, 2))")) == "Piecewise((0, x < 1/2), (1, x < 1), (2, True))"
    assert not parse_expression("floor(x)").has(sp.Piecewise)
    # 1 is not attained: the highest step is none
    assert str(parse_expression("floor(tanh(x))")) == "Piecewise((-1, tanh(x) < 0), (0, True))"


@given(parts=st.integers(1, 400), steps=st.integers(1, 31), place=st.integers(-450, 450))
@example(parts=49, steps=1, place=50)
@example(parts=47, steps=3, place=-50)
def test_the_last_step_is_not_lost_to_rounded_bounds(parts, steps, place):
    inside = sp.Rational(steps, parts) * min(max(place, -parts), parts)
    for name, exact in (("floor", sp.floor), ("ceil", sp.ceiling)):
        found = parse_expression(f"{name}(clip(x, -{parts}, {parts})*{steps}/{parts})")
        assert found.subs(x, place) == exact(inside)


def test_what_is_printed_is_read_again():
    for text in ("floor(x)", "round(3*x) + 1", "(x + 1/2) % 1"):
        expression = parse_expression(text)
        assert parse_expression(str(expression)) == expression


def test_division_by_zero():
    with pytest.raises(ValueError, match="divides by zero"):
        parse_expression("x % 0")
