"""The command line: what each verb prints, where, and with which exit code."""

import contextlib
import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick
from codegen.verify.check import FEWEST_DIGITS as FEWEST_OF_VERIFY
from polywick.cli import main
from polywick.cli.files import write_atomically
from polywick.cli.verify import FEWEST_DIGITS


@pytest.fixture
def refused(run):
    """Run, expect one line on stderr and exit code 2, and return that line."""

    def refused(*arguments):
        code, out, err = run(*arguments)
        assert code == 2, (out, err)
        assert out == ""
        assert err.startswith("polywick: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err

    return refused


@pytest.fixture
def network(tmp_path):
    rng = np.random.default_rng(5)
    path = tmp_path / "mlp.npz"
    np.savez(path, W1=rng.normal(size=(6, 3)), b1=rng.normal(size=6), W2=rng.normal(size=(2, 6)), b2=np.ones(2))
    return path


def test_list_names_families_and_activations(run):
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert {"relu", "gelu", "leaky_relu"} <= set(out.split())
    assert "PP  piecewise polynomial" in out


def test_derive_prints_text_latex_and_derivation(run):
    code, text, _ = run("derive", "moment", "relu", "1")
    assert code == 0
    assert "mu" in text
    assert r"\mu" not in text
    _, latex, _ = run("derive", "moment", "relu", "1", "--format", "latex")
    assert r"\mu" in latex
    _, derivation, _ = run("derive", "moment", "relu", "1", "--format", "derivation")
    assert len(derivation.splitlines()) > len(latex.splitlines())


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("moment", "relu", "1", "--at", "mu=0,sigma=1"), 0.5),
        (("moment", "Max(x, 0)", "1", "--at", "mu=0", "--at", "sigma=1"), 0.5),
        (("moment", "-x", "1", "--at", "mu=0,sigma=1"), -1.0),
        (("hermite", "x**2", "2", "--at", "mu=0.3,sigma=2"), 8.0),
        (("derivative", "abs", "2", "--at", "mu=0,sigma=1"), np.sqrt(2 / np.pi)),
        (("second", "relu", "--at", "mu=0,sigma=3"), 4.5),
        (("moment", "leaky_relu", "1", "--set", "slope=0.5", "--at", "mu=0,sigma=1"), 0.75),
        (("moment", "leaky_relu", "1", "--set", "slope=slope", "--at", "mu=0,sigma=1,slope=1/5"), 0.6),
        (("isserlis", "4", "--at", "m_1=0,S_11=1"), 3.0),
    ],
)
def test_derive_evaluates(run, arguments, value):
    code, out, err = run("derive", *arguments)
    assert (code, err) == (0, "")
    assert float(out) == pytest.approx(value, rel=1e-14)


def test_derive_refuses_a_parameter_given_twice(run):
    code, _, err = run("derive", "moment", "leaky_relu", "1", "--set", "slope=slope", "--set", "slope=0.2")
    assert code == 2
    assert "gives slope twice" in err


def test_derive_keeps_the_digits_asked_for(run):
    code, out, _ = run("derive", "hermite", "relu", "0", "--at", "mu=0,sigma=1", "--digits", "40")
    assert code == 0
    assert out.strip() == "0.3989422804014326779399460599343818684759"


@pytest.mark.parametrize("words", [("moment", "relu", "0"), ("isserlis", "4"), ("master", "1")])
@pytest.mark.parametrize("style", ["latex", "derivation"])
def test_derive_prints_the_format_asked_for_and_then_the_value(run, words, style):
    points = {"moment": "mu=0,sigma=1", "isserlis": "m_1=0,S_11=1", "master": "alpha_1=1,beta_1=2"}
    point = points[words[0]]
    _, formula, _ = run("derive", *words, "--format", style)
    code, out, err = run("derive", *words, "--format", style, "--at", point)
    assert (code, err) == (0, "")
    lines = [line for line in formula.splitlines() if line.strip()]
    assert set(lines) <= set(out.splitlines())
    assert [line for line in out.splitlines() if line.strip() and line not in lines]
    float(out.split()[-1])


def test_derive_master_lists_every_coefficient(run):
    code, out, _ = run("derive", "master", "2")
    assert code == 0
    lines = out.strip().splitlines()
    assert len(lines) == 3
    assert "beta_1*beta_2" in lines[2]
    assert "C_12" in lines[0]


