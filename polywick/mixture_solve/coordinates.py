"""Coordinates in which a mixture's overall covariance is near the identity and its components near diagonal.

They are found on the host, by LAPACK, and handed to the library that the mixture is of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.joint_diagonal import jointly_diagonalise

__all__ = ["Coordinates", "jointly_diagonal", "whitened", "whitening"]

HostArray = npt.NDArray[np.float64]
FloatArray = Any  # float64, of NumPy or CuPy


@dataclass(frozen=True)
class Coordinates:
    """``z = B (x - centre)`` on the affine space that carries the mixture, and the components there.

    Attributes
    ----------
    centre : array, shape (d,)
        The overall mean.
    B : array, shape (r, d)
        Injective on that space.
    means : array, shape (K, r)
        Means of z.
    factors : tuple of K arrays, shape (r, r_k)
        ``F_k`` with ``F_k F_k'`` the covariance of z.
    """

    centre: FloatArray
    B: FloatArray
    means: FloatArray
    factors: tuple[FloatArray, ...]

    @property
    def dimension(self) -> int:
        """The dimension r."""
        return int(self.B.shape[0])

    def covariances(self) -> FloatArray:
        """Covariances of z, shape ``(K, r, r)``."""
        xp = array_namespace(self.B)
        covariances = xp.empty((len(self.factors), self.dimension, self.dimension))
        for k, factor in enumerate(self.factors):
            xp.matmul(factor, factor.T, out=covariances[k])
        return covariances

    def on(self, xp: Any) -> Coordinates:
        """The same in arrays of the library ``xp``."""
        factors = tuple(xp.asarray(factor) for factor in self.factors)
        return Coordinates(xp.asarray(self.centre), xp.asarray(self.B), xp.asarray(self.means), factors)

    def turned(self, V: FloatArray) -> Coordinates:
        """The coordinates ``V z``, V invertible."""
        return Coordinates(self.centre, V @ self.B, self.means @ V.T, tuple(V @ factor for factor in self.factors))


def whitened(mixture: GaussianMixture) -> Coordinates:
    """Coordinates in which the overall covariance is the identity, up to rounding, in NumPy arrays.

    Where the overall covariance is singular they cover its range only.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.mixture_solve.coordinates import whitened
    >>> mixture = pw.GaussianMixture([0.5, 0.5], [[-2.0, 0.0], [2.0, 0.0]], [[[0.0, 0.0], [0.0, 0.0]]] * 2)
    >>> abs(whitened(mixture).means)
    array([[1.],
           [1.]])
    """
    B, mean = whitening(mixture), as_numpy(mixture.mean)
    means = np.stack([B @ (as_numpy(component.mean) - mean) for component in mixture.components])
    factors = tuple(B @ as_numpy(component.factor) for component in mixture.components)
    return Coordinates(mean, B, means, factors)


def whitening(mixture: GaussianMixture) -> HostArray:
    """``B``, shape ``(r, d)``: ``B (x - mean)`` has the identity as its overall covariance; of NumPy.

    It is blind to what is orthogonal to the space the mixture lives in: a polynomial of it takes the same value at x as
    at the nearest point of that space.
    """
    factor = as_numpy(mixture.overall.factor)
    if factor.shape[1] == mixture.d and not np.triu(factor, 1).any():
        return np.asarray(solve_triangular(factor, np.eye(mixture.d), lower=True))
    if factor.shape[1] == 0:
        return np.zeros((0, mixture.d))
    orthogonal, triangle = np.linalg.qr(factor)
    return np.asarray(solve_triangular(triangle, orthogonal.T))


def jointly_diagonal(coordinates: Coordinates, weights: HostArray) -> Coordinates:
    """Coordinates in which the components' covariances are all as near to diagonal as they can be made together.

    NumPy's, and so are those given.
    """
    # The principal directions of x come first: different components vary along much the same ones.
    _, principal = np.linalg.eigh(coordinates.B @ coordinates.B.T)
    turned = coordinates.turned(principal.T)
    return turned.turned(jointly_diagonalise(turned.covariances(), weights))
