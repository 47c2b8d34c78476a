"""Networks: a multilayer perceptron with one hidden layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from numeric_backend import kernels
from numeric_backend.errors import InputError, ShapeError, UnknownKernelError
from numeric_backend.kernel_targets import kernel_on
from numeric_backend.namespaces import array_namespace
from polywick.shapes import finite_array, one_library, result_type, rows_of

__all__ = ["MLP", "Network", "check_same", "resolve_kernel"]

_KERNEL_MEMBERS = ("KERNEL", "activation", "hermite_coefficients", "variance")


class Network(ABC):
    """A network with one hidden layer, ``f(x) = W2 hidden(x) + b2``, in the array library of its weights."""

    W2: Any
    b2: Any

    def __init__(self, activation: Any, dtype: np.dtype[Any]) -> None:
        self.kernel = resolve_kernel(activation)
        self.dtype = dtype

    @property
    def activation(self) -> str:
        """Name of the activation."""
        return str(self.kernel.KERNEL.get("name", "unnamed"))

    @property
    @abstractmethod
    def d(self) -> int:
        """Number of inputs d."""

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.W2.shape[0])

    @property
    def namespace(self) -> Any:
        """The module, numpy or cupy, whose arrays the weights are."""
        return array_namespace(self.W2)

    @abstractmethod
    def _hidden(self, rows: Any, g: Callable[[Any], Any]) -> Any:
        """The hidden units at rows ``(..., d)``, shape ``(..., h)``; ``g`` is the activation."""

    def _output(self, hidden: Any) -> Any:
        return hidden @ self.W2.T + self.b2

    def __call__(self, x: Any) -> Any:
        """``f(x)`` for rows ``x`` of shape ``(..., d)``; shape ``(..., o)``, of the weights' library and dtype."""
        xp = self.namespace
        rows = rows_of("x", x, self.d, xp)
        hidden = self._hidden(rows, kernel_on(self.kernel, xp.__name__).activation)
        return self._output(hidden).astype(self.dtype, copy=False)


class MLP(Network):
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

    Attributes
    ----------
    dtype : numpy.dtype
        Of the results: float32 where all weights given are float32, else float64. Weights are held, and everything
        is computed, in float64.

    Raises
    ------
    ShapeError
        When two arrays do not fit together (both are named).
    InputError
        When weights are not finite (which array, how many), or the activation is neither a name nor a kernel.
    ArrayLibraryError
        When NumPy and CuPy arrays are mixed.

    Notes
    -----
    The arrays given may be NumPy's or CuPy's; results are of the same library.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0, -1.0]], [0.0], [[2.0]], [1.0], "relu")
    >>> net([[3.0, 1.0], [1.0, 3.0]])
    array([[5.],
           [1.]])
    """

    def __init__(self, W1: Any, b1: Any, W2: Any, b2: Any, activation: Any) -> None:
        xp = one_library(W1=W1, b1=b1, W2=W2, b2=b2)
        self.W1 = finite_array("W1", W1, 2, xp)
        self.b1 = finite_array("b1", b1, 1, xp)
        self.W2 = finite_array("W2", W2, 2, xp)
        self.b2 = finite_array("b2", b2, 1, xp)
        check_same("W1", self.W1, 0, "b1", self.b1, 0, "one row of W1 and one entry of b1 per hidden unit")
        check_same("W1", self.W1, 0, "W2", self.W2, 1, "one row of W1 and one column of W2 per hidden unit")
        check_same("W2", self.W2, 0, "b2", self.b2, 0, "one row of W2 and one entry of b2 per output")
        if self.W1.shape[1] == 0 or self.W2.shape[0] == 0:
            raise ShapeError(
                f"W1 has shape {self.W1.shape} and W2 has shape {self.W2.shape}; "
                "expected at least one input and one output"
            )
        super().__init__(activation, result_type(W1, b1, W2, b2))

    @property
    def d(self) -> int:
        """Number of inputs d."""
        return int(self.W1.shape[1])

    def _hidden(self, rows: Any, g: Callable[[Any], Any]) -> Any:
        return g(rows @ self.W1.T + self.b1)

    def __repr__(self) -> str:
        return f"MLP({self.d} -> {self.W1.shape[0]} {self.activation} -> {self.outputs})"


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


def check_same(a: str, x: Any, i: int, b: str, y: Any, j: int, expected: str) -> None:
    """Refuse two arrays whose sizes along axis ``i`` of the one and ``j`` of the other differ.

    Raises
    ------
    ShapeError
        Naming both.
    """
    if x.shape[i] != y.shape[j]:
        raise ShapeError(f"{a} has shape {x.shape} and {b} has shape {y.shape}; expected {expected}")
