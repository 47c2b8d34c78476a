"""The exact variance of a network by degree, summed over pairs of hidden units in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from numeric_backend.two_point import TwoPointRule
from polywick.pair_blocks import DEFAULT_MEMORY, PairBlock, distinct, pair_blocks
from polywick.unexplained import UnexplainedVariance
from polywick.variance_sums import VarianceSums

__all__ = [
    "SERIES_ERROR",
    "SERIES_TERMS",
    "checked_sums",
    "powers_that_matter",
    "row_exponents",
    "that_matter",
    "unexplained_variance",
    "variance_sums",
]

FloatArray = npt.NDArray[np.float64]

_LEAST_DEVIATION = 1e-154  # its square is the smallest normal number
_NEGLIGIBLE = 1e-19  # powers of correlations below it are no part of a double
SERIES_TERMS = 64
SERIES_ERROR = 4e-13  # of the variances and coefficients of kernels without two-point integrals


@dataclass(frozen=True)
class _Units:
    """The hidden units that vary and matter."""

    rule: TwoPointRule
    mu: FloatArray
    sigma: FloatArray
    weights: FloatArray
    coefficients: FloatArray
    tails: FloatArray


def unexplained_variance(
    kernel: Any, mu: FloatArray, sigma: FloatArray, unit: FloatArray, W2: FloatArray, degree: int
) -> UnexplainedVariance:
    """``FVU`` of the degree-n least-squares polynomial of ``W2 g(y) + b2`` with Gaussian pre-activations y.

    The residual of :func:`variance_sums` over the variance.

    Returns
    -------
    UnexplainedVariance
        Absolute error about 1e-13 where ``W2`` does not make the units cancel.
    """
    return variance_sums(kernel, mu, sigma, unit, W2, degree).unexplained(degree)


def variance_sums(
    kernel: Any,
    mu: FloatArray,
    sigma: FloatArray,
    unit: FloatArray,
    W2: FloatArray,
    degree: int,
    memory: int = DEFAULT_MEMORY,
) -> VarianceSums:
    """The variance of ``W2 g(y) + b2`` by degree, with Gaussian pre-activations y.

    Degree k adds ``sum_ij W2_oi W2_oj c_k(i) c_k(j) rho_ij^k/k!``; what all of them up to the order of the
    two-point rule leave is summed from its integrals, without forming the covariance.

    Parameters
    ----------
    kernel : module
        Kernel of g.
    mu, sigma : arrays, shape (h,)
        Means and standard deviations of y.
    unit : array, shape (h, r)
        Unit vectors with ``rho_ij = unit_i . unit_j``; zero rows where ``sigma = 0``.
    W2 : array, shape (o, h)
        Output weights.
    degree : int
        Highest degree n.
    memory : int
        Bytes that may be used beside what the units themselves take.

    Raises
    ------
    InputError
        When variances leave the range of double precision, or ``memory`` is less than a block needs.

    References
    ----------
    Mehler's formula; residual of the projection theorem for a Gaussian, arXiv 2502.01032 for n <= 2.
    """
    outputs = W2.shape[0]
    exponents = row_exponents(W2)
    weights, kept = distinct(np.ldexp(W2, -exponents[:, None]), mu, sigma, unit)
    rule = TwoPointRule(kernel, max(degree, SERIES_TERMS))
    highest = max(degree, rule.order)
    by_degree, remainder, bound = np.zeros((highest + 1, outputs)), np.zeros(outputs), np.zeros(outputs)
    alive = (sigma[kept] > 0) & (weights != 0).any(axis=0)
    weights, kept = weights[:, alive], kept[alive]
    if kept.size == 0:
        return VarianceSums(by_degree[: degree + 1], remainder, bound, np.zeros(outputs), exponents)
    coefficients = rule.coefficients(mu[kept], sigma[kept], highest)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        tails = rule.tails(mu[kept], sigma[kept], coefficients)
        units = _Units(rule, mu[kept], sigma[kept], weights, coefficients, tails)
        own, doubt = _own_remainders(units)
        deviation = np.sqrt(np.sum(coefficients[1 : rule.order + 1] ** 2, axis=0) + np.maximum(own, 0.0))
        squares = weights**2
        by_degree[1:] += coefficients[1:] ** 2 @ squares.T
        remainder += squares @ own
        bound += squares @ doubt
        if np.isfinite(deviation).all():
            chosen = that_matter(np.abs(weights) * deviation)
            units, unit = _chosen(units, chosen), unit[kept[chosen]]
            for block in pair_blocks(unit, units.weights, memory):
                _block(units, block, by_degree, remainder, bound)
        largest = (np.abs(weights) @ deviation) ** 2
        remainder -= by_degree[rule.order + 1 :].sum(axis=0)  # empty unless the degree is above the order
        remainder += by_degree[degree + 1 :].sum(axis=0)
    sums = VarianceSums(by_degree[: degree + 1], remainder, bound, largest, exponents)
    return checked_sums(sums, deviation, coefficients)


def row_exponents(W2: FloatArray) -> npt.NDArray[np.int64]:
    """Powers of 2 that bring the largest entry of each row into [1/2, 1)."""
    return np.asarray(np.frexp(np.abs(W2).max(axis=1, initial=0.0))[1], dtype=np.int64)


def checked_sums(sums: VarianceSums, deviation: FloatArray, coefficients: FloatArray) -> VarianceSums:
    """The sums, if they and the deviations of the units are within the range of double precision.

    Raises
    ------
    InputError
        When they are not.
    """
    largest = float(np.abs(coefficients[1:]).max(initial=0.0))
    finite = all(np.isfinite(part).all() for part in (deviation, sums.by_degree, sums.beyond, sums.bound))
    if not finite or (largest > 0 and float(deviation.max()) < _LEAST_DEVIATION):
        raise InputError(
            f"the variances of the hidden units leave the range of double precision (Hermite coefficients up to "
            f"{largest:.3g}, squared); expected W1, b1 and inputs of moderate size. Rescale them"
        )
    return sums


def powers_that_matter(largest: float, highest: int) -> int:
    """The last k up to ``highest`` with ``largest^k`` above what a double notices."""
    if largest >= 1:
        return highest
    return 0 if largest == 0 else min(highest, int(np.log(_NEGLIGIBLE) / np.log(largest)) + 1)


def _own_remainders(units: _Units) -> tuple[FloatArray, FloatArray]:
    """``Var g(y_i) - sum_{1<=k<=P} c_k^2/k!``, P being the order of the rule, and how far it may be off."""
    if units.rule.exact:
        one, zero = np.ones_like(units.mu), np.zeros_like(units.mu)
        return units.rule.remainder(units.mu, units.sigma, units.mu, units.sigma, one, zero), zero
    variance = np.asarray(units.rule.kernel.variance(units.mu, units.sigma), dtype=np.float64)
    left = variance - np.sum(units.coefficients[1 : units.rule.order + 1] ** 2, axis=0)
    return np.maximum(left, 0.0), SERIES_ERROR * variance + np.maximum(-left, 0.0)


def that_matter(sizes: FloatArray) -> npt.NDArray[np.bool_]:
    """Units that all together change some ``sum_j |W2_oj| sd_j`` by more than rounding does."""
    limit = np.finfo(np.float64).eps / max(sizes.shape[1], 1)
    chosen: npt.NDArray[np.bool_] = (sizes > limit * sizes.sum(axis=1, keepdims=True)).any(axis=0)
    return chosen


def _chosen(units: _Units, chosen: npt.NDArray[np.bool_]) -> _Units:
    return _Units(
        units.rule,
        units.mu[chosen],
        units.sigma[chosen],
        units.weights[:, chosen],
        units.coefficients[:, chosen],
        units.tails[chosen],
    )


def _block(units: _Units, block: PairBlock, by_degree: FloatArray, remainder: FloatArray, bound: FloatArray) -> None:
    """Add the pairs of one block."""
    size = np.abs(block.rho)
    last = powers_that_matter(float(size.max(initial=0.0)), by_degree.shape[0] - 1)
    power = block.rho.copy()
    for k in range(1, last + 1):
        block.add_form(by_degree[k], power, units.coefficients[k], units.coefficients[k])
        power *= block.rho
    if not units.rule.exact:
        size **= units.rule.order + 1
        block.add_form(bound, size, units.tails, units.tails, absolute=True)
        return
    values = units.rule.remainder(
        block.first(units.mu),
        block.first(units.sigma),
        block.second(units.mu),
        block.second(units.sigma),
        block.flat(block.rho),
        block.flat(block.complement),
    )
    one = np.ones_like(units.mu)
    block.add_form(remainder, block.square(values), one, one)
