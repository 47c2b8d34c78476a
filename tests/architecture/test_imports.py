"""The arrows between the packages: import contracts, and what importing them loads."""

import os
import pkgutil
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import polywick

ROOT = Path(__file__).parents[2]
PACKAGES = ("symbolic_moments", "codegen", "numeric_backend", "polywick")
MAY_REACH_SYMBOLS = ("polywick.cli", "polywick.derived", "polywick.book")
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["name"]: contract for contract in CONFIGURATION["tool"]["importlinter"]["contracts"]}


def lint_imports(folder):
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_contracts_hold():
    finished = lint_imports(ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("numeric_backend/__init__.py", "import sympy", "running needs no symbols"),
        ("polywick/__init__.py", "import polywick.derived", "the face needs no symbols"),
        ("polywick/polynomial.py", "def f():\n    import codegen", "the face needs no symbols"),
        ("symbolic_moments/__init__.py", "import numpy", "formulas know no arrays"),
        ("symbolic_moments/__init__.py", "import codegen", "the face above the generator above the formulas"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path, module, line, contract):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    finished = lint_imports(tmp_path)
    assert finished.returncode != 0
    assert f"{contract} BROKEN" in finished.stdout


def test_the_contract_lists_every_module_of_the_face():
    modules = {f"polywick.{module.name}" for module in pkgutil.iter_modules(polywick.__path__)}
    expected = sorted(modules - set(MAY_REACH_SYMBOLS))
    listed = sorted(CONTRACTS["the modules of the face need no symbols"]["source_modules"])
    assert listed == expected, (
        "pyproject.toml, contract 'the modules of the face need no symbols': list every module of polywick "
        f"but {' and '.join(MAY_REACH_SYMBOLS)}"
    )


def loaded_after(statement):
    """The top-level modules loaded by ``statement`` in a fresh interpreter."""
    finished = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sorted(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in finished.stdout.split()}


SYMBOLS = {"sympy", "mpmath", "symbolic_moments", "codegen"}


@pytest.mark.parametrize("package", ["polywick", "numeric_backend"])
def test_importing_leaves_symbols_unloaded(package):
    loaded = loaded_after(f"import {package}")
    assert package in loaded
    assert not loaded & SYMBOLS


def test_using_a_committed_kernel_leaves_symbols_unloaded():
    loaded = loaded_after(
        "import polywick as pw; import numpy as np; w = np.eye(2)\n"
        "pw.approximate(pw.MLP(w, w[0], w, w[0], 'relu'), pw.Gaussian.standard(2), degree=2).fvu"
    )
    assert not loaded & SYMBOLS


def test_symbolic_moments_leaves_arrays_unloaded():
    loaded = loaded_after("import symbolic_moments; symbolic_moments.activation('relu').moment(2)")
    assert "sympy" in loaded
    assert not loaded & {"numpy", "scipy", "cupy"}


def test_a_loaded_sympy_is_seen():
    assert {"sympy", "mpmath"} <= loaded_after("import polywick, sympy")
