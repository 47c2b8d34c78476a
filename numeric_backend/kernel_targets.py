"""The same kernel on another array library: its body is the same text, only the head changes."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from numeric_backend.errors import KernelError

__all__ = ["kernel_on", "retargeted"]

# What the head of a numpy kernel says, and what that of a cupy kernel says there (codegen/heads.py writes both).
_NUMPY_AND_CUPY = (
    (
        "from collections.abc import Callable\n",
        "from collections.abc import Callable\nfrom contextlib import nullcontext as _quiet\n",
    ),
    ("from functools import partial\nfrom operator import index\n", "from operator import index\n"),
    ("import numpy as array_library\n", "import cupy as array_library\n"),
    ("from scipy import special\n", "from cupyx.scipy import special\n"),
    (
        "BLOCK: int | None = 16384  # elements worked on at a time, so that intermediate arrays stay in the cache\n"
        '_quiet = partial(array_library.errstate, all="ignore")\n',
        "BLOCK: int | None = None  # the whole array at once\n",
    ),
    ("    'target': 'numpy',\n", "    'target': 'cupy',\n"),
)
_WITHOUT_SPECIAL = "import special\n"  # kernels of elementary functions import none
_made: dict[tuple[str, str], ModuleType] = {}


def retargeted(text: str, library: str) -> str:
    """The text of a kernel, written for the other of NumPy and CuPy.

    Parameters
    ----------
    text : str
        A kernel emitted for one of the two.
    library : {"numpy", "cupy"}
        The other one.

    Returns
    -------
    str
        Byte for byte what ``emit(..., target=library)`` gives.

    Raises
    ------
    KernelError
        When the text is not that of a kernel emitted for the one of them.

    Examples
    --------
    >>> import inspect
    >>> from numeric_backend import kernels
    >>> from numeric_backend.kernel_targets import retargeted
    >>> "import cupy as array_library" in retargeted(inspect.getsource(kernels.load("relu")), "cupy")
    True
    """
    for pair in _NUMPY_AND_CUPY:
        old, new = pair if library == "cupy" else pair[::-1]
        count = text.count(f"\n{old}")
        if count != 1 and not (count == 0 and old.endswith(_WITHOUT_SPECIAL)):
            raise KernelError(f"the text has {count} times {old!r}; expected a kernel emitted by this version, once")
        text = text.replace(f"\n{old}", f"\n{new}")
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
        When the kernel is for the other library and its text is not at hand.

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
    name, text = str(kernel.KERNEL.get("name")), _source(kernel)
    if text is None:
        raise KernelError(
            f"kernel {name!r} runs on {target} arrays and these are of {library}; "
            f"expected the kernel for them: polywick.kernel(..., target={library!r})"
        )
    source = retargeted(text, library)
    if (library, source) not in _made:
        made = ModuleType(f"{name}_{library}")
        made.__dict__["__source__"] = source
        exec(compile(source, f"<kernel {name} for {library}>", "exec"), made.__dict__)
        _made[library, source] = made
    return _made[library, source]


def _source(kernel: Any) -> str | None:
    text = getattr(kernel, "__source__", None)
    if text is not None or not isinstance(kernel, ModuleType):
        return text
    try:
        return inspect.getsource(kernel)
    except (OSError, TypeError):
        return None
