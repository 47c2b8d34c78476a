"""Any degree at once: the least-squares system assembled component by component and solved to rounding, on the host."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from polywick.hermite_basis import HermiteBasis
from polywick.mixture_solve.coordinates import Coordinates

__all__ = ["Coefficients", "explained_up_to", "solve_directly"]

FloatArray = npt.NDArray[np.float64]
Coefficients = Callable[[int, HermiteBasis], FloatArray]  # (features, o) of a component, on the basis of its own y

_WELL_DETERMINED = 1e-10


def solve_directly(
    coordinates: Coordinates, weights: FloatArray, coefficients: Coefficients, degree: int
) -> tuple[list[FloatArray], FloatArray]:
    """The polynomial in z that is nearest to a function under all components together.

    In the orthonormal basis of its own Gaussian, component k sees the features as a matrix ``T_k`` and the function as
    a vector ``h_k``, up to what is orthogonal to polynomials of this degree. The least-squares polynomial minimises
    ``sum_k w_k |T_k x - h_k|^2``: solved by orthogonal triangulation, without squaring the condition number.

    Parameters
    ----------
    coordinates : Coordinates
        Where z lives.
    weights : array, shape (K,)
        Weights of the components.
    coefficients : callable
        ``h_k`` from k and the basis of component k, shape ``(features, o)``.
    degree : int
        Degree n.

    Returns
    -------
    tensors : list of arrays
        Symmetric tensors of the monomials of z, shapes ``(o,), (o, r), (o, r, r), ...``.
    explained : array, shape (o,)
        Variance of the polynomial.
    """
    outer, left, right = _triangle(coordinates, weights, coefficients, degree)
    solution = _solved(left, right)
    # The first feature is the constant 1, and the first row of the triangle what is along it: the mean.
    with np.errstate(over="ignore"):
        explained = np.sum((left[1:] @ solution) ** 2, axis=0)
    return outer.symmetric_tensors(solution), np.asarray(explained)


def explained_up_to(
    coordinates: Coordinates, weights: FloatArray, coefficients: Coefficients, degree: int
) -> FloatArray:
    """Variances of the least-squares polynomials of the degrees 0 to n, shape ``(n + 1, o)``.

    From one triangle: features come by degree, and those of lower degree have its leading part for theirs.
    """
    outer, left, right = _triangle(coordinates, weights, coefficients, degree)
    explained = np.zeros((degree + 1, right.shape[1]))
    for k in range(1, degree + 1):
        below = slice(outer.level(k).stop)
        part = left[below, below]
        explained[k] = np.sum((part[1:] @ _solved(part, right[below])) ** 2, axis=0)
    return explained


def _triangle(
    coordinates: Coordinates, weights: FloatArray, coefficients: Coefficients, degree: int
) -> tuple[HermiteBasis, FloatArray, FloatArray]:
    """The features of z, the triangular factor of the system and its right-hand sides."""
    outer = HermiteBasis(coordinates.dimension, degree)
    triangle = np.zeros((0, 0))
    for k, (weight, mean, factor) in enumerate(zip(weights, coordinates.means, coordinates.factors, strict=True)):
        inner = HermiteBasis(factor.shape[1], degree)
        features = outer.substitution(inner, mean, factor)
        rows = np.sqrt(weight) * np.hstack([features, coefficients(k, inner)])
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]) if k else rows, mode="r"))
    return outer, triangle[: outer.size, : outer.size], triangle[: outer.size, outer.size :]


def _solved(left: FloatArray, right: FloatArray) -> FloatArray:
    """The least-squares solution of a triangular system, of smallest norm where it is not unique."""
    diagonal = np.abs(np.diag(left))
    if left.shape[0] == left.shape[1] and diagonal.min() > _WELL_DETERMINED * diagonal.max():
        return np.asarray(solve_triangular(left, right))
    return np.asarray(np.linalg.lstsq(left, right, rcond=None)[0])