def test_emit_prints_a_kernel_that_runs(run, tmp_path):
    code, out, err = run("emit", "relu")
    assert (code, err) == (0, "")
    (tmp_path / "alone.py").write_text(out)
    finished = subprocess.run(
        [sys.executable, "-c", "import alone; print(alone.raw_moments(0.0, 1.0, 1)[1])"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(finished.stdout) == pytest.approx(0.5, rel=1e-14)


def test_emit_writes_a_file(run, tmp_path):
    path = tmp_path / "kernel.py"
    code, out, err = run("emit", "x*erf(x)", "--name", "x_erf", "--target", "cupy", "-o", path)
    assert (code, err) == (0, "")
    assert str(path) in out
    assert "cupy" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_verify_passes_writes_json_and_finds_a_planted_error(run, tmp_path):
    path = tmp_path / "kernel.py"
    run("emit", "identity", "--name", "plain", "-o", path)
    options = ("--digits", "30", "--degree", "2")
    code, out, err = run("verify", path, *options, "--json", tmp_path / "certificate.json")
    assert (code, err) == (0, ""), out
    assert json.loads((tmp_path / "certificate.json").read_text())["passed"] is True
    right = "return _sequence(_raw_moments, mu, sigma, degree)"
    assert path.read_text().count(right) == 1
    path.write_text(path.read_text().replace(right, right.replace("_sequence(", "1.0001 * _sequence(")))
    code, out, err = run("verify", path, *options)
    assert (code, err) == (1, "")
    assert "FAILED" in out


def test_verify_of_a_kernel_that_does_not_run(refused, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("raise RuntimeError('boom')\n")
    assert "broken" in refused("verify", path)


def test_verify_of_an_expression_emits_it_first(run):
    code, out, err = run("verify", "x**2 + 1/2", "--digits", "20", "--degree", "1")
    assert (code, err) == (0, "")
    assert "PASSED" in out


def test_list_knows_activations_without_a_kernel(run, monkeypatch):
    from numeric_backend import kernels

    rest = [name for name in kernels.names() if name != "gelu"]
    monkeypatch.setattr(kernels, "names", lambda: rest)
    for arguments in (["list"], ["list", "gelu"]):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert "no kernel yet" in out
    assert "python -m codegen emit" in out


def test_verify_of_nothing(refused):
    assert "no_such" in refused("verify", "no_such")


def test_inspect_lists_the_blocks(run, network):
    code, out, err = run("inspect", network)
    assert (code, err) == (0, "")
    assert "MLP" in out
    assert {"3", "6", "2"} <= set(out.split())


def test_approximate_saves_the_polynomial_it_prints(run, network, tmp_path):
    rng = np.random.default_rng(6)
    samples, output = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)), tmp_path / "poly.npz"
    np.save(tmp_path / "x.npy", samples)
    code, out, err = run(
        "approximate",
        network,
        "--activation",
        "relu",
        "--samples",
        tmp_path / "x.npy",
        "--degree",
        2,
        "-o",
        output,
    )
    assert (code, err) == (0, "")
    loaded = polywick.load(output)
    direct = polywick.approximate(polywick.read(network, activation="relu"), polywick.Gaussian.fit(samples), degree=2)
    np.testing.assert_array_equal(loaded(samples), direct(samples))
    assert f"variance unexplained: {direct.fvu:.6g}" in out


def test_gated_networks_are_inspected_and_approximated(run, tmp_path):
    rng = np.random.default_rng(3)
    path, output = tmp_path / "glu.npz", tmp_path / "poly.npz"
    halves = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4), "V": rng.normal(size=(4, 3)), "c": np.zeros(4)}
    np.savez(path, **halves, W2=rng.normal(size=(2, 4)), b2=np.zeros(2))
    code, out, err = run("inspect", path)
    assert (code, err) == (0, "")
    assert "GLU" in out
    code, out, err = run("approximate", path, "--activation", "swiglu", "--degree", "3", "-o", output)
    assert (code, err) == (0, "")
    assert "4 gated hidden units (silu)" in out
    x = rng.normal(size=(5, 3))
    direct = polywick.approximate(polywick.read(path, activation="silu"), polywick.Gaussian.standard(3), degree=3)
    np.testing.assert_array_equal(polywick.load(output)(x), direct(x))


