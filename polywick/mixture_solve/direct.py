"""Any degree at once: the least-squares system assembled component by component and solved to rounding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from polywick.component_moments import hermite_coordinates
from polywick.factored import FactoredPolynomial
from polywick.hermite_basis import HermiteBasis
from polywick.mixture_solve.coordinates import Coordinates

__all__ = ["solve_directly"]

FloatArray = npt.NDArray[np.float64]

_WELL_DETERMINED = 1e-10


def solve_directly(
    coordinates: Coordinates, weights: FloatArray, polynomials: Sequence[FactoredPolynomial], degree: int
) -> tuple[list[FloatArray], FloatArray]:
    """The polynomial in z that is nearest to all components' polynomials, each under its own Gaussian.

    In the orthonormal basis of its own Gaussian, component k sees the features as a matrix ``T_k`` and the network as a
    vector ``h_k``, up to what is orthogonal to polynomials of this degree. The least-squares polynomial minimises
    ``sum_k w_k |T_k x - h_k|^2``: solved by orthogonal triangulation, without squaring the condition number.

    Parameters
    ----------
    coordinates : Coordinates
        Where z lives.
    weights : array, shape (K,)
        Weights of the components.
    polynomials : sequence of K FactoredPolynomials
        The least-squares polynomials of the network under the components, of this degree.
    degree : int
        Degree n.

    Returns
    -------
    tensors : list of arrays
        Symmetric tensors of the monomials of z, shapes ``(o,), (o, r), (o, r, r), ...``.
    explained : array, shape (o,)
        Variance of the polynomial.
    """
    outer = HermiteBasis(coordinates.dimension, degree)
    triangle = np.zeros((0, outer.size + polynomials[0].outputs))
    for weight, mean, factor, polynomial in zip(
        weights, coordinates.means, coordinates.factors, polynomials, strict=True
    ):
        inner = HermiteBasis(factor.shape[1], degree)
        features = outer.substitution(inner, mean, factor)
        rows = np.sqrt(weight) * np.hstack([features, hermite_coordinates(polynomial, inner)])
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]), mode="r"))
    left, right = triangle[: outer.size, : outer.size], triangle[: outer.size, outer.size :]
    solution = _solved(left, right)
    # The first feature is the constant 1, and the first row of the triangle what is along it: the mean.
    explained = np.sum((left[1:] @ solution) ** 2, axis=0)
    return outer.symmetric_tensors(solution), np.asarray(explained)


def _solved(left: FloatArray, right: FloatArray) -> FloatArray:
    """The least-squares solution of a triangular system, of smallest norm where it is not unique."""
    diagonal = np.abs(np.diag(left))
    if left.shape[0] == left.shape[1] and diagonal.min() > _WELL_DETERMINED * diagonal.max():
        return np.asarray(solve_triangular(left, right))
    return np.asarray(np.linalg.lstsq(left, right, rcond=None)[0])
