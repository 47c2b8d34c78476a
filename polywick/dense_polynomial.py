"""A polynomial kept as symmetric coefficient tensors around a centre."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import comb
from typing import Any, NoReturn

import numpy as np

from numeric_backend.errors import InputError, KernelError, ShapeError
from numeric_backend.namespaces import array_namespace
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.polynomial import Polynomial
from polywick.same_law import preserves
from polywick.shapes import checked_size, finite_array
from polywick.substitution import substituted_tensors
from polywick.unexplained import UnexplainedVariance

__all__ = ["DensePolynomial"]

FloatArray = Any  # float64, of NumPy or CuPy

_ASYMMETRY = 1e-8
_DOUBLE = np.dtype(np.float64)


class DensePolynomial(Polynomial):
    """``P(x) = T_0 + T_1 (x - m) + (x - m)' T_2 (x - m) + ...``, every ``T_k`` symmetric in its k places.

    Parameters
    ----------
    centre : array, shape (d,)
        ``m``: the tensors belong to the monomials of ``x - m``.
    tensors : sequence of arrays
        ``T_0 .. T_n``, shapes ``(o,), (o, d), (o, d, d), ...``.
    inputs : Gaussian or GaussianMixture
        The law under which the polynomial is the least-squares one.
    activation : str
        Name of the activation of the network it stands for.
    report : object, optional
        What the solver says about how the tensors were found; shown below the table, kept as text in files.
    unexplained : UnexplainedVariance or callable, optional
        The fraction of variance unexplained, or what computes it when it is first asked for.
    dtype : numpy.dtype
        Of the values and coefficients handed out; float64 by default.

    Raises
    ------
    ShapeError
        When the tensors do not fit together or the centre is not that of the inputs' dimension.
    InputError
        When entries are not finite, or a tensor is not symmetric.

    Examples
    --------
    >>> import numpy as np
    >>> import polywick as pw
    >>> from polywick.dense_polynomial import DensePolynomial
    >>> P = DensePolynomial([1.0], [[0.0], [[0.0]], [[[1.0]]]], inputs=pw.Gaussian.standard(1))   # (x - 1)^2
    >>> P([[3.0]]), P.linear, P.quadratic
    (array([[4.]]), array([[-2.]]), array([[[1.]]]))
    """

    def __init__(
        self,
        centre: Any,
        tensors: Sequence[Any],
        *,
        inputs: Any,
        activation: str = "",
        report: Any = None,
        unexplained: UnexplainedVariance | Callable[[], UnexplainedVariance] | None = None,
        dtype: np.dtype[Any] = _DOUBLE,
    ) -> None:
        xp = array_namespace(inputs.mean)
        self.dtype = dtype
        self.centre = finite_array("centre", centre, 1, xp, shared=True)
        if not tensors:
            raise ShapeError("there are no tensors; expected those of the orders 0 to the degree")
        first = finite_array("tensors[0]", tensors[0], 1, xp, shared=True)
        o, d = first.size, self.centre.size
        if inputs.d != d or d == 0 or o == 0:
            raise ShapeError(
                f"centre has shape {self.centre.shape}, tensors[0] {first.shape} and the inputs have dimension "
                f"{inputs.d}; expected a centre in the space of the inputs and at least one input and output"
            )
        kept = [first]
        for k, tensor in enumerate(tensors[1:], start=1):
            array = finite_array(f"tensors[{k}]", tensor, k + 1, xp, shared=True)
            if array.shape != (o, *(d for _ in range(k))):
                raise ShapeError(
                    f"tensors[{k}] has shape {array.shape} beside tensors[0] {first.shape} and centre "
                    f"{self.centre.shape}; expected ({o}{f', {d}' * k})"
                )
            _check_symmetry(k, array)
            kept.append(array)
        self.tensors: tuple[FloatArray, ...] = tuple(kept)
        self.inputs = inputs
        self.activation = activation
        self.report = report
        self._compute_unexplained = unexplained if callable(unexplained) else None
        self._set_unexplained(None if callable(unexplained) else unexplained)

    @property
    def degree(self) -> int:
        """The degree n."""
        return len(self.tensors) - 1

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.tensors[0].size)

    @property
    def _entries_per_row(self) -> int:
        return int(self.outputs * self.d ** max(self.degree - 1, 1))

    def _rows(self, x: FloatArray) -> FloatArray:
        """By Horner's rule: one place of the highest tensor is filled with ``x - m`` at a time."""
        centred = x - self.centre
        rows, (o, d) = x.shape[0], (self.outputs, self.d)
        if self.degree == 0:
            return self.namespace.broadcast_to(self.tensors[0], (rows, o)).copy()
        total = centred @ self.tensors[-1].reshape(-1, d).T
        for k in range(self.degree - 1, 0, -1):
            total = total.reshape(rows, -1, d) + self.tensors[k].reshape(-1, d)
            total = (total @ centred[:, :, None])[:, :, 0]
        return total.reshape(rows, o) + self.tensors[0]

    def _tensor(self, k: int, limit_bytes: int) -> FloatArray:
        """The tensors of higher order with all but k places filled with ``-m``, by Horner's rule."""
        shape = (self.outputs, *(self.d for _ in range(k)))
        checked_size(f"the coefficient tensor of order {k}", shape, limit_bytes)
        if k > self.degree:
            return self.namespace.zeros(shape)
        total = self.tensors[self.degree] * comb(self.degree, k)
        for order in range(self.degree - 1, k - 1, -1):
            total = total @ -self.centre + comb(order, k) * self.tensors[order]
        return total

    def _norm(self, k: int) -> float:
        return float(self.namespace.linalg.norm(self.tensor(k)))

    def _title(self) -> str:
        return f"written out{f' ({self.activation})' if self.activation else ''}"

    def _substituted(self, A: FloatArray, b: FloatArray, law: Any) -> DensePolynomial:
        shift = A @ law.mean + b - self.centre
        tensors = substituted_tensors(self.tensors, A, shift, DENSE_LIMIT_BYTES)
        same = preserves(A, b, law, self.inputs)
        explain = (lambda: self._unexplained) if same and self.can_explain else None
        return DensePolynomial(
            law.mean,
            tensors,
            inputs=law,
            activation=self.activation,
            report=self.report,
            unexplained=explain,
            dtype=self.dtype,
        )

    def as_network(self, deviations: float = 5.0) -> NoReturn:
        """Refused: a polynomial written out has no units. Those of one Gaussian have (`FactoredPolynomial`).

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            "a polynomial written out as tensors has no units to give polynomial activations to; expected one of a "
            "single Gaussian: polywick.approximate(network, Gaussian(mixture.mean, mixture.covariance), degree)"
        )

    @cached_property
    def explained_by_degree(self) -> Any:
        """The share of each output's variance that each degree adds, shape ``(n + 1, o)``.

        Row k is ``(Var P_k - Var P_(k-1)) / Var f``, ``P_k`` being the least-squares polynomial of degree k under the
        same inputs: that of this polynomial is that of the network, which is not needed. What the rows miss to 1 is
        `fvu_per_output`. Computed on the host.

        Raises
        ------
        SizeError
            Above degree 2, when polynomials of lower degree cannot be found in memory.
        KernelError
            When the polynomial came without its network, and without its fraction of variance unexplained.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
        >>> two = pw.GaussianMixture([0.5, 0.5], [[-1.0], [2.0]], [[[1.0]], [[1.0]]])
        >>> P = pw.approximate(net, two, degree=3)
        >>> P.explained_by_degree.round(4).T, round(P.fvu, 4)
        (array([[0.    , 0.8643, 0.1194, 0.0039]]), 0.0123)
        """
        from polywick.degree_shares import shares_by_degree

        return self.namespace.asarray(shares_by_degree(self))

    @property
    def can_explain(self) -> bool:
        """Whether the fraction of variance unexplained is known or can be computed."""
        return "_unexplained" in self.__dict__ or self._compute_unexplained is not None

    def _explain(self) -> UnexplainedVariance:
        if self._compute_unexplained is None:
            raise KernelError(
                "the fraction of variance unexplained is not known to this polynomial, which came without its network; "
                "make it with polywick.approximate"
            )
        return self._compute_unexplained()

    def __repr__(self) -> str:
        return super().__repr__() + ("" if self.report is None else f"\n{self.report}")


def _check_symmetry(k: int, tensor: FloatArray) -> None:
    """Refuse a tensor that is not symmetric in its k places, beyond rounding."""
    largest = float(abs(tensor).max())
    for place in range(1, k):
        gap = float(abs(tensor - tensor.swapaxes(place, place + 1)).max())
        if not gap <= _ASYMMETRY * largest:
            raise InputError(
                f"tensors[{k}] differs by {gap:.3g} from itself with places {place} and {place + 1} exchanged "
                f"(its largest entry is {largest:.3g}); expected a symmetric tensor: average over the places"
            )
