"""Degree 2 in many dimensions: conjugate gradients on the operator that is never formed.

The moments and the operator's products run in the library of the polynomials given, the joint diagonalisation that
chooses coordinates on the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import array_namespace
from polywick.component_moments import expected_gradient, expected_value, second_moments
from polywick.factored import FactoredPolynomial
from polywick.mixture_solve.conjugate_gradients import conjugate_gradients
from polywick.mixture_solve.coordinates import Coordinates, jointly_diagonal
from polywick.mixture_solve.operator import QuadraticOperator

__all__ = ["HIDDEN", "LEAST_TOLERANCE", "QuadraticSolution", "solve_quadratic"]

HostArray = npt.NDArray[np.float64]
FloatArray = Any  # float64, of NumPy or CuPy


# Rounding, amplified by directions of almost no variance, hides smaller excess errors.
LEAST_TOLERANCE = 1e-9
HIDDEN = 1e-10


@dataclass(frozen=True)
class QuadraticSolution:
    """The tensors in coordinates z, the variance they explain, their excess error, and how they were found."""

    coordinates: Coordinates
    tensors: list[FloatArray]
    explained: FloatArray
    excess: float
    iterations: int
    applications: int


def solve_quadratic(
    white: Coordinates,
    weights: HostArray,
    polynomials: Sequence[FactoredPolynomial],
    overall: FactoredPolynomial,
    variance: float,
    tolerance: float,
    steps: int,
    progress: Callable[[int, float, float], None] | None,
) -> QuadraticSolution:
    """The least-squares quadratic of all outputs, up to an excess error of ``tolerance`` of the variance.

    Conjugate gradients begin at the solution for the one Gaussian with the mixture's mean and covariance, and work in
    coordinates that diagonalise the components' covariances jointly, as far as that is possible; there the operator is
    nearly diagonal.

    Parameters
    ----------
    white : Coordinates
        In which the overall covariance is the identity, in NumPy arrays.
    weights : array, shape (K,)
        Weights of the components, of NumPy.
    polynomials : sequence of K FactoredPolynomials
        The quadratics under the components.
    overall : FactoredPolynomial
        The quadratic under the Gaussian with the mixture's mean and covariance.
    variance : float
        The network's variance, all outputs together, or a number below it: the variance explained takes its place where
        that is more.
    tolerance : float
        Excess mean squared error allowed, as a fraction of the variance.
    steps : int
        Largest number of steps.
    progress : callable, optional
        Told the steps done, the estimated excess and the tolerance, both as fractions of the variance.
    """
    xp = overall.namespace
    coordinates = jointly_diagonal(white, weights).on(xp)
    operator = QuadraticOperator(xp.asarray(weights), coordinates.means, coordinates.covariances())
    mean, first, second = _moments(coordinates, operator, weights, polynomials)
    linear = ((first @ xp.linalg.inv(operator.overall)) * first).sum(axis=1)
    right = operator.reduced(first, second)
    start = _start(coordinates, operator, overall)
    residual = right - operator(start)
    given = float(linear.sum() + _explained(start, right, residual).sum())

    def allowed(drops: float) -> float:
        return (tolerance - HIDDEN) * max(given + drops, variance)

    def watched(step: int, error: float, drops: float) -> None:
        if progress is not None:
            progress(step, _excess(error, max(given + drops, variance)), tolerance)

    scale = operator.diagonal()
    size = float(xp.einsum("oij,oij,ij->", right, right, 1 / scale))
    solution = conjugate_gradients(operator, residual, scale, allowed, steps, watched, size)
    forms = start + solution.x
    explained = linear + _explained(forms, right, solution.residual)
    beta = operator.linear_part(first, forms)
    traces = forms.reshape(len(mean), -1) @ operator.overall.ravel()
    return QuadraticSolution(
        coordinates,
        [mean - traces, beta, forms],
        explained,
        solution.error,
        len(solution.drops),
        operator.applications,
    )


def _excess(error: float, variance: float) -> float:
    """The error as a fraction of the variance, and what rounding may hide."""
    return HIDDEN if error == 0 else HIDDEN + error / variance if variance > 0 else float("inf")


def _explained(x: FloatArray, right: FloatArray, residual: FloatArray) -> FloatArray:
    """``2 <b, x> - <x, A x>`` of every output, what x takes off the variance."""
    xp = array_namespace(x)
    return xp.einsum("oij,oij->o", x, right) + xp.einsum("oij,oij->o", x, residual)


def _moments(
    coordinates: Coordinates,
    operator: QuadraticOperator,
    weights: HostArray,
    polynomials: Sequence[FactoredPolynomial],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``E f``, ``E[f z]`` and ``E[f (z z' - S)]``."""
    outputs, r, xp = polynomials[0].outputs, coordinates.dimension, polynomials[0].namespace
    mean, first = xp.zeros(outputs), xp.zeros((outputs, r))
    second = xp.zeros((outputs, r, r))
    for k, (weight, polynomial) in enumerate(zip(weights.tolist(), polynomials, strict=True)):
        cross = polynomial.inputs.factor @ coordinates.factors[k].T
        value, centre = expected_value(polynomial), coordinates.means[k]
        slope = expected_gradient(polynomial) @ cross  # E[f (z - m)]
        pairs = second_moments(polynomial, cross)
        mean += weight * value
        first += weight * (slope + value[:, None] * centre)
        for o in range(outputs):
            outer = (weight * slope[o])[:, None] * centre
            second[o] += weight * pairs.matrix(o) + weight * value[o] * operator.second[k] + outer + outer.T
    second -= mean[:, None, None] * operator.overall
    return mean, first, second


def _start(coordinates: Coordinates, operator: QuadraticOperator, overall: FactoredPolynomial) -> FloatArray:
    """The quadratic form of the single Gaussian: ``E[f (z z' - S)] = 2 S G S``."""
    cross = overall.inputs.factor @ (coordinates.B @ overall.inputs.factor).T
    xp = overall.namespace
    inverse = xp.linalg.inv(operator.overall)
    pairs = second_moments(overall, cross)
    return xp.stack([inverse @ pairs.matrix(o) @ inverse / 2 for o in range(overall.outputs)])
