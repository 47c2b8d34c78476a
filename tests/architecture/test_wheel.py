"""The wheel: what it holds, and that a kernel loads from it and not from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"symbolic_moments", "codegen", "numeric_backend", "polywick"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        text=True,
    )
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in PACKAGES:
        files = {
            str(path.relative_to(ROOT))
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert f"{package}/py.typed" in files
        assert files <= names, f"missing from the wheel: {sorted(files - names)}"
    assert "numeric_backend/kernels/relu.py" in names
    assert "codegen/accuracy/relu.json" in names


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-index",
            "--quiet",
            "--target",
            folder,
            wheel,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return folder


def run(installed, tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_kernel_loads_from_the_wheel(installed, tmp_path):
    script = (
        "import numeric_backend.kernels as kernels\n"
        "relu = kernels.load('relu')\n"
        "print(relu.__file__)\n"
        "print(float(relu.raw_moments(0.0, 1.0, 1)[1]))"
    )
    file, moment = run(installed, tmp_path, "-c", script).split()
    assert Path(file).is_relative_to(installed)
    assert float(moment) == pytest.approx(0.5, rel=1e-14)


def test_the_accuracy_tables_are_read_from_the_wheel(installed, tmp_path):
    script = (
        "import codegen.accuracy as accuracy\n"
        "from numeric_backend import kernels\n"
        "print(accuracy.__file__)\n"
        "print(accuracy.table_names() == kernels.names(), accuracy.committed_table('relu')['kernel'])"
    )
    file, complete = run(installed, tmp_path, "-c", script).splitlines()
    assert Path(file).is_relative_to(installed)
    assert complete == "True relu"


def test_the_command_line_runs_from_the_wheel(installed, tmp_path):
    script = "import polywick.cli as cli; print(cli.__file__); cli.main(['derive', 'isserlis', '4'])"
    file, formula = run(installed, tmp_path, "-c", script).splitlines()
    assert Path(file).is_relative_to(installed)
    assert "S_11" in formula
