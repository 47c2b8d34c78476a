"""What a polynomial's linear and quadratic coefficients act along: singular values and eigenvectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError, ShapeError
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.shapes import checked_count, checked_size, finite_array

__all__ = ["Eigen", "Singular", "quadratic_eigen", "singular"]

FloatArray = npt.NDArray[np.float64]


class Eigen(NamedTuple):
    """Eigenvalues, largest in absolute value first, and eigenvectors as columns of shape ``(d, k)``."""

    values: FloatArray
    vectors: FloatArray


class Singular(NamedTuple):
    """``linear = left @ diag(values) @ right``: left ``(o, r)``, values ``(r,)``, right ``(r, d)``."""

    left: FloatArray
    values: FloatArray
    right: FloatArray


def quadratic_eigen(W1: FloatArray, W2: FloatArray, weights: FloatArray, chosen: Any, k: int | None) -> Eigen:
    """The ``k`` leading eigenvectors of ``W1' diag(direction @ W2 * weights) W1``, largest absolute values first.

    ``chosen`` is the index of an output or a direction of outputs. With fewer units than inputs the range of
    ``W1'`` is diagonalised instead of the whole space.
    """
    (h, d), o = W1.shape, W2.shape[0]
    count = d if k is None else checked_count("k", k)
    if not 1 <= count <= d:
        raise InputError(f"k is {k!r}; expected between 1 and {d} eigenvectors")
    amplitudes = (_direction(chosen, o) @ W2) * weights
    if count > h or h >= d:
        checked_size("the quadratic form", (d, d), DENSE_LIMIT_BYTES)
        form = (W1.T * amplitudes) @ W1
        values, vectors = np.linalg.eigh((form + form.T) / 2)
    else:
        basis, triangle = np.linalg.qr(W1.T)
        core = (triangle * amplitudes) @ triangle.T
        values, inner = np.linalg.eigh((core + core.T) / 2)
        vectors = basis @ inner
    first = np.argsort(-np.abs(values), kind="stable")[:count]
    return Eigen(values[first], vectors[:, first])


def _direction(chosen: Any, o: int) -> FloatArray:
    if isinstance(chosen, (int, np.integer)) and not isinstance(chosen, bool):
        if not -o <= chosen < o:
            raise InputError(f"output is {chosen}; expected an index below {o}")
        return np.asarray(np.eye(o)[chosen])
    direction = finite_array("direction", chosen, 1)
    if direction.shape != (o,):
        raise ShapeError(f"direction has shape {direction.shape}; expected ({o},), one weight per output")
    return direction


def singular(linear: FloatArray) -> Singular:
    """The singular value decomposition of the linear coefficients."""
    left, values, right = np.linalg.svd(linear, full_matrices=False)
    return Singular(left, values, right)
