"""What a polynomial's linear and quadratic coefficients act along: singular values and eigenvectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.shapes import checked_size, finite_array

__all__ = ["Eigen", "Singular", "eigen_of_factors", "eigen_of_form", "output_direction", "singular"]

FloatArray = Any  # float64, of NumPy or CuPy


class Eigen(NamedTuple):
    """Eigenvalues, largest in absolute value first, and eigenvectors as columns of shape ``(d, k)``."""

    values: FloatArray
    vectors: FloatArray


class Singular(NamedTuple):
    """``linear = left @ diag(values) @ right``: left ``(o, r)``, values ``(r,)``, right ``(r, d)``."""

    left: FloatArray
    values: FloatArray
    right: FloatArray


def eigen_of_form(form: FloatArray, count: int) -> Eigen:
    """The ``count`` leading eigenvectors of a quadratic form, largest absolute values first."""
    xp = array_namespace(form)
    values, vectors = xp.linalg.eigh((form + form.T) / 2)
    first = xp.asarray(np.argsort(-as_numpy(abs(values)), kind="stable")[:count])
    return Eigen(values[first], vectors[:, first])


def eigen_of_factors(
    W1: FloatArray, R: FloatArray | None, weights: FloatArray, gated: FloatArray | None, count: int
) -> Eigen:
    """The same of ``sum_j weights_j w_j w_j' + gated_j (w_j r_j' + r_j w_j')/2``.

    With fewer rows than inputs the range of the rows is diagonalised instead of the whole space.
    """
    xp, d = array_namespace(W1), W1.shape[1]
    rows = W1 if R is None or gated is None else xp.concatenate([W1, R])
    if count > rows.shape[0] or rows.shape[0] >= d:
        checked_size("the quadratic form", (d, d), DENSE_LIMIT_BYTES)
        return eigen_of_form(_form(rows.T, weights, gated), count)
    basis, triangle = xp.linalg.qr(rows.T)
    values, vectors = eigen_of_form(_form(triangle, weights, gated), count)
    return Eigen(values, basis @ vectors)


def _form(columns: FloatArray, weights: FloatArray, gated: FloatArray | None) -> FloatArray:
    """The form from the columns ``w_1 .. w_h``, and ``r_1 .. r_h`` behind them; the antisymmetric part is left in."""
    h = weights.size
    W = columns[:, :h]
    form = (W * weights) @ W.T
    return form if gated is None else form + (W * gated) @ columns[:, h:].T


def output_direction(chosen: Any, o: int, xp: Any) -> FloatArray:
    """Weights of the outputs, shape ``(o,)``, of the index of an output or of a direction.

    Raises
    ------
    InputError
        When there is no such output.
    ShapeError
        When the direction has not one weight per output.
    """
    if isinstance(chosen, (int, np.integer)) and not isinstance(chosen, bool):
        if not -o <= chosen < o:
            raise InputError(f"output is {chosen}; expected an index below {o}")
        return xp.eye(o)[int(chosen)]
    direction = finite_array("direction", chosen, 1, xp)
    if direction.shape != (o,):
        raise ShapeError(f"direction has shape {direction.shape}; expected ({o},), one weight per output")
    return direction


def singular(linear: FloatArray) -> Singular:
    """The singular value decomposition of the linear coefficients."""
    left, values, right = array_namespace(linear).linalg.svd(linear, full_matrices=False)
    return Singular(left, values, right)
