"""Gaussian inputs: any mean, any covariance, singular ones included."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError, ShapeError
from polywick.shapes import checked_degree, finite_array

__all__ = ["Gaussian"]

FloatArray = npt.NDArray[np.float64]

_ASYMMETRY = 1e-8


class Gaussian:
    """The law ``N(mean, covariance)`` of a network's input.

    Parameters
    ----------
    mean : array_like, shape (d,)
        Mean.
    covariance : array_like, shape (d, d)
        Symmetric positive semi-definite; a singular covariance is accepted and stated in the ``repr``.

    Raises
    ------
    ShapeError
        When the shapes do not agree.
    InputError
        When entries are not finite, or the covariance is asymmetric or has a negative eigenvalue.

    Examples
    --------
    >>> import polywick as pw
    >>> pw.Gaussian([0.0, 1.0], [[1.0, 1.0], [1.0, 1.0]])
    Gaussian(d=2, singular covariance of rank 1)
    """

    mean: FloatArray
    covariance: FloatArray

    def __init__(self, mean: Any, covariance: Any) -> None:
        self.mean = finite_array("mean", mean, 1)
        # The unit roundoff of the numbers given: a float32 covariance has eigenvalues off by that much.
        given = getattr(covariance, "dtype", np.dtype(np.float64))
        precise = given.kind != "f" or given.itemsize >= 8
        self._epsilon = float(np.finfo(np.float64 if precise else np.float32).eps)
        matrix = finite_array("covariance", covariance, 2)
        d = self.mean.size
        if d == 0:
            raise ShapeError("mean has shape (0,); expected at least one input")
        if matrix.shape != (d, d):
            raise ShapeError(f"covariance has shape {matrix.shape} and mean has shape ({d},); expected ({d}, {d})")
        self.covariance = _symmetric(matrix)
        self.covariance.setflags(write=False)
        self._rank = 0
        self._factor = self._factorised()
        self._factor.setflags(write=False)

    @classmethod
    def standard(cls, d: int) -> Gaussian:
        """``N(0, I)`` in ``d`` dimensions.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian.standard(3)
        Gaussian(d=3)
        """
        size = checked_degree(d) if not isinstance(d, bool) else 0
        if size < 1:
            raise InputError(f"d is {d!r}; expected a number of inputs of at least 1")
        return cls(np.zeros(size), np.eye(size))

    @classmethod
    def fit(cls, samples: Any) -> Gaussian:
        """The Gaussian with the mean and the (unbiased) covariance of the rows of ``samples``.

        Parameters
        ----------
        samples : array_like, shape (N, d)
            One sample per row, at least two.

        Raises
        ------
        ShapeError
            When there are fewer than two rows.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian.fit([[0.0, 0.0], [2.0, 2.0]]).covariance
        array([[2., 2.],
               [2., 2.]])
        """
        array = finite_array("samples", samples, 2)
        if array.shape[0] < 2:
            raise ShapeError(f"samples has shape {array.shape}; expected (N, d) with at least two rows")
        mean = array.mean(axis=0)
        centred = array - mean
        return cls(mean, centred.T @ centred / (array.shape[0] - 1))

    def sample(self, n: int, seed: int | np.random.Generator) -> FloatArray:
        """``n`` independent draws, shape ``(n, d)``.

        Raises
        ------
        InputError
            When ``n`` is not a non-negative integer.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian.standard(2).sample(5, seed=0).shape
        (5, 2)
        """
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
            raise InputError(f"n is {n!r}; expected a number of draws of at least 0")
        generator = np.random.default_rng(seed)
        draws: FloatArray = self.mean + generator.standard_normal((n, self.rank)) @ self._factor.T
        return draws

    @property
    def d(self) -> int:
        """Number of inputs."""
        return self.mean.size

    @property
    def rank(self) -> int:
        """Dimension of the support: the rank of the covariance."""
        return self._rank

    @property
    def factor(self) -> FloatArray:
        """``L`` of shape ``(d, rank)`` with ``L L' = covariance``; rows without variance are exactly 0."""
        return self._factor

    def deviations(self, directions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard deviations of ``directions @ x`` and the unit vectors ``L'w/|L'w|`` behind them.

        A deviation below the rounding error of its own computation is 0, with a zero vector.

        Parameters
        ----------
        directions : array, shape (h, d)
            Rows ``w_j``.

        Returns
        -------
        sigma : array, shape (h,)
        unit : array, shape (h, rank)
        """
        images = directions @ self._factor
        sigma = np.linalg.norm(images, axis=1)
        noise = (
            4 * self.d * np.finfo(np.float64).eps * np.linalg.norm(np.abs(directions) @ np.abs(self._factor), axis=1)
        )
        sigma = np.where(sigma <= noise, 0.0, sigma)
        unit: FloatArray = images / np.where(sigma == 0, np.inf, sigma)[:, None]
        return sigma, unit

    def _factorised(self) -> FloatArray:
        variances = np.diag(self.covariance)
        tolerance = 8 * np.sqrt(self.d) * self._epsilon
        if variances.min() > 0:
            try:
                lower = np.asarray(np.linalg.cholesky(self.covariance), dtype=np.float64)
            except np.linalg.LinAlgError:
                lower = np.zeros_like(self.covariance)
            if (np.diag(lower) ** 2 > tolerance * variances).all():
                self._rank = self.d
                return lower
        values, vectors = np.linalg.eigh(self.covariance)
        largest = max(float(values[-1]), 0.0)
        if values[0] < -tolerance * max(largest, abs(float(values[0]))):
            raise InputError(
                f"covariance is indefinite: its smallest eigenvalue is {values[0]:.6g} (the largest is "
                f"{values[-1]:.6g}); expected a positive semi-definite matrix. Clip "
                "its negative eigenvalues to 0"
            )
        kept = values > tolerance * largest
        self._rank = int(np.count_nonzero(kept))
        factor: FloatArray = vectors[:, kept] * np.sqrt(values[kept])
        factor[variances == 0] = 0.0
        return factor

    def __repr__(self) -> str:
        singular = "" if self.rank == self.d else f", singular covariance of rank {self.rank}"
        return f"Gaussian(d={self.d}{singular})"


def _symmetric(matrix: FloatArray) -> FloatArray:
    gap = np.abs(matrix - matrix.T)
    worst = float(gap.max())
    if worst > _ASYMMETRY * float(np.abs(matrix).max()):
        i, j = np.unravel_index(int(np.argmax(gap)), gap.shape)
        raise InputError(
            f"covariance is asymmetric: entry ({i}, {j}) is {matrix[i, j]:.6g} and entry ({j}, {i}) is "
            f"{matrix[j, i]:.6g}; expected a symmetric matrix, for example (C + C.T) / 2"
        )
    return (matrix + matrix.T) / 2
