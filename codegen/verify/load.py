"""Getting hold of the kernel to verify: a module, emitted source, a name, or a file from outside.

A kernel file is code. Verifying a path **executes the file**, in a child process: its prints, exits and
changes to global state stay there, but it runs with the rights of the caller. Verify only files you would
run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.verify.certificate import Certificate
from codegen.verify.certificate_of import certificate_of
from codegen.verify.kernel_runs import KernelDoesNotRun
from codegen.verify.origin import Origin
from codegen.verify.spread import Spread, child_environment

__all__ = ["check_file", "check_in_child", "imported_mark", "is_path", "loaded"]

IMPORT_SECONDS = 60.0
"""How long the child process may take until the kernel is imported; its own start takes a few of them."""


def is_path(kernel: str | os.PathLike[str]) -> bool:
    """Whether `kernel` means a file: a path object, or text that ends in .py or holds a separator."""
    if not isinstance(kernel, str):
        return True
    return kernel.endswith(".py") or os.sep in kernel or bool(os.altsep and os.altsep in kernel)


def loaded(kernel: Any) -> tuple[ModuleType, tuple[str, ...], Origin | None]:
    """A module for a module, a catalogue name or emitted source; what the certificate must add; and its origin.

    A module given as one may have been changed since its text was read: its origin is not known.

    Raises
    ------
    KernelDoesNotRun
        Emitted source that cannot be imported.
    TypeError
        Something else.
    numeric_backend.errors.UnknownKernelError
        No kernel of this name.
    """
    if isinstance(kernel, ModuleType):
        return kernel, (), None
    if isinstance(kernel, str):
        origin = Origin(kernel)
        return *origin.module(), origin
    if isinstance(getattr(kernel, "source", None), str) and isinstance(getattr(kernel, "name", None), str):
        origin = Origin(kernel.name, kernel.source, f"<kernel {kernel.name}>")
        return *origin.module(), origin
    raise TypeError(
        f"{type(kernel).__name__} given; expected a kernel module, emitted source, a catalogue name or the "
        "path of a kernel file"
    )


def check_file(
    path: Path,
    digits: int,
    degree: int | None,
    points: Sequence[tuple[float, float]] | None,
    workers: int = 1,
    imported: Callable[[], None] = lambda: None,
) -> Certificate:
    """The certificate of a kernel file, executed in this process: what the child process does.

    ``imported`` is called when the file has been executed.

    Raises
    ------
    KernelDoesNotRun
        The file cannot be read, imported or run.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KernelDoesNotRun(f"{path} cannot be read: {_line(error)}") from error
    origin = Origin(path.stem, text, str(path))
    module, notes = origin.module()
    imported()
    return certificate_of(module, digits, degree, points, notes, Spread(workers, origin))


def check_in_child(
    path: Path, digits: int, degree: int | None, points: Sequence[tuple[float, float]] | None, workers: int = 1
) -> Certificate:
    """`check_file` in a child process.

    Raises
    ------
    KernelDoesNotRun
        The file cannot be read, imported or run, ends the process, or is not imported within a minute.
    ValueError
        The points are not for this kernel.
    """
    if not path.is_file():
        raise KernelDoesNotRun(f"{path} is not a file; expected a kernel file or the name of a kernel")
    with tempfile.TemporaryDirectory() as folder:
        order, answer = Path(folder, "order.json"), Path(folder, "answer.json")
        order.write_text(json.dumps([str(path.resolve()), digits, degree, points, workers]), encoding="utf-8")
        status, last = _child(order, answer, path)
        if not answer.is_file():
            raise KernelDoesNotRun(f"{path} ended the process, exit status {status}: {last}")
        said = json.loads(answer.read_text(encoding="utf-8"))
    if "certificate" in said:
        return Certificate.from_json(said["certificate"])
    if "wrong_use" in said:
        raise ValueError(said["wrong_use"])
    raise KernelDoesNotRun(said["does_not_run"])


def _child(order: Path, answer: Path, path: Path) -> tuple[int, str]:
    """Exit status and last line of the errors of the child process."""
    messages = order.with_name("messages")
    with messages.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "codegen.verify.child", str(order), str(answer)],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            try:
                child.wait(IMPORT_SECONDS)
            except subprocess.TimeoutExpired:
                if not imported_mark(answer).exists():
                    raise KernelDoesNotRun(
                        f"{path} cannot be imported: it was still running after {IMPORT_SECONDS:g} s; expected a "
                        "module that only defines things"
                    ) from None
                child.wait()
        finally:
            child.kill()
            child.wait()
    lines = messages.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return child.returncode, (lines or ["no message"])[-1]


def imported_mark(answer: Path) -> Path:
    """The file by which the child process tells that the kernel has been imported."""
    return answer.with_name("imported")


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
