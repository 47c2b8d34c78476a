"""The spectra of a polynomial: eigenvectors of its quadratic forms, singular vectors of its linear coefficients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from numeric_backend.errors import InputError
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.shapes import checked_count
from polywick.spectra import Eigen, Singular, eigen_of_form, output_direction, singular

__all__ = ["Spectra"]

FloatArray = Any  # float64, of NumPy or CuPy


class Spectra(ABC):
    """Eigenvalues and singular values of the coefficients."""

    dtype: np.dtype[Any]

    @property
    @abstractmethod
    def namespace(self) -> Any:
        """The module, numpy or cupy, whose arrays the coefficients are."""

    @property
    @abstractmethod
    def d(self) -> int:
        """Number of inputs d."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number of outputs o."""

    @abstractmethod
    def _tensor(self, k: int, limit_bytes: int) -> FloatArray:
        """The coefficients of order ``k``, in float64."""

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
        count = self.d if k is None else checked_count("k", k)
        if not 1 <= count <= self.d:
            raise InputError(f"k is {k!r}; expected between 1 and {self.d} eigenvectors")
        found = self._eigen(output_direction(output_or_direction, self.outputs, self.namespace), count)
        return Eigen(*(part.astype(self.dtype, copy=False) for part in found))

    def _eigen(self, direction: FloatArray, count: int) -> Eigen:
        form = self.namespace.tensordot(direction, self._tensor(2, DENSE_LIMIT_BYTES), axes=1)
        return eigen_of_form(form, count)

    def svd(self) -> Singular:
        """Singular value decomposition of the linear coefficients.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[3.0, 4.0]], [0.0], [[1.0]], [0.0], "identity")
        >>> pw.approximate(net, pw.Gaussian.standard(2), degree=1).svd().values.round(12)
        array([5.])
        """
        found = singular(self._tensor(1, DENSE_LIMIT_BYTES))
        return Singular(*(part.astype(self.dtype, copy=False) for part in found))
