"""Price's remainder where all kinks of g cancel far away: the second difference of the density at two kinks.

A saturating function such as ``min(max(y, a), b)`` has jumps J and -J of its slope. For a Gaussian much wider than
``b - a`` the four densities of its pairs of kinks are nearly one, and their sum with signs loses what they share.
With ``(x, y)`` one pair of kinks in standard units, ``D`` and ``D'`` the steps to the others and ``v = 1/(1 - r^2)``,

    p(x+D, y+D') - p(x, y+D') - p(x+D, y) + p(x, y) = (p(x+D, y) - p(x, y)) expm1(B) + p(x+D, y) exp(B) expm1(C),
    p(x+D, y) - p(x, y) = p(x, y) expm1(A),

    A = -D (D + 2 (x - r y)) v/2,   B = -D' (D' + 2 (y - r x)) v/2,   C = r D D' v

lose nothing where the exponents are small; where they are not, neither does the sum itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import Decomposition, JumpTerm
from numeric_backend.price_integrand import Integrand, Pin, pin

__all__ = ["SecondDifference", "nearest_kinks", "opposite_kinks"]

FloatArray = npt.NDArray[np.float64]


def opposite_kinks(decomposition: Decomposition) -> tuple[JumpTerm, JumpTerm] | None:
    """The two kinks of a continuous piecewise linear function whose outer slopes agree; ``None`` for others.

    Examples
    --------
    >>> from numeric_backend.decomposition import decomposition_of
    >>> clip = {"breakpoints": [-1.0, 1.0], "pieces": [[-1.0], [0.0, 1.0], [1.0]], "error_terms": []}
    >>> first, second = opposite_kinks(decomposition_of({"name": "hardtanh", "decomposition": clip}))
    >>> first.jumps, second.jumps
    ((0.0, 1.0), (0.0, -1.0))
    """
    jumps = [term for term in decomposition.terms if isinstance(term, JumpTerm)]
    if decomposition.order != 1 or len(jumps) != 2 or len(decomposition.terms) != 2:
        return None
    first, second = jumps
    if first.jumps[0] or second.jumps[0] or first.jumps[1] != -second.jumps[1]:
        return None
    return first, second


def nearest_kinks(
    kinks: tuple[JumpTerm, JumpTerm], mu: FloatArray, sigma: FloatArray
) -> tuple[Pin, FloatArray, FloatArray]:
    """Per unit the kink nearer to its mean, the step from it to the other in deviations, and the jump at it."""
    pins = [pin(kink, mu, sigma) for kink in kinks]
    nearer = np.abs(pins[0].x) <= np.abs(pins[1].x)
    chosen = Pin(
        np.where(nearer, pins[0].x, pins[1].x),
        np.where(nearer, pins[0].x_rest, pins[1].x_rest),
        pins[0].scale,
        pins[0].share,
        pins[0].variance,
    )
    width = (kinks[1].breakpoint - kinks[0].breakpoint) + (kinks[1].breakpoint_rest - kinks[0].breakpoint_rest)
    direction = np.where(nearer, 1.0, -1.0)
    return chosen, direction * width / sigma, direction * kinks[0].jumps[1]


class SecondDifference(Integrand):
    """The integrand of :class:`Integrand` with the second difference of the density in the place of the density."""

    def __init__(
        self,
        kinks: tuple[JumpTerm, JumpTerm],
        pins: tuple[Pin, Pin],
        steps: tuple[FloatArray, FloatArray],
        jumps: tuple[FloatArray, FloatArray],
        sign: FloatArray,
        share: FloatArray,
        rows: npt.NDArray[np.intp],
    ) -> None:
        super().__init__(kinks[0], kinks[0], 1, pins, sign, share, rows)
        self.constant = jumps[0][rows] * jumps[1][rows] * self.pins[0].scale * self.pins[1].scale
        self.step_1, self.step_2 = steps[0][rows], self.sign * steps[1][rows]
        self.pairs = [self._pair(a, b) for a in (0, 1) for b in (0, 1)]

    def _pair(self, a: int, b: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """One pair of kinks: minus half its squared difference, half its product, and its peak beside the nearer's."""
        difference = self.difference + (a * self.step_1 - b * self.step_2)
        product = (self.x_1 + a * self.step_1) * (self.x_2 + b * self.step_2)
        return -0.5 * difference**2, 0.5 * product, 0.5 * (np.maximum(self.product, 0.0) - product)

    def density_and_moment(self, r: FloatArray, e: FloatArray, plus: FloatArray, cosh2: FloatArray) -> FloatArray:
        """The second difference, half of the peak of the nearer pair taken out."""
        near, by_2, by_1, by_both = (
            np.exp(half_square * cosh2 - half_product * e + peak) for half_square, half_product, peak in self.pairs
        )
        gap = 2 * e / plus  # 1 - r
        first = -0.5 * cosh2 * self.step_1 * (self.step_1 + 2 * (self.difference + gap * self.x_2))
        second = -0.5 * cosh2 * self.step_2 * (self.step_2 + 2 * (gap * self.x_1 - self.difference))
        mixed = r * cosh2 * self.step_1 * self.step_2
        grown_1, grown_2, grown = (_expm1(exponent) for exponent in (first, second, mixed))
        plain = (by_both - by_2) - (by_1 - near)
        slope_1 = np.where(np.abs(first) < 1, near * grown_1, by_1 - near)
        by_first = (by_2 - near) * grown_1 + by_2 * (1 + grown_1) * grown
        by_second = slope_1 * grown_2 + by_1 * (1 + grown_2) * grown
        apart = np.where(np.abs(second) < 1, by_second, np.where(np.abs(first) < 1, by_first, plain))
        return np.where(np.abs(mixed) < 1, apart, plain)


def _expm1(exponent: FloatArray) -> FloatArray:
    """``exp(u) - 1`` for ``|u| < 1``, where it is used; no overflow elsewhere."""
    return np.expm1(np.clip(exponent, -1.0, 1.0))
