"""The integrand of Price's remainder: two units pinned to breakpoints or to zeros of ``a y + b``.

A bivariate normal density in ``v = artanh(r)`` times a polynomial moment given both pins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import DensityTerm, JumpTerm
from numeric_backend.doubled import (
    doubled_line,
    doubled_product,
    doubled_quotient,
    doubled_root,
    doubled_square_plus_one,
    doubled_sum,
)
from numeric_backend.quadrature import gauss_legendre

__all__ = ["Integrand", "Pin", "pin"]

FloatArray = npt.NDArray[np.float64]

_FARTHEST = 1e6  # standard deviations; the density is zero long before


@dataclass(frozen=True)
class Pin:
    """One unit at one term: a Gaussian pinned to zero, in units of its standard deviation ``scale``."""

    x: FloatArray
    x_rest: FloatArray  # what rounding took from x
    scale: FloatArray
    share: FloatArray  # correlation with the pre-activation: 1 for a breakpoint
    variance: FloatArray  # a^2 sigma^2, for density terms


def pin(term: JumpTerm | DensityTerm, mu: FloatArray, sigma: FloatArray) -> Pin:
    """Units of mean ``mu`` and deviation ``sigma`` pinned to one term."""
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
    return Pin(np.clip(x, -_FARTHEST, _FARTHEST), rest, scale, share, variance)


class Integrand:
    """``(rho' - tanh v)^P sech v exp(...) M(v)`` for one pair of terms, on the pairs ``rows``.

    Negative correlations are reflected, ``y_2 -> -y_2``, so that v >= 0. The square of ``half_peak`` is left out.
    """

    def __init__(
        self,
        first: JumpTerm | DensityTerm,
        second: JumpTerm | DensityTerm,
        order: int,
        pins: tuple[Pin, Pin],
        sign: FloatArray,
        share: FloatArray,
        rows: npt.NDArray[np.intp],
    ) -> None:
        self.order = order
        self.sign = sign[rows]
        self.share = share[rows]
        self.pins = tuple(
            Pin(pin.x[rows], pin.x_rest[rows], pin.scale[rows], pin.share[rows], pin.variance[rows]) for pin in pins
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
        self.half_square, self.half_product = -0.5 * self.difference**2, 0.5 * self.product
        self.is_jump = isinstance(first, JumpTerm)
        self.offsets = (getattr(first, "offset", 0.0), self.sign * getattr(second, "offset", 0.0))
        weights = _weights(first, order, self.pins[0].scale), _weights(second, order, self.pins[1].scale)
        self.sizes = len(weights[0]), len(weights[1])
        products = {(a, b): u * w for a, u in enumerate(weights[0]) for b, w in enumerate(weights[1])}
        self.weights = {ab: self.sign ** (ab[1] % 2) * w for ab, w in products.items() if np.any(w)}
        self.constant: FloatArray | float = self.weights.get((0, 0), 0.0) if self.sizes == (1, 1) else 1.0

    def over(self, v_last: FloatArray, v_end: FloatArray, panels: int, nodes: int) -> FloatArray:
        """The integral from 0 to ``v_last``; ``v_end`` (infinite at ``|rho| = 1``) enters ``rho' - r``."""
        points, weights = gauss_legendre(nodes)
        total = np.zeros_like(v_last)
        last = 1 + np.exp(-2 * v_end)
        for panel in range(panels):
            for point, weight in zip(points, weights, strict=True):
                v = v_last * ((panel + point) / panels)
                e = np.exp(-2 * v)
                plus = 1 + e
                value = 2 * weight * np.sqrt(e) / plus
                if self.order:
                    distance = -2 * e * np.expm1(-2 * (v_end - v)) / (plus * last)
                    value *= distance if self.order == 1 else distance**self.order
                total += value * self.density_and_moment((1 - e) / plus, e, plus, plus * plus / (4 * e))
        return self.constant * total * v_last / panels * self.sign ** (self.order + 1)

    def over_correlations(self, r_end: FloatArray, nodes: int) -> FloatArray:
        """The same integral in ``r = tanh v``, from 0 to ``r_end``: away from 1 it needs one exponential a node."""
        points, weights = gauss_legendre(nodes)
        total = np.zeros_like(r_end)
        for point, weight in zip(points, weights, strict=True):
            r = r_end * point
            plus = 2 / (1 + r)
            cosh2 = plus / (2 * (1 - r))
            value = (weight * (1 - point) ** self.order) * np.sqrt(cosh2)
            total += value * self.density_and_moment(r, plus - 1, plus, cosh2)
        return self.constant * total * (self.sign * r_end) ** (self.order + 1)

    def peaked(self, integral: FloatArray) -> FloatArray:
        """The integral with its peak put back, half of it at a time: what is not subnormal meets nothing that is."""
        return self.half_peak * (integral * self.half_peak)

    def density_and_moment(self, r: FloatArray, e: FloatArray, plus: FloatArray, cosh2: FloatArray) -> FloatArray:
        """The normal density at both pins, half of its peak taken out, times the moment; ``e = exp(-2 v)``."""
        density: FloatArray = np.exp(self.half_square * cosh2 - self.half_product * (e + self.other_side))
        return density if self.sizes == (1, 1) else density * self.moment(r, plus, cosh2)

    def moment(self, r: FloatArray, plus: FloatArray, cosh2: FloatArray) -> FloatArray:
        """``sum_ab w_a w'_b E[m_1^a m_2^b]`` for the Gaussian that the pinning leaves."""
        a_max, b_max = self.sizes[0] - 1, self.sizes[1] - 1
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
        table: dict[tuple[int, int], FloatArray] = {(0, 0): np.ones_like(r)}
        total = np.zeros_like(r)
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
                if (a, b) in self.weights:
                    total += self.weights[a, b] * table[a, b]
        return total


def _conditional_variance(pin: Pin, other: Pin, independent: FloatArray, cosh2: FloatArray) -> FloatArray:
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
