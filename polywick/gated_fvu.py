"""The exact variance of a gated network by degree, summed over pairs of hidden units in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.gated_remainder import GatedArrays, gated_remainder
from numeric_backend.gated_variance import gated_variances
from numeric_backend.slope_moments import SlopeMoments, UnitArrays, slope_moments_of
from numeric_backend.two_point import TwoPointRule
from polywick.fvu import SERIES_ERROR, SERIES_TERMS, checked_sums, powers_that_matter, row_exponents, that_matter
from polywick.pair_blocks import DEFAULT_MEMORY, PairBlock, distinct, pair_blocks
from polywick.variance_sums import VarianceSums

__all__ = ["GatedUnits", "gated_variance_sums"]

FloatArray = npt.NDArray[np.float64]

_DOUBT = 4.0  # times the disagreement of two variances that should be equal


@dataclass(frozen=True)
class GatedUnits:
    """Units ``g(y_j) z_j``: ``y_j = mu_j + sigma_j t_j`` and ``z_j = mean_j + slope_j t_j + e_j``.

    Attributes
    ----------
    mu, sigma, mean, slope : arrays, shape (h,)
        As in the formulas.
    unit : array, shape (h, r)
        ``t_j`` in terms of r independent standard Gaussians; zero rows where ``sigma = 0``.
    residual : array, shape (h, r)
        ``e_j`` in terms of the same, orthogonal to ``t_j``.
    """

    mu: FloatArray
    sigma: FloatArray
    unit: FloatArray
    mean: FloatArray
    slope: FloatArray
    residual: FloatArray

    def take(self, chosen: Any) -> GatedUnits:
        """Some of the units."""
        return GatedUnits(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Problem:
    """The units that matter, with the coefficients of their parts: ``A_k he_k(t) + B_(k-1) he_(k-1)(t) e``."""

    units: GatedUnits
    weights: FloatArray
    moments: SlopeMoments | None
    C: FloatArray
    A: FloatArray
    spread: FloatArray
    tails: FloatArray

    def take(self, chosen: npt.NDArray[np.bool_]) -> _Problem:
        return replace(
            self,
            units=self.units.take(chosen),
            weights=self.weights[:, chosen],
            C=self.C[:, chosen],
            A=self.A[:, chosen],
            spread=self.spread[chosen],
            tails=self.tails[chosen],
        )


def gated_variance_sums(
    kernel: Any, units: GatedUnits, W2: FloatArray, degree: int, memory: int = DEFAULT_MEMORY
) -> VarianceSums:
    """The variance of ``W2 (g(y) * z) + b2`` by degree.

    With ``he_k = He_k/sqrt(k!)`` and ``C_k`` the coefficients of g in it, degree k of a unit is
    ``A_k he_k(t) + C_(k-1) he_(k-1)(t) e``, ``A_k = mean C_k + slope (sqrt(k+1) C_(k+1) + sqrt(k) C_(k-1))``, and two
    units share there

        A_k A_k' rho^k + sqrt(k) rho^(k-1) (A_k C'_(k-1) E[t e'] + C_(k-1) A'_k E[e t'])
        + C_(k-1) C'_(k-1) (E[e e'] rho^(k-1) + (k-1) E[t e'] E[e t'] rho^(k-2)).

    What these leave comes from :func:`numeric_backend.gated_remainder.gated_remainder`; where g has no closed moments
    of that kind, 64 degrees are summed, and those beyond are at most ``lambda^65`` times what is left of both
    standard deviations, ``lambda`` being the largest correlation between ``(t, e)`` and ``(t', e')``.

    Parameters
    ----------
    kernel : module
        Kernel of g.
    units : GatedUnits
        Under the Gaussian.
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
    KernelError
        When the variance of a unit cannot be integrated.

    References
    ----------
    Wick products: Janson, *Gaussian Hilbert Spaces*, theorem 3.9; Price's theorem.
    """
    outputs = W2.shape[0]
    exponents = row_exponents(W2)
    properties = units.mu, units.sigma, units.unit, units.mean, units.slope, units.residual
    weights, kept = distinct(np.ldexp(W2, -exponents[:, None]), *properties)
    moments = slope_moments_of(kernel)
    order = max(degree, SERIES_TERMS) if moments is None else moments.order
    highest = max(degree, order)
    by_degree, remainder, bound = np.zeros((highest + 1, outputs)), np.zeros(outputs), np.zeros(outputs)
    spread = np.einsum("hr,hr->h", units.residual, units.residual)
    alive = ((units.sigma[kept] > 0) | (spread[kept] > 0)) & (weights != 0).any(axis=0)
    weights, kept = weights[:, alive], kept[alive]
    if kept.size == 0:
        return VarianceSums(by_degree[: degree + 1], remainder, bound, np.zeros(outputs), exponents)
    units, spread = units.take(kept), spread[kept]
    C = TwoPointRule(kernel).coefficients(units.mu, units.sigma, highest + 2)
    A = _own_coefficients(units, C)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        shares = A[1:] ** 2
        shares += C[:highest] ** 2 * spread
        problem = _Problem(units, weights, moments, C, A, spread, np.zeros_like(spread))
        squares = weights**2
        if moments is None:
            variance, error = gated_variances(kernel, units.mu, units.sigma, units.mean, units.slope, spread)
            left = variance - shares.sum(axis=0)
            own = np.maximum(left, 0.0)
            doubt = SERIES_ERROR * variance + _DOUBT * error + np.maximum(-left, 0.0)
            bound += squares @ doubt
            problem = replace(problem, tails=np.sqrt(own + doubt))
        else:
            own = _remainder_of_itself(problem, moments)
        deviation = np.sqrt(shares[:order].sum(axis=0) + np.maximum(own, 0.0))
        by_degree[1:] += shares @ squares.T
        remainder += squares @ own
        if np.isfinite(deviation).all():
            problem = problem.take(that_matter(np.abs(weights) * deviation))
            for block in pair_blocks(problem.units.unit, problem.weights, memory):
                _add_block(problem, block, by_degree, remainder, bound)
        largest = (np.abs(weights) @ deviation) ** 2
        remainder -= by_degree[order + 1 :].sum(axis=0)  # empty unless the degree is above the order
        remainder += by_degree[degree + 1 :].sum(axis=0)
    sums = VarianceSums(by_degree[: degree + 1], remainder, bound, largest, exponents)
    return checked_sums(sums, deviation, np.concatenate([A, C[:1] * np.sqrt(spread)]))


def _own_coefficients(units: GatedUnits, C: FloatArray) -> FloatArray:
    """``A_k`` for k up to two less than there are coefficients of g."""
    roots = np.sqrt(np.arange(C.shape[0], dtype=np.float64))[:, None]
    neighbours = roots[1:-1] * C[1:-1]
    neighbours[1:] += roots[1:-2] * C[:-3]
    return np.asarray(units.mean * C[:-2] + units.slope * neighbours)


def _remainder_of_itself(problem: _Problem, moments: SlopeMoments) -> FloatArray:
    units = problem.units
    one, zero = np.ones_like(units.mu), np.zeros_like(units.mu)
    arrays = GatedArrays(UnitArrays(units.mu, units.sigma, problem.C), units.mean, units.slope)
    return gated_remainder(moments, arrays, arrays, one, zero, (zero, zero, problem.spread))


def _add_block(
    problem: _Problem, block: PairBlock, by_degree: FloatArray, remainder: FloatArray, bound: FloatArray
) -> None:
    """Add the pairs of one block."""
    units, A, B = problem.units, problem.A, problem.C
    t_e = block.between(units.unit, units.residual)
    e_t = block.between(units.residual, units.unit)
    e_e = block.between(units.residual, units.residual)
    closest = _largest_correlation(problem, block, t_e, e_t, e_e)
    last = powers_that_matter(float(closest.max(initial=0.0)), by_degree.shape[0] - 1)
    both = t_e * e_t
    shorter, power = (
        np.zeros_like(block.rho),
        block.between(np.ones_like(units.unit[:, :1]), np.ones((units.mu.size, 1))),
    )
    for k in range(1, last + 1):  # power is rho^(k-1), shorter rho^(k-2)
        block.add_form(by_degree[k], power * block.rho, A[k], A[k])
        gate = np.sqrt(k) * power
        block.add_form(by_degree[k], gate * t_e, A[k], B[k - 1])
        block.add_form(by_degree[k], gate * e_t, B[k - 1], A[k])
        block.add_form(by_degree[k], e_e * power + (k - 1) * both * shorter, B[k - 1], B[k - 1])
        shorter, power = power, power * block.rho
    one = np.ones_like(units.mu)
    if problem.moments is None:
        closest **= by_degree.shape[0]
        block.add_form(bound, closest, problem.tails, problem.tails, absolute=True)
        return
    first, second = (_arrays(problem, problem.moments.order, side) for side in (block.first, block.second))
    cross = block.flat(t_e), block.flat(e_t), block.flat(e_e)
    rho, gap = block.flat(block.rho), block.flat(block.complement)
    values = gated_remainder(problem.moments, first, second, rho, gap, cross)
    block.add_form(remainder, block.square(values), one, one)


def _arrays(problem: _Problem, order: int, side: Any) -> GatedArrays:
    units = problem.units
    coefficients = np.stack([side(row) for row in problem.C[: order + 3]])
    return GatedArrays(UnitArrays(side(units.mu), side(units.sigma), coefficients), side(units.mean), side(units.slope))


def _largest_correlation(
    problem: _Problem, block: PairBlock, t_e: FloatArray, e_t: FloatArray, e_e: FloatArray
) -> FloatArray:
    """The largest singular value of the correlations between ``(t, e)`` and ``(t', e')``, 0 on the diagonal."""
    scale = np.where(problem.spread > 0, 1 / np.sqrt(np.where(problem.spread > 0, problem.spread, 1.0)), 0.0)
    rows, columns = scale[block.rows, None], scale[block.columns]
    t_e, e_t, e_e = t_e * columns, e_t * rows, e_e * rows * columns
    total = block.rho**2 + t_e**2 + e_t**2 + e_e**2
    determinant = block.rho * e_e - t_e * e_t
    apart = np.sqrt(np.maximum(total**2 - 4 * determinant**2, 0.0))
    return np.asarray(np.minimum(np.sqrt((total + apart) / 2), 1.0))
