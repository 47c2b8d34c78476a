"""Whether an iteration found what it says: its error summed anew from squares, beside that of the linear fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.mixture_solve.coordinates import Coordinates
from polywick.polynomial_distance import squared_distances

__all__ = ["Judgement", "judged", "nearly_points"]

FloatArray = npt.NDArray[np.float64]

_UNSEEN = (1e-13, 1e-6)


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
    estimate : float
        The excess error it is said to have; infinite where nothing is known of it.
    """
    linear_left, left = np.zeros_like(claimed), np.zeros_like(claimed)
    for weight, polynomial in zip(weights, polynomials, strict=True):
        of_linear, of_quadratic = squared_distances(polynomial, (linear, quadratic))
        linear_left += weight * of_linear
        left += weight * of_quadratic
    kept = left < linear_left
    nearer = np.where(kept, left, linear_left)
    gap = float(np.abs(linear_left - left - claimed).sum())
    excess = min(float(nearer.sum()), estimate + gap)
    return Judgement(kept, excess if np.isfinite(excess) else float("inf"), linear_left - nearer)


def nearly_points(coordinates: Coordinates, weights: FloatArray) -> int:
    """In how many directions the components vary by less than a thousandth of the mixture, but not by nothing.

    Quadratic forms of such directions nearly vanish on the mixture and may still count. The iteration is long in
    finding them, and its estimate knows nothing of them.

    Parameters
    ----------
    coordinates : Coordinates
        In which the overall covariance is the identity.
    weights : array, shape (K,)
        Weights of the components.
    """
    within = np.zeros((coordinates.dimension, coordinates.dimension))
    for weight, factor in zip(weights, coordinates.factors, strict=True):
        within += weight * (factor @ factor.T)
    shares = np.linalg.eigvalsh(within)
    return int(np.count_nonzero((shares > _UNSEEN[0]) & (shares < _UNSEEN[1])))
