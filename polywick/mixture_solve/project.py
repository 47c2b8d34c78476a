"""From a network and a mixture to the least-squares polynomial: which way of solving, and its report."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numeric_backend.errors import InputError, SizeError
from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.component_moments import expected_gradient, expected_value, hermite_coordinates
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.gated import GLU
from polywick.hermite_basis import feature_count
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.coordinates import whitened, whitening
from polywick.mixture_solve.direct import solve_directly
from polywick.mixture_solve.quadratic import HIDDEN, LEAST_TOLERANCE, solve_quadratic
from polywick.mixture_solve.report import SolveReport
from polywick.network import MLP
from polywick.network_variance import network_variance, unexplained_of
from polywick.projection import project
from polywick.shapes import checked_number, checked_size, size_text

__all__ = ["checked_tolerance", "project_on_mixture"]

FloatArray = Any  # float64, of NumPy or CuPy
Progress = Callable[[int, float, float], None]

DIRECT_FEATURES = 2000
DIRECT_LIMIT_BYTES = 1 << 30
MOST_STEPS = 1000


def project_on_mixture(
    network: MLP | GLU,
    mixture: GaussianMixture,
    degree: int,
    *,
    tolerance: float = 1e-6,
    progress: Progress | None = None,
    steps: int = MOST_STEPS,
    direct_features: int = DIRECT_FEATURES,
) -> DensePolynomial:
    """The least-squares polynomial under a mixture, in the library of network and mixture.

    The closed forms, the components' moments and the products of the iteration run in that library; coordinates are
    chosen, and small systems assembled and solved, on the host.

    Parameters
    ----------
    network : MLP or GLU
        The network.
    mixture : GaussianMixture
        Law of the inputs.
    degree : int
        Degree n.
    tolerance : float
        Excess mean squared error allowed where the system is solved by iteration, as a fraction of the variance.
    progress : callable, optional
        Told, step by step, the steps done, the estimated excess and the tolerance.
    steps : int
        Largest number of steps of the iteration.
    direct_features : int
        Up to so many features a quadratic is solved directly.

    Raises
    ------
    InputError
        When the tolerance is not above 0 and below 1.
    SizeError
        When the degree is above 2 and the system would not fit in memory; its size is named.
    """
    tolerance = checked_tolerance(tolerance)
    weights, used, xp = as_numpy(mixture.weights), mixture, mixture.namespace
    counted = np.flatnonzero(weights > 0)
    if counted.size < weights.size:
        weights = weights[counted]
        used = GaussianMixture.of(weights.tolist(), [mixture.components[k] for k in counted])
    r = used.rank
    features = feature_count(r, degree)
    iterated = degree == 2 and features > direct_features
    if degree > 1 and not iterated:
        check_direct(features, degree, r)
    polynomials = [project(network, component, degree) for component in used.components]
    outputs = polynomials[0].outputs
    checked_size(f"the coefficient tensor of order {degree}", (outputs, *(used.d,) * degree), DENSE_LIMIT_BYTES)
    iterations, applications, excess, converged = 0, 0, 0.0, True
    if degree < 2:
        method, (B, tensors, explained) = "closed form", _linear(used, polynomials, degree)
    elif not iterated:
        coordinates, method = whitened(used), "direct"
        B = coordinates.B
        tensors, explained = solve_directly(
            coordinates, weights, lambda k, basis: hermite_coordinates(polynomials[k], basis), degree
        )
    else:
        method = "conjugate gradients"
        overall, (least, most) = project(network, used.overall, degree), _variance_between(network, used)
        found = solve_quadratic(whitened(used), weights, polynomials, overall, least, tolerance, steps, progress)
        B, tensors, explained = found.coordinates.B, found.tensors, found.explained
        iterations, applications = found.iterations, found.applications
        excess = min(found.excess, _left(most, float(explained.sum())))
        converged = excess <= tolerance
    B, tensors, explained = xp.asarray(B), [xp.asarray(tensor) for tensor in tensors], xp.asarray(explained)
    report = SolveReport(method, features, used.d, r, iterations, applications, excess, tolerance, converged, explained)
    if not converged:
        warnings.warn(
            f"the quadratic has not converged after {iterations} iterations: its excess fraction of variance may be "
            f"{excess:.2g}, and {tolerance:.2g} was asked for. Raise tolerance, or use inputs.truncate or "
            "inputs.inflate: directions of almost no variance make the system slow to solve",
            stacklevel=3,
        )
    polynomial = DensePolynomial(
        used.mean,
        [_in_x(tensor, B) for tensor in tensors],
        inputs=mixture,
        activation=network.activation,
        report=report,
        unexplained=lambda: unexplained_of(polynomial, network, mixture),
        dtype=network.dtype,
    )
    return polynomial


def checked_tolerance(tolerance: object) -> float:
    """A tolerance from 1e-9, below which rounding hides what it asks for, to 1.

    Raises
    ------
    InputError
        When it is no number or out of range.
    """
    value = checked_number("tolerance", tolerance)
    if not LEAST_TOLERANCE <= value < 1:
        raise InputError(
            f"tolerance is {tolerance!r}; expected a fraction of the variance from {LEAST_TOLERANCE:g} up to 1"
        )
    return value


def check_direct(features: int, degree: int, r: int) -> None:
    """Refuse a system to be solved directly that takes more than 1 GB.

    Raises
    ------
    SizeError
        Naming its size.
    """
    size = 3 * 8 * features**2
    if size > DIRECT_LIMIT_BYTES:
        raise SizeError(
            f"a polynomial of degree {degree} under a mixture in {r} dimensions has {features:,} features, and the "
            f"system to solve would take {size_text(size)}, more than {size_text(DIRECT_LIMIT_BYTES)}; expected a "
            "lower degree (2 is solved without forming the system) or fewer dimensions: inputs.truncate(relative)"
        )


def _variance_between(network: MLP | GLU, mixture: GaussianMixture) -> tuple[float, float]:
    """The network's variance, less and more what is not certain of it; 0 and infinity where it cannot be had."""
    try:
        found = network_variance(network, mixture)
    except InputError:
        return 0.0, float("inf")
    least, most = np.maximum(found.per_output - found.bound, 0.0), found.per_output + found.bound
    return float(least.sum()), float(most.sum())


