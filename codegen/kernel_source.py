"""The text of a kernel module, to be written or loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from numeric_backend.files import write_atomically

__all__ = ["KernelSource"]


@dataclass(frozen=True)
class KernelSource:
    """The text of one kernel module.

    Attributes
    ----------
    name, target
        What the kernel computes and the array library it is written for.
    source
        The module's text; it needs the array library and its special functions, and nothing of this project.
    """

    name: str
    target: str
    source: str

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the module to ``path`` in one step: the file is whole or absent.

        Raises
        ------
        InputError
            The path cannot be written; nothing is left behind.
        """
        return write_atomically(path, self.source)

    def load(self) -> ModuleType:
        """The kernel as a module, without a file."""
        module = ModuleType(self.name)
        module.__dict__["__source__"] = self.source
        exec(compile(self.source, f"<kernel {self.name}>", "exec"), module.__dict__)
        return module
