"""The same kernel on another array library: its body is the same text, only the head changes."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

from numeric_backend.errors import KernelError

__all__ = ["cupy_text", "kernel_on"]

# What the numpy head says, and what the cupy head says there (codegen/heads.py writes both).
_LINES = (
    (r"^from functools import partial\n", ""),
    (r"^(from collections\.abc import Callable)$", r"\1\nfrom contextlib import nullcontext as _quiet"),
    (r"^import numpy as array_library$", "import cupy as array_library"),
    (r"^from scipy import special$", "from cupyx.scipy import special"),
    (r"^BLOCK: int \| None = .*$", "BLOCK: int | None = None  # the whole array at once"),
    (r"^_quiet = partial\(.*\)\n", ""),
    (r"^    'target': 'numpy',$", "    'target': 'cupy',"),
)
_SOMETIMES = r"^from scipy import special$"
_made: dict[tuple[str, str], ModuleType] = {}


def cupy_text(text: str) -> str:
    """The CuPy kernel whose NumPy text is given.

    Raises
    ------
    KernelError
        When the text is not that of a kernel emitted for NumPy.

    Examples
    --------
    >>> import inspect
    >>> from numeric_backend import kernels
    >>> from numeric_backend.kernel_targets import cupy_text
    >>> "import cupy as array_library" in cupy_text(inspect.getsource(kernels.load("relu")))
    True
    """
    for pattern, replacement in _LINES:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if count != 1 and not (count == 0 and pattern == _SOMETIMES):
            raise KernelError(
                f"the text has {count} lines {pattern!r}; expected a kernel emitted for numpy by this version"
            )
    return text


def kernel_on(kernel: Any, library: str) -> Any:
    """The kernel module for arrays of ``library``.

    Parameters
    ----------
    kernel : module
        A committed kernel, or one that `polywick.kernel` or `polywick emit` made.
    library : {"numpy", "cupy"}
        Name of the array library.

    Returns
    -------
    module
        ``kernel`` itself where it is written for that library.

    Raises
    ------
    KernelError
        When the kernel is for another library and its text is not at hand.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> from numeric_backend.kernel_targets import kernel_on
    >>> relu = kernels.load("relu")
    >>> kernel_on(relu, "numpy") is relu
    True
    """
    target = kernel.KERNEL.get("target", "numpy")
    if target == library:
        return kernel
    name = str(kernel.KERNEL.get("name"))
    text = _source(kernel)
    if (target, library) != ("numpy", "cupy") or text is None:
        raise KernelError(
            f"kernel {name!r} runs on {target} arrays and these are of {library}; "
            f"expected the kernel for them: polywick.kernel(..., target={library!r})"
        )
    if (name, text) not in _made:
        made = ModuleType(f"{name}_{library}")
        source = cupy_text(text)
        made.__dict__["__source__"] = source
        exec(compile(source, f"<kernel {name} for {library}>", "exec"), made.__dict__)
        _made[name, text] = made
    return _made[name, text]


def _source(kernel: Any) -> str | None:
    text = getattr(kernel, "__source__", None)
    if text is not None or not isinstance(kernel, ModuleType):
        return text
    try:
        return inspect.getsource(kernel)
    except (OSError, TypeError):
        return None
