"""Expected derivatives of powers, held to the integral of g^p He_k / sigma^k."""

import dataclasses

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.symbols import mu, sigma, x

FUNCTIONS = {
    "relu": ("closed", lambda c, y: max(y, 0), ()),
    "hardtanh": ("closed", lambda c, y: min(max(y, -1), 1), (-1, 1)),
    "elu": ("closed", lambda c, y: y if y > 0 else c.expm1(y), (0,)),
    "gaussian": ("closed", lambda c, y: c.exp(-y * y), ()),
    "snake": ("closed", lambda c, y: y + c.sin(y) ** 2, ()),
    "gelu": ("integral", lambda c, y: y * c.erfc(-y / c.sqrt(2)) / 2, ()),
    "tanh": ("integral", lambda c, y: c.tanh(y), ()),
}


@pytest.mark.parametrize("power", [2, 3, 4])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_derivative_of_a_power_is_its_definition(definition, name, power):
    kind, function, kinks = FUNCTIONS[name]

    def integrands(context, y, z):
        return [function(context, y) ** power * definition.hermite(k, z) for k in (0, 1, 2, 4)]

    expected = definition.expectations(integrands, "0.7", "1.3", kinks=(0, *kinks))
    for k, (value, size) in zip((0, 1, 2, 4), expected, strict=True):
        formula = activation(name).expected_derivative(k, power=power)
        assert formula.kind == kind
        got = formula.evalf(30, mu="0.7", sigma="1.3")
        assert abs(got * definition.number("1.3") ** k - value) < 1e-25 * size, (k, got)


@given(
    mean=st.fractions(-5, 5, max_denominator=100),
    deviation=st.fractions("0.1", 4, max_denominator=100),
    order=st.integers(0, 4),
)
@settings(max_examples=15, deadline=None)
def test_the_square_of_relu_is_a_rectified_power(mean, deviation, order):
    """Two ways to the same function: relu squared as a power, and relu2 of the catalogue."""
    point = {"mu": mean, "sigma": deviation}
    square = activation("relu").expected_derivative(order, power=2).evalf(30, **point)
    assert abs(square - activation("relu2").expected_derivative(order).evalf(30, **point)) < 1e-24 * (1 + abs(square))


def test_the_first_power_is_g_itself():
    relu = activation("relu")
    assert relu.expected_derivative(1, power=1) == relu.expected_derivative(1)
    assert relu.expected_derivative(0, power=2).expr.subs({mu: 0, sigma: 1}) == relu.second_moment().expr.subs(
        {mu: 0, sigma: 1}
    )


def test_names_of_powers():
    formula = activation("leaky_relu").expected_derivative(1, power=3)
    assert formula.quantity == "E[(leaky_relu^3)^(1)(x)]"
    assert r"\left(\mathrm{leaky\_relu}^{3}\right)^{(1)}(x)" in formula.latex()
    assert formula.id != activation("leaky_relu").expected_derivative(1).id


@pytest.mark.parametrize("power", [0, -1, 1.5, "2", True, 17])
def test_a_power_is_a_small_whole_number(power):
    with pytest.raises(ValueError, match="the power of g is a whole number from 1 to 16"):
        activation("relu").expected_derivative(1, power=power)


def test_a_power_that_no_gaussian_integrates_is_refused():
    """What `activation` accepts has all its powers; a record put together by hand may not."""
    growing = dataclasses.replace(activation("relu"), expression=sp.exp(x**2 / 8))
    with pytest.raises(ValueError, match=r"exp\(x\*\*2/2\) has a finite expectation only for sigma\^2 < 1"):
        growing.expected_derivative(0, power=4)
    with pytest.raises(ValueError, match="not integrable against every Gaussian: it has a pole at x = 0"):
        dataclasses.replace(growing, expression=1 / x).expected_derivative(1, power=2)


def test_a_power_has_the_limits_of_expressions():
    many = activation("(x + sqrt(2) + sqrt(3) + pi)**8")
    with pytest.raises(ValueError, match="terms multiplied out, at most 600"):
        many.expected_derivative(1, power=4)
