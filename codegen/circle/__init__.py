"""Kernels of circle moments ``int_{-pi}^{pi} g(A cos t + b) cos(r t) dt``: which rule, its text, the module."""

from codegen.circle.emission import emit_circle

__all__ = ["emit_circle"]