def _left(variance: float, explained: float) -> float:
    """The fraction of the variance that is not explained, which no excess exceeds, and what rounding may hide."""
    if not 0 < variance < float("inf"):
        return float("inf")
    return HIDDEN + max(1 - explained / variance, 0.0)


def _linear(
    mixture: GaussianMixture, polynomials: Sequence[FactoredPolynomial], degree: int
) -> tuple[FloatArray, list[FloatArray], FloatArray]:
    """``E f`` and ``Cov(f, z)``, ``z = B (x - mean)`` white, by the law of total covariance; and what they explain."""
    xp = mixture.namespace
    values = xp.stack([expected_value(polynomial) for polynomial in polynomials])
    mean = mixture.weights @ values
    if degree == 0:
        return xp.zeros((0, mixture.d)), [mean], xp.zeros_like(mean)
    covariance = (mixture.weights[:, None] * (values - mean)).T @ (mixture.means - mixture.mean)
    for weight, polynomial in zip(mixture.weights, polynomials, strict=True):
        covariance += weight * (expected_gradient(polynomial) @ polynomial.inputs.covariance)
    B = xp.asarray(whitening(mixture))
    slope = covariance @ B.T
    return B, [mean, slope], (slope**2).sum(axis=1)


def _in_x(tensor: FloatArray, B: FloatArray) -> FloatArray:
    """A symmetric tensor of z as one of ``x - centre``: every place contracted with B."""
    xp, order = array_namespace(B), tensor.ndim - 1
    for _ in range(order):
        tensor = xp.moveaxis(tensor @ B, -1, 1)
    if order == 2:
        tensor = (tensor + tensor.transpose(0, 2, 1)) / 2
    return xp.ascontiguousarray(tensor)
