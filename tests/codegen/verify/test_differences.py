"""Derivatives by differences against symbolic ones."""

import pytest
import sympy as sp
from mpmath import libmp

from codegen.verify.definition import read_definition
from codegen.verify.differences import UnsettledDerivativeError, derivative_by_differences
from codegen.verify.smooth import compile_smooth
from numeric_backend import kernels
from symbolic_moments.symbols import x

GELU_TANH = kernels.load("gelu_tanh").KERNEL["expression"]


@pytest.mark.parametrize("place", [-40.0, -3.0, 0.3, 2e-308])
@pytest.mark.parametrize(("text", "order"), [("tanh(x)", 12), ("exp(-x**2)", 7), ("x*erf(x)", 5), (GELU_TANH, 4)])
def test_they_agree_with_symbolic_ones(text, order, place):
    (piece,) = read_definition(text).pieces
    at = libmp.from_float(place)
    wanted = compile_smooth(sp.diff(piece.expression, x, order), x)(at, 400)
    found = derivative_by_differences(piece.evaluate, order)(at, 400)
    gap = libmp.mpf_abs(libmp.mpf_sub(found, wanted, 400))
    assert libmp.mpf_le(libmp.mpf_shift(gap, 300), libmp.mpf_abs(wanted))


def test_what_is_not_smooth_or_vanishes_is_refused():
    root = derivative_by_differences(compile_smooth(sp.sqrt(1 + x), x), 2)
    with pytest.raises(UnsettledDerivativeError, match="do not agree"):
        root(libmp.mpf_add(libmp.from_int(-1), libmp.from_man_exp(1, -225)), 400)
    with pytest.raises(UnsettledDerivativeError, match="below"):
        derivative_by_differences(compile_smooth(x**2, x), 3)(libmp.from_int(1), 400)


def test_only_derivatives_that_grow_beyond_reach_are_taken_so():
    (piece,) = read_definition(GELU_TANH).pieces
    value = piece.derivative(17)(libmp.from_float(0.25), 400)
    again = derivative_by_differences(piece.evaluate, 17)(libmp.from_float(0.25), 300)
    gap = libmp.mpf_abs(libmp.mpf_sub(value, again, 400))
    assert libmp.mpf_le(libmp.mpf_shift(gap, 250), libmp.mpf_abs(value))
