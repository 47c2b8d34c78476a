"""A smooth branch of a definition and the Gaussian over it, measured from where the Gaussian peaks on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.definition import Definition
from codegen.verify.smooth import SmoothFunction
from symbolic_moments.symbols import x

__all__ = ["Interval", "ReferenceRefusesError", "intervals"]


class ReferenceRefusesError(ArithmeticError):
    """The reference cannot vouch for its digits at this point."""


@dataclass(frozen=True)
class Interval:
    """One smooth branch and the Gaussian over it.

    Attributes
    ----------
    evaluate : callable
        The branch g as (raw mpf, precision) -> raw mpf.
    left, right : raw mpf
        The ends, infinite allowed.
    peak : raw mpf
        The point y* of the interval nearest to mu.
    gap : raw mpf
        y* - mu, exact.
    sigma : raw mpf
        Standard deviation, positive.
    centre_value : raw mpf
        g(mu), taken off before the centred moments.
    precision : int
        Working precision in bits.
    sizes : tuple of float, optional
        Bounds of the coefficients of a branch that is a polynomial, lowest power first.
    """

    evaluate: SmoothFunction
    left: Any
    right: Any
    peak: Any
    gap: Any
    sigma: Any
    centre_value: Any
    precision: int
    sizes: tuple[float, ...] | None = None

    def offset(self, units: float) -> Any:
        """`units` standard deviations as an offset from the peak."""
        return libmp.mpf_mul(libmp.from_float(units), self.sigma, self.precision)

    def units(self, offset: Any) -> float:
        """An offset from the peak in standard deviations."""
        if offset in (libmp.finf, libmp.fninf):
            return math.inf if offset == libmp.finf else -math.inf
        return float(libmp.to_float(libmp.mpf_div(offset, self.sigma, 60)))

    def density(self) -> Any:
        """phi(gap / sigma) / sigma, with as many extra bits as the exponent has before its point."""
        extra = max(0, 2 * math.frexp(self.units(self.gap))[1])
        precision = self.precision + extra
        z = libmp.mpf_div(self.gap, self.sigma, precision)
        value = libmp.mpf_exp(libmp.mpf_neg(libmp.mpf_shift(libmp.mpf_mul(z, z, precision), -1)), self.precision)
        root = libmp.mpf_sqrt(libmp.mpf_shift(libmp.mpf_pi(self.precision), 1), self.precision)
        return libmp.mpf_div(value, libmp.mpf_mul(root, self.sigma, self.precision), self.precision)


def intervals(definition: Definition, mu: float, sigma: float, precision: int) -> list[Interval]:
    """The branches of a definition; without those that are zero where g(mu) is, too."""
    kinks = definition.raw_kinks(precision)
    ends = [libmp.fninf, *kinks, libmp.finf]
    centre, spread = libmp.from_float(mu), libmp.from_float(sigma)
    centre_value = definition.value(centre, precision)
    if centre_value in (libmp.finf, libmp.fninf):
        centre_value = libmp.fzero  # any number may be taken off
    result = []
    for piece, left, right in zip(definition.pieces, ends, ends[1:], strict=False):
        if piece.is_zero and not centre_value[1]:
            continue
        peak = centre
        if libmp.mpf_lt(centre, left):
            peak = left
        elif libmp.mpf_gt(centre, right):
            peak = right
        gap = libmp.mpf_sub(peak, centre)
        result.append(
            Interval(piece.evaluate, left, right, peak, gap, spread, centre_value, precision, _sizes(piece.expression))
        )
    return result


@lru_cache(maxsize=1024)
def _sizes(expression: sp.Expr) -> tuple[float, ...] | None:
    if not expression.is_polynomial(x):
        return None
    return tuple(float(abs(one)) * (1 + 1e-9) for one in reversed(sp.Poly(expression, x).all_coeffs()))
