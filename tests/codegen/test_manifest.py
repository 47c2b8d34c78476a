"""Freshness: the committed kernels are what the generator writes, and a stale one is noticed."""

from functools import cache

import pytest
from click.testing import CliRunner

from codegen import manifest
from codegen.__main__ import main

written_anew = cache(manifest.kernel_text)


@pytest.fixture(autouse=True)
def every_kernel_written_once(monkeypatch):
    """The tests ask for all of them six times."""
    monkeypatch.setattr(manifest, "kernel_text", written_anew)


def test_committed_kernels_are_fresh():
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output


def test_stale_missing_and_surplus_kernels_are_named(tmp_path, monkeypatch):
    for name in manifest.kernel_names():
        (tmp_path / f"{name}.py").write_text(manifest.kernel_path(name).read_text())
    (tmp_path / manifest.NAMES).write_text(manifest.names_text())
    monkeypatch.setattr(manifest, "FOLDER", tmp_path)
    assert manifest.differences() == []
    (tmp_path / "relu.py").write_text(manifest.kernel_text("relu").replace("degree + 1", "degree + 2"))
    (tmp_path / "gelu.py").unlink()
    (tmp_path / "surplus.py").write_text("")
    assert {d.name for d in manifest.differences()} == {"relu", "gelu", "surplus"}
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert "python -m codegen emit" in result.output
    assert CliRunner().invoke(main, ["emit"]).output.count("wrote") == 2
    (tmp_path / "surplus.py").unlink()
    assert manifest.differences() == []
