import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import libmp, mp

from codegen.verify.normal_cdf import raw_normal_cdf
from codegen.verify.smooth import compile_smooth
from symbolic_moments.symbols import x


def relative_difference(u, precision):
    with mpmath.workprec(2 * precision + 200):
        expected = mp.erfc(-mp.mpf(u) / mp.sqrt(2)) / 2
        return abs(mp.make_mpf(raw_normal_cdf(libmp.from_float(u), precision)) / expected - 1)


@settings(deadline=None, max_examples=80)
@given(st.floats(-45, 45), st.sampled_from([80, 200, 420]))
def test_all_digits_in_both_tails(u, precision):
    assert relative_difference(u, precision) < mp.mpf(2) ** (1 - precision)


@pytest.mark.parametrize("u", [0.0, 1e-300, -0.125, 0.125, -0.1250001, -39.99, -40.0, 39.999, -300.0, 1e3])
def test_between_the_expansions_and_beyond_them(u):
    assert relative_difference(u, 250) < mp.mpf(2) ** -249


def test_infinities_and_nan():
    assert raw_normal_cdf(libmp.finf, 80) == libmp.fone
    assert raw_normal_cdf(libmp.fninf, 80) == libmp.fzero
    assert raw_normal_cdf(libmp.fnan, 80) == libmp.fnan


@settings(deadline=None, max_examples=60)
@given(st.floats(-30, 30), st.sampled_from(["erf", "erfc"]))
def test_error_functions_of_definitions(u, name):
    function = compile_smooth(getattr(sp, name)(x), x)
    with mpmath.workprec(1500):
        expected = getattr(mp, name)(mp.mpf(u))
        found = mp.make_mpf(function(libmp.from_float(u), 200))
        assert abs(found - expected) <= mp.mpf(2) ** -195 * abs(expected)
