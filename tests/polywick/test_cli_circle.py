"""Circle moments on the command line: a kernel written, verified, spoilt and refused."""

import json
import subprocess
import sys

import pytest


def test_emit_writes_a_kernel_of_circle_moments_that_runs(run, tmp_path):
    path = tmp_path / "relu_circle.py"
    code, out, err = run("emit", "relu", "--circle", "-o", path)
    assert (code, err) == (0, "")
    assert out.endswith(f"check it: polywick verify {path}\n")
    finished = subprocess.run(
        [sys.executable, "-c", "import relu_circle; print(relu_circle.circle_moments(-3.0, 0.0, 2)[2])"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(finished.stdout) == pytest.approx(2.0, rel=1e-15)


def test_verify_recognises_it_and_finds_a_planted_error(run, tmp_path):
    path = tmp_path / "square_circle.py"
    run("emit", "x**2", "--circle", "-o", path)
    options = ("--digits", "22", "--degree", "1")
    code, out, err = run("verify", path, *options, "--json", tmp_path / "certificate.json")
    assert (code, err) == (0, ""), out
    assert "circle_moments" in out
    assert json.loads((tmp_path / "certificate.json").read_text())["passed"] is True
    right = "2 * series[0] * integrals[r]"
    assert path.read_text().count(right) == 1
    path.write_text(path.read_text().replace(right, "3 * series[0] * integrals[r]"))
    code, out, err = run("verify", path, *options)
    assert (code, err) == (1, "")
    assert "FAILED" in out


def test_degrees_are_not_frequencies(run, tmp_path):
    code, _, err = run("emit", "relu", "--circle", "--degree", "3", "-o", tmp_path / "relu.py")
    assert code == 2
    assert "--degree given with --circle" in err
    assert not list(tmp_path.iterdir())
