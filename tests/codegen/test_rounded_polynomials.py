"""Polynomials of x and one rounded line, against sums over the steps in many digits."""

from functools import cache

import numpy as np
import pytest
from mpmath import mpf

from codegen import emit, verify
from codegen.kernel_choice import NoKernelError

FUNCTIONS = {
    "x*floor(x)": (lambda y, k: y * k, 0, 1),
    "floor(x)**2": (lambda y, k: mpf(k) ** 2, 0, 1),
    "x*round(x)": (lambda y, k: y * k, -0.5, 1),
    "round(x)**2": (lambda y, k: mpf(k) ** 2, -0.5, 1),
    "floor(x)*(x-floor(x))": (lambda y, k: k * (y - k), 0, 1),
    "x*floor(4*x)": (lambda y, k: y * k, 0, 0.25),
    "round(10*x)**2/100": (lambda y, k: mpf(k) ** 2 / 100, "-0.05", "0.1"),
    "floor(x)*ceil(x)": (lambda y, k: mpf(k) * (k + 1), 0, 1),
}
POINTS = [(0.5, 0.16), (0.5, 0.2), (0.3, 0.012), (-1.25, 0.166), (3.0 + 1e-9, 1e-9), (-700.5, 0.1), (970.3, 2.0)]
"""Mean and deviation, in steps."""


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("text", FUNCTIONS)
def test_expectations_are_sums_over_the_steps(text, worst_error):
    function, first, step = FUNCTIONS[text]
    for mu, sigma in POINTS:
        place = mu * float(step), sigma * float(step)
        assert worst_error(kernel(text), function, first, step, *place) < 1e-13, place


def test_ties_are_those_of_the_function():
    places = np.arange(-24, 25) / 4
    np.testing.assert_array_equal(kernel("round(x)**2").activation(places), np.rint(places) ** 2)
    np.testing.assert_array_equal(kernel("x*floor(x)").raw_moments(places, 0.0, 0)[0], places * np.floor(places))


def test_nothing_is_left_on_a_step_on_which_it_is_0():
    for text in ("floor(x)**2", "x*floor(x)"):
        assert kernel(text).raw_moments(0.5, 1e-3, 2).tolist() == [0.0, 0.0, 0.0]
    assert kernel("(floor(10*x)/10 - 3/10)**2").second_moment(0.35, 1e-4) == 0


@pytest.mark.slow
@pytest.mark.parametrize("text", ["x*floor(x)", "floor(x)**2", "tanh(round(x))"])
def test_verify_passes(text):
    """Points whose Gaussians stay within the steps that ``verify`` looks for; what it left out was not measured."""
    certificate = verify(kernel(text), digits=30, degree=2, points=[(0.5, 0.1), (1.25, 1e-3), (-0.4, 0.17)])
    assert certificate.passed
    assert certificate.counts["refused"] == 0


@pytest.mark.parametrize("text", ["(x - 3)*(floor(x) - 3)", "floor(x)*floor(2*x)", "x**4*floor(x)"])
def test_what_is_not_covered_is_refused(text):
    with pytest.raises(NoKernelError, match="it rounds, without end"):
        emit(text)
