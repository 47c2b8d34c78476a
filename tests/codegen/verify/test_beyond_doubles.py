"""Values that no double holds: a kernel is to be infinite there, with the right sign, and they are counted."""

import math

import numpy as np
import pytest
from mpmath import libmp

from codegen import emit
from codegen.verify import verify
from codegen.verify.expectations import Expectation
from codegen.verify.judge import Judge

TEXT = "exp(-x)*tanh(x)"
WIDE = [(1000.0, 36463.32368608555), (0.0, 40.0), (-1000.0, 1e6)]
HUGE = libmp.from_int(-(10**9000))
DIGITS = 30


def errors_of(own, text):
    expectation = Expectation(HUGE, libmp.mpf_abs(HUGE))
    raw = libmp.from_float(own)
    return Judge("raw_moments", (1e-20, 1e-14, 1e-14))._errors(raw, text, text, expectation)


@pytest.mark.parametrize("text", [HUGE, libmp.from_int(-(10**400)), libmp.fninf])
def test_infinities_of_the_right_sign_pass(text):
    assert set(errors_of(-math.inf, text).values()) == {0.0}


@pytest.mark.parametrize("own", [math.inf, math.nan, 0.0, -1e300, 5.0])
@pytest.mark.parametrize("text", [HUGE, libmp.from_int(-(10**400)), libmp.fninf])
def test_anything_else_fails(own, text):
    assert not errors_of(own, text)["rounding"] < 1


@pytest.mark.parametrize("text", [libmp.finf, libmp.fnan, libmp.from_int(10**400), libmp.from_int(-(10**300))])
def test_a_text_that_is_not_as_large_fails(text):
    assert not errors_of(-math.inf, text)["algebra"] < 1


def test_a_kernel_that_overflows_where_its_moments_do_passes():
    certificate = verify(emit(TEXT), DIGITS, 4, WIDE, workers=1)
    assert certificate.passed, str(certificate)
    assert certificate.counts["beyond_doubles"] >= 3 * (3 * 5 + 2)
    assert f"{certificate.counts['beyond_doubles']} beyond doubles" in str(certificate)


WRONG = {
    "nothing": np.zeros_like,
    "without its sign": np.abs,
    "large": lambda rows: 1e300 * np.sign(rows),
    "no number": lambda rows: math.nan * rows,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_kernel_that_is_finite_or_of_the_wrong_sign_there_fails(wrong):
    module = emit(TEXT).load()
    right = module.raw_moments

    def raw_moments(mu, sigma, degree):
        return WRONG[wrong](right(mu, sigma, degree))

    module.raw_moments = raw_moments
    certificate = verify(module, DIGITS, 4, WIDE)
    assert not certificate.passed
    assert next(row for row in certificate.table if row.function == "raw_moments").failed >= 8
