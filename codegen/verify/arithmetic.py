"""Which arithmetic of many digits a kernel's text runs in: python-flint's where it is installed, mpmath's elsewhere."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from codegen.verify.array_namespace import ArrayNamespace
from codegen.verify.mp_namespace import MpNamespace

__all__ = ["arithmetic", "namespaces"]


def namespaces() -> list[type[ArrayNamespace]]:
    """The namespaces there are, the fastest first; all give the same values, to a few units of the last digit."""
    if importlib.util.find_spec("flint") is None:
        return [MpNamespace]
    from codegen.verify.flint_namespace import FlintNamespace

    return [FlintNamespace, MpNamespace]


def arithmetic(kind: type[ArrayNamespace]) -> str:
    """Name and version of the library whose numbers a namespace computes with."""
    library = "mpmath" if kind is MpNamespace else "python-flint"
    return f"{library} {importlib.metadata.version(library)}"
