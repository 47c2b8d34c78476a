"""Quotients whose denominators are kept away from 0 by terms that hold each other up."""

import pytest

from symbolic_moments.bounds import Growth, NoBoundError
from symbolic_moments.growth import bound_of
from symbolic_moments.language import parse_expression


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("1/(x/2 + exp(-x/3))", 1 / 0.89),
        ("1/(exp(x) - x)", 1.0),
        ("1/(x - 2*exp(x/4) - 9)", 0.5),
        ("1/(3 + abs(x) - tanh(x))", 0.5),
    ],
)
def test_what_is_away_from_zero_has_a_bounded_reciprocal(text, most):
    bound = bound_of(parse_expression(text))
    assert bound.growth == Growth.BOUNDED
    assert max(abs(bound.low), abs(bound.high)) >= most * 0.3


@pytest.mark.parametrize(
    "text", ["1/(exp(x) - x - 1)", "1/(x + exp(-x) - 2)", "1/(x - tanh(x))", "1/(exp(x) - x - 3*heaviside(x - 2))"]
)
def test_what_vanishes_is_refused(text):
    with pytest.raises(NoBoundError, match="not kept away from 0"):
        bound_of(parse_expression(text))
