"""Approximate joint diagonalisation of several symmetric matrices by one change of basis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["jointly_diagonalise"]

FloatArray = npt.NDArray[np.float64]

_FIRST_STEP, _LARGEST_STEP = 0.4, 0.9
_MOST_STEPS = 30
_WORTH_A_STEP = 0.01
_PARALLEL = 1e-12
_POWER_STEPS = 6


def jointly_diagonalise(matrices: FloatArray, weights: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """An invertible V that makes ``V C_k V'`` nearly diagonal, all k; ``sum_k weights_k V C_k V'`` has unit diagonal.

    Descends on the weighted sum of squares off the diagonals by multiplicative steps ``V <- (I + W) V``, each W
    minimising the sum to first order pair by pair; W is scaled down to a spectral norm at which steps succeed.

    Parameters
    ----------
    matrices : array, shape (K, r, r)
        Symmetric positive semi-definite.
    weights : array, shape (K,)
        At least 0.
    start : array, shape (r, r), optional
        V to begin with; the identity by default.

    References
    ----------
    A. Ziehe, P. Laskov, G. Nolte, K.-R. Mueller, "A fast algorithm for joint diagonalization with non-orthogonal
    transformations", JMLR 5 (2004) 777-800.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.mixture_solve.joint_diagonal import jointly_diagonalise
    >>> Q = np.array([[1.0, 0.5], [0.0, 1.0]])
    >>> pair = np.stack([Q @ np.diag(values) @ Q.T for values in ([1.0, 3.0], [2.0, 1.0])])
    >>> V = jointly_diagonalise(pair, np.array([0.5, 0.5]))
    >>> float(np.abs((V @ pair @ V.T)[:, 0, 1]).max()) < 1e-9
    True
    """
    V, turned = _scaled(np.eye(matrices.shape[1]) if start is None else start, matrices, weights)
    least, longest = _off_diagonal(turned, weights), _FIRST_STEP
    for _ in range(_MOST_STEPS):
        step = _step(turned, weights)
        length = _spectral_norm(step)
        if length == 0:
            break
        step *= min(1.0, longest / length)
        tried = _scaled(V + step @ V, matrices, weights)
        left = _off_diagonal(tried[1], weights)
        if not left < least:
            longest /= 3
            continue
        gained, (V, turned), least = least - left, tried, left
        if gained < _WORTH_A_STEP * least and length <= longest:
            break
        longest = min(1.2 * longest, _LARGEST_STEP)
    return V


def _spectral_norm(matrix: FloatArray) -> float:
    """The largest singular value, nearly, by the power method."""
    vector = np.cos(np.arange(matrix.shape[0]) + 1.0)
    length = 0.0
    for _ in range(_POWER_STEPS):
        vector = matrix.T @ (matrix @ vector)
        length = float(np.linalg.norm(vector))
        if length == 0:
            break
        vector /= length
    return float(np.sqrt(length))


def _scaled(V: FloatArray, matrices: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    turned = np.stack([V @ matrix @ V.T for matrix in matrices])
    diagonal = np.einsum("k,kii->i", weights, turned)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    turned *= scale[:, None]
    turned *= scale
    return V * scale[:, None], turned


def _off_diagonal(turned: FloatArray, weights: FloatArray) -> float:
    squares = np.einsum("kij,kij->k", turned, turned) - np.einsum("kii,kii->k", turned, turned)
    return float(weights @ squares)


def _step(turned: FloatArray, weights: FloatArray) -> FloatArray:
    diagonals = np.einsum("kii->ki", turned)
    z = (diagonals.T * weights) @ diagonals
    y = np.einsum("ki,kij->ij", weights[:, None] * diagonals, turned)
    squares = np.diag(z)
    determinant = np.outer(squares, squares) - z * z
    solvable = determinant > _PARALLEL * np.outer(squares, squares)
    np.fill_diagonal(solvable, False)
    step = (z * y - squares[:, None] * y.T) / np.where(solvable, determinant, 1.0)
    return np.asarray(np.where(solvable, step, 0.0))
