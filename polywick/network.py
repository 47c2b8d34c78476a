"""Networks: a multilayer perceptron with one hidden layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend import kernels
from numeric_backend.errors import InputError, ShapeError, UnknownKernelError
from polywick.shapes import finite_array, rows_of

__all__ = ["MLP", "resolve_kernel"]

FloatArray = npt.NDArray[np.float64]

_KERNEL_MEMBERS = ("KERNEL", "activation", "hermite_coefficients", "variance")


class MLP:
    """The network ``f(x) = W2 g(W1 x + b1) + b2``.

    Parameters
    ----------
    W1 : array_like, shape (h, d)
        First layer, one hidden unit per row.
    b1 : array_like, shape (h,)
        First bias.
    W2 : array_like, shape (o, h)
        Second layer.
    b2 : array_like, shape (o,)
        Second bias.
    activation : str or kernel module
        A catalogue name, or a kernel module such as ``polywick.kernel`` makes.

    Raises
    ------
    ShapeError
        When two arrays do not fit together (both are named).
    InputError
        When weights are not finite, or the activation is neither a name nor a kernel.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0, -1.0]], [0.0], [[2.0]], [1.0], "relu")
    >>> net([[3.0, 1.0], [1.0, 3.0]])
    array([[5.],
           [1.]])
    """

    def __init__(self, W1: Any, b1: Any, W2: Any, b2: Any, activation: Any) -> None:
        self.W1 = finite_array("W1", W1, 2)
        self.b1 = finite_array("b1", b1, 1)
        self.W2 = finite_array("W2", W2, 2)
        self.b2 = finite_array("b2", b2, 1)
        _same("W1", self.W1, 0, "b1", self.b1, 0, "one row of W1 and one entry of b1 per hidden unit")
        _same("W1", self.W1, 0, "W2", self.W2, 1, "one row of W1 and one column of W2 per hidden unit")
        _same("W2", self.W2, 0, "b2", self.b2, 0, "one row of W2 and one entry of b2 per output")
        if self.W1.shape[1] == 0 or self.W2.shape[0] == 0:
            raise ShapeError(
                f"W1 has shape {self.W1.shape} and W2 has shape {self.W2.shape}; "
                "expected at least one input and one output"
            )
        self.kernel = resolve_kernel(activation)

    @property
    def activation(self) -> str:
        """Name of the activation."""
        return str(self.kernel.KERNEL.get("name", "unnamed"))

    def __call__(self, x: Any) -> FloatArray:
        """``f(x)`` for rows ``x`` of shape ``(..., d)``; shape ``(..., o)``."""
        rows = rows_of("x", x, self.W1.shape[1])
        hidden = self.kernel.activation(rows @ self.W1.T + self.b1)
        output: FloatArray = hidden @ self.W2.T + self.b2
        return output

    def __repr__(self) -> str:
        h, d = self.W1.shape
        return f"MLP({d} -> {h} {self.activation} -> {self.W2.shape[0]})"


def resolve_kernel(activation: Any) -> Any:
    """The kernel module meant by a catalogue name or a kernel module.

    Raises
    ------
    UnknownKernelError
        When the name is not in the catalogue (the nearest is suggested).
    InputError
        When the object is neither.

    Examples
    --------
    >>> from polywick.network import resolve_kernel
    >>> resolve_kernel("relu").KERNEL["name"]
    'relu'
    """
    if isinstance(activation, str):
        try:
            return kernels.load(activation)
        except UnknownKernelError as error:
            if activation in kernels.VECTOR_VALUED:
                raise
            raise UnknownKernelError(f"{error} For another activation pass polywick.kernel('expression')") from None
    missing = [member for member in _KERNEL_MEMBERS if not hasattr(activation, member)]
    if missing:
        what = getattr(activation, "__name__", None) or repr(activation)
        raise InputError(
            f"activation is {what} ({type(activation).__name__}), which is neither a catalogue name nor a "
            f"kernel module (no {', '.join(missing)}); pass one of {', '.join(kernels.names())}, "
            "or polywick.kernel(...)"
        )
    return activation


def _same(a: str, x: FloatArray, i: int, b: str, y: FloatArray, j: int, expected: str) -> None:
    if x.shape[i] != y.shape[j]:
        raise ShapeError(f"{a} has shape {x.shape} and {b} has shape {y.shape}; expected {expected}")