def test_approximate_takes_mean_and_covariance_or_neither(run, network, tmp_path):
    np.save(tmp_path / "m.npy", np.zeros(3))
    np.save(tmp_path / "c.npy", np.eye(3))
    given = run(
        *("approximate", network, "--activation", "gelu", "--degree", "1"),
        *("--mean", tmp_path / "m.npy", "--covariance", tmp_path / "c.npy"),
    )
    standard = run("approximate", network, "--activation", "gelu", "--degree", "1")
    assert given[0] == standard[0] == 0
    assert given[1].splitlines()[-1] == standard[1].splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (("derive", "moment", "relv", "1"), ("relv", "relu")),
        (("derive", "moment", "", "1"), ("empty",)),
        (("derive", "moment", "x+" * 5000 + "x", "1"), ("characters",)),
        (("derive", "moment", "(" * 150 + "x" + ")" * 150, "1"), ("deep",)),
        (("derive", "moment", "x**100000", "1"), ("exponent",)),
        (("derive", "moment", "1/x", "1"), ("1/x", "integrable")),
        (("derive", "moment", "exp(x**2)", "1"), ("integrable",)),
        (("derive", "moment", "__import__('os')", "1"), ("__import__",)),
        (("derive", "moment", "x.real", "1"), ("x.real",)),
        (("derive", "moment", "lambda x: x", "1"), ("lambda",)),
        (("derive", "moment", "foo(x)", "1"), ("foo",)),
        (("derive", "moment", "x*y", "1"), ("x", "y")),
        (("derive", "moment", "(x", "1"), ("(x",)),
        (("derive", "moment", "softmax", "1"), ("softmax", "whole vector")),
        (("derive", "moment", "relu", "-1"), ("'-1'", "0 to")),
        (("derive", "moment", "relu", "1.5"), ("'1.5'", "integer")),
        (("derive", "moment", "relu", "1", "--at", "mu=0,sigma=-1"), ("sigma = -1", "at least 0")),
        (("derive", "moment", "relu", "1", "--at", "mu=0,sigma=nan"), ("nan", "finite")),
        (("derive", "moment", "relu", "1", "--at", "mu"), ("NAME=VALUE",)),
        (("derive", "isserlis", "2", "-1"), ("'-1'",)),
        (("emit", "relu", "--degree", "-2"), ("'-2'",)),
        (("emit", "relu", "--target", "fortran"), ("fortran", "numpy", "cupy")),
        (("verify", "relu", "--digits", "many"), ("many",)),
        (("verify", "relu", "--digits", "19"), ("19", "from 20 to 10000")),
        (("derive", "circle", "relu", "-2"), ("frequency r", "'-2'")),
        (("derive", "circle", "relu", "2", "--offset", "left"), ("'left'", "number")),
        (("inspect", "model.safetensors"), ("model.safetensors", "not built yet", ".npz")),
        (("approximate", "model.safetensors", "--activation", "relu"), ("not built yet", "numpy.savez")),
        (("approximate", "no_such.npz"), ("no_such.npz",)),
        (("inspect", "no_such.npz"), ("no_such.npz",)),
        (("juggle",), ("juggle",)),
    ],
    ids=lambda value: " ".join(value)[:45] if isinstance(value, tuple) else None,
)
def test_bad_input_is_one_line_that_names_it(refused, arguments, pieces):
    message = refused(*arguments)
    for piece in pieces:
        assert piece in message


def test_the_fewest_digits_are_those_of_verify():
    assert FEWEST_DIGITS == FEWEST_OF_VERIFY


@settings(max_examples=150, deadline=None)
@given(expression=st.text(alphabet="xyEe0123456789.+-*/^(),' []|&<>=", max_size=12), order=st.sampled_from("012"))
def test_any_text_is_derived_or_refused_in_one_line(expression, order):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["derive", "moment", "--", expression, order])
    assert code in (0, 2)
    assert err.getvalue().count("\n") == (code == 2)
    assert bool(out.getvalue()) == (code == 0)
    assert not re.match(r"polywick: \w+(Error|Exception):", err.getvalue()), err.getvalue()


def test_approximate_bad_inputs(refused, network, tmp_path):
    np.save(tmp_path / "m.npy", np.zeros(3))
    np.save(tmp_path / "indefinite.npy", np.diag([1.0, -0.25, 1.0]))
    np.save(tmp_path / "four.npy", np.eye(4))
    (tmp_path / "corrupt.npz").write_bytes(b"PK\x03\x04 nothing of the kind")
    start = ("approximate", network, "--activation", "relu")
    mean = ("--mean", tmp_path / "m.npy")
    assert "-0.25" in refused(*start, *mean, "--covariance", tmp_path / "indefinite.npy")
    message = refused(*start, *mean, "--covariance", tmp_path / "four.npy")
    assert "3" in message
    assert "4" in message
    assert "--covariance" in refused(*start, *mean)
    assert "--samples" in refused(*start, *mean, "--samples", tmp_path / "m.npy")
    assert "corrupt.npz" in refused("approximate", tmp_path / "corrupt.npz", "--activation", "relu")
    assert "corrupt.npz" in refused(*start, "--samples", tmp_path / "corrupt.npz")
    assert "relv" in refused("approximate", network, "--activation", "relv")
    assert "--activation" in refused("approximate", network)
    (tmp_path / "broken.py").write_text("raise RuntimeError('boom')\n")
    assert "boom" in refused("approximate", network, "--activation", tmp_path / "broken.py")


@pytest.mark.parametrize(
    "arguments", [("emit", "relu"), ("approximate", None, "--activation", "relu", "--degree", "1")]
)
def test_an_unwritable_path_leaves_nothing_behind(refused, network, tmp_path, arguments):
    words = [network if word is None else word for word in arguments]
    folder = tmp_path / "folder"
    folder.mkdir()
    missing = tmp_path / "missing" / "file.out"
    message = refused(*words, "-o", missing)
    assert str(missing) in message
    assert "folder" in message
    assert not missing.parent.exists()
    assert "folder" in refused(*words, "-o", folder)
    assert list(folder.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "kernel.py"
    path.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Exception, match="No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_have_ordinary_permissions(tmp_path):
    path = write_atomically(tmp_path / "certificate.json", "{}")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_no_arguments_prints_help(run):
    code, _, err = run()
    assert code == 2
    for verb in ("list", "derive", "emit", "verify", "inspect", "approximate", "demo"):
        assert verb in err


def test_a_pipe_that_closes_early_is_quiet():
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(
        [sys.executable, "-c", "from polywick.cli import main; raise SystemExit(main(['list']))"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (finished.returncode, finished.stderr) == (141, "")
