"""Guards of quotients as they are typed for doubles: the quotient where doubles cannot tell, a branch elsewhere."""

from functools import cache

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from codegen import emit
from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import x

SINC = sp.sin(x) / x


@cache
def kernel():
    return emit("where(abs(x) < 1e-8, 1, sin(x)/x)").load()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("where(abs(x) < 1e-8, 1, sin(x)/x)", SINC),
        ("where(abs(x) > 1e-8, sin(x)/x, 1)", SINC),
        ("where((x < 1e-8) & (x > -1e-8), 1, sin(x)/x)", SINC),
        ("where(abs(x) < 1e-4, 1 - x**2/6, sin(x)/x)", SINC),
        ("where(abs(x) < 1e-9, 1 + x/2, expm1(x)/x)", (sp.exp(x) - 1) / x),
        ("2 + where(abs(x - 1) < 1e-10, 1, tanh(x - 1)/(x - 1))", 2 + sp.tanh(x - 1) / (x - 1)),
    ],
)
def test_a_guard_that_doubles_do_not_see_is_the_quotient(text, plain):
    assert sp.simplify(parse_expression(text) - plain) == 0


@pytest.mark.parametrize(
    "text",
    [
        "where(abs(x) < 1e-6, 1, sin(x)/x)",
        "where(abs(x) < 1e-3, 1 - x**2/6, sin(x)/x)",
        "where(abs(x) < 1e-8, 2, sin(x)/x)",
        "where(abs(x) < 1e-8, 1, cos(x))",
        "where(abs(x) < 1/2, 1, sin(x)/x)",
    ],
)
def test_any_other_is_a_branch(text):
    assert parse_expression(text).has(sp.Piecewise)


@given(exponent=st.floats(-9, 1), place=st.floats(-3, 3))
def test_moments_are_those_of_the_quotient(exponent, place):
    sigma = 10.0**exponent
    mu = place * max(sigma, 1e-3)
    with mp.workdps(40):
        values = [
            mp.quad(lambda z, k=k: mp.sinc(mpf(mu) + sigma * z) * z**k * mp.npdf(z), list(range(-14, 15, 2)))
            for k in range(2)
        ]
        found = kernel().hermite_coefficients(mu, sigma, 1)
        assert abs(float(found[0]) - values[0]) <= 2e-13
        assert abs(float(found[1]) - values[1]) <= 2e-13 * max(abs(values[1]), mpf(sigma) ** 2)
