"""Pairs of Gaussians pinned to a kink at 0, and the decaying exponentials that start there.

With ``x_i = -mu_i/s_i``, ``h_1 = (x_1 - t x_2)/q``, ``q^2 = 1 - t^2``, ``z_i = (y_i - mu_i)/s_i``, the exponential
``f = exp(c y) [y on its side]`` and the normal density ``p_t`` at ``(x_1, x_2)``, the product of f and a pin is a
Mills ratio m:

    |c| s_1 E[f(y_1) delta(z_2 - x_2)] = a m(a + side h_1) p_t,        a = |c| s_1 q.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx

from numeric_backend.doubled import doubled_quotient
from numeric_backend.exponential_terms import ExponentialTerm

__all__ = ["Node", "PinnedPairs", "both_sides", "half_line", "pinned_pairs"]

FloatArray = npt.NDArray[np.float64]

_ROOT_HALF_PI = sqrt(pi / 2)
_FARTHEST = 1e75  # standard deviations: its square times exp(2 v) is no overflow


@dataclass(frozen=True)
class PinnedPairs:
    """Pairs of units with a correlation made positive by ``y_2 -> -y_2``; every array has shape ``(pairs,)``."""

    x_1: FloatArray
    x_2: FloatArray
    difference: FloatArray  # x_1 - x_2, rounded once
    sigma_1: FloatArray
    sigma_2: FloatArray
    sign: FloatArray  # of the correlation: what the sides of the second unit are multiplied by
    rho: FloatArray
    gap: FloatArray  # 1 - rho
    v_end: FloatArray  # artanh(rho)

    def take(self, rows: npt.NDArray[np.intp]) -> PinnedPairs:
        """Those pairs alone."""
        return PinnedPairs(*(getattr(self, field.name)[rows] for field in fields(self)))


def pinned_pairs(
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> PinnedPairs:
    """The pairs in the form the integrand wants; ``sigma > 0``."""
    sign = np.sign(rho)
    x_1, rest_1 = doubled_quotient((-mu_1, np.zeros_like(mu_1)), (sigma_1, np.zeros_like(mu_1)))
    x_2, rest_2 = doubled_quotient((-sign * mu_2, np.zeros_like(mu_2)), (sigma_2, np.zeros_like(mu_2)))
    rest = np.where(np.isfinite(rest_1 - rest_2), rest_1 - rest_2, 0.0)
    x_1, x_2 = np.clip(x_1, -_FARTHEST, _FARTHEST), np.clip(x_2, -_FARTHEST, _FARTHEST)
    small = np.arctanh(np.minimum(np.abs(rho), 0.5))
    with np.errstate(divide="ignore"):
        v_end = np.where(np.abs(rho) < 0.5, small, 0.5 * (np.log(2 - complement) - np.log(complement)))
    return PinnedPairs(x_1, x_2, (x_1 - x_2) + rest, sigma_1, sigma_2, sign, np.abs(rho), complement, v_end)


class Node:
    """What the integrand is made of at ``t = tanh v``, v of shape ``(nodes, pairs)``, ``dt/dv`` included."""

    def __init__(self, pairs: PinnedPairs, v: FloatArray) -> None:
        self.pairs = pairs
        self.e = np.exp(-2 * v)
        self.plus = 1 + self.e
        self.q = 2 * np.sqrt(self.e) / self.plus
        self.cosh2 = 1 / (self.q * self.q)
        self.t = -np.expm1(-2 * v) / self.plus
        exponent = pairs.difference**2 * self.cosh2 + pairs.x_1 * pairs.x_2 * self.plus
        self.scale = self.q / (2 * pi)
        self.density: FloatArray = self.scale * np.exp(-0.5 * exponent)

    def distance(self, v: FloatArray) -> FloatArray:
        """``rho - t``, negative beyond rho."""
        last = 1 + np.exp(-2 * self.pairs.v_end)
        rho_minus_t: FloatArray = -2 * self.e * np.expm1(-2 * (self.pairs.v_end - v)) / (self.plus * last)
        return rho_minus_t

    def share(self, term: ExponentialTerm, unit: int) -> FloatArray:
        """``a m(a + side h)`` times the density, for the exponential in one unit and the pin in the other."""
        pairs = self.pairs
        if unit == 1:
            sigma, other, lean = pairs.sigma_1, term.side * pairs.x_2, term.side * pairs.difference
        else:
            side = term.side * pairs.sign
            sigma, other, lean = pairs.sigma_2, side * pairs.x_1, -side * pairs.difference
        h = (lean * self.cosh2 + other * self.plus / 2) * self.q
        a = abs(term.rate) * sigma * self.q
        y = a + h
        value: FloatArray = self.density * (_ROOT_HALF_PI * erfcx(np.abs(y) / sqrt(2)))
        inside = y < 0
        if inside.any():  # m(y) = sqrt(2 pi) exp(y^2/2) - m(-y)
            tilt = np.where(inside, a * (h + a / 2) - 0.5 * other**2, -np.inf)
            value = np.where(inside, self.scale * (2 * _ROOT_HALF_PI) * np.exp(tilt) - value, value)
        value *= a
        return value


def half_line(x: FloatArray, a: FloatArray) -> FloatArray:
    """``E[exp(-a (z - x)); z > x]`` of a standard normal z, a >= 0."""
    y = a + x
    outside = np.exp(-0.5 * x * x) * erfcx(np.abs(y) / sqrt(2)) / 2
    return np.where(y < 0, np.exp(np.where(y < 0, a * (x + a / 2), 0.0)) - outside, outside)


def both_sides(x_1: FloatArray, a_1: FloatArray, x_2: FloatArray, a_2: FloatArray) -> FloatArray:
    """``E[exp(-a_1 (z - x_1) - a_2 (z - x_2)); z > max(x_1, x_2)]`` of one standard normal z."""
    last = np.maximum(x_1, x_2)
    behind = a_1 * (last - x_1) + a_2 * (last - x_2)
    a, y = a_1 + a_2, a_1 + a_2 + last
    outside = np.exp(-0.5 * last * last - behind) * erfcx(np.abs(y) / sqrt(2)) / 2
    return np.where(y < 0, np.exp(np.where(y < 0, a * (last + a / 2) - behind, 0.0)) - outside, outside)
