"""Symmetric matrices that may be singular: the factor of a covariance, and norms at any scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric_backend.errors import InputError
from numeric_backend.namespaces import array_namespace

__all__ = ["freeze", "roundoff", "row_norms", "semidefinite_factor", "symmetric"]

FloatArray = Any  # float64, of NumPy or CuPy

_ASYMMETRY = 1e-8
_CLEAR = 1e-6  # smaller pivots amplify rounding errors; eigenvalues decide then


def roundoff(covariance: Any) -> float:
    """Unit roundoff of the numbers given: a float32 covariance has eigenvalues off by that much."""
    given = getattr(covariance, "dtype", None)
    coarse = isinstance(given, np.dtype) and given.kind == "f" and given.itemsize < 8
    return float(np.finfo(given if coarse else np.float64).eps)


def row_norms(rows: FloatArray) -> FloatArray:
    """Euclidean norms, computed at the scale of each row so that no square leaves the range of floats."""
    xp = array_namespace(rows)
    if rows.shape[1] == 0:
        return xp.zeros(rows.shape[0])
    exponents = xp.frexp(abs(rows).max(axis=1))[1].astype(xp.int64)
    scaled = xp.ldexp(rows, -exponents[:, None])
    return xp.ldexp(xp.linalg.norm(scaled, axis=1), exponents)


def freeze(array: FloatArray) -> None:
    """Make an array read-only, where its library can."""
    if isinstance(array, np.ndarray):
        array.setflags(write=False)


def semidefinite_factor(matrix: FloatArray, tolerance: float) -> FloatArray | None:
    """``L`` with ``L L' = matrix``, one column per eigenvalue above the tolerance; None if it is indefinite.

    Parameters
    ----------
    matrix : array, shape (d, d)
        Symmetric.
    tolerance : float
        Relative to the largest eigenvalue.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.symmetric_matrices import semidefinite_factor
    >>> abs(semidefinite_factor(np.ones((2, 2)), 1e-12)).round(12)
    array([[1.],
           [1.]])
    """
    xp = array_namespace(matrix)
    diagonal = xp.diag(matrix)
    if (diagonal > 0).all():
        try:
            lower = xp.linalg.cholesky(matrix)  # CuPy gives NaN where NumPy raises
        except np.linalg.LinAlgError:
            lower = xp.zeros_like(matrix)
        if (xp.diag(lower) ** 2 > max(_CLEAR, 1000 * tolerance) * diagonal).all():
            return lower
    values, vectors = xp.linalg.eigh(matrix)
    largest = max(float(values[-1]), 0.0)
    if values[0] < -tolerance * max(largest, abs(float(values[0]))):
        return None
    kept = values > tolerance * largest
    return vectors[:, kept] * xp.sqrt(values[kept])


def symmetric(matrix: FloatArray) -> FloatArray:
    """The symmetric part of a covariance that is symmetric up to rounding.

    Raises
    ------
    InputError
        When it is not; the message names the entries that differ most.
    """
    gap = abs(matrix - matrix.T)
    worst = float(gap.max())
    if worst > _ASYMMETRY * float(abs(matrix).max()):
        i, j = divmod(int(gap.argmax()), gap.shape[1])
        raise InputError(
            f"covariance is asymmetric: entry ({i}, {j}) is {float(matrix[i, j]):.6g} and entry ({j}, {i}) is "
            f"{float(matrix[j, i]):.6g}; expected a symmetric matrix, for example (C + C.T) / 2"
        )
    return (matrix + matrix.T) / 2
