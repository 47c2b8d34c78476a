"""The exact variance of a network, and of what its least-squares polynomials leave, under Gaussians and mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from numeric_backend.namespaces import as_numpy
from polywick.factored import FactoredPolynomial
from polywick.inputs import Gaussian
from polywick.pair_blocks import DEFAULT_MEMORY
from polywick.polynomial import Polynomial
from polywick.polynomial_distance import squared_distance
from polywick.projection import project
from polywick.unexplained import UnexplainedVariance, fractions
from polywick.variance_sums import VarianceSums

__all__ = [
    "ROUNDING",
    "NetworkVariance",
    "VarianceByComponent",
    "check_small_outputs",
    "network_variance",
    "unexplained_of",
]

FloatArray = npt.NDArray[np.float64]

_LARGEST = 1e304
_LEAST_OUTPUT = 1e-140
ROUNDING = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class NetworkVariance:
    """Variances of the outputs.

    Attributes
    ----------
    per_output : array, shape (o,)
        ``Var f_o``.
    bound : array, shape (o,)
        How far each may be off for truncated series; 0 where two-point moments are exact.
    mean : array, shape (o,)
        ``E f_o``.
    """

    per_output: FloatArray
    bound: FloatArray
    mean: FloatArray

    @property
    def total(self) -> float:
        """The sum over the outputs, ``E||f - E f||^2``."""
        return float(self.per_output.sum())


class VarianceByComponent:
    """A network's variance by degree under every component of a mixture, summed once for all degrees.

    ``E||f - P||^2 = sum_c w_c (E_c||f - P_c||^2 + E_c||P_c - P||^2)`` with ``P_c`` the least-squares polynomial of
    component c of the degree of P: both are sums of squares, nothing is subtracted.

    Parameters
    ----------
    network : MLP or GLU
        The network f.
    inputs : Gaussian or GaussianMixture
        Law of the input.
    degree : int
        Highest degree asked for.
    memory : int
        Bytes that may be used beside what network and inputs take.
    """

    def __init__(self, network: Any, inputs: Any, degree: int, memory: int = DEFAULT_MEMORY) -> None:
        self._network, self.degree, self._memory = network, degree, memory
        check_small_outputs(network)
        single = isinstance(inputs, Gaussian)
        weights = np.ones(1) if single else as_numpy(inputs.weights)
        components = (inputs,) if single else inputs.components
        self._counting = [(float(w), c) for w, c in zip(weights, components, strict=True) if w > 0]

    @cached_property
    def _sums(self) -> list[tuple[float, FactoredPolynomial, VarianceSums]]:
        found = []
        for weight, component in self._counting:
            constant = project(self._network, component, 0)
            found.append((weight, constant, constant.variance_sums(self.degree, self._memory)))
        return found

    @cached_property
    def variance(self) -> NetworkVariance:
        """The variances of the outputs."""
        means = [_mean(constant) for _, constant, _ in self._sums]
        mean = np.sum([w * m for (w, _, _), m in zip(self._sums, means, strict=True)], axis=0)
        within, between = np.zeros_like(mean), np.zeros_like(mean)
        bound = np.zeros_like(mean)
        for (weight, _, sums), own in zip(self._sums, means, strict=True):
            within += weight * sums.residual(0)
            with np.errstate(over="ignore"):
                between += weight * (own - mean) ** 2
            bound += weight * sums.uncertainty
        return NetworkVariance(_in_range(within + between), bound, mean)

    def unexplained(self, polynomial: Polynomial) -> UnexplainedVariance:
        """What a polynomial of at most the highest degree leaves of the variance.

        Raises
        ------
        InputError
            When squares of the outputs leave the range of double precision.
        """
        degree = polynomial.degree
        residual, largest = np.zeros(polynomial.outputs), np.zeros(polynomial.outputs)
        for weight, constant, sums in self._sums:
            nearest = constant if degree == 0 else project(self._network, constant.inputs, degree)
            with np.errstate(over="ignore", invalid="ignore"):
                residual += weight * (sums.residual(degree) + squared_distance(nearest, polynomial))
            largest += weight * sums.size
        variance = self.variance
        _in_range(residual + largest)
        # Values are rounded: what is left of a constant output is no variance.
        noise = (ROUNDING * np.max([np.abs(_mean(constant)) for _, constant, _ in self._sums], axis=0)) ** 2
        residual = np.where(residual <= noise, 0.0, residual)
        explained = variance.per_output - residual
        exponents = np.zeros(residual.size, dtype=np.int64)
        sizes = np.maximum(np.maximum(largest, variance.per_output), residual)
        return fractions(residual, explained, variance.bound, sizes, exponents, most=np.inf)


def network_variance(network: Any, inputs: Any, memory: int = DEFAULT_MEMORY) -> NetworkVariance:
    """``Var f`` of every output, exactly, from two-point moments.

    Under a mixture, the variances under its components and the variance of their means.

    Parameters
    ----------
    network : MLP or GLU
        The network f.
    inputs : Gaussian or GaussianMixture
        Law of the input.
    memory : int
        Bytes that may be used beside what network and inputs take.

    Returns
    -------
    NetworkVariance

    Raises
    ------
    InputError
        When variances leave the range of double precision, or ``memory`` is too small.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.network_variance import network_variance
    >>> net = pw.MLP([[1.0]], [0.0], [[2.0]], [5.0], "square")
    >>> found = network_variance(net, pw.Gaussian.standard(1))
    >>> found.per_output, found.bound, found.mean                                      # Var(2 x^2) = 8
    (array([8.]), array([0.]), array([7.]))
    """
    return VarianceByComponent(network, inputs, 0, memory).variance


def unexplained_of(
    polynomial: Polynomial, network: Any, inputs: Any, memory: int = DEFAULT_MEMORY
) -> UnexplainedVariance:
    """``E||f - P||^2 / E||f - E f||^2`` of any polynomial, under any Gaussian or mixture, exactly.

    The polynomial need not be the least-squares one of these inputs: a fraction above 1 says that the mean does
    better.

    Parameters
    ----------
    polynomial : Polynomial
        P.
    network : MLP or GLU
        The network f.
    inputs : Gaussian or GaussianMixture
        Law of the input.
    memory : int
        Bytes that may be used beside what network, polynomial and inputs take.

    Returns
    -------
    UnexplainedVariance

    Raises
    ------
    SizeError
        When coefficient tensors of the degree of P would not fit.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.network_variance import unexplained_of
    >>> net, inputs = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "square"), pw.Gaussian([1.0], [[2.0]])
    >>> elsewhere = pw.approximate(net, pw.Gaussian.standard(1), degree=1)             # P = 1
    >>> found = unexplained_of(elsewhere, net, inputs)                                 # Var x^2 = 16, E x^2 - 1 = 2
    >>> found.residual, found.overall
    (array([20.]), 1.25)
    """
    return VarianceByComponent(network, inputs, polynomial.degree, memory).unexplained(polynomial)


def check_small_outputs(network: Any) -> None:
    """Refuse a network with outputs so small that their squares are 0 to a double.

    Raises
    ------
    InputError
        Naming one.
    """
    largest = np.abs(as_numpy(network.W2)).max(axis=1, initial=0.0)
    small = np.flatnonzero((largest > 0) & (largest < _LEAST_OUTPUT))
    if small.size:
        raise InputError(
            f"row {small[0]} of W2 has no entry above {largest[small[0]]:.3g}: squares of that output leave the range "
            "of double precision; expected W2 of moderate size. Rescale it, or set the row to 0"
        )


def _in_range(squares: FloatArray) -> FloatArray:
    """Sums of squares of outputs, finite and far enough from the largest double for sums of their kind.

    Raises
    ------
    InputError
        When they are not.
    """
    largest = float(squares.max(initial=0.0))
    if not largest < _LARGEST:  # NaN is not less
        raise InputError(
            f"variances of the outputs, up to {largest:.3g}, leave the range of double precision; expected W2 and b2 "
            "of moderate size. Rescale them"
        )
    return squares


def _mean(constant: FactoredPolynomial) -> FloatArray:
    """``E f`` under the inputs, which the polynomial of degree 0 is."""
    mean: FloatArray = as_numpy(constant.W2) @ as_numpy(constant.coefficients)[0] + as_numpy(constant.b2)
    return mean
