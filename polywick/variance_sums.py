"""The variance of a network, taken apart by degree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from polywick.unexplained import UnexplainedVariance, fractions, indistinguishable_from_zero

__all__ = ["VarianceSums"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class VarianceSums:
    """``Var f_o = sum_k E||f_o's part of degree k||^2``, by degree up to the highest asked for.

    Row o of every entry belongs to output o and is divided by ``4^exponents_o``.

    Parameters
    ----------
    by_degree : array, shape (n + 1, o)
        What each degree adds; row 0 is 0, for a constant explains no variance.
    beyond : array, shape (o,)
        What degree n leaves.
    bound : array, shape (o,)
        What truncated series may have left out of it or added to it.
    largest : array, shape (o,)
        ``(sum_j |W2_oj| sd_j)^2``, the size of what was added up; rounding is counted in it.
    exponents : array of int, shape (o,)
        Powers of 2 taken out of each row of W2.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> sums = VarianceSums(np.array([[0.0], [3.0]]), one, 0 * one, 4 * one, np.array([1]))
    >>> sums.residual(0), sums.residual(1), sums.unexplained(1).overall
    (array([16.]), array([4.]), 0.25)
    """

    by_degree: FloatArray
    beyond: FloatArray
    bound: FloatArray
    largest: FloatArray
    exponents: npt.NDArray[np.int64]

    def unexplained(self, degree: int) -> UnexplainedVariance:
        """The fractions that the polynomial of this degree leaves, with their intervals."""
        explained = self.by_degree[: degree + 1].sum(axis=0)
        return fractions(self._scaled_residual(degree), explained, self.bound, self.largest, self.exponents)

    def residual(self, degree: int) -> FloatArray:
        """``E||f_o - P_o||^2`` of the polynomial of this degree, shape ``(o,)``; for degree 0 the variance."""
        return self._unscaled(self._scaled_residual(degree))

    @property
    def added(self) -> FloatArray:
        """What each degree adds to the variance explained, shape ``(n + 1, o)``."""
        return self._unscaled(np.maximum(self.by_degree, 0.0))

    @property
    def shares(self) -> FloatArray:
        """What each degree adds as a fraction of the variance, shape ``(n + 1, o)``; 0 where that is 0."""
        variance = self.by_degree.sum(axis=0) + np.maximum(self.beyond, 0.0)
        noise = indistinguishable_from_zero(self.largest)
        safe = np.where(variance > noise, variance, np.inf)
        return np.asarray(np.maximum(self.by_degree, 0.0) / safe)

    @property
    def uncertainty(self) -> FloatArray:
        """How far every residual may be off for truncated series, shape ``(o,)``."""
        return self._unscaled(self.bound)

    @property
    def size(self) -> FloatArray:
        """``(sum_j |W2_oj| sd_j)^2``, shape ``(o,)``: rounding errors are counted in it."""
        return self._unscaled(self.largest)

    def _scaled_residual(self, degree: int) -> FloatArray:
        residual: FloatArray = np.maximum(self.beyond + self.by_degree[degree + 1 :].sum(axis=0), 0.0)
        return residual

    def _unscaled(self, values: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.ldexp(values, 2 * self.exponents))
