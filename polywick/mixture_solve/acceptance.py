"""Whether an iteration found what it says: its error summed anew from squares, beside that of the linear fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import as_numpy
from polywick.component_moments import expected_gradient
from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.mixture_solve.coordinates import Coordinates
from polywick.polynomial_distance import squared_distances

__all__ = ["Judgement", "judged", "nearly_points", "variance_within"]

FloatArray = npt.NDArray[np.float64]

_UNSEEN = (1e-13, 1e-6)
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Judgement:
    """What a comparison of two polynomials by sums of squares told.

    Attributes
    ----------
    kept : array of bool, shape (o,)
        Outputs whose quadratic is nearer to the network than the linear fit.
    excess : float
        The excess mean squared error of the nearer ones, all outputs together.
    gained : array, shape (o,)
        By how much the nearer one's mean squared error is below that of the linear fit.
    """

    kept: npt.NDArray[np.bool_]
    excess: float
    gained: FloatArray


def judged(
    polynomials: Sequence[FactoredPolynomial],
    weights: FloatArray,
    linear: DensePolynomial,
    quadratic: DensePolynomial,
    claimed: FloatArray,
    counts: npt.NDArray[np.bool_],
    estimate: float,
) -> Judgement:
    """The nearer of a quadratic and the linear fit, output by output, and an excess that both accounts bear out.

    ``E (f - Q)^2 = sum_k w_k E_k (f - P_k)^2 + sum_k w_k E_k (P_k - Q)^2``, ``P_k`` being the quadratic under
    component k. The second sum, of squares, is at least the excess of Q; and it must be less for the quadratic than for
    the linear fit by what the iteration claims. By how much it is not, so much may the claimed excess be off.

    Parameters
    ----------
    polynomials : sequence of K FactoredPolynomials
        ``P_k``.
    weights : array, shape (K,)
        Weights of the components.
    linear, quadratic : DensePolynomial
        The linear fit, and what was found.
    claimed : array, shape (o,)
        What the quadratic is said to explain beyond the linear fit.
    counts : array of bool, shape (o,)
        Outputs that vary, by more than rounding; the others keep the linear fit and have no excess.
    estimate : float
        The excess error it is said to have; infinite where nothing is known of it.
    """
    linear_left, left = np.zeros_like(claimed), np.zeros_like(claimed)
    for weight, polynomial in zip(weights, polynomials, strict=True):
        of_linear, of_quadratic = squared_distances(polynomial, (linear, quadratic))
        linear_left += weight * of_linear
        left += weight * of_quadratic
    kept = (left < linear_left) & counts
    nearer = np.where(kept, left, linear_left)
    gap = float(np.abs(linear_left - left - claimed)[counts].sum())
    excess = min(float(nearer[counts].sum()), estimate + gap)
    return Judgement(kept, excess if np.isfinite(excess) else float("inf"), linear_left - nearer)


def nearly_points(coordinates: Coordinates, weights: FloatArray) -> FloatArray:
    """Directions in which the components vary by less than a thousandth of the mixture, but not by nothing.

    Quadratic forms of such directions nearly vanish on the mixture and may still count. The iteration is long in
    finding them, and its estimate knows nothing of them.

    Parameters
    ----------
    coordinates : Coordinates
        In which the overall covariance is the identity.
    weights : array, shape (K,)
        Weights of the components.

    Returns
    -------
    array, shape (r, m)
        An orthonormal basis of them.
    """
    within = np.zeros((coordinates.dimension, coordinates.dimension))
    for weight, factor in zip(weights, coordinates.factors, strict=True):
        within += weight * (factor @ factor.T)
    shares, directions = np.linalg.eigh(within)
    return np.asarray(directions[:, (shares > _UNSEEN[0]) & (shares < _UNSEEN[1])])


def variance_within(
    coordinates: Coordinates,
    weights: FloatArray,
    polynomials: Sequence[FactoredPolynomial],
    directions: FloatArray,
) -> float:
    """What linear functions of ``directions``, taken about each component's own mean, explain of the network.

    A quadratic form that vanishes on the means is, on a component that is nearly a point, its gradient times the
    deviation from the mean. So no combination of such forms explains more.

    Parameters
    ----------
    coordinates : Coordinates
        Of the mixture.
    weights : array, shape (K,)
        Weights of the components.
    polynomials : sequence of K FactoredPolynomials
        The network's polynomials under the components, of at least degree 1.
    directions : array, shape (r, m)
        Directions of z.
    """
    total = 0.0
    for weight, factor, polynomial in zip(weights, coordinates.factors, polynomials, strict=True):
        slopes = as_numpy(expected_gradient(polynomial)) @ as_numpy(polynomial.inputs.factor)
        basis, sizes, _ = np.linalg.svd(factor.T @ directions, full_matrices=False)
        seen = basis[:, sizes > _ROUNDING * sizes.max(initial=0.0)]
        total += float(weight) * float(((slopes @ seen) ** 2).sum())
    return total
