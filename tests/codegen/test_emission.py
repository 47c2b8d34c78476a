"""Emitted files: the same bytes every time, standing alone, whole or absent; refusals by name."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import numeric_backend
from codegen import NoKernelError, emit
from codegen.layout import within_margin
from codegen.verify import verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from numeric_backend.errors import InputError
from symbolic_moments import activation

KERNELS = Path(numeric_backend.__file__).parent / "kernels"
EXPRESSIONS = ("relu", "x*Phi(2*x - 3)", "clip(x, -1, 2)*x", "Max(x - sqrt(2), 0)")
HASHES = "import hashlib; from codegen import emit; print([hashlib.sha256(emit(e, t).source.encode()).hexdigest() "
HASHES += f"for e in {EXPRESSIONS!r} for t in ('numpy', 'cupy')])"


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    ).stdout


def test_two_hash_seeds_and_both_ground_types_give_the_same_bytes():
    first = run(HASHES, PYTHONHASHSEED="1", SYMPY_GROUND_TYPES="python")
    assert run(HASHES, PYTHONHASHSEED="2", SYMPY_GROUND_TYPES="python") == first
    pytest.importorskip("flint", reason="python-flint (the extra `exact`) gives SymPy its other ground types")
    assert run(HASHES, PYTHONHASHSEED="3", SYMPY_GROUND_TYPES="flint") == first


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_written_kernel_stands_alone(tmp_path, expression):
    path = emit(expression, target="numpy").write(tmp_path / "kernel.py")
    code = (
        "import sys; sys.path.insert(0, '.'); import kernel; print(kernel.raw_moments(0.3, 1.2, 2).tolist()); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sympy', 'mpmath', 'symbolic_moments', 'codegen', 'numeric_backend', 'polywick'}))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code.replace("'.'", repr(str(path.parent)))],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    values, foreign = result.stdout.splitlines()
    assert values == str(emit(expression).load().raw_moments(0.3, 1.2, 2).tolist())
    assert foreign == "[]"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_body_is_the_same_text_for_every_target(expression):
    numpy_text, cupy_text = (emit(expression, target=target).source for target in ("numpy", "cupy"))
    marker = "xp = SimpleNamespace("
    assert numpy_text[numpy_text.index(marker) :] == cupy_text[cupy_text.index(marker) :]
    assert "import cupy" in cupy_text
    assert "numpy" not in cupy_text.replace("cupy", "").replace("target': 'numpy", "")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_cupy_text_runs_on_the_stand_in(expression):
    random = np.random.default_rng(11)
    mu, sigma = random.normal(0, 3, 400), random.uniform(0, 4, 400)
    with cupy_or_stand_in():
        stand_in = emit(expression, target="cupy").load()
        got = [stand_in.hermite_coefficients(mu, sigma, 4), stand_in.raw_moments(mu, sigma, 4)]
        got += [stand_in.variance(mu, sigma)[None], stand_in.activation(mu)[None]]
    kernel = emit(expression).load()
    wanted = [kernel.hermite_coefficients(mu, sigma, 4), kernel.raw_moments(mu, sigma, 4)]
    wanted += [kernel.variance(mu, sigma)[None], kernel.activation(mu)[None]]
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-300)


def test_a_path_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        emit("relu").write(tmp_path / "absent" / "kernel.py")
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        emit("relu").write(tmp_path / "taken")
    assert [path.name for path in tmp_path.rglob("*")] == ["taken"]


def test_an_existing_file_is_replaced_whole(tmp_path):
    path = tmp_path / "kernel.py"
    path.write_text("old")
    emit("relu").write(path)
    assert path.read_text() == emit("relu").source
    assert [p.name for p in tmp_path.iterdir()] == ["kernel.py"]


def test_source_is_readable():
    source = emit("gelu").source
    assert "g(x) = x*Phi(x)" in source.split('"""')[1]
    assert max(len(line) for line in source.splitlines()) <= 120
    assert not any(line.endswith(" ") for line in source.splitlines())


