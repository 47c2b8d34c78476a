"""The exact fraction of variance unexplained, summed over pairs of hidden units in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from numeric_backend.two_point import TwoPointRule
from polywick.unexplained import UnexplainedVariance, fractions

__all__ = ["unexplained_variance"]

FloatArray = npt.NDArray[np.float64]

_BLOCK = 256
_NEAR_ONE = 0.99
_NEAR_CHUNK = 4096
_LEAST_DEVIATION = 1e-154  # its square is the smallest normal number


@dataclass
class _Sums:
    """Running quadratic forms in the rows of W2: residual, explained, truncation bound."""

    residual: FloatArray
    explained: FloatArray
    bound: FloatArray


@dataclass(frozen=True)
class _Units:
    """The hidden units that vary and matter."""

    rule: TwoPointRule
    mu: FloatArray
    sigma: FloatArray
    unit: FloatArray
    weights: FloatArray
    coefficients: FloatArray
    tails: FloatArray
    degree: int


def unexplained_variance(
    kernel: Any, mu: FloatArray, sigma: FloatArray, unit: FloatArray, W2: FloatArray, degree: int
) -> UnexplainedVariance:
    """``FVU`` of the degree-n least-squares polynomial of ``W2 g(y) + b2`` with Gaussian pre-activations y.

    ``sum_ij W2_oi W2_oj (Cov(g(y_i), g(y_j)) - sum_{1<=k<=n} c_k(i) c_k(j) rho_ij^k/k!)`` over the variance,
    the bracket being computed without forming the covariance where possible.

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
        Degree n of the polynomial.

    Returns
    -------
    UnexplainedVariance
        Absolute error about 1e-13 where ``W2`` does not make the units cancel.

    References
    ----------
    Mehler's formula; residual of the projection theorem for a Gaussian, arXiv 2502.01032 for n <= 2.
    """
    outputs = W2.shape[0]
    exponents = np.frexp(np.abs(W2).max(axis=1, initial=0.0))[1].astype(np.int64)
    weights, kept = _merged(mu, sigma, unit, np.ldexp(W2, -exponents[:, None]))
    alive = kept[(sigma[kept] > 0) & (weights != 0).any(axis=0)]
    weights = weights[:, (sigma[kept] > 0) & (weights != 0).any(axis=0)]
    if alive.size == 0:
        return UnexplainedVariance(0.0, np.zeros(outputs), (0.0, 0.0), np.zeros((outputs, 2)))
    rule = TwoPointRule(kernel)
    coefficients = rule.coefficients(mu[alive], sigma[alive], max(degree, rule.order))
    sums = _Sums(np.zeros(outputs), np.zeros(outputs), np.zeros(outputs))
    with np.errstate(over="ignore", invalid="ignore"):
        tails = rule.tails(mu[alive], sigma[alive], coefficients)
        units = _Units(rule, mu[alive], sigma[alive], unit[alive], weights, coefficients, tails, degree)
        deviation = _diagonal(units, sums)
        if np.isfinite(deviation).all():
            for start in range(0, alive.size, _BLOCK):
                first = np.arange(start, min(start + _BLOCK, alive.size))
                for other in range(start, alive.size, _BLOCK):
                    _block(units, sums, first, np.arange(other, min(other + _BLOCK, alive.size)))
        largest = (np.abs(weights) @ deviation) ** 2
    _check_range(coefficients, deviation, sums)
    return fractions(sums.residual, sums.explained, sums.bound, largest, exponents)


def _merged(
    mu: FloatArray, sigma: FloatArray, unit: FloatArray, W2: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Columns of W2 with those of identical units added up, and the first unit of each kind.

    What cancels between copies of one unit then cancels exactly.
    """
    keys = np.column_stack([mu, sigma, unit]) + 0.0  # -0.0 becomes 0.0
    first: dict[bytes, int] = {}
    owner = np.array([first.setdefault(row.tobytes(), j) for j, row in enumerate(keys)], dtype=np.intp)
    kept = np.array(list(first.values()), dtype=np.intp)
    if kept.size == mu.size:
        return W2, kept
    total = np.zeros_like(W2)
    np.add.at(total.T, owner, W2.T)
    return total[:, kept], kept


