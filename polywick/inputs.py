"""Gaussian inputs: any mean, any covariance, singular ones included."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.covariance import freeze, roundoff, row_norms, semidefinite_factor, symmetric
from polywick.principal import checked_variance, principal_projector
from polywick.shapes import checked_count, finite_array, one_library

__all__ = ["Gaussian"]

FloatArray = Any  # float64, of NumPy or CuPy

_EPSILON = float(np.finfo(np.float64).eps)
_COARSEST = 0.01
_CONSTANT = 4  # a column that deviates by less than so many roundings of its mean is constant


class Gaussian:
    """The law ``N(mean, covariance)`` of a network's input.

    Parameters
    ----------
    mean : array_like, shape (d,)
        Mean.
    covariance : array_like, shape (d, d)
        Symmetric positive semi-definite; a singular covariance is accepted and stated in the ``repr``.
    precision : float, optional
        Unit roundoff of the covariance given, by which it may miss being semi-definite; that of its dtype
        by default.

    Raises
    ------
    ShapeError
        When the shapes do not agree.
    InputError
        When entries are not finite, or the covariance is asymmetric or has a negative eigenvalue.
    ArrayLibraryError
        When NumPy and CuPy arrays are mixed.

    Notes
    -----
    The arrays given may be NumPy's or CuPy's; they are held in float64, and samples are of the same library.

    Examples
    --------
    >>> import polywick as pw
    >>> pw.Gaussian([0.0, 1.0], [[1.0, 1.0], [1.0, 1.0]])
    Gaussian(d=2, singular covariance of rank 1)
    """

    mean: FloatArray
    covariance: FloatArray

    def __init__(self, mean: Any, covariance: Any, *, precision: float | None = None) -> None:
        xp = one_library(mean=mean, covariance=covariance)
        self.mean = finite_array("mean", mean, 1, xp)
        self.precision = roundoff(covariance) if precision is None else float(precision)
        if not 0 < self.precision < _COARSEST:
            raise InputError(
                f"precision is {self.precision:g}; expected a unit roundoff such as 2.2e-16, below {_COARSEST}"
            )
        matrix = finite_array("covariance", covariance, 2, xp)
        d = self.mean.size
        if d == 0:
            raise ShapeError("mean has shape (0,); expected at least one input")
        if matrix.shape != (d, d):
            raise ShapeError(f"covariance has shape {matrix.shape} and mean has shape ({d},); expected ({d}, {d})")
        self.covariance = symmetric(matrix)
        freeze(self.covariance)
        self._factor = semidefinite_factor(self.covariance, self.precision)
        freeze(self._factor)

    @classmethod
    def standard(cls, d: int) -> Gaussian:
        """``N(0, I)`` in ``d`` dimensions.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian.standard(3)
        Gaussian(d=3)
        """
        size = checked_count("d", d, 1)
        return cls(np.zeros(size), np.eye(size))

    @classmethod
    def fit(cls, samples: Any) -> Gaussian:
        """The Gaussian with the mean and the (unbiased) covariance of the rows of ``samples``.

        Parameters
        ----------
        samples : array_like, shape (N, d)
            One sample per row, at least two. A column that is constant to rounding gets variance 0.

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
        mean = array[0] + (array - array[0]).mean(axis=0)  # exact for a constant column
        centred = array - mean
        mean, centred = mean + centred.mean(axis=0), centred - centred.mean(axis=0)
        covariance = centred.T @ centred / (array.shape[0] - 1)
        xp = array_namespace(covariance)
        constant = xp.sqrt(xp.diag(covariance)) <= _CONSTANT * _EPSILON * abs(mean)
        covariance[constant, :] = 0.0
        covariance[:, constant] = 0.0
        return cls(mean, covariance)

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
        normal = self.namespace.asarray(generator.standard_normal((n, self.rank)))
        return self.mean + normal @ self._factor.T

    def affine(self, A: Any, b: Any = None) -> Gaussian:
        """The law of ``A x + b``.

        Parameters
        ----------
        A : array_like, shape (p, d)
            Matrix.
        b : array_like, shape (p,), optional
            Offset; zero by default.

        Raises
        ------
        ShapeError
            When the shapes do not agree.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian.standard(2).affine([[1.0, 1.0]], [3.0]).covariance
        array([[2.]])
        """
        matrix = finite_array("A", A, 2, self.namespace)
        p = matrix.shape[0]
        offset = self.namespace.zeros(p) if b is None else finite_array("b", b, 1, self.namespace)
        if matrix.shape[1] != self.d or offset.shape != (p,):
            raise ShapeError(f"A has shape {matrix.shape} and b {offset.shape}; expected (p, {self.d}) and (p,)")
        images = matrix @ self._factor
        return Gaussian(matrix @ self.mean + offset, images @ images.T, precision=self.precision)

    def inflate(self, variance: float) -> Gaussian:
        """The law of ``x + e``, ``e ~ N(0, variance I)`` independent of x.

        Raises
        ------
        InputError
            When ``variance`` is negative or not finite.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian([0.0, 0.0], [[1.0, 1.0], [1.0, 1.0]]).inflate(0.5).covariance
        array([[1.5, 1. ],
               [1. , 1.5]])
        """
        added = checked_variance(variance) * self.namespace.eye(self.d)
        return type(self)(self.mean, self.covariance + added, precision=self.precision)

    def truncate(self, relative: float = 1e-3) -> Gaussian:
        """The law of x projected on the principal subspace: ``mean + P (x - mean)``, still in d dimensions.

        P keeps the eigenvectors of the covariance whose eigenvalues exceed ``relative`` times the largest.

        Raises
        ------
        InputError
            When ``relative`` is not at least 0 and below 1.

        Examples
        --------
        >>> import polywick as pw
        >>> pw.Gaussian([0.0, 0.0], [[1.0, 0.0], [0.0, 1e-4]]).truncate(1e-3)
        Gaussian(d=2, singular covariance of rank 1)
        """
        projector = self.namespace.asarray(principal_projector(as_numpy(self.covariance), relative))
        return type(self)(self.mean, projector @ self.covariance @ projector, precision=self.precision)

    @property
    def d(self) -> int:
        """Number of inputs."""
        return int(self.mean.size)

    @property
    def namespace(self) -> Any:
        """The module, numpy or cupy, whose arrays mean and covariance are."""
        return array_namespace(self.mean)

    @property
    def rank(self) -> int:
        """Dimension of the support: the rank of the covariance."""
        return int(self._factor.shape[1])

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
        xp = self.namespace
        images = directions @ self._factor
        sigma = self._lengths(directions, images)
        images /= xp.where(sigma == 0, xp.inf, sigma)[:, None]
        return sigma, images

    def spreads(self, directions: FloatArray) -> FloatArray:
        """The standard deviations alone, shape ``(h,)``.

        Examples
        --------
        >>> import numpy as np
        >>> import polywick as pw
        >>> pw.Gaussian.standard(2).spreads(np.array([[3.0, 4.0]]))
        array([5.])
        """
        return self._lengths(directions, directions @ self._factor)

    def _lengths(self, directions: FloatArray, images: FloatArray) -> FloatArray:
        xp, sigma = self.namespace, row_norms(images)
        rounding = 4 * self.d * _EPSILON
        doubtful = xp.flatnonzero(sigma <= rounding * (abs(directions) @ row_norms(self._factor)))
        noise = rounding * row_norms(abs(directions[doubtful]) @ abs(self._factor))  # at most what chose the rows
        sigma[doubtful] = xp.where(sigma[doubtful] <= noise, 0.0, sigma[doubtful])
        return sigma

    def __repr__(self) -> str:
        singular = "" if self.rank == self.d else f", singular covariance of rank {self.rank}"
        return f"Gaussian(d={self.d}{singular})"