@pytest.mark.parametrize("name", sorted(path.stem for path in KERNELS.glob("[a-z]*.py")))
def test_statements_of_the_committed_kernels_keep_to_the_margin(name):
    source = (KERNELS / f"{name}.py").read_text()
    code = source.split('"""', 2)[2]
    assert max(len(line) for line in code.splitlines() if not {'"', "'"} & set(line)) <= 120


@pytest.mark.parametrize("text", ["f = (lambda y, c: {}, 1)", "x = [lambda y: y + {}][0]"])
def test_a_line_that_cannot_be_broken_stays(text):
    long = text.format(" + ".join(["first_term * second_term"] * 6))
    assert ast.dump(ast.parse(within_margin(long))) == ast.dump(ast.parse(long))


def test_breaking_lines_changes_no_meaning():
    inner = "first[0] * (second - third) + xp.where(condition > 0, first, (second, third))"
    whole = f"value[1], rest = {inner} - call(xp, {inner}, ((0, 1), {inner}), [{inner}]), table[0]({inner})"
    call = f"first, *_ = call(\n        {inner}, {inner}\n    )"
    text = f"def f(xp):\n    {whole}\n    {call}\n    return [{inner}, {inner}]"
    broken = within_margin(text)
    assert max(len(line) for line in broken.splitlines()) <= 120
    assert ast.dump(ast.parse(broken)) == ast.dump(ast.parse(text))


def test_refusals_name_what_was_given():
    with pytest.raises(ValueError, match="target 'fortran' given; expected one of cupy, numpy"):
        emit("relu", target="fortran")
    with pytest.raises(ValueError, match="degree = -1 given"):
        emit("relu", degree=-1)
    with pytest.raises(NoKernelError, match="parameters slope have no value"):
        emit(activation(sp.Symbol("x") * sp.Heaviside(sp.Symbol("x")) * sp.Symbol("slope")))


def test_committed_kernels_name_no_machine():
    for path in (Path(__file__).parents[2] / "numeric_backend" / "kernels").glob("*.py"):
        text = path.read_text()
        assert "/home" not in text
        assert "20" + "26" not in text


def test_what_a_family_stumbles_over_is_a_refusal(monkeypatch):
    def stumble(*_):
        raise NameError("name 'unforeseen' is not defined")

    monkeypatch.setattr("codegen.held_plans.choose_plan", stumble)
    with pytest.raises(NoKernelError, match="unforeseen"):
        emit("x**2 + 1")


def test_a_power_of_a_number_is_an_exponential():
    kernel = emit("2**x").load()
    np.testing.assert_allclose(kernel.activation([-1.0, 0.0, 3.0]), [0.5, 1.0, 8.0], rtol=1e-15)
    tilted = 2**0.3 * np.exp((1.5 * np.log(2)) ** 2 / 2)
    np.testing.assert_allclose(kernel.raw_moments(0.3, 1.5, 0)[0], tilted, rtol=1e-15)


def test_a_high_power_is_emitted_though_its_root_is_multiple():
    np.testing.assert_allclose(emit("x**40").load().raw_moments(0.0, 1.0, 0)[0], float(sp.factorial2(39)), rtol=1e-13)


@pytest.mark.parametrize("text", ["exp(-exp(-x))", "x*tanh(exp(x))"])
def test_an_exponential_of_an_exponential(text):
    points = [(0.3, 1.0), (0.0, 1e-3), (-2.0, 0.7), (3.0, 5.0)]
    assert verify(emit(text).load(), digits=30, degree=3, points=points).passed


@pytest.mark.parametrize("text", ["selu(x)", "gelu(x) + silu(x)"])
def test_names_of_the_catalogue_in_an_expression(text):
    assert verify(emit(text).load(), digits=30, degree=3, points=[(0.3, 1.0), (-2.0, 0.7)]).passed
