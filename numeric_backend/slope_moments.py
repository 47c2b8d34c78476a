"""Two-point moments of a function and its derivatives, ``s_1^a s_2^b E[g^(a)(y_1) g^(b)(y_2)]`` with a + b <= 2.

They are what Stein's lemma makes of ``E[g(y_1) z_1 g(y_2) z_2]`` with linear z. With ``c_k`` standing for
``E[g(y) He_k(t)]/sqrt(k!)`` their Hermite series are

    sum_k sqrt((k+1)...(k+a)) c_(k+a) sqrt((k+1)...(k+b)) c'_(k+b) rho^k,

and what is left of them after some terms are again integrals of :mod:`numeric_backend.price_remainder`. The second
derivative of a kink is a density, that of Phi a tilt: there one factor is a Hermite series that ends.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import Decomposition, DensityTerm, JumpTerm, decomposition_of
from numeric_backend.exponential_terms import exponentials_of
from numeric_backend.price_integrand import pin
from numeric_backend.price_remainder import price_remainder

__all__ = ["SlopeMoments", "UnitArrays", "slope_moments_of"]

FloatArray = npt.NDArray[np.float64]

_HIGHEST_DENSITY_ORDER = 1


class UnitArrays(NamedTuple):
    """One unit of each pair: mean, standard deviation, and ``c_k/sqrt(k!)`` for k to the order and two more."""

    mu: FloatArray
    sigma: FloatArray
    coefficients: FloatArray


class SlopeMoments:
    """The moments of one kernel with closed two-point integrals and without jumps; see :func:`slope_moments_of`.

    Attributes
    ----------
    order : int
        Number of Hermite terms after which :meth:`value`, :meth:`slope` and their like begin.
    """

    def __init__(self, kernel: Any, decomposition: Decomposition) -> None:
        self._kernel = kernel
        self._value = decomposition
        self._slope = decomposition.derivative()
        self._lowered = decomposition.lowered() if decomposition.order else decomposition
        self._bend = self._slope.derivative()
        self.order = decomposition.order

    def value(self, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray) -> FloatArray:
        """``E[g g]`` less its terms k <= P; ``gap`` is ``1 - |rho|``."""
        return price_remainder(self._value, first.mu, first.sigma, second.mu, second.sigma, rho, gap)

    def slope(self, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray) -> FloatArray:
        """``s_1 E[g'(y_1) g(y_2)]`` less its terms k <= P."""
        given = first.mu, first.sigma, second.mu, second.sigma, rho, gap
        return first.sigma * price_remainder(self._slope, *given, self._value)

    def slopes(self, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray) -> FloatArray:
        """``s_1 s_2 E[g'(y_1) g'(y_2)]`` less its terms k <= P - 1."""
        if not self._value.terms:
            return np.zeros_like(rho)
        given = first.mu, first.sigma, second.mu, second.sigma, rho, gap
        return first.sigma * second.sigma * price_remainder(self._lowered, *given)

    def bend(self, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray) -> FloatArray:
        """``s_1^2 E[g''(y_1) g(y_2)]`` less its terms k <= P - 1."""
        total = np.zeros_like(rho)
        if self._bend.terms and isinstance(self._bend.terms[0], JumpTerm):
            given = first.mu, first.sigma, second.mu, second.sigma, rho, gap
            total += first.sigma**2 * price_remainder(self._bend, *given, self._value)
            total += self._smooth_part_of_last_term(first, second, rho)
        for term in self._value.terms:
            if isinstance(term, DensityTerm):
                total += self._tilted(term, first, second, rho, gap)
            elif term.jumps[1]:
                total += self._pinned(term, first, second, rho, gap)
        return total

    def _smooth_part_of_last_term(self, first: UnitArrays, second: UnitArrays, rho: FloatArray) -> FloatArray:
        """Term P of ``s_1^2 E[g'' g]`` but for the densities at the kinks, which have it of their own."""
        P = self.order
        own = sqrt((P + 1) * (P + 2)) * first.coefficients[P + 2]
        for term in self._value.terms:
            if isinstance(term, JumpTerm) and term.jumps[1]:
                x, weight = _density(term, first)
                own = own - weight * _hermite_functions(x, P)[P]
        return np.asarray(own * second.coefficients[P] * rho**P)

    def _pinned(
        self, term: JumpTerm, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray
    ) -> FloatArray:
        """``s_1^2 J E[delta(y_1 - c) g(y_2)]`` less its terms k <= P - 1."""
        x, weight = _density(term, first)
        given_mean = second.mu + rho * second.sigma * x
        value = self._coefficients(given_mean, second.sigma * np.sqrt(gap * (2 - gap)), 0)[0]
        power = np.ones_like(rho)
        for hermite, coefficient in zip(_hermite_functions(x, self.order)[:-1], second.coefficients, strict=False):
            value = value - hermite * coefficient * power
            power = power * rho
        return np.where(weight == 0, 0.0, weight * value)

    def _tilted(
        self, term: DensityTerm, first: UnitArrays, second: UnitArrays, rho: FloatArray, gap: FloatArray
    ) -> FloatArray:
        """``s_1^2 E[q(a y_1) phi(a y_1 + b) g(y_2)]`` less the term k = 0; the order is 1."""
        at = pin(term, first.mu, first.sigma)
        density = np.exp(-(at.x**2) / 2 - at.x * at.x_rest) / (sqrt(2 * pi) * at.scale)
        # Under N(mu_1, s_1^2) phi(a y_1 + b) the line a y_1 has this mean and deviation, t_1 this mean.
        deviation = term.slope * first.sigma / at.scale
        mean = -term.offset - at.x / at.scale
        moved = at.share * at.x
        independent = gap * (2 - gap)
        spread = np.sqrt(independent + rho**2 / at.scale**2)
        correlation = np.divide(rho, at.scale * spread, out=np.zeros_like(rho), where=spread > 0)
        polynomial = _hermite_of_polynomial(term.polynomial, mean, deviation)
        mixed = self._coefficients(second.mu + rho * second.sigma * moved, second.sigma * spread, len(polynomial) - 1)
        total = polynomial[0] * (mixed[0] - second.coefficients[0])
        power = correlation
        for own, coefficient in zip(polynomial[1:], mixed[1:], strict=True):
            total = total + own * coefficient * power
            power = power * correlation
        return np.asarray(first.sigma**2 * density * total)

    def _coefficients(self, mu: FloatArray, sigma: FloatArray, degree: int) -> list[FloatArray]:
        rows = np.asarray(self._kernel.hermite_coefficients(mu, sigma, degree), dtype=np.float64)
        roots = np.sqrt(np.cumprod(np.maximum(np.arange(degree + 1.0), 1.0)))
        return [row / root for row, root in zip(rows, roots, strict=True)]


def slope_moments_of(kernel: Any) -> SlopeMoments | None:
    """The moments of a kernel, or ``None`` where they have no closed integrals.

    They exist for polynomials between breakpoints without jumps and for lines around Phi; not for steps, sums of
    exponentials, and kernels without a decomposition.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> slope_moments_of(kernels.load("relu")).order, slope_moments_of(kernels.load("silu"))
    (1, None)
    """
    if exponentials_of(kernel.KERNEL) is not None:
        return None
    decomposition = decomposition_of(kernel.KERNEL)
    if decomposition is None:
        return None
    jumps = [term for term in decomposition.terms if isinstance(term, JumpTerm)]
    if jumps:
        return None if decomposition.smoothness == 0 else SlopeMoments(kernel, decomposition)
    if decomposition.terms and decomposition.order > _HIGHEST_DENSITY_ORDER:
        return None
    if decomposition.order == 0:
        decomposition = decomposition.raised()
    return SlopeMoments(kernel, decomposition)


def _density(term: JumpTerm, unit: UnitArrays) -> tuple[FloatArray, FloatArray]:
    """The kink in deviations from the mean, and ``s^2 J`` times the density there (0 where ``s = 0``)."""
    alive = unit.sigma > 0
    at = pin(term, unit.mu, np.where(alive, unit.sigma, 1.0))
    peak = np.exp(-(at.x**2) / 2 - at.x * at.x_rest) / sqrt(2 * pi)
    return at.x, np.where(alive, term.jumps[1] * unit.sigma * peak, 0.0)


def _hermite_functions(x: FloatArray, degree: int) -> list[FloatArray]:
    """``He_k(x)/sqrt(k!)``."""
    found = [np.ones_like(x)]
    previous = np.zeros_like(x)
    for k in range(degree):
        found.append((x * found[-1] - sqrt(k) * previous) / sqrt(k + 1))
        previous = found[-2]
    return found


def _hermite_of_polynomial(polynomial: tuple[float, ...], mean: FloatArray, deviation: FloatArray) -> list[FloatArray]:
    """Coefficients of a polynomial of ``w ~ N(mean, deviation^2)`` in ``He_k/sqrt(k!)``, by Horner's rule."""
    found = [np.full_like(mean, polynomial[-1])]
    for coefficient in polynomial[-2::-1]:
        degree = len(found)
        padded = [*found, np.zeros_like(mean)]
        found = [
            mean * padded[k]
            + deviation
            * ((sqrt(k) * padded[k - 1] if k else 0.0) + (sqrt(k + 1) * padded[k + 1] if k + 1 <= degree else 0.0))
            for k in range(degree + 1)
        ]
        found[0] = found[0] + coefficient
    return found
