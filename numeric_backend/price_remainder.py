"""The integral remainder of the Hermite (Mehler) expansion of a two-point moment.

With ``G(rho) = E[g(y_1) g(y_2)]``, Price's theorem ``G^(k)(rho) = (s_1 s_2)^k E[g^(k) g^(k)]`` and Taylor's
formula

    G(rho) = sum_{k<=P} c_k c_k' rho^k/k!
             + (s_1 s_2)^(P+1)/P! int_0^rho (rho - r)^P E_r[g^(P+1)(y_1) g^(P+1)(y_2)] dr

and for the activations of :mod:`numeric_backend.decomposition` the expectation under the integral is closed:
a bivariate normal density ``p_r(x_1, x_2)`` times a polynomial moment. ``r = tanh v`` turns the endpoint
behaviour at ``|rho| = 1`` into smooth decay: panels of Gauss-Legendre nodes in v then hold full accuracy for
every rho.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, pi

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import Decomposition, DensityTerm, JumpTerm
from numeric_backend.doubled import (
    doubled_line,
    doubled_product,
    doubled_quotient,
    doubled_root,
    doubled_square_plus_one,
    doubled_sum,
)
from numeric_backend.quadrature import gauss_legendre

__all__ = ["price_remainder"]

FloatArray = npt.NDArray[np.float64]

# Upper end of v = artanh(rho), largest growth of the integrand in e-folds, number of panels, nodes per panel.
_TIERS = (
    (0.2, 2.0, 1, 8),
    (0.55, 8.0, 1, 14),
    (1.5, 30.0, 1, 24),
    (2.7, 60.0, 2, 24),
    (5.5, 120.0, 4, 24),
    (10.5, 210.0, 7, 24),
    (20.5, 390.0, 13, 24),
    (44.0, np.inf, 28, 24),
)  # the last end is the largest v there is, _NEGLIGIBLE + _LATEST_ONSET
_NEGLIGIBLE = 40.0  # the integrand decays at least like exp(-(1 + 2 smoothness) v) ...
_LATEST_ONSET = 4.0  # ... once exp(-x^2 e^(-2v)) has come up, for every x with a normal density
_FARTHEST = 1e6  # standard deviations; the density is zero long before
_CHUNK = 4096


@dataclass(frozen=True)
class _Pin:
    """One unit at one term: a Gaussian pinned to zero, in units of its standard deviation ``scale``."""

    x: FloatArray
    x_rest: FloatArray  # what rounding took from x
    scale: FloatArray
    share: FloatArray  # correlation with the pre-activation: 1 for a breakpoint
    variance: FloatArray  # a^2 sigma^2, for density terms


def price_remainder(
    decomposition: Decomposition,
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> FloatArray:
    """``E[g(y_1) g(y_2)] - sum_{k<=P} c_k c_k' rho^k/k!``, P being the order of the decomposition.

    Parameters
    ----------
    decomposition : Decomposition
        Of g.
    mu_1, sigma_1, mu_2, sigma_2 : arrays, shape (pairs,)
        Means and standard deviations, ``sigma >= 0``; a unit with ``sigma = 0`` gives 0.
    rho : array, shape (pairs,)
        Correlations, ``|rho| <= 1``.
    complement : array, shape (pairs,)
        ``1 - |rho|``, given apart because near 1 it cannot be recovered from ``rho``.

    Returns
    -------
    array, shape (pairs,)
        Error at most about 1e-14 of the product of the two standard deviations of ``g(y_i)``.

    References
    ----------
    R. Price, *IRE Transactions on Information Theory* 4 (1958); R. L. Plackett, *Biometrika* 41 (1954).

    Examples
    --------
    ``E[Heaviside(y_1) Heaviside(y_2)] = 1/4 + arcsin(rho)/(2 pi)`` for zero means:

    >>> import numpy as np
    >>> from numeric_backend.decomposition import decomposition_of
    >>> pieces = {"breakpoints": [0.0], "pieces": [[0.0], [1.0]], "error_terms": []}
    >>> step = decomposition_of({"name": "heaviside", "decomposition": pieces})
    >>> zero, one, rho = np.zeros(1), np.ones(1), np.array([0.5])
    >>> float(12 * price_remainder(step, zero, one, zero, one, rho, 1 - rho)[0])
    1.0
    """
    result = np.zeros(rho.shape)
    if not decomposition.terms:
        return result
    for start in range(0, rho.size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        live = np.flatnonzero((sigma_1[rows] > 0) & (sigma_2[rows] > 0) & (rho[rows] != 0)) + start
        for first in decomposition.terms:
            for second in decomposition.terms:
                result[live] += _pair_of_terms(
                    decomposition, first, second, mu_1[live], sigma_1[live], mu_2[live], sigma_2[live],
                    rho[live], complement[live],
                )  # fmt: skip
    return result


def _pin(term: JumpTerm | DensityTerm, mu: FloatArray, sigma: FloatArray) -> _Pin:
    if isinstance(term, JumpTerm):
        distance, distance_rest = doubled_sum(term.breakpoint, -mu)
        x, rest = doubled_quotient((distance, distance_rest + term.breakpoint_rest), (sigma, np.zeros_like(sigma)))
        scale, share, variance = sigma, np.ones_like(x), np.zeros_like(x)
    else:
        slope = term.slope, term.slope_rest
        line, line_rest = doubled_line(slope, mu, (term.offset, term.offset_rest))
        root = doubled_root(doubled_square_plus_one(doubled_line(slope, sigma, (0.0, 0.0))))
        x, rest = doubled_quotient((-line, -line_rest), root)
        scale, share, variance = root[0], term.slope * sigma / root[0], (term.slope * sigma) ** 2
    rest = np.where(np.isfinite(rest) & (np.abs(x) <= _FARTHEST), rest, 0.0)
    return _Pin(np.clip(x, -_FARTHEST, _FARTHEST), rest, scale, share, variance)


def _pair_of_terms(
    decomposition: Decomposition,
    first: JumpTerm | DensityTerm,
    second: JumpTerm | DensityTerm,
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> FloatArray:
    order = decomposition.order
    pins = _pin(first, mu_1, sigma_1), _pin(second, mu_2, sigma_2)
    share = pins[0].share * pins[1].share
    # 1 - share without cancellation: (1 + s1^2 + s2^2)/(S1^2 S2^2 (1 + share)) for densities, 0 for jumps.
    scales = pins[0].scale * pins[1].scale
    missing: FloatArray = np.zeros_like(share)
    if isinstance(first, DensityTerm):
        missing = (1 + pins[0].variance + pins[1].variance) / (scales**2 * (1 + share))
    pinned = share * np.abs(rho)
    gap = missing + share * complement
    with np.errstate(divide="ignore"):
        v_end = np.where(pinned < 0.5, np.arctanh(np.minimum(pinned, 0.5)), 0.5 * (np.log(2 - gap) - np.log(gap)))
    largest = _NEGLIGIBLE / (1 + 2 * decomposition.smoothness) + _LATEST_ONSET
    v_last = np.minimum(v_end, largest)
    growth = np.zeros_like(rho)
    if isinstance(first, DensityTerm):  # between jumps a long way to go (v large) comes with the growth
        growth = np.maximum(np.sign(rho) * pins[0].x * pins[1].x, 0.0) * -np.expm1(-2 * v_last) / 2
    total, half_peak = np.zeros_like(rho), np.zeros_like(rho)
    waiting = v_last > 0
    for length, e_folds, panels, nodes in _TIERS:
        rows = np.flatnonzero(waiting & (v_last <= length) & (growth <= e_folds))
        waiting[rows] = False
        if rows.size:
            integral = _Integrand(first, second, order, pins, np.sign(rho), share, rows)
            total[rows] = integral.over(v_last[rows], v_end[rows], panels, nodes)
            half_peak[rows] = integral.half_peak
    if isinstance(first, DensityTerm) and isinstance(second, DensityTerm):
        total *= scales**order / (first.slope * second.slope) ** (order + 1)
    # Half the peak at a time: what is not subnormal itself meets nothing subnormal on the way.
    return total * half_peak / (2 * pi * factorial(order)) * half_peak


class _Integrand:
    """``(rho' - tanh v)^P sech v exp(...) M(v)`` for one pair of terms, on the pairs ``rows``.

    Negative correlations are reflected, ``y_2 -> -y_2``, so that v >= 0. The square of ``half_peak`` is left out.
    """

    def __init__(
        self,
        first: JumpTerm | DensityTerm,
        second: JumpTerm | DensityTerm,
        order: int,
        pins: tuple[_Pin, _Pin],
        sign: FloatArray,
        share: FloatArray,
        rows: npt.NDArray[np.intp],
    ) -> None:
        self.order = order
        self.sign = sign[rows]
        self.share = share[rows]
        self.pins = tuple(
            _Pin(pin.x[rows], pin.x_rest[rows], pin.scale[rows], pin.share[rows], pin.variance[rows]) for pin in pins
        )
        self.x_1 = self.pins[0].x
        self.x_2 = self.sign * self.pins[1].x
        rest_1, rest_2 = self.pins[0].x_rest, self.sign * self.pins[1].x_rest
        self.difference = (self.x_1 - self.x_2) + (rest_1 - rest_2)
        self.product, error = doubled_product(self.x_1, self.x_2)
        error = error + (self.x_1 * rest_2 + self.x_2 * rest_1)
        # exp(-x_1 x_2 / 2), rounded once whatever its exponent, where it is a factor below 1.
        same_side = self.product > 0
        self.half_peak = np.where(same_side, np.exp(-np.maximum(self.product, 0.0) / 4) * (1 - error / 4), 1.0)
        self.other_side = 1.0 - same_side
        self.is_jump = isinstance(first, JumpTerm)
        self.offsets = (getattr(first, "offset", 0.0), self.sign * getattr(second, "offset", 0.0))
        self.weights = _weights(first, order, self.pins[0].scale), _weights(second, order, self.pins[1].scale)
        self.sizes = len(self.weights[0]), len(self.weights[1])

    def over(self, v_last: FloatArray, v_end: FloatArray, panels: int, nodes: int) -> FloatArray:
        """The integral from 0 to ``v_last``; ``v_end`` (infinite at ``|rho| = 1``) enters ``rho' - r``."""
        points, weights = gauss_legendre(nodes)
        total = np.zeros_like(v_last)
        for panel in range(panels):
            for point, weight in zip(points, weights, strict=True):
                v = v_last * ((panel + point) / panels)
                total += weight * self.at(v, v_end)
        return total * v_last / panels * self.sign ** (self.order + 1)

    def at(self, v: FloatArray, v_end: FloatArray) -> FloatArray:
        e = np.exp(-2 * v)
        plus = 1 + e
        cosh2 = plus * plus / (4 * e)
        value = np.exp(-0.5 * self.difference**2 * cosh2 - 0.5 * self.product * (e + self.other_side))
        value *= 2 * np.sqrt(e) / plus
        if self.order:
            distance = -2 * e * np.expm1(-2 * (v_end - v)) / (plus * (1 + np.exp(-2 * v_end)))
            value *= distance if self.order == 1 else distance**self.order
        product: FloatArray = value * self.moment(e, plus, cosh2)
        return product

    def moment(self, e: FloatArray, plus: FloatArray, cosh2: FloatArray) -> FloatArray:
        """``sum_ab w_a w'_b E[m_1^a m_2^b]`` for the Gaussian that the pinning leaves."""
        a_max, b_max = self.sizes[0] - 1, self.sizes[1] - 1
        if a_max == 0 and b_max == 0:
            return self.weights[0][0] * self.weights[1][0]
        r = (1 - e) / plus
        u_1 = self.difference * cosh2 + self.x_2 * plus / 2
        u_2 = -self.difference * cosh2 + self.x_1 * plus / 2
        if self.is_jump:
            mean_1, mean_2, var_1, var_2, covariance = u_1, u_2, -cosh2, -cosh2, r * cosh2
        else:
            scale_1, scale_2 = self.pins[0].scale, self.pins[1].scale
            mean_1 = -u_1 / scale_1 - self.offsets[0]
            mean_2 = -u_2 / scale_2 - self.offsets[1]
            ratio = np.minimum(r / self.share, 1.0)
            independent = (1 - ratio) * (1 + ratio)
            var_1 = _conditional_variance(self.pins[0], self.pins[1], independent, cosh2)
            var_2 = _conditional_variance(self.pins[1], self.pins[0], independent, cosh2)
            covariance = r * cosh2 / (scale_1 * scale_2)
        table: dict[tuple[int, int], FloatArray] = {(0, 0): np.ones_like(e)}
        total = np.zeros_like(e)
        for b in range(b_max + 1):
            if b:
                table[0, b] = mean_2 * table[0, b - 1]
                if b > 1:
                    table[0, b] = table[0, b] + (b - 1) * var_2 * table[0, b - 2]
            for a in range(a_max + 1):
                if a:
                    entry = mean_1 * table[a - 1, b]
                    if a > 1:
                        entry += (a - 1) * var_1 * table[a - 2, b]
                    if b:
                        entry += b * covariance * table[a - 1, b - 1]
                    table[a, b] = entry
                weight = self.weights[0][a] * self.weights[1][b]
                if np.any(weight):
                    total += weight * (self.sign**b if b % 2 else 1.0) * table[a, b]
        return total


def _conditional_variance(pin: _Pin, other: _Pin, independent: FloatArray, cosh2: FloatArray) -> FloatArray:
    """Variance of ``a y`` given both pins, in the form without cancellation for its size."""
    small = pin.variance * (1 + other.variance * independent) * cosh2 / (pin.scale * other.scale) ** 2
    large = 1 - cosh2 / pin.scale**2
    return np.where(pin.variance < 1, small, large)


def _weights(term: JumpTerm | DensityTerm, order: int, scale: FloatArray) -> list[FloatArray]:
    """Weights of the moments: ``D_k s^k`` on ``delta^(P-k)`` for jumps, the polynomial's for densities."""
    if isinstance(term, DensityTerm):
        return [np.full_like(scale, c) for c in term.polynomial]
    weights = [term.jumps[order - a] * scale ** (order - a) for a in range(order + 1)]
    while len(weights) > 1 and term.jumps[order - len(weights) + 1] == 0:
        weights.pop()
    return weights
