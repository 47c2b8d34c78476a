"""Certificates: kept with the text they speak about, taken up again after an interruption, compared when made anew."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from click.testing import CliRunner

from codegen import certify
from codegen.__main__ import main
from codegen.verify import Certificate, KernelDoesNotRun, verify


@pytest.fixture(scope="module")
def certified():
    certificate = verify("identity", digits=30, degree=2, points=[(0.5, 1.0), (-3.0, 0.0)])
    return certify.Certified(certify.text_hash("identity"), certificate)


def changed(certified, **fields):
    return replace(certified, certificate=replace(certified.certificate, **fields))


def test_a_certificate_is_read_as_it_was_written(certified):
    again = certify.Certified.from_json(certified.to_json())
    assert again.to_json() == certified.to_json()
    assert again.certificate.passed
    with pytest.raises(ValueError, match="not a certificate"):
        certify.Certified.from_json(json.dumps({"certificate": {}}))


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(certify, "DIGITS", 20)
    monkeypatch.setattr(certify, "DEGREE", 1)
    names = ["identity", "square"]
    run = certify.make_all(names, tmp_path, workers=1)
    first, _ = next(run)
    run.close()
    assert certify.left_over(tmp_path) == [first]
    assert [path.stem for path in tmp_path.glob("[!.]*.json")] == [first]
    rest = [name for name, _ in certify.make_all(names, tmp_path, workers=1)]
    assert rest == [name for name in names if name != first]
    assert certify.left_over(tmp_path) == []
    assert {path.stem for path in tmp_path.glob("[!.]*.json")} == set(names)


def test_a_kernel_that_fell_short_before_an_interruption_still_fails_the_run(certified, tmp_path):
    failing = changed(certified, referee_agrees=False)
    (tmp_path / "identity.json").write_text(failing.to_json())
    (tmp_path / certify.JOURNAL).write_text(json.dumps({"identity": certify.text_hash("identity")}))
    result = CliRunner().invoke(main, ["certify", "--workers", "1", "--folder", str(tmp_path), "identity"])
    assert result.exit_code == 1
    assert "identity: FELL SHORT" in result.output
    assert "1 of 1 fell short: identity" in result.output


def test_a_kernel_that_does_not_run_stops_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(certify, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(certify, "make_certificate", _broken_identity)
    result = CliRunner().invoke(main, ["certify", "--workers", "1", "--folder", str(tmp_path), "identity", "square"])
    assert result.exit_code == 1
    assert "identity: DOES NOT RUN, it does not" in result.output
    assert "square: passed" in result.output
    assert [path.stem for path in tmp_path.glob("[!.]*.json")] == ["square"]


def _broken_identity(name):
    if name == "identity":
        raise KernelDoesNotRun("it does not")
    return certify.Certified(certify.text_hash(name), verify(name, digits=20, degree=1, points=[(0.5, 1.0)]))


def test_a_journal_of_another_text_is_not_believed(tmp_path):
    journal = tmp_path / certify.JOURNAL
    journal.write_text(json.dumps({"identity": "0" * 16, "square": certify.text_hash("square")}))
    (tmp_path / "identity.json").write_text("{}")
    assert certify.left_over(tmp_path) == []  # of another text the one, without its certificate the other
    (tmp_path / "square.json").write_text("{}")
    assert certify.left_over(tmp_path) == ["square"]
    assert list(certify.make_all([], tmp_path)) == []
    assert not journal.exists()


def test_a_certificate_made_anew_agrees_with_itself(certified):
    assert certify.differences(certified, certified) == []


def test_what_has_changed_is_named(certified):
    row = certified.certificate.table[1]
    rest = certified.certificate.table[2:]
    worse = replace(row, rounding=row.rounding * 10 + 1e-14)
    found = certify.differences(certified, changed(certified, table=(certified.certificate.table[0], worse, *rest)))
    assert len(found) == 1
    assert "raw_moments: rounding error" in found[0]
    nan = replace(row, algebra=float("nan"))
    found = certify.differences(certified, changed(certified, table=(certified.certificate.table[0], nan, *rest)))
    assert any("algebra error nan" in problem for problem in found)
    fewer = {**certified.certificate.counts, "points": 1}
    assert certify.differences(certified, changed(certified, counts=fewer)) == ["points: 1, kept 2"]
    first, *others = certified.certificate.regimes
    moved = changed(certified, regimes=(replace(first, points=7), *others))
    assert certify.differences(certified, moved) == ["point mass: 7 points, kept 1"]
    other = replace(certified, text_hash="0" * 16)
    assert certify.differences(certified, other) == ["the kernel's text has changed since"]


def test_what_a_certificate_says_in_words_and_by_regime_is_compared(certified):
    first, *others = certified.certificate.regimes
    for fields, message in (
        ({"not_covered": ()}, "not covered: "),
        ({"references": ()}, "references, kept 0"),
        ({"referee": ""}, "second referee"),
        ({"regimes": (replace(first, failed=7), *others)}, "point mass: 0 failed, kept 7"),
        ({"regimes": (replace(first, rounding=9.9), *others)}, "point mass: rounding error"),
        ({"regimes": (replace(first, rounding=float("nan")), *others)}, "point mass: rounding error"),
    ):
        found = certify.differences(changed(certified, **fields), certified)
        assert any(message in problem for problem in found), (fields, found)


def test_a_certificate_that_contradicts_itself_is_named(certified, tmp_path, monkeypatch):
    monkeypatch.setattr(certify, "kernel_names", lambda: ["identity"])
    first, *others = certified.certificate.regimes
    worse = replace(first, worst={"kind": "rounding", "error": 9.9})
    (tmp_path / "identity.json").write_text(changed(certified, regimes=(worse, *others)).to_json())
    assert "identity: the worst value of point mass is worse than its row" in certify.stale(tmp_path)
    fewer = replace(first, checked=first.checked - 1)
    (tmp_path / "identity.json").write_text(changed(certified, regimes=(fewer, *others)).to_json())
    assert any("values checked by function" in problem for problem in certify.stale(tmp_path))


def test_stale_missing_failed_and_surplus_certificates_are_named(certified, tmp_path, monkeypatch):
    monkeypatch.setattr(certify, "kernel_names", lambda: ["identity", "relu"])
    (tmp_path / "identity.json").write_text(replace(certified, text_hash="0" * 16).to_json())
    (tmp_path / "surplus.json").write_text(certified.to_json())
    problems = certify.stale(tmp_path)
    assert "relu: the kernel has no certificate" in problems
    assert any("identity: the certificate speaks of another text" in problem for problem in problems)
    assert any("identity: 30 digits, degree 2 only" in problem for problem in problems)
    assert not any("table of regimes" in problem for problem in problems)
    (tmp_path / "identity.json").write_text(changed(certified, regimes=()).to_json())
    assert "identity: the certificate has no table of regimes" in certify.stale(tmp_path)
    assert certify.certified_names(tmp_path) == ["identity"]
    assert "surplus: no kernel has this name" in problems
    failing = changed(certified, referee_agrees=False)
    (tmp_path / "identity.json").write_text(failing.to_json())
    assert any("says that the kernel failed" in problem for problem in certify.stale(tmp_path))
    (tmp_path / "relu.json").write_text("{}")
    assert any(problem.startswith("relu: not a certificate") for problem in certify.stale(tmp_path))


def test_the_committed_certificates_speak_of_the_committed_kernels():
    assert certify.stale() == []


def test_a_sample_is_seeded_and_never_empty():
    assert certify.sample(0.1, 7) == certify.sample(0.1, 7)
    assert len(certify.sample(0.0, 1)) == 1
    assert set(certify.sample(1.0, 3)) == set(certify.certified_names())
    assert isinstance(certify.read_certificate(certify.certified_names()[0]).certificate, Certificate)