def _check_range(coefficients: FloatArray, deviation: FloatArray, sums: _Sums) -> None:
    largest = float(np.abs(coefficients[1:]).max(initial=0.0))
    finite = all(np.isfinite(part).all() for part in (deviation, sums.residual, sums.explained, sums.bound))
    if not finite or (largest > 0 and float(deviation.max()) < _LEAST_DEVIATION):
        raise InputError(
            f"the variances of the hidden units leave the range of double precision (Hermite coefficients up to "
            f"{largest:.3g}, squared); expected W1, b1 and inputs of moderate size. Rescale them"
        )


def _diagonal(units: _Units, sums: _Sums) -> FloatArray:
    """Add the pairs i = j; return the standard deviation of every ``g(y_i)``."""
    one, zero = np.ones_like(units.mu), np.zeros_like(units.mu)
    explained = np.sum(units.coefficients[1 : units.degree + 1] ** 2, axis=0)
    remainder = units.rule.remainder(units.mu, units.sigma, units.mu, units.sigma, one, zero)
    residual = units.rule.beyond(remainder, units.coefficients, units.coefficients, one, units.degree)
    bound = units.tails**2
    squares = units.weights**2
    sums.residual += squares @ residual
    sums.explained += squares @ explained
    sums.bound += squares @ bound
    deviation: FloatArray = np.sqrt(np.maximum(explained + residual + bound, 0.0))
    return deviation


def _block(units: _Units, sums: _Sums, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> None:
    """Add the pairs i < j with i in ``rows`` and j in ``columns``, each counted twice."""
    local_i, local_j = np.nonzero(rows[:, None] < columns[None, :])
    if local_i.size == 0:
        return
    i, j = rows[local_i], columns[local_j]
    rho, complement = _correlations(units.unit, rows, columns, local_i, local_j)
    first, second = units.coefficients[:, i], units.coefficients[:, j]
    remainder = units.rule.remainder(units.mu[i], units.sigma[i], units.mu[j], units.sigma[j], rho, complement)
    residual = units.rule.beyond(remainder, first, second, rho, units.degree)
    explained = np.zeros_like(rho)
    power = np.ones_like(rho)
    for k in range(1, units.degree + 1):
        power *= rho
        explained += first[k] * second[k] * power
    w, v = units.weights[:, rows], units.weights[:, columns]
    matrix = np.zeros((rows.size, columns.size))
    for values, target in ((residual, sums.residual), (explained, sums.explained)):
        matrix[local_i, local_j] = values
        target += 2 * np.sum((w @ matrix) * v, axis=1)
    if not units.rule.exact:
        matrix[local_i, local_j] = np.abs(rho) ** (units.rule.order + 1) * units.tails[i] * units.tails[j]
        sums.bound += 2 * np.sum((np.abs(w) @ matrix) * np.abs(v), axis=1)


def _correlations(
    unit: FloatArray,
    rows: npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    local_i: npt.NDArray[np.intp],
    local_j: npt.NDArray[np.intp],
) -> tuple[FloatArray, FloatArray]:
    """``rho`` and ``1 - |rho|``; near 1 the latter is half the squared distance of the unit vectors."""
    rho = np.clip(unit[rows] @ unit[columns].T, -1.0, 1.0)[local_i, local_j]
    complement = 1 - np.abs(rho)
    near = np.flatnonzero(np.abs(rho) > _NEAR_ONE)
    for start in range(0, near.size, _NEAR_CHUNK):
        part = near[start : start + _NEAR_CHUNK]
        sign = np.sign(rho[part])
        distance = unit[rows[local_i[part]]] - sign[:, None] * unit[columns[local_j[part]]]
        complement[part] = np.minimum(0.5 * np.sum(distance**2, axis=1), 1.0)
        rho[part] = sign * (1 - complement[part])
    return rho, complement
