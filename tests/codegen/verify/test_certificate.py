import json
import math
from dataclasses import replace

import pytest

from codegen.verify.certificate import Certificate, RegimeRow, Row

WORST = {
    "function": "raw_moments", "kind": "rounding", "order": 2, "mu": -1.0, "sigma": 0.5,
    "error": 1e-15, "limit": 1.5e-14, "of_limit": 0.07,
}  # fmt: skip
ROW = Row("raw_moments", 1e-45, 1e-17, 1e-15, (1e-40, 5e-15, 1.5e-14), WORST, 30, 0, 2)
REGIME = RegimeRow("narrow", 10, 1e-45, 1e-17, 1e-15, WORST, 30, 0, 3, 2, 1, 4)
COUNTS = {"points": 10, "refused": 0}


@pytest.fixture
def certificate():
    return Certificate(
        "relu",
        "Max(0, x)",
        "numpy",
        50,
        8,
        (ROW,),
        COUNTS,
        "none",
        True,
        ("sigma < 0",),
        ("a note",),
        (REGIME,),
        ("two rules",),
    )


def test_passes_when_everything_does(certificate):
    assert certificate.passed


@pytest.mark.parametrize("kind", ["algebra", "truncation", "rounding"])
@pytest.mark.parametrize("error", [math.nan, math.inf, 1.0])
def test_nan_never_passes_nor_does_an_error_over_its_limit(certificate, kind, error):
    assert not replace(certificate, table=(replace(ROW, **{kind: error}),)).passed


@pytest.mark.parametrize(
    "spoiled",
    [
        {"table": ()},
        {"table": (replace(ROW, failed=1),)},
        {"counts": {"points": 0, "refused": 0}},
        {"counts": {"points": 10, "refused": 1}},
        {"counts": {}},
        {"referee_agrees": False},
    ],
)
def test_unknown_is_not_passed(certificate, spoiled):
    assert not replace(certificate, **spoiled).passed


def test_json_returns_the_same_certificate(certificate):
    odd = replace(certificate, table=(replace(ROW, algebra=math.inf, truncation=math.inf),))
    for one in (certificate, odd):
        assert Certificate.from_json(one.to_json()) == one
    record = json.loads(certificate.to_json())
    assert record["passed"] is True
    assert record["worst"]["mu"] == -1.0


def test_what_is_no_certificate_is_refused():
    with pytest.raises(ValueError, match="not a certificate"):
        Certificate.from_json("{}")


def test_the_printed_table_says_verdict_worst_point_counts_and_what_is_missing(certificate):
    printed = str(certificate)
    for part in ("relu: PASSED", "raw_moments", "1.0e-45 < 1e-40", "0 of 30", "mu = -1.0, sigma = 0.5", "10 points",
                 "not covered: sigma < 0", "note: a note", "second referee: none"):  # fmt: skip
        assert part in printed
    assert "FAILED" in str(replace(certificate, table=(replace(ROW, rounding=math.nan),)))


def test_html_is_escaped(certificate):
    page = replace(certificate, notes=("<script>",))._repr_html_()
    assert page.startswith("<b>relu: passed")
    assert "<script>" not in page


def test_regimes_are_printed_with_their_counts_and_their_worst_point(certificate):
    line = next(line for line in str(certificate).splitlines() if line.startswith("narrow"))
    assert line.split()[1:12] == ["10", "+", "4", "left", "out", "30", "3", "2", "1", "0", "7%"]
    assert "rounding 1.0e-15, raw_moments 2 at (-1, 0.5)" in line
    assert "<td>narrow</td>" in certificate._repr_html_()
    assert "reference: two rules" in str(certificate)
    unmeasured = replace(certificate, regimes=(replace(REGIME, worst={}),))
    assert "nothing was measured" in str(unmeasured)


def test_a_certificate_without_regimes_is_read(certificate):
    record = json.loads(certificate.to_json())
    for name in ("regimes", "references"):
        record.pop(name)
    assert Certificate.from_json(json.dumps(record)) == replace(certificate, regimes=(), references=())
