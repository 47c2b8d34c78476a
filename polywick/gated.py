"""Networks whose hidden units are gated: GLU, SwiGLU, GEGLU, ReGLU and bilinear layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numeric_backend.errors import InputError, ShapeError
from polywick.network import Network, check_same
from polywick.shapes import finite_array, one_library, result_type

__all__ = ["GATES", "GLU"]

GATES = {"glu": "sigmoid", "swiglu": "silu", "geglu": "gelu", "reglu": "relu", "bilinear": "identity"}


class GLU(Network):
    """The network ``f(x) = W2 (g(W x + b) * (V x + c)) + b2``, ``*`` unit by unit.

    Parameters
    ----------
    W : array_like, shape (h, d)
        The half that goes through the activation, one hidden unit per row.
    b : array_like, shape (h,), or None
        Its bias; None is zero.
    V : array_like, shape (h, d)
        The half that is multiplied as it is.
    c : array_like, shape (h,), or None
        Its bias; None is zero.
    W2 : array_like, shape (o, h), optional
        The projection behind the units; without it the units are the outputs.
    b2 : array_like, shape (o,), optional
        Its bias; zero by default.
    activation : str or kernel module
        A catalogue name, a kernel module, or the name of the whole layer: ``"glu"`` (g the logistic sigmoid),
        ``"swiglu"`` (silu), ``"geglu"`` (gelu = x Phi(x), exactly, as in Shazeer's paper; the tanh form that some
        language models use is the activation ``"gelu_tanh"``), ``"reglu"`` (relu), ``"bilinear"`` (identity).

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

    References
    ----------
    Dauphin, Fan, Auli, Grangier, *Language modeling with gated convolutional networks*, arXiv 1612.08083;
    Shazeer, *GLU variants improve transformer*, arXiv 2002.05202.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.GLU([[1.0, 0.0]], None, [[0.0, 1.0]], [1.0], activation="reglu")
    >>> net([[2.0, 3.0], [-2.0, 3.0]])                                          # relu(x_1) (x_2 + 1)
    array([[8.],
           [0.]])
    """

    def __init__(self, W: Any, b: Any, V: Any, c: Any, W2: Any = None, b2: Any = None, activation: Any = "glu") -> None:
        xp = one_library(W=W, b=b, V=V, c=c, W2=W2, b2=b2)
        self.W, self.V = finite_array("W", W, 2, xp), finite_array("V", V, 2, xp)
        if self.W.shape != self.V.shape:
            raise ShapeError(
                f"W has shape {self.W.shape} and V has shape {self.V.shape}; expected the two halves of every unit "
                "to see the same inputs: equal shapes (h, d)"
            )
        h = self.W.shape[0]
        self.b = xp.zeros(h) if b is None else finite_array("b", b, 1, xp)
        self.c = xp.zeros(h) if c is None else finite_array("c", c, 1, xp)
        check_same("W", self.W, 0, "b", self.b, 0, "one row of W and one entry of b per hidden unit")
        check_same("V", self.V, 0, "c", self.c, 0, "one row of V and one entry of c per hidden unit")
        self.projects = W2 is not None
        if not self.projects and b2 is not None:
            raise InputError("b2 is given without W2; expected both: without W2 the units are the outputs, pass W2 too")
        self.W2 = finite_array("W2", W2, 2, xp) if self.projects else xp.eye(h)
        self.b2 = xp.zeros(self.W2.shape[0]) if b2 is None else finite_array("b2", b2, 1, xp)
        check_same("W", self.W, 0, "W2", self.W2, 1, "one row of W and one column of W2 per hidden unit")
        check_same("W2", self.W2, 0, "b2", self.b2, 0, "one row of W2 and one entry of b2 per output")
        if self.W.shape[1] == 0 or self.W2.shape[0] == 0:
            raise ShapeError(
                f"W has shape {self.W.shape} and W2 has shape {self.W2.shape}; "
                "expected at least one input and one output"
            )
        named = isinstance(activation, str) and activation in GATES
        super().__init__(GATES[activation] if named else activation, result_type(W, b, V, c, W2, b2))

    @property
    def d(self) -> int:
        """Number of inputs d."""
        return int(self.W.shape[1])

    def _hidden(self, rows: Any, g: Callable[[Any], Any]) -> Any:
        return g(rows @ self.W.T + self.b) * (rows @ self.V.T + self.c)

    def _output(self, hidden: Any) -> Any:
        return super()._output(hidden) if self.projects else hidden

    def __repr__(self) -> str:
        end = f" -> {self.outputs}" if self.projects else ""
        return f"GLU({self.d} -> {self.W.shape[0]} gated {self.activation}{end})"
