"""Signs of values that lie below the accuracy a reference was asked for."""

import mpmath
import numpy as np
import pytest
from mpmath import libmp, mp

from codegen import emit
from codegen.verify import signs, verify
from codegen.verify.definition import read_definition
from codegen.verify.expectations import expectations
from codegen.verify.reference import reference
from codegen.verify.signs import with_known_signs
from numeric_backend import kernels

POINT = (26.65429861665013, 5.617679960858508e-10)
DIGITS = 26
ORDER = 6


@pytest.fixture
def erf():
    return emit("erf").load()


def changed(module, change):
    """The kernel with its E[g^(6)] changed."""
    right = module.expected_derivatives

    def wrong(mu, sigma, degree):
        values = right(mu, sigma, degree)
        values[ORDER:] = change(values[ORDER:])
        return values

    module.expected_derivatives = wrong
    return module


def test_right_kernels_pass_where_coefficients_lie_below_the_accuracy_asked(erf):
    for kernel, digits, point in ((erf, 30, POINT), (kernels.load("gelu"), 25, (-35.9995049906536, 2.9968e-9))):
        certificate = verify(kernel, digits, 8, [point])
        assert certificate.passed, str(certificate)
        assert certificate.counts["unknown_signs"] == 0


@pytest.mark.parametrize("change", [np.negative, lambda values: np.nan * values, lambda values: 0 * values + 1e-190])
def test_a_wrong_sign_a_nan_and_a_large_value_are_caught_there(erf, change):
    certificate = verify(changed(erf, change), 30, ORDER, [POINT])
    assert not certificate.passed
    assert certificate.counts["failed"] == 1


def test_more_digits_find_the_sign(erf):
    definition, promise = read_definition("erf(x)"), erf.KERNEL["promise"]
    first = expectations(definition, *POINT, ORDER, DIGITS, promise)
    assert not first["expected_derivatives"][ORDER].sign_known
    own = {name: [[libmp.fone]] * len(row) for name, row in first.items()}
    found = with_known_signs(definition, {POINT: first}, own, ORDER, DIGITS, promise)[POINT]["expected_derivatives"]
    assert found[ORDER].sign_known
    with mpmath.workdps(60):
        mu = mp.mpf(POINT[0])
        exact = -2 / mp.sqrt(mp.pi) * mp.hermite(ORDER - 1, mu) * mp.exp(-mu * mu)
        assert abs(mp.make_mpf(found[ORDER].value) / exact - 1) < 1e-9


def test_a_sign_that_stays_unknown_is_counted_and_not_judged(erf, monkeypatch):
    monkeypatch.setattr(signs, "_MORE_DIGITS", ())
    certificate = verify(erf, 30, ORDER, [POINT])
    assert certificate.counts["unknown_signs"] > 0
    assert any("values that lie below" in item for item in certificate.not_covered)
    assert not verify(changed(erf, lambda values: np.nan * values), 30, ORDER, [POINT]).passed


@pytest.mark.parametrize("text", ["Max(x, 0)", "x*Phi(x)", "erf(x)", "tanh(x)"])
@pytest.mark.parametrize(("mu", "sigma"), [(-30.0, 1.0), (12.0, 1e-7), (0.3, 40.0), (-5.0, 1e-3)])
def test_bounds_hold_against_twice_the_digits(text, mu, sigma):
    definition = read_definition(text)
    rough, sharp = (reference(definition, mu, sigma, 6, digits) for digits in (20, 40))
    pairs = [
        *zip(rough.moments, sharp.moments, rough.errors.moments, strict=True),
        *zip(rough.hermite, sharp.hermite, rough.errors.hermite, strict=True),
        (rough.second_moment, sharp.second_moment, rough.errors.second_moment),
        (rough.variance, sharp.variance, rough.errors.variance),
    ]
    for found, exact, bound in pairs:
        difference = libmp.mpf_abs(libmp.mpf_sub(found, exact, 100))
        assert not libmp.mpf_gt(difference, bound)
    assert libmp.mpf_lt(rough.errors.moments[0], libmp.mpf_shift(rough.magnitudes[0], -50))


def test_signs_in_the_far_tail_are_known_at_once():
    """E[relu] at t = -1000 is 1e-217150 and still all of its integral of the absolute value."""
    promise = kernels.load("relu").KERNEL["promise"]
    found = expectations(read_definition("Max(x, 0)"), -1000.0, 1.0, 4, 20, promise)
    for name in ("raw_moments", "hermite_coefficients", "second_moment", "variance"):
        assert all(one.sign_only and one.sign_known for one in found[name])
