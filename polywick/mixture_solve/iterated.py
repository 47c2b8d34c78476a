"""A quadratic by iteration, taken for what sums of squares show it to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from numeric_backend.namespaces import as_numpy
from polywick.component_moments import expected_value
from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.gated import GLU
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.acceptance import judged, nearly_points, variance_within
from polywick.mixture_solve.coordinates import whitened
from polywick.mixture_solve.linear import in_x, linear_fit
from polywick.mixture_solve.quadratic import HIDDEN, solve_quadratic
from polywick.network import MLP
from polywick.network_variance import ROUNDING, network_variance
from polywick.projection import project

__all__ = ["IteratedQuadratic", "iterated_quadratic"]

FloatArray = Any  # float64, of NumPy or CuPy
Progress = Callable[[int, float, float], None]


@dataclass(frozen=True)
class IteratedQuadratic:
    """Tensors of ``x - mean``, what they explain, and what is known of them.

    Attributes
    ----------
    tensors : list of arrays
        Of the orders 0, 1 and 2.
    explained : array, shape (o,)
        Variance they explain.
    excess : float
        Excess mean squared error as a fraction of the variance.
    iterations, applications : int
        Steps, and applications of the operator.
    linear_outputs : int
        How many outputs keep the linear fit, because the quadratic found was further from the network.
    nearly_points : int
        Directions in which the components are nearly points.
    """

    tensors: list[FloatArray]
    explained: FloatArray
    excess: float
    iterations: int
    applications: int
    linear_outputs: int
    nearly_points: int


def iterated_quadratic(
    network: MLP | GLU,
    mixture: GaussianMixture,
    weights: npt.NDArray[np.float64],
    polynomials: Sequence[FactoredPolynomial],
    tolerance: float,
    steps: int,
    progress: Progress | None,
) -> IteratedQuadratic:
    """The quadratic by conjugate gradients; where it lies further from the network than the linear fit, the latter.

    Parameters
    ----------
    network : MLP or GLU
        The network.
    mixture : GaussianMixture
        Law of the inputs, without components of weight 0.
    weights : array, shape (K,)
        Its weights, of NumPy.
    polynomials : sequence of K FactoredPolynomials
        The quadratics under the components.
    tolerance : float
        Excess mean squared error allowed, as a fraction of the variance.
    steps : int
        Largest number of steps.
    progress : callable, optional
        Told the steps done, the estimated excess and the tolerance.
    """
    xp, coordinates = mixture.namespace, whitened(mixture)
    overall, least = project(network, mixture.overall, 2), _least_variances(network, mixture)
    values = np.stack([as_numpy(expected_value(polynomial)) for polynomial in polynomials])
    noise = (ROUNDING * np.abs(values).max(axis=0)) ** 2  # of squares of what is rounded at that size
    counts = ~(least <= noise)
    variance = max(float(np.nansum(least[counts])), float(noise.sum()) / tolerance)
    found = solve_quadratic(coordinates, weights, polynomials, overall, variance, tolerance, steps, progress)
    B, level, explained = linear_fit(mixture, polynomials, 1)
    straight = [in_x(tensor, B) for tensor in level]
    curved = [in_x(tensor, found.coordinates.B) for tensor in found.tensors]
    by_linear = as_numpy(explained)
    points = nearly_points(coordinates, weights)
    judgement = judged(
        polynomials,
        weights,
        DensePolynomial(mixture.mean, straight, inputs=mixture, activation=network.activation),
        DensePolynomial(mixture.mean, curved, inputs=mixture, activation=network.activation),
        as_numpy(found.explained) - by_linear,
        counts,
        found.excess + variance_within(coordinates, weights, polynomials, points),
    )
    kept = xp.asarray(judgement.kept)
    tensors = [xp.where(kept.reshape(-1, *(1,) * order), curved[order], 0.0) for order in range(3)]
    for order in range(2):
        tensors[order] += xp.where(kept.reshape(-1, *(1,) * order), 0.0, straight[order])
    total = by_linear + judgement.gained
    size = max(float(np.nansum(least[counts])), float(total[counts].sum()))
    return IteratedQuadratic(
        tensors,
        xp.asarray(total),
        HIDDEN + judgement.excess / size if size > 0 else HIDDEN if judgement.excess == 0 else float("inf"),
        found.iterations,
        found.applications,
        int(np.count_nonzero(~judgement.kept & counts)),
        points.shape[1],
    )


def _least_variances(network: MLP | GLU, mixture: GaussianMixture) -> npt.NDArray[np.float64]:
    """The variances of the outputs, less what is not certain of them; NaN where they cannot be had."""
    try:
        found = network_variance(network, mixture)
    except InputError:
        return np.full(network.b2.shape, np.nan)
    return np.maximum(found.per_output - found.bound, 0.0)
