"""The committed kernels, generated and verified; each module is imported when it is first asked for."""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from types import ModuleType

from numeric_backend.errors import UnknownKernelError
from numeric_backend.kernels._names import ALIASES, VECTOR_VALUED

__all__ = ["ALIASES", "VECTOR_VALUED", "load", "names"]


def names() -> tuple[str, ...]:
    """Names of the committed kernels, in alphabetical order.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> "relu" in kernels.names()
    True
    """
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def load(name: str) -> ModuleType:
    """The kernel module of a catalogue activation.

    Parameters
    ----------
    name : str
        One of :func:`names`, or of the ``ALIASES``.

    Raises
    ------
    UnknownKernelError
        When there is no such kernel; the nearest names are suggested.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> relu = kernels.load("relu")
    >>> relu.hermite_coefficients(0.0, 1.0, 1).shape
    (2,)
    """
    known = names()
    name = ALIASES.get(name, name)
    if name not in known:
        if name in VECTOR_VALUED:
            raise UnknownKernelError(f"{name} is not an activation of one variable: it {VECTOR_VALUED[name]}")
        near = get_close_matches(str(name).lower(), known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}."
        raise UnknownKernelError(f"no kernel is called {name!r}; {hint}")
    return importlib.import_module(f"{__name__}.{name}")
