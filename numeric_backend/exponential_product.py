"""The product of two exponentials that start at 0, seen from two correlated Gaussians: its double integral.

``F(r) = E_r[f_i(y_1) f_j(y_2)]`` is a bivariate normal distribution function of tilted arguments; Price's theorem
gives, without one,

    F'(r) = kappa F(r) + b(r),    kappa = c_i c_j s_1 s_2,    b = side_i side_j p_r (1 - A_i - A_j)

with A the shares ``a m(a + side h)`` of :mod:`numeric_backend.exponential_integrand`. Solved for F from r = 0, or from
r = 1 where kappa would amplify, the double integral becomes one of b against a closed weight. With ``u = rho - t``,
``E(x) = (exp(x) - 1 - x)/x^2`` and ``S(x) = (1 - exp(-x) (1 + x))/x``, ``kappa int_0^rho (rho - r) F(r) dr`` is

    kappa rho^2 E(kappa rho) F(0) + int_0^rho kappa u^2 E(kappa u) b(t) dt,    or
    rho S(kappa rho) (exp(-kappa (1 - rho)) F(1) - int_rho^1 exp(kappa u) b(t) dt)
        - int_0^rho (u (1 - exp(-kappa t)) + t S(kappa t)) b(t) dt.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from numeric_backend.correlation_panels import (
    LATEST_ONSET,
    NEGLIGIBLE,
    Integrand,
    artanh_of_complement,
    integral,
    last_of_remainder,
)
from numeric_backend.exponential_integrand import Node, PinnedPairs, both_sides, half_line
from numeric_backend.exponential_terms import ExponentialTerm

__all__ = ["exponential_product", "second_quotient"]

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_AMPLIFIED = 6.0  # kappa rho up to which F comes from r = 0: exp(6)/6^2 times the rounding of what is added
_LAYERED = -20.0  # kappa rho down to which the weight needs no panels of its own
_LAYER = 40.0  # e-folds in which a weight settles
_FIRST_FOLDS = 8.0  # of those, what has a panel of its own beyond rho


def exponential_product(first: ExponentialTerm, second: ExponentialTerm, pairs: PinnedPairs) -> FloatArray:
    """``|kappa| int_0^rho (rho - r) F(r) dr`` for ``f_i = exp(c_i y_1)`` and ``f_j = exp(c_j y_2)``, each on its side.

    Parameters
    ----------
    first, second : ExponentialTerm
        Sides and rates of f_i and f_j; their coefficients do not enter.
    pairs : PinnedPairs
        The pairs, correlations positive.

    Returns
    -------
    array, shape (pairs,)
    """
    value = np.zeros_like(pairs.rho)
    kappa = first.rate * second.rate * pairs.sigma_1 * pairs.sigma_2 * pairs.sign
    growth = kappa * pairs.rho
    smooth = (growth >= _LAYERED) & (growth <= _AMPLIFIED)
    for some, method in (
        (smooth, _from_independence),
        (growth < _LAYERED, _from_independence_layered),
        (growth > _AMPLIFIED, _from_identity),
    ):
        rows = np.flatnonzero(some)
        if rows.size:
            value[rows] = method(first, second, kappa[rows], pairs.take(rows))
    return value


def _source(node: Node, first: ExponentialTerm, second: ExponentialTerm) -> FloatArray:
    """``p_t (A_i + A_j - 1)``."""
    return node.share(first, 1) + node.share(second, 2) - node.density


def _from_independence(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """From F(0), which grows by the source and by ``exp(kappa u)``, u = rho - t."""
    zero = np.zeros_like(kappa)
    grown = integral(pairs, zero, last_of_remainder(pairs), _grown(first, second, kappa))
    return _from_the_product(first, second, kappa, pairs) - np.sign(kappa) * grown


def _from_independence_layered(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """The same where F decays so fast that the weight has a layer in front of rho; ``kappa < 0``."""
    last = last_of_remainder(pairs)
    layer = pairs.gap - _LAYER / kappa
    middle = np.minimum(np.where(layer < 1, artanh_of_complement(np.minimum(layer, 1.0)), 0.0), last)
    integrand = _grown(first, second, kappa)
    grown = integral(pairs, np.zeros_like(kappa), middle, integrand, layered=True)
    grown += integral(pairs, middle, last, integrand, layered=True)
    return _from_the_product(first, second, kappa, pairs) + grown


def _from_the_product(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """What ``F(0) exp(kappa r)`` contributes."""
    start = half_line(first.side * pairs.x_1, abs(first.rate) * pairs.sigma_1)
    start = start * half_line(second.side * pairs.sign * pairs.x_2, abs(second.rate) * pairs.sigma_2)
    return np.abs(kappa) * pairs.rho**2 * second_quotient(kappa * pairs.rho) * start


def _grown(first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray) -> Integrand:
    def integrand(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        u = node.distance(v)
        return np.abs(kappa[rows]) * u * u * second_quotient(kappa[rows] * u) * _source(node, first, second)

    return integrand


def _from_identity(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """From F(1), where both exponentials are of one Gaussian; ``kappa > 0``, both on one side."""

    def within(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        x = kappa[rows] * node.t
        weight = node.distance(v) * -np.expm1(-x) + node.t * _settled(x)
        value: FloatArray = weight * _source(node, first, second)
        return value

    def beyond(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        return np.exp(kappa[rows] * node.distance(v)) * _source(node, first, second)

    side = first.side
    end = both_sides(
        side * pairs.x_1, abs(first.rate) * pairs.sigma_1, side * pairs.x_2, abs(second.rate) * pairs.sigma_2
    )
    # The density decays like exp(-v) once it has come up, unless the distance of the pins ends it.
    with np.errstate(divide="ignore"):
        ended = np.log(2 * np.sqrt(2 * NEGLIGIBLE) / np.abs(pairs.difference))
    top = np.clip(ended, NEGLIGIBLE / 2 + LATEST_ONSET, NEGLIGIBLE + LATEST_ONSET)
    v_last = np.minimum(pairs.v_end, top)
    middle = np.minimum(np.arctanh(np.minimum(_LAYER / kappa, 0.999)), v_last)
    inside = integral(pairs, np.zeros_like(middle), middle, within, layered=True)
    inside += integral(pairs, middle, v_last, within, layered=True)
    middle, last = (_later(pairs, folds / kappa, top) for folds in (_FIRST_FOLDS, _LAYER))
    tail = end * np.exp(-kappa * pairs.gap) + integral(pairs, v_last, middle, beyond, layered=True)
    tail += integral(pairs, np.maximum(middle, v_last), last, beyond, layered=True)
    return inside + tail * pairs.rho * _settled(kappa * pairs.rho)


def _later(pairs: PinnedPairs, step: FloatArray, top: FloatArray) -> FloatArray:
    """``artanh(rho + step)``, at most ``top``."""
    gap = pairs.gap - step
    return np.where(gap > 0, np.minimum(top, artanh_of_complement(np.where(gap > 0, gap, 1.0))), top)


def second_quotient(x: FloatArray) -> FloatArray:
    """``(exp(x) - 1 - x)/x^2``."""
    near = np.clip(x, -1.0, 1.0)
    series = np.zeros_like(x)
    for k in range(19, 1, -1):
        series = (1 + near * series) / k
    far = np.where(np.abs(x) > 1, x, 1.0)
    return np.where(np.abs(x) > 1, (np.expm1(far) - far) / (far * far), series)


def _settled(x: FloatArray) -> FloatArray:
    """``(1 - exp(-x) (1 + x))/x``, 0 at 0."""
    return np.where(x > 0, -np.expm1(-x) / np.where(x > 0, x, 1.0) - np.exp(-x), 0.0)
