"""Emit and verify: from a derived formula to the text of a kernel, and from that text to a certificate.

``emit`` writes kernels for NumPy and CuPy, ``emit_circle`` those of circle moments, ``verify`` compares one with the
definition of what it computes. Build time only: nothing here is needed to run a kernel.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from codegen.circle import emit_circle
from codegen.emission import KernelSource, NoKernelError, emit
from codegen.method import method_constants

if TYPE_CHECKING:
    from codegen.verify import Certificate, KernelDoesNotRun, verify

__all__ = [
    "Certificate",
    "KernelDoesNotRun",
    "KernelSource",
    "NoKernelError",
    "emit",
    "emit_circle",
    "method_constants",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in {"Certificate", "KernelDoesNotRun", "verify"}:
        return getattr(import_module("codegen.verify"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
