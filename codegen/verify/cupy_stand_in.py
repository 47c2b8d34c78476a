"""CuPy's names over NumPy and SciPy, for the time of loading a kernel on a machine without CuPy.

The arithmetic of a GPU is not checked this way (its special functions differ in the last bits); the text, the
names it uses and its formulas are. Certificates made so say it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np
from scipy import special

__all__ = ["STAND_IN_NOTE", "cupy_or_stand_in"]

STAND_IN_NOTE = "CuPy is not installed: the kernel ran on a CPU stand-in (NumPy and SciPy under CuPy's names)"
_NAMES = ("cupy", "cupyx", "cupyx.scipy", "cupyx.scipy.special")


@contextmanager
def cupy_or_stand_in() -> Iterator[bool]:
    """While it lasts `import cupy` works; yields whether it is the stand-in.

    Examples
    --------
    >>> with cupy_or_stand_in():
    ...     import cupy
    ...     float(cupy.sqrt(4.0))
    2.0
    """
    if importlib.util.find_spec("cupy") is not None:
        yield False
        return
    modules = _stand_in()
    sys.modules.update(modules)
    try:
        yield True
    finally:
        for name in _NAMES:
            sys.modules.pop(name, None)


def _stand_in() -> dict[str, ModuleType]:
    modules = {name: ModuleType(name) for name in _NAMES}
    modules["cupy"].__dict__.update({name: getattr(np, name) for name in np.__all__})
    modules["cupy"].__dict__["asnumpy"] = np.asarray
    functions = {name: getattr(special, name) for name in special.__all__}
    modules["cupyx.scipy.special"].__dict__.update(functions)
    modules["cupyx.scipy"].__dict__["special"] = modules["cupyx.scipy.special"]
    modules["cupyx"].__dict__["scipy"] = modules["cupyx.scipy"]
    for name in ("cupyx", "cupyx.scipy"):
        modules[name].__dict__["__path__"] = []
    return modules
