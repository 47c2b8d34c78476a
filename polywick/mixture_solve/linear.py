"""Degrees 0 and 1 in closed form, and coefficients brought back to x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numeric_backend.namespaces import array_namespace
from polywick.component_moments import expected_gradient, expected_value
from polywick.factored import FactoredPolynomial
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.coordinates import whitening

__all__ = ["in_x", "linear_fit"]

FloatArray = Any  # float64, of NumPy or CuPy


def linear_fit(
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


def in_x(tensor: FloatArray, B: FloatArray) -> FloatArray:
    """A symmetric tensor of z as one of ``x - centre``: every place contracted with B."""
    xp, order = array_namespace(B), tensor.ndim - 1
    for _ in range(order):
        tensor = xp.moveaxis(tensor @ B, -1, 1)
    if order == 2:
        tensor = (tensor + tensor.transpose(0, 2, 1)) / 2
    return xp.ascontiguousarray(tensor)
