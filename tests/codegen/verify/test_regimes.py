"""Every point belongs to one regime, and the table of regimes counts what the table of functions counts."""

import math

import pytest

from codegen.verify import verify
from codegen.verify.definition import read_definition
from codegen.verify.points import choose_points, smoothing
from codegen.verify.regimes import REGIMES, regime_of

KINKS = [(-1.0, 0.0), (2.0, 0.0)]
SCALES = [(0.0, 0.5), (0.0, 5.0)]


@pytest.mark.parametrize(
    ("features", "mu", "sigma", "regime"),
    [
        (KINKS, 2.0, 0.0, "point mass"),
        (KINKS, 0.5, 1e-4, "beyond the density"),
        (KINKS, 2.0, 1e-4, "narrow"),
        (KINKS, 0.0, 1e3, "wide"),
        (KINKS, 3.0, 1.0, "centre"),
        (KINKS, -3.0, 1.0, "flank"),
        (KINKS, 12.0, 1.0, "tail"),
        (SCALES, 0.0, 4e-4, "narrow"),
        (SCALES, 0.0, 6e-4, "centre"),
        (SCALES, 0.0, 400.0, "centre"),
        (SCALES, 0.0, 600.0, "wide"),
        ([], 0.0, 1.0, "centre"),
        ([], 7.0, 1.0, "tail"),
    ],
)
def test_regimes(features, mu, sigma, regime):
    assert regime_of(features, mu, sigma) == regime


@pytest.mark.parametrize("text", ["Max(x, 0)", "tanh(x)", "x**2"])
def test_the_points_chosen_reach_most_regimes(text):
    definition = read_definition(text)
    seen = {regime_of(smoothing(definition), point.mu, point.sigma) for point in choose_points(definition)}
    assert seen <= set(REGIMES)
    assert {"point mass", "beyond the density", "wide", "centre", "flank"} <= seen


def test_regimes_and_functions_count_the_same_values():
    certificate = verify("relu", digits=25, degree=2, points=[(0.3, 1.0), (-50.0, 1.0), (0.0, 0.0), (4.0, 1.0)])
    assert [row.regime for row in certificate.regimes] == ["point mass", "beyond the density", "centre", "flank"]
    for name in ("checked", "failed", "sign_only"):
        counted = [sum(getattr(row, name) for row in table) for table in (certificate.regimes, certificate.table)]
        assert counted[0] == counted[1]
    assert sum(row.granted for row in certificate.regimes) == certificate.counts["granted"]
    worst = max(certificate.regimes, key=lambda row: row.worst["of_limit"]).worst
    assert worst["of_limit"] == certificate.worst["of_limit"]


def test_what_is_granted_next_to_an_extremum_is_counted():
    """The activation answers for an ulp of mu anywhere; at the minimum, where sd(g) vanishes, c_1 and E g' do."""
    at_minimum, away = (
        verify("gelu", digits=25, degree=2, points=[point]) for point in ((-0.7517915241930681, 1e-9), (1.0, 1.0))
    )
    assert (at_minimum.counts["granted"], away.counts["granted"]) == (3, 1)
    assert at_minimum.passed


def test_a_failure_is_counted_in_its_regime(planted):
    wrong = planted("relu", "    value = positive[2]\n", "    value = positive[2] * 2\n")
    certificate = verify(wrong, digits=25, degree=2, points=[(0.3, 1.0), (4.0, 1.0), (-4.0, 0.0)])
    failed = {row.regime: row.failed for row in certificate.regimes}
    assert failed["point mass"] == 0
    assert failed["centre"] > 0
    assert failed["flank"] > 0
    assert math.isclose(certificate.regimes[1].worst["error"], 1.0)
