import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from codegen.verify.arithmetic import namespaces
from codegen.verify.mp_real import FellToDoubleError, as_float, private_context


@pytest.fixture
def x():
    return private_context(50).mpf(2)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x * 0.1,
        lambda x: 0.1 * x,
        lambda x: np.float64(0.1) * x,
        lambda x: x * np.float64(0.1),
        lambda x: x + np.float32(0.5),
        lambda x: x - 0.5,
        lambda x: 1.0 / x,
        lambda x: x**0.5,
        lambda x: 0.5**x,
        lambda x: x < 0.5,
        lambda x: x == 2.0,
        lambda x: np.array([x]) * 0.1,
        lambda x: np.array([0.1]) + np.array([x]),
        lambda x: x * mpmath.mpf(1),
        lambda x: x * 1j,
        lambda x: float(x),
        lambda x: math.exp(x),
        lambda x: np.array([x]).astype(float),
        lambda x: np.full(1, x, dtype=float),
    ],
)
def test_doubles_and_other_precisions_are_refused(x, spoil):
    with pytest.raises(FellToDoubleError, match="50 digits"):
        spoil(x)


def test_the_message_names_the_double(x):
    with pytest.raises(FellToDoubleError, match=r"0\.1 is a double.*xp\.rational"):
        x * 0.1


def test_integers_and_own_numbers_are_exact(x):
    assert 3 * x == 6
    assert x * np.int64(3) == 6
    assert 1 - x == -1
    assert (np.array([x, x]) / 4 * 2 == np.array([1, 1])).all()
    assert x * x.context.pi / 2 == +x.context.pi
    assert hash(x) == hash(2)


def test_no_precision_but_its_own_is_touched():
    before = mpmath.mp.prec
    private_context(80).sqrt(2)
    assert mpmath.mp.prec == before


def test_ieee_754_where_mpmath_would_raise(x):
    zero = x - x
    assert 1 / zero == x.context.inf
    assert x / zero == x.context.inf
    assert -x / zero == -x.context.inf
    assert zero / zero != zero / zero
    assert (-x) ** (x / 4) != (-x) ** (x / 4)


def test_as_float_rounds_to_nearest():
    context = private_context(40)
    for fraction in (Fraction(1, 3), Fraction(-2, 7), Fraction(10**20 + 1, 3)):
        assert as_float(context.mpf(fraction.numerator) / fraction.denominator) == float(fraction)


@pytest.mark.parametrize("function", ["exp", "erfc", "ndtr", "expm1", "log1p", "abs", "sign"])
@pytest.mark.parametrize("namespace", namespaces())
def test_functions_of_the_namespace_refuse_doubles(namespace, function):
    with pytest.raises(FellToDoubleError, match=r"0\.1 is a double"):
        getattr(namespace(30), function)(0.1)


@pytest.mark.parametrize("namespace", namespaces())
def test_arrays_of_doubles_are_refused(namespace):
    xp = namespace(30)
    with pytest.raises(FellToDoubleError):
        xp.exp(np.array([0.1, 0.2]))
    with pytest.raises(FellToDoubleError):
        xp.full_like(xp.asarray([1, 2]), 0.5)
