"""The result: the least-squares polynomial of a network, in factored form."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError, KernelError, ShapeError
from polywick.dense import DENSE_LIMIT_BYTES, dense_tensor, monomial_weights
from polywick.fvu import unexplained_variance
from polywick.inputs import Gaussian
from polywick.printing import polynomial_latex, polynomial_table
from polywick.shapes import checked_count, finite_array, rows_of
from polywick.spectra import Eigen, Singular, quadratic_eigen, singular
from polywick.unexplained import UnexplainedVariance

__all__ = ["Eigen", "Polynomial", "Singular"]

FloatArray = npt.NDArray[np.float64]

_CALL_ENTRIES = 1 << 20


class Polynomial:
    """``P(x) = b2 + sum_j W2_j sum_{k<=n} c_k(j)/k! He_k((w_j . x + b1_j - mu_j)/sigma_j)``.

    One polynomial of one variable per hidden unit; nothing larger than the network is stored. Made by
    :func:`polywick.approximate` or :func:`polywick.load`.

    Parameters
    ----------
    W1, b1, W2, b2 : arrays
        The network's weights, shapes ``(h, d), (h,), (o, h), (o,)``.
    coefficients : array, shape (n + 1, h)
        Normalised Hermite coefficients ``c_k/sqrt(k!)`` of every unit.
    sigma : array, shape (h,)
        Standard deviations of the pre-activations; 0 marks a constant unit.
    inputs : Gaussian
        The law under which the polynomial is the least-squares one.
    activation : str
        Name of the activation.
    kernel : module, optional
        Its kernel, needed for the fraction of variance unexplained.
    expression, formula : str
        Of the activation, where the kernel is not at hand: its expression and the hash of its formula.
    unexplained : UnexplainedVariance, optional
        That fraction where it is already known.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> P = pw.approximate(net, pw.Gaussian.standard(1), degree=2)
    >>> P.linear
    array([[0.5]])
    """

    def __init__(
        self,
        W1: FloatArray,
        b1: FloatArray,
        W2: FloatArray,
        b2: FloatArray,
        *,
        coefficients: FloatArray,
        sigma: FloatArray,
        inputs: Gaussian,
        activation: str,
        kernel: Any = None,
        expression: str = "",
        formula: str = "",
        unexplained: UnexplainedVariance | None = None,
    ) -> None:
        self.W1, self.b1 = finite_array("W1", W1, 2), finite_array("b1", b1, 1)
        self.W2, self.b2 = finite_array("W2", W2, 2), finite_array("b2", b2, 1)
        self.coefficients = finite_array("coefficients", coefficients, 2)
        self.sigma = finite_array("sigma", sigma, 1)
        self.inputs = inputs
        self.activation = activation
        self.kernel = kernel
        self.expression = expression if kernel is None else str(kernel.KERNEL.get("expression", ""))
        self.formula = formula if kernel is None else str(kernel.KERNEL.get("formula", ""))
        (h, d), o = self.W1.shape, self.W2.shape[0]
        found = (self.b1.shape, self.W2.shape, self.b2.shape, self.coefficients.shape[1:], self.sigma.shape)
        if found != ((h,), (o, h), (o,), (h,), (h,)) or inputs.d != d or not self.coefficients.shape[0]:
            raise ShapeError(
                f"W1 {self.W1.shape}, b1, W2, b2, coefficients and sigma {found} and inputs of dimension "
                f"{inputs.d} do not fit together; expected (h, d), (h,), (o, h), (o,), (n + 1, h), (h,) and d"
            )
        if (self.sigma < 0).any():
            raise InputError(f"sigma has {np.count_nonzero(self.sigma < 0)} negative entries; expected deviations")
        if unexplained is not None:
            shapes = unexplained.per_output.shape, unexplained.interval_per_output.shape
            if shapes != ((o,), (o, 2)):
                raise ShapeError(
                    f"the fractions per output and their intervals have shapes {shapes}; expected ({o},), ({o}, 2)"
                )
            self.__dict__["_unexplained"] = unexplained

    @property
    def degree(self) -> int:
        """The degree n."""
        return int(self.coefficients.shape[0]) - 1

    def __call__(self, x: Any) -> FloatArray:
        """``P(x)`` for rows ``x`` of shape ``(..., d)``; shape ``(..., o)``, by the Hermite recurrence."""
        (h, d), o = self.W1.shape, self.W2.shape[0]
        rows = rows_of("x", x, d)
        flat = rows.reshape(-1, d)
        output = np.empty((flat.shape[0], o))
        block = max(1, _CALL_ENTRIES // max(h, d, 1))
        for start in range(0, flat.shape[0], block):
            output[start : start + block] = self._rows(flat[start : start + block])
        return output.reshape(*rows.shape[:-1], o)

    def _rows(self, x: FloatArray) -> FloatArray:
        inverse = np.divide(1.0, self.sigma, out=np.zeros_like(self.sigma), where=self.sigma > 0)
        z = ((x - self.inputs.mean) @ self.W1.T) * inverse
        total = np.broadcast_to(self.coefficients[0], z.shape).copy()
        previous, hermite = np.zeros_like(z), np.ones_like(z)
        for k in range(1, self.degree + 1):
            previous, hermite = hermite, (z * hermite - np.sqrt(k - 1) * previous) / np.sqrt(k)
            total += self.coefficients[k] * hermite
        return np.asarray(total @ self.W2.T + self.b2)

    def _monomials(self, k: int) -> FloatArray:
        return monomial_weights(self.coefficients, self.W1 @ self.inputs.mean, self.sigma, k)

    def tensor(self, k: int, limit_bytes: int = DENSE_LIMIT_BYTES) -> FloatArray:
        """Coefficients of the monomials of order ``k`` in x, shape ``(o, d, ..., d)``, symmetric.

        Parameters
        ----------
        k : int
            Order; above the degree the tensor is zero.
        limit_bytes : int
            Largest size allowed.

        Returns
        -------
        array
            ``P(x) = intercept + linear @ x + x' quadratic x + ...``: no factor ``1/k!``.

        Raises
        ------
        SizeError
            When the tensor would be larger; the message names its size.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "cube")
        >>> P = pw.approximate(net, pw.Gaussian.standard(1), degree=3)
        >>> float(P.tensor(3)[0, 0, 0, 0])
        1.0
        """
        order = checked_count("k", k)
        tensor = dense_tensor(self._monomials(order), self.W1, self.W2, order, limit_bytes)
        return tensor + self.b2 if order == 0 else tensor

    @cached_property
    def intercept(self) -> FloatArray:
        """Constant term, shape ``(o,)``."""
        return self.tensor(0)

    @cached_property
    def linear(self) -> FloatArray:
        """Coefficients of x, shape ``(o, d)``."""
        return self.tensor(1)

    @cached_property
    def quadratic(self) -> FloatArray:
        """Symmetric matrices of the quadratic form in x, shape ``(o, d, d)``."""
        return self.tensor(2)

    @cached_property
    def _unexplained(self) -> UnexplainedVariance:
        if self.kernel is None:
            raise KernelError(
                f"the fraction of variance unexplained needs the kernel of {self.activation!r}"
                f"{f' = {self.expression}' if self.expression else ''}, which this polynomial came without; "
                "pass it when loading: polywick.load(path, activation=kernel)"
            )
        mu = self.W1 @ self.inputs.mean + self.b1
        _, unit = self.inputs.deviations(self.W1)
        return unexplained_variance(self.kernel, mu, self.sigma, unit, self.W2, self.degree)

    @property
    def fvu(self) -> float:
        """``E||f - P||^2 / E||f - E f||^2`` under the inputs, exact; 0.0 where the variance is 0.

        Where hidden units cancel up to rounding the variance may not be told from 0: `fvu_interval` says so.
        """
        return self._unexplained.overall

    @property
    def fvu_per_output(self) -> FloatArray:
        """The fraction of variance unexplained of every output, shape ``(o,)``."""
        return self._unexplained.per_output

    @property
    def fvu_interval(self) -> tuple[float, float]:
        """An interval that holds the overall fraction; of zero width where it is exact.

        Rounding counts where cancelling units make it reach the tenth digit; ``(0, 1)`` leaves all open.
        """
        return self._unexplained.interval

    @property
    def fvu_interval_per_output(self) -> FloatArray:
        """The same for every output, shape ``(o, 2)``: lower ends and upper ends."""
        return self._unexplained.interval_per_output

    def eigh(self, output_or_direction: Any, k: int | None = None) -> Eigen:
        """Eigenvalues and eigenvectors of the quadratic form of one output or of a direction of outputs.

        Parameters
        ----------
        output_or_direction : int or array_like, shape (o,)
            Index of an output, or weights of all outputs.
        k : int, optional
            How many; all d by default.

        Returns
        -------
        Eigen
            Largest absolute values first.

        Raises
        ------
        InputError
            When the output does not exist or ``k`` is out of range.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[3.0, 4.0]], [0.0], [[1.0]], [0.0], "square")
        >>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=2)
        >>> P.eigh(0).values.round(12)
        array([25.,  0.])
        """
        return quadratic_eigen(self.W1, self.W2, self._monomials(2), output_or_direction, k)

    def svd(self) -> Singular:
        """Singular value decomposition of the linear coefficients.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[3.0, 4.0]], [0.0], [[1.0]], [0.0], "identity")
        >>> pw.approximate(net, pw.Gaussian.standard(2), degree=1).svd().values.round(12)
        array([5.])
        """
        return singular(self.linear)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the polynomial to an ``.npz`` file in one step, without pickle, for :func:`polywick.load`.

        Raises
        ------
        InputError
            When the place cannot be written.
        """
        from polywick.storage import save

        save(self, path)

    def latex(self, digits: int = 4) -> str:
        """The polynomial in LaTeX, one line per output, for small ones.

        Raises
        ------
        SizeError
            When it would have more than 200 terms.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[2.0, 1.0]], [0.0], [[1.0]], [3.0], "square")
        >>> print(pw.approximate(net, pw.Gaussian.standard(2), degree=2).latex())
        P(x) = 3 + 4 x_{1}^{2} + 4 x_{1} x_{2} + x_{2}^{2}
        """
        return polynomial_latex(self, digits)

    def _repr_latex_(self) -> str | None:
        try:
            lines = self.latex().splitlines()
        except InputError:
            return None
        return "$$\\begin{aligned}" + " \\\\ ".join(line.replace("=", "&=", 1) for line in lines) + "\\end{aligned}$$"

    def __repr__(self) -> str:
        return polynomial_table(self, self.__dict__.get("_unexplained"))
