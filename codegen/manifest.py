"""The committed kernels: which there are, what their text must be, and how the files on disk differ from it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numeric_backend.kernels as kernels
from codegen.emission import emit
from numeric_backend.files import write_atomically
from symbolic_moments import activation
from symbolic_moments.activations import CATALOGUE, VECTOR_VALUED

FOLDER = Path(str(kernels.__path__[0]))
NAMES = "_names.py"


@dataclass(frozen=True)
class Difference:
    """One file that is not what the generator writes."""

    name: str
    problem: str
    diff: str = ""


def kernel_names() -> list[str]:
    """Names of the committed kernels, sorted: every activation of the catalogue."""
    return sorted(record.name for record in CATALOGUE)


def kernel_path(name: str) -> Path:
    """Where the kernel of this name is committed."""
    return FOLDER / f"{name}.py"


def kernel_text(name: str) -> str:
    """The text the generator gives for a committed kernel."""
    return emit(activation(name), target="numpy").source


def write_all() -> Iterator[Path]:
    """Write every committed kernel, and the module of their names, where the text has changed; yields the paths."""
    path = FOLDER / NAMES
    if not path.exists() or path.read_text(encoding="utf-8") != names_text():
        yield write_atomically(path, names_text())
    for name in kernel_names():
        path = kernel_path(name)
        text = kernel_text(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            emit(activation(name), target="numpy").write(path)
            yield path


def names_text() -> str:
    """Text of the module that tells the kernels' other names, and what has no kernel and why."""
    aliases = {alias: record.name for record in CATALOGUE for alias in record.aliases}
    return "\n".join(
        [
            '"""Other names of the kernels, and what has none. Generated from the catalogue of activations."""',
            "",
            f"ALIASES: dict[str, str] = {_entries(aliases)}",
            "",
            f"VECTOR_VALUED: dict[str, str] = {_entries(VECTOR_VALUED)}",
            "",
        ]
    )


def _entries(names: dict[str, str]) -> str:
    lines = (f"    {json.dumps(key)}: {json.dumps(value)}," for key, value in names.items())
    return "\n".join(["{", *lines, "}"])


def differences() -> list[Difference]:
    """Missing, surplus and stale kernels."""
    expected = kernel_names()
    found = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    problems = [Difference(name, "is not in the catalogue any more") for name in found if name not in expected]
    names = FOLDER / NAMES
    if not names.exists() or names.read_text(encoding="utf-8") != names_text():
        problems.append(Difference(names.stem, "differs from what the catalogue says"))
    for name in expected:
        if name not in found:
            problems.append(Difference(name, "is missing"))
            continue
        committed = kernel_path(name).read_text(encoding="utf-8")
        wanted = kernel_text(name)
        if committed != wanted:
            lines = difflib.unified_diff(
                committed.splitlines(), wanted.splitlines(), "committed", "generated", lineterm="", n=1
            )
            problems.append(Difference(name, "differs from what the generator writes", "\n".join(list(lines)[:16])))
    return problems
