from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.verify.arithmetic import namespaces

DIGITS = 40
TOLERANCE = mpmath.mpf(10) ** -(DIGITS - 2)


@pytest.fixture(scope="module", params=namespaces(), ids=lambda kind: kind.__name__)
def xp(request):
    return request.param(DIGITS)


def agree(xp, value, expected):
    return abs(mpmath.make_mpf(xp.raw(value)) - expected) <= TOLERANCE * abs(expected)


@settings(deadline=None, max_examples=60)
@given(x=st.floats(0, 1e4))
def test_erfcx_has_all_its_digits(xp, x):
    with mpmath.workdps(120):
        exact = mpmath.mpf(x)
        expected = mpmath.exp(exact**2) * mpmath.erfc(exact) if x < 200 else _continued_fraction(exact)
        assert agree(xp, xp.erfcx(xp.number(x)), expected)


def _continued_fraction(x):
    """sqrt(pi) erfcx(x) = 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))) (DLMF 7.9.1)."""
    tail = mpmath.mpf(0)
    for k in range(60, 0, -1):
        tail = mpmath.mpf(k) / 2 / (x + tail)
    return 1 / (mpmath.sqrt(mpmath.pi) * (x + tail))


@pytest.mark.parametrize("x", [1e15, 1e160, 1e308])
def test_erfcx_of_huge_arguments(xp, x):
    with mpmath.workdps(60):
        expected = 1 / (mpmath.mpf(x) * mpmath.sqrt(mpmath.pi))
        assert abs(mpmath.make_mpf(xp.raw(xp.erfcx(xp.number(x)))) / expected - 1) < 1 / mpmath.mpf(x) ** 2 + TOLERANCE


@pytest.mark.parametrize("x", [-39.0, -37.5, -8.0, -0.5, 0.0, 0.3, 6.0, 40.0])
def test_functions_against_mpmath(xp, x):
    value = xp.number(x)
    with mpmath.workdps(100):
        exact = mpmath.mpf(x)
        assert agree(xp, xp.ndtr(value), mpmath.erfc(-exact / mpmath.sqrt(2)) / 2)
        for name, reference in [("exp", mpmath.exp), ("erf", mpmath.erf), ("erfc", mpmath.erfc), ("tanh", mpmath.tanh)]:
            assert agree(xp, getattr(xp, name)(value), reference(exact)), name
        assert agree(xp, xp.expm1(value / 10**20), mpmath.expm1(exact / 10**20))
        if x > 0:
            assert agree(xp, xp.log1p(value / 10**20), mpmath.log1p(exact / 10**20))
            assert agree(xp, xp.arctan2(value, -value), mpmath.atan2(exact, -exact))


def test_masks_scatter_and_stack_are_plain_numpy(xp):
    x = xp.inputs([1.5, float("nan"), 0.0, -2.0])
    mask = x < 0
    assert mask.dtype == bool
    y = xp.zeros_like(x)
    y[mask] = xp.abs(x[mask])
    assert list(y) == [0, 0, 0, 2]
    assert list(xp.where(mask | (x > 1), 1, 0)) == [1, 0, 0, 1]
    assert list(xp.isnan(x)) == [False, True, False, False]
    assert xp.stack([x, y]).shape == (2, 4)
    assert np.isnan(xp.floats(xp.maximum(x, 0))).tolist() == [False, True, False, False]
    assert list(xp.minimum(x, 0)[[0, 2, 3]]) == [0, 0, -2]


def test_outside_their_domain_functions_are_nan(xp):
    for value in (xp.sqrt(-1), xp.log(-1), xp.arcsin(2), xp.log1p(-2), xp.sign(xp.nan), xp.exp(xp.nan)):
        assert value != value
    assert xp.log(0) == -xp.inf


def test_constants(xp):
    with mpmath.workdps(60):
        assert agree(xp, xp.sqrt2pi, mpmath.sqrt(2 * mpmath.pi))
        assert agree(xp, xp.rational(1, 3), mpmath.mpf(1) / 3)
        assert agree(xp, xp.pi, mpmath.pi)
    assert xp.rational_error(1, 3) == 0


@pytest.mark.parametrize("kind", namespaces())
def test_method_constants_enter_with_their_exact_value(kind):
    given_constants = {"depth": 64, "rule": ((0.1, 0.5),), "share": Fraction(1, 3), "root": mpmath.mp.sqrt(2)}
    xp = kind(30, given_constants)
    assert xp.method["depth"] == 64
    assert xp.method["rule"][0][0] * 2**55 == int(0.1 * 2**55)
    assert abs(xp.method["share"] * 3 - 1) < xp.rational(1, 10**29)
    assert xp.method["root"] * xp.method["root"] != 2
