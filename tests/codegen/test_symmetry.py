"""Even and odd functions: exact zeros at mu = 0, right signs next to it, in every kernel and in what verify asks."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import emit
from codegen.manifest import kernel_names
from codegen.parameters import settled
from codegen.parity import Parity, parity, parity_of_template
from codegen.verify import verify
from codegen.verify.kernel_runs import SEQUENCES
from numeric_backend import kernels
from symbolic_moments import activation
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

FOUND = {name: parity(settled(activation(name)).expression, x) for name in kernel_names()}
KNOWN = {name: found for name, found in FOUND.items() if found is not None}
TINY = [5e-324, 1e-310, 1e-300, 1e-200, 1e-100, 1e-30, 1e-17]
GUARD = "value = xp.where((mu == 0) & (value == value), 0, value)"
SIGN_GUARD = "value = xp.where(wrong, 0, value)"


def test_the_catalogue_has_even_and_odd_functions():
    odd = {name for name, found in KNOWN.items() if found.order == 1}
    even = {name for name, found in KNOWN.items() if found.order == 0}
    assert odd >= {"erf", "hardshrink", "hardtanh", "sign", "softshrink", "softsign", "tanh", "tanhshrink"}
    assert even >= {"abs", "cos", "gaussian", "lisht"}


@pytest.mark.parametrize("name", KNOWN)
@settings(max_examples=20, deadline=None)
@given(exponents=st.lists(st.floats(-12, 5), min_size=1, max_size=20))
def test_what_is_zero_by_symmetry_is_zero(name, exponents):
    kernel, found = kernels.load(name), KNOWN[name]
    sigma = np.array([0.0, *(10.0**one for one in exponents)])
    for function in SEQUENCES:
        values = getattr(kernel, function)(np.zeros_like(sigma), sigma, 8)
        for n in range(1 - found.order, 9, 2):
            assert np.all(values[n, 1:] == 0)
            assert values[n, 0] == 0 or (np.isnan(values[n, 0]) and function == "expected_derivatives")


@pytest.mark.parametrize("name", [name for name, found in KNOWN.items() if found.sign])
@settings(max_examples=20, deadline=None)
@given(exponents=st.lists(st.floats(-12, 5), min_size=1, max_size=20), mu=st.sampled_from(TINY))
def test_next_to_zero_the_sign_is_right_or_the_value_zero(name, exponents, mu):
    kernel, found = kernels.load(name), KNOWN[name]
    sigma = np.array([0.0, *(10.0**one for one in exponents)])
    for side in (-1, 1):
        moments = kernel.raw_moments(np.full_like(sigma, side * mu), sigma, 8)
        assert np.all(moments[1 - found.order :: 2] * side * found.sign >= 0)
        if found.order:
            for function in ("hermite_coefficients", "expected_derivatives"):
                assert np.all(getattr(kernel, function)(np.full_like(sigma, side * mu), sigma, 0) * side >= 0)


@pytest.mark.parametrize("text", ["abs(x) + abs(x - 1) + abs(x + 1)", "x**5 - 3*x", "atan(3*x)", "x*exp(-abs(x))"])
def test_kernels_of_expressions_know_their_symmetry(text):
    kernel = emit(text).load()
    sigma = 10.0 ** np.arange(-8, 4)
    order = parity(read_expression(text), x).order
    for function in SEQUENCES:
        assert np.all(getattr(kernel, function)(0 * sigma, sigma, 8)[1 - order :: 2] == 0)


def test_parameters_may_break_the_symmetry():
    kernel = kernels.load("hardtanh")
    assert kernel.raw_moments(0.0, 2.0, 0, minimum=-3.0, maximum=3.0)[0] == 0
    mean = kernel.raw_moments(0.0, 2.0, 0, minimum=-1.0, maximum=3.0)[0]
    np.testing.assert_allclose(mean, 0.3369795272774, rtol=1e-12)
    together = kernel.raw_moments(0.0, 2.0, 0, minimum=np.array([-3.0, -1.0]), maximum=3.0)[0]
    assert together[0] == 0
    assert together[1] == mean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(x) + Max(0, x - 1500)", None),
        ("x**2 + exp(-(1000*(x - 5))**2)", None),
        ("tanh(x)**3 - tanh(x)/10**8", Parity(1, 0)),
        ("-x*sin(x)**2*tanh(x)", Parity(0, -1)),
        ("exp(-abs(x) - 1)", Parity(0, 1)),
        ("x*exp(-x)", None),
        ("log(abs(x**2 - 3))", Parity(0, 0)),
        ("log(abs(x**2 - 4))", Parity(0, 0)),
        ("(abs(x) - 1.2)**2 - 0.001", Parity(0, 0)),
        ("x*tanh((x**2 - 1.2)**2 - 0.001)", Parity(1, 0)),
        ("(abs(x) - 1.2)**2 + 0.001", Parity(0, 1)),
        ("x - tanh(x)", Parity(1, 1)),
        ("tanh(x - 1) - tanh(x + 1)", Parity(0, -1)),
    ],
)
def test_parity_is_not_guessed(text, expected):
    assert parity(read_expression(text), x) == expected


@pytest.mark.parametrize("mu", [1.2, -1.2, 1.21])
def test_moments_in_a_narrow_valley_below_zero_are_not_taken_for_rounding(mu):
    """``E[y ((|y| - 1.2)^2 - 0.001)]`` with ``|y| = side y``; it was 0, for the sign of g at 114 other places."""
    sigma, level = 1e-4, 1.2
    found = emit("(abs(x) - 1.2)**2 - 0.001").load().raw_moments(mu, sigma, 1)[1]
    off = abs(mu) - level
    wanted = np.sign(mu) * (level * (off**2 + sigma**2 - 1e-3) + off**3 + 3 * off * sigma**2 - 1e-3 * off)
    assert found == pytest.approx(wanted, rel=1e-12)


def test_a_condition_on_two_parameters_is_found():
    low, high = sp.symbols("low high", real=True)
    assert parity_of_template(sp.Min(high, sp.Max(low, x)), x, [("low", "high")]) == Parity(1, 1, ("low", "high"))
    assert parity_of_template(sp.Min(high, sp.Max(low, x)), x) is None


@pytest.mark.parametrize("name", ["abs", "erf", "tanhshrink"])
def test_verify_asks_for_exact_zeros(name):
    """Without the cure a kernel is refused at mu = 0, however small what it gives there."""
    points = [(0.0, 1e-6), (0.0, 0.37), (0.0, 21.0)]
    source = emit(name)
    assert verify(source.load(), 20, 3, points).passed
    kernel = source.load()
    for function in SEQUENCES:
        right = getattr(kernel, function)
        setattr(kernel, function, lambda mu, sigma, degree, right=right: right(mu, sigma, degree) + 1e-200)
    certificate = verify(kernel, 20, 3, points)
    assert not certificate.passed
    broken = {row.function for row in certificate.table if row.rounding == np.inf}
    assert broken == set(SEQUENCES)


@pytest.mark.parametrize("name", ["hardtanh", "tanhshrink"])
def test_a_kernel_without_the_cure_fails_verification(name):
    source = emit(name)
    assert GUARD in source.source
    planted = type(source)(source.name, source.target, source.source.replace(GUARD, "value = value"))
    points = [(0.0, 10.0**one) for one in range(-6, 3)]
    assert verify(source.load(), 20, 4, points).passed
    assert not verify(planted.load(), 20, 4, points).passed
