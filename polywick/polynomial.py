"""What every polynomial offers, however it is kept: values, coefficients, linear layers in front, files."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import cached_property
from typing import Any

import numpy as np

from numeric_backend.errors import InputError
from numeric_backend.namespaces import array_namespace
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.polynomial_fractions import Fractions
from polywick.polynomial_spectra import Spectra
from polywick.polynomial_substitution import Substitution
from polywick.printing import polynomial_latex, polynomial_table
from polywick.shapes import checked_count, rows_of
from polywick.spectra import Eigen, Singular

__all__ = ["Eigen", "Polynomial", "Singular"]

FloatArray = Any  # float64, of NumPy or CuPy

_CALL_ENTRIES = 1 << 20


class Polynomial(Fractions, Spectra, Substitution):
    """A polynomial map ``P(x) = intercept + linear @ x + x' quadratic x + ...`` from d inputs to o outputs.

    Made by :func:`polywick.approximate` or :func:`polywick.load`: the least-squares polynomial of a network
    under its inputs. A subclass says how the coefficients are kept:
    :class:`~polywick.factored.FactoredPolynomial` unit by unit, for Gaussian inputs;
    :class:`~polywick.dense_polynomial.DensePolynomial` as tensors, for mixtures.

    Attributes
    ----------
    inputs : Gaussian or GaussianMixture
        The law under which the polynomial is the least-squares one.
    dtype : numpy.dtype
        Of values and coefficients handed out: float32 for a float32 network, else float64. Everything is computed in
        float64, the fraction of variance unexplained too.

    Notes
    -----
    Values and coefficients are arrays of the library (NumPy or CuPy) that network and inputs are made of.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> P = pw.approximate(net, pw.Gaussian.standard(1), degree=2)
    >>> isinstance(P, pw.Polynomial)
    True
    >>> P.linear
    array([[0.5]])
    """

    inputs: Any
    dtype: np.dtype[Any]

    @property
    def namespace(self) -> Any:
        """The module, numpy or cupy, whose arrays the coefficients are."""
        return array_namespace(self.inputs.mean)

    @property
    @abstractmethod
    def degree(self) -> int:
        """The degree n."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number of outputs o."""

    @property
    def d(self) -> int:
        """Number of inputs d."""
        return int(self.inputs.d)

    @property
    @abstractmethod
    def _entries_per_row(self) -> int:
        """Numbers that the largest intermediate array of an evaluation has per row of x."""

    @abstractmethod
    def _rows(self, x: FloatArray) -> FloatArray:
        """``P(x)`` of rows ``(N, d)``, shape ``(N, o)``."""

    @abstractmethod
    def _tensor(self, k: int, limit_bytes: int) -> FloatArray:
        """The coefficients of order ``k``, as in `tensor`, in float64."""

    @abstractmethod
    def _norm(self, k: int) -> float:
        """Frobenius norm of the coefficients of order ``k``."""

    @abstractmethod
    def _title(self) -> str:
        """What comes after the sizes in the first line of the table."""

    def __call__(self, x: Any) -> Any:
        """``P(x)`` for rows ``x`` of shape ``(..., d)``; shape ``(..., o)``."""
        xp = self.namespace
        rows = rows_of("x", x, self.d, xp)
        flat = rows.reshape(-1, self.d)
        output = xp.empty((flat.shape[0], self.outputs), dtype=self.dtype)
        block = max(1, _CALL_ENTRIES // max(self._entries_per_row, 1))
        for start in range(0, flat.shape[0], block):
            output[start : start + block] = self._rows(flat[start : start + block])
        return output.reshape(*rows.shape[:-1], self.outputs)

    def tensor(self, k: int, limit_bytes: int = DENSE_LIMIT_BYTES) -> Any:
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
        return self._tensor(checked_count("k", k), limit_bytes).astype(self.dtype, copy=False)

    @cached_property
    def intercept(self) -> Any:
        """Constant term, shape ``(o,)``."""
        return self.tensor(0)

    @cached_property
    def linear(self) -> Any:
        """Coefficients of x, shape ``(o, d)``."""
        return self.tensor(1)

    @cached_property
    def quadratic(self) -> Any:
        """Symmetric matrices of the quadratic form in x, shape ``(o, d, d)``."""
        return self.tensor(2)

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
        norms = [self._norm(k) for k in range(self.degree + 1)]
        return polynomial_table(self.d, self.outputs, norms, self._title(), self.__dict__.get("_unexplained"))
