import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import libmp

from codegen.verify.definition import read_definition
from codegen.verify.error_metric import relative_error, right_sign_or_zero, scales
from codegen.verify.reference import reference

raw = libmp.from_float
INFINITE, NAN = libmp.finf, libmp.fnan


@given(st.floats(), st.floats(), st.floats(0))
def test_it_always_answers(value, expected, scale):
    error = relative_error(raw(value), raw(expected), raw(scale))
    assert error >= 0


@pytest.mark.parametrize(
    ("value", "expected", "scale", "error"),
    [
        (1.5, 1.0, 1.0, 0.5),
        (-1.0, 1.0, 4.0, 0.5),
        (0.0, 0.0, 0.0, 0.0),
        (1e-300, 0.0, 0.0, math.inf),
        (math.nan, 1.0, 1.0, math.inf),
        (math.inf, 1.0, 1.0, math.inf),
        (math.inf, math.inf, 1.0, 0.0),
    ],
)
def test_values(value, expected, scale, error):
    assert relative_error(raw(value), raw(expected), raw(scale)) == error


def test_overflow_is_right_only_beyond_the_largest_double():
    beyond = libmp.mpf_shift(libmp.fone, 1100)
    assert relative_error(INFINITE, beyond, beyond) == 0.0
    assert relative_error(libmp.fninf, beyond, beyond) == math.inf
    assert relative_error(INFINITE, raw(1e308), raw(1e308)) == math.inf


def test_ratios_beyond_a_double_are_infinite():
    assert relative_error(libmp.fone, libmp.fzero, libmp.mpf_shift(libmp.fone, -5000)) == math.inf


@pytest.mark.parametrize(
    ("value", "answer"),
    [(0.0, 0.0), (5e-324, 0.0), (-5e-324, math.inf), (1.0, math.inf), (math.nan, math.inf), (math.inf, math.inf)],
)
def test_right_sign_or_zero(value, answer):
    assert right_sign_or_zero(raw(value), libmp.mpf_shift(libmp.fone, -2000), 1.0) == answer


def test_scales_widen_next_to_an_extremum_and_only_there():
    """At the minimum of x^2 - x/1 the slope vanishes: sd(g) is of order sigma^2, less than ulp(mu) sigma makes."""
    promise = {"hermite_coefficients": 2e-14, "variance": 1e-13}
    definition = read_definition("x**2 - 3*x")
    at_extremum = reference(definition, 1.5, 1e-12, 2, 30)
    elsewhere = reference(definition, 2.5, 1e-12, 2, 30)
    ratios = []
    for point in (at_extremum, elsewhere):
        deviation = libmp.to_float(libmp.mpf_sqrt(point.variance, 80))
        ratios.append(libmp.to_float(scales(point, promise, 2)["hermite_coefficients"][1]) / deviation)
    assert ratios[0] > 1e9
    assert ratios[1] == pytest.approx(1, rel=1e-9)


def test_at_an_extremum_the_step_in_mu_counts_in_second_order():
    """Var (y - 1)^2 = 4 (mu - 1)^2 sigma^2 + 2 sigma^4: at mu = 1 its first derivative by mu is 0."""
    promise = {"hermite_coefficients": 2e-14, "raw_moments": 2e-14, "second_moment": 2e-14, "variance": 2e-13}
    for sigma in (1e-12, 1e-9, 1.0):
        point = reference(read_definition("(x - 1)**2"), 1.0, sigma, 2, 40)
        scale = libmp.to_float(scales(point, promise, 2)["variance"][0])
        change = 4 * (4 * math.ulp(1.0)) ** 2 * sigma**2
        by_sigma = 8 * sigma**3 * 4 * math.ulp(sigma)
        assert scale == pytest.approx(max(2 * sigma**4, (change + by_sigma) / 2e-13), rel=1e-9)
