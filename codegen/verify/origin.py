"""Where a kernel's module came from, so that another process can make the same module again."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from types import ModuleType

from codegen.verify.cupy_stand_in import STAND_IN_NOTE, cupy_or_stand_in
from codegen.verify.kernel_runs import KernelDoesNotRun
from numeric_backend import kernels

__all__ = ["Origin"]


@dataclass(frozen=True)
class Origin:
    """A committed kernel, by its name, or the text of a kernel.

    Attributes
    ----------
    name
        The kernel's name.
    text
        Its source; None for a committed kernel.
    place
        What error messages call the text.
    """

    name: str
    text: str | None = None
    place: str = ""

    def module(self) -> tuple[ModuleType, tuple[str, ...]]:
        """The module, and what its certificate must add.

        Raises
        ------
        KernelDoesNotRun
            The text cannot be imported.
        numeric_backend.errors.UnknownKernelError
            No committed kernel of this name.
        """
        if self.text is None:
            return kernels.load(self.name), ()
        spec = importlib.util.spec_from_loader(self.name, loader=None)
        if spec is None:
            raise KernelDoesNotRun(f"{self.place} cannot be given the module name {self.name!r}")
        module = importlib.util.module_from_spec(spec)
        with cupy_or_stand_in() as stand_in:
            try:
                exec(compile(self.text, self.place, "exec"), module.__dict__)
            except (Exception, SystemExit) as error:
                line = (str(error).splitlines() or [""])[0]
                raise KernelDoesNotRun(f"{self.place} cannot be imported: {type(error).__name__}: {line}") from error
        target = getattr(module, "KERNEL", None)
        uses_cupy = isinstance(target, dict) and target.get("target") == "cupy"
        return module, (STAND_IN_NOTE,) if stand_in and uses_cupy else ()
