"""Covariance matrices: their symmetry, their support and a factor of them."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from numeric_backend.errors import InputError
from numeric_backend.namespaces import array_namespace, as_numpy

__all__ = ["freeze", "roundoff", "row_norms", "semidefinite_factor", "symmetric"]

FloatArray = Any  # float64, of NumPy or CuPy

_ASYMMETRY = 1e-8
_CLEAR = 1e-6  # smaller pivots amplify rounding errors; eigenvalues decide then


def semidefinite_factor(covariance: FloatArray, precision: float) -> FloatArray:
    """``L`` with ``L L' = covariance``, one column per dimension of the support; rows without variance are exactly 0.

    Features without variance are set aside, the others scaled to unit variance before any eigenvalue is cut.

    Raises
    ------
    InputError
        When the covariance has an eigenvalue below 0 beyond its rounding errors, of unit roundoff ``precision``.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.covariance import semidefinite_factor
    >>> semidefinite_factor(np.array([[4.0, 0.0], [0.0, 0.0]]), 2.2e-16)
    array([[2.],
           [0.]])
    """
    xp, d = array_namespace(covariance), covariance.shape[0]
    variances = xp.diag(covariance)
    tolerance = 8 * sqrt(d) * precision
    alive = xp.flatnonzero(variances > 0)
    factor = None
    if not covariance[variances <= 0].any():
        scale = xp.sqrt(variances[alive])
        correlations = covariance[alive][:, alive] / scale[:, None] / scale
        factor = _factor_of(correlations, tolerance)
    if factor is None:
        # Features whose variances are rounding errors of the others': semi-definite in one scale only.
        alive, scale = xp.arange(d), xp.ones(d)
        factor = _factor_of(covariance, tolerance)
    if factor is None:
        values = as_numpy(xp.linalg.eigvalsh(covariance))
        raise InputError(
            f"covariance is indefinite: its smallest eigenvalue is {values[0]:.6g} (the largest is "
            f"{values[-1]:.6g}); expected a positive semi-definite matrix. Clip "
            "its negative eigenvalues to 0"
        )
    whole = xp.zeros((d, factor.shape[1]))
    whole[alive] = scale[:, None] * factor
    whole[variances == 0] = 0.0
    return whole


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
    """Make it read-only, where the library can."""
    if isinstance(array, np.ndarray):
        array.setflags(write=False)


def _factor_of(matrix: FloatArray, tolerance: float) -> FloatArray | None:
    """``L`` with ``L L' = matrix``, one column per eigenvalue above the tolerance; None if it is indefinite."""
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
    """The symmetric part of a matrix that is symmetric to eight digits.

    Raises
    ------
    InputError
        When it is not.
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
