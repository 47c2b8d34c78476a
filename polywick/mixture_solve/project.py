"""From a network and a mixture to the least-squares polynomial: which way of solving, and its report."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from numeric_backend.errors import InputError, SizeError
from numeric_backend.namespaces import as_numpy
from polywick.component_moments import hermite_coordinates
from polywick.dense import DENSE_LIMIT_BYTES
from polywick.dense_polynomial import DensePolynomial
from polywick.gated import GLU
from polywick.hermite_basis import feature_count
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.coordinates import whitened
from polywick.mixture_solve.direct import solve_directly
from polywick.mixture_solve.iterated import IteratedQuadratic, iterated_quadratic
from polywick.mixture_solve.linear import in_x, linear_fit
from polywick.mixture_solve.quadratic import LEAST_TOLERANCE
from polywick.mixture_solve.report import SolveReport
from polywick.network import MLP
from polywick.network_variance import check_small_outputs, unexplained_of
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
        When the tolerance is not above 0 and below 1, or outputs are so small that their squares vanish.
    SizeError
        When the degree is above 2 and the system would not fit in memory; its size is named.
    """
    tolerance = checked_tolerance(tolerance)
    check_small_outputs(network)
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
    iterations, applications, excess = 0, 0, 0.0
    if iterated:
        method, found = (
            "conjugate gradients",
            iterated_quadratic(network, used, weights, polynomials, tolerance, steps, progress),
        )
        tensors, explained, excess = found.tensors, found.explained, found.excess
        iterations, applications = found.iterations, found.applications
    elif degree < 2:
        method, (B, level, explained) = "closed form", linear_fit(used, polynomials, degree)
        tensors = [in_x(tensor, B) for tensor in level]
    else:
        method, coordinates = "direct", whitened(used)
        solved, variances = solve_directly(
            coordinates, weights, lambda k, basis: hermite_coordinates(polynomials[k], basis), degree
        )
        B, explained = xp.asarray(coordinates.B), xp.asarray(variances)
        tensors = [in_x(xp.asarray(tensor), B) for tensor in solved]
    converged = excess <= tolerance
    report = SolveReport(method, features, used.d, r, iterations, applications, excess, tolerance, converged, explained)
    if not converged:
        warnings.warn(_not_converged(found, tolerance), stacklevel=3)
    polynomial = DensePolynomial(
        used.mean,
        tensors,
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


def _not_converged(found: IteratedQuadratic, tolerance: float) -> str:
    reasons = ""
    if found.nearly_points:
        reasons += (
            f" In {found.nearly_points} directions the components are nearly points, of less than a thousandth of the "
            "mixture's deviation, and the iteration may have missed all that the network does there."
        )
    if found.linear_outputs:
        reasons += f" {found.linear_outputs} outputs keep the linear fit, which is nearer than what was found."
    return (
        f"the quadratic has not converged after {found.iterations} iterations: its excess fraction of variance may be "
        f"{found.excess:.2g}, and {tolerance:.2g} was asked for.{reasons} Raise tolerance, or use inputs.truncate or "
        "inputs.inflate: directions of almost no variance make the system slow to solve"
    )
