"""Errors planted in emitted kernels: the verifier must catch each, and say which kind it is."""

import math

import pytest

from codegen.verify import verify

DIGITS = 30

pytestmark = pytest.mark.usefixtures("each_arithmetic")

WRONG_SIGN = ("gelu", "moment = mu * moments[n] + step * tilted[n]", "moment = mu * moments[n] - step * tilted[n]")
DROPPED_INVERSE_SIGMA = ("relu", "hermite_times(-mu / spread, peak", "hermite_times(-mu, peak")
WRONG_CONSTANT = (
    "relu",
    "xp.erfcx(x / xp.sqrt(2)) * xp.sqrt2pi / 2",
    "xp.erfcx(x / xp.sqrt(2)) * xp.sqrt2pi * xp.rational(10001, 20000)",
)
MOVED_SWITCH = ("relu", "flatnonzero(mu < 0)", "flatnonzero(mu < -3 * sigma)")
WRONG_IN_THREE_DECADES = (
    "relu",
    "hermite_times(-mu / spread, peak",
    "hermite_times(-mu / spread, peak * xp.where((spread > 100) & (spread < 10**5), xp.rational(1000001, 1000000), 1)",
)
DOUBLE_LITERAL = ("relu", "xp.erfcx(x / xp.sqrt(2))", "xp.erfcx(x / 1.4142135623730951)")
DOUBLE_AS_RATIONAL = ("relu", "xp.erfcx(x / xp.sqrt(2))", "xp.erfcx(x * xp.rational(6369051672525773, 2**53))")


def row(certificate, function):
    return next(row for row in certificate.table if row.function == function)


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_the_kernels_themselves_pass(planted, points, name):
    certificate = verify(planted(name, "xp", "xp"), DIGITS, 4, points)
    assert certificate.passed, str(certificate)


@pytest.mark.parametrize(
    "error", [WRONG_SIGN, DROPPED_INVERSE_SIGMA, WRONG_CONSTANT], ids=["sign", "sigma", "constant"]
)
def test_wrong_formulas_are_errors_of_algebra(planted, points, error):
    certificate = verify(planted(*error), DIGITS, 4, points)
    assert not certificate.passed
    assert max(row.algebra for row in certificate.table) > 1e-6
    assert row(certificate, "activation").passed


def test_a_constant_off_by_one_in_ten_thousand_is_seen_at_its_size(planted, points):
    certificate = verify(planted(*WRONG_CONSTANT), DIGITS, 2, points)
    assert math.isclose(row(certificate, "raw_moments").algebra, 1e-4, rel_tol=1e-3)


def test_a_moved_switch_is_an_error_of_rounding_alone(planted, points):
    certificate = verify(planted(*MOVED_SWITCH), DIGITS, 8, points)
    moments = row(certificate, "raw_moments")
    assert not certificate.passed
    assert moments.algebra < moments.limits[0]
    assert moments.truncation < moments.limits[1]
    assert moments.rounding > 1e-12
    assert moments.worst["kind"] == "rounding"
    assert -3 < moments.worst["mu"] / moments.worst["sigma"] < 0


def test_the_moved_switch_is_found_at_the_points_verify_chooses_itself(planted):
    certificate = verify(planted(*MOVED_SWITCH), 20, 8)
    assert row(certificate, "raw_moments").rounding > 1e-11
    assert not certificate.passed


def test_an_error_in_three_decades_of_sigma_is_found_at_the_points_verify_chooses_itself(planted):
    """It was not: no point of relu had a sigma between 100 and 300000."""
    certificate = verify(planted(*WRONG_IN_THREE_DECADES), 20, 4)
    assert not certificate.passed
    assert row(certificate, "hermite_coefficients").algebra > 1e-9


@pytest.mark.parametrize("error", [DOUBLE_LITERAL, DOUBLE_AS_RATIONAL], ids=["literal", "rational"])
def test_a_run_that_falls_to_double_is_an_error(planted, points, error):
    certificate = verify(planted(*error), DIGITS, 2, points)
    moments = row(certificate, "raw_moments")
    assert not certificate.passed
    assert moments.algebra > 1e-17
    assert moments.worst["kind"] == "algebra"


def test_the_double_is_named(planted, points):
    certificate = verify(planted(*DOUBLE_LITERAL), DIGITS, 2, points)
    assert any("raw_moments: 1.4142135623730951 is a double" in note for note in certificate.notes)


def test_too_few_terms_are_an_error_of_truncation(planted, points):
    module = planted("relu", "xp", "xp")
    module.METHOD["seed_depth"] = 8
    moments = row(verify(module, DIGITS, 4, points), "raw_moments")
    assert moments.algebra < moments.limits[0]
    assert moments.truncation > moments.limits[1]


@pytest.mark.parametrize("value", ["xp.nan", "0"])
def test_nan_and_zero_where_the_value_is_finite(planted, points, value):
    planted_kernel = planted("relu", "    value = positive[2]\n", f"    value = positive[2] * {value}\n")
    moment = row(verify(planted_kernel, DIGITS, 2, points), "second_moment")
    assert not moment.passed
    assert moment.algebra >= 1


def test_an_activation_that_is_not_its_expression(planted, points):
    certificate = verify(planted("relu", "return xp.maximum(x, 0)", "return xp.abs(x)"), DIGITS, 2, points)
    assert not row(certificate, "activation").passed


def test_an_error_in_calls_for_fewer_orders_alone_is_named(planted, points):
    kernel = planted(
        "relu",
        "return _sequence(_raw_moments, mu, sigma, degree)",
        "return _sequence(_raw_moments, mu, sigma, degree) * (1 if degree == 4 else 2)",
    )
    certificate = verify(kernel, DIGITS, 4, points)
    assert not certificate.passed
    assert all(row.passed for row in certificate.table)
    assert certificate.counts["functions_failed_at_fewer_orders"] == 1
    assert any("raw_moments" in note and "fewer than 4 orders" in note for note in certificate.notes)
