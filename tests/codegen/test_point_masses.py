"""Derivatives at sigma = 0 next to 0, where one vanishes, and an ulp beside kinks, against derivatives by hand."""

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mpf

from codegen import emit
from codegen.point_trial import lost_point_masses
from codegen.verify import verify
from symbolic_moments.symbols import x

DIGITS = 60
TINY = 2.2250738585072014e-308


@cache
def kernel_of(expression):
    return emit(expression).load()


def of_arccosine(order, y):
    """Derivatives of the arccosine from its second: ``-y (1 - y^2)^(-3/2)`` and so on."""
    rest = 1 - y * y
    return {
        1: -1 / mpmath.sqrt(rest),
        2: -y / rest ** mpf(1.5),
        3: -(1 + 2 * y * y) / rest ** mpf(2.5),
        4: -(9 * y + 6 * y**3) / rest ** mpf(3.5),
    }[order]


def of_difference(order, y):
    """Derivatives of gelu(y + 2) - softplus(2 y): ``gelu'' = (2 - u^2) phi(u)``, ``s' = s (1 - s)``."""
    u, s = y + 2, 1 / (1 + mpmath.exp(-2 * y))
    bend = s * (1 - s)
    return {
        1: mpmath.ncdf(u) + u * mpmath.npdf(u) - 2 * s,
        2: (2 - u**2) * mpmath.npdf(u) - 4 * bend,
        3: (u**3 - 4 * u) * mpmath.npdf(u) - 8 * bend * (1 - 2 * s),
        4: (7 * u**2 - u**4 - 4) * mpmath.npdf(u) - 16 * bend * (1 - 6 * bend),
    }[order]


@pytest.mark.parametrize(
    ("expression", "derivative"),
    [("acos(clip(x, -1, 1))", of_arccosine), ("gelu(x + 2) - softplus(2*x)", of_difference)],
)
@pytest.mark.parametrize("mu", [-1e-6, 1e-6, 1e-9, -1e-3, 0.01, 0.024, 0.026, 0.2])
def test_where_a_derivative_vanishes_at_zero(expression, derivative, mu):
    found = kernel_of(expression).expected_derivatives(mu, 0.0, 4)
    with mpmath.workdps(DIGITS):
        for order in range(1, 5):
            wanted = derivative(order, mpf(mu))
            assert abs(mpf(float(found[order])) - wanted) <= 7e-14 * abs(wanted)


def test_at_zero_itself():
    """The third derivative is ``-8 exp(-2)/sqrt(2 pi) y`` and more next to 0."""
    found = kernel_of("gelu(x + 2) - softplus(2*x)").expected_derivatives(np.array([0.0, TINY, -TINY]), 0.0, 3)[3]
    with mpmath.workdps(DIGITS):
        slope = of_difference(4, mpf(0))
    assert found[0] == 0
    assert found[1] == -found[2] == pytest.approx(float(slope * TINY), rel=1e-14)


@pytest.mark.parametrize("steps", [-1000, -3, -2, -1, 1, 2, 3, 1000])
def test_beside_a_kink(steps):
    """celu(hardswish(x)) is x above 3, ``x (x + 3)/6`` below; x + 3 is 6 an ulp above 3, rounded."""
    mu = 3 + steps * float(np.spacing(3.0))
    found = kernel_of("celu(hardswish(x))").expected_derivatives(mu, 0.0, 4)
    wanted = [mu, 1, 0, 0, 0] if steps > 0 else [mu * (mu + 3) / 6, (2 * mu + 3) / 6, 1 / 3, 0, 0]
    assert np.allclose(found, wanted, rtol=1e-15, atol=0)


def test_orders_beyond_the_series_are_those_of_the_text():
    found = kernel_of("acos(clip(x, -1, 1))").expected_derivatives(np.array([0.01, 0.5]), 0.0, 40)
    assert found.shape == (41, 2)
    with mpmath.workdps(DIGITS):
        wanted = [float(mpmath.diff(mpmath.acos, mu, 20)) for mu in (0.01, 0.5)]
    assert np.allclose(found[20], wanted, rtol=1e-6)


@pytest.mark.parametrize("text", ["tanh(x)", "x/(1 + abs(x))"])
def test_what_keeps_its_digits_is_left_alone(text):
    expression = sp.tanh(x) if text == "tanh(x)" else x / (1 + sp.Abs(x))
    kinks = [] if text == "tanh(x)" else [sp.S.Zero]
    assert lost_point_masses(kernel_of(text), expression, x, kinks, [], 8) == []


def test_the_texts_agree_with_their_definitions_in_many_digits():
    points = [(0.0, 0.0), (1e-6, 0.0), (0.02, 0.0), (0.03, 0.0), (3.0000000000000004, 0.0)]
    for expression in ("acos(clip(x, -1, 1))", "celu(hardswish(x))"):
        assert verify(kernel_of(expression), digits=50, degree=4, points=points).passed
