"""Derivatives of a smooth branch by central differences in as many bits as they take from it."""

from __future__ import annotations

import math
from typing import Any

from mpmath import libmp

from codegen.verify.smooth import SmoothFunction

__all__ = ["UnsettledDerivativeError", "derivative_by_differences"]

Raw = Any
_GUARD_BITS = 32
_FINER_BITS = 16
_MOST_BITS = 16_000


class UnsettledDerivativeError(ArithmeticError):
    """Differences leave nothing of a derivative, or two steps do not agree on it."""


def derivative_by_differences(function: SmoothFunction, order: int) -> SmoothFunction:
    """``g^(order)``, from ``order + 1`` values of g on steps h = 2^-(precision / 2), held against finer steps.

    The error is about ``order h^2 / 24`` times the derivative two orders above. When called, the function raises
    UnsettledDerivativeError where the derivative is too small against g, or g not smooth enough for the steps.

    Examples
    --------
    >>> import sympy as sp
    >>> from codegen.verify.smooth import compile_smooth
    >>> x = sp.Symbol("x")
    >>> third = derivative_by_differences(compile_smooth(sp.exp(2 * x), x), 3)
    >>> libmp.to_str(third(libmp.from_float(0.5), 100), 17)
    '21.746254627672362'
    """

    def derivative(x: Raw, precision: int) -> Raw:
        step = precision // 2 + _GUARD_BITS
        coarse, fine = (_difference(function, order, x, bits, precision) for bits in (step, step + _FINER_BITS))
        gap = libmp.mpf_abs(libmp.mpf_sub(coarse, fine, precision))
        if libmp.mpf_gt(libmp.mpf_shift(gap, precision), libmp.mpf_abs(fine)):
            raise UnsettledDerivativeError(
                f"derivative {order} at {libmp.to_str(x, 15)}: steps of 2^-{step} and finer ones do not agree"
            )
        return libmp.mpf_pos(fine, precision, "n")

    return derivative


def _difference(function: SmoothFunction, order: int, x: Raw, bits: int, precision: int) -> Raw:
    """``sum_j (-1)^j C(order, j) g(x + (order / 2 - j) h) / h^order``, h = 2^-bits, what cancels made up for."""
    places = [libmp.mpf_add(x, libmp.from_man_exp(order - 2 * j, -bits - 1)) for j in range(order + 1)]
    working = precision + order * (bits + 1) + _GUARD_BITS
    while working <= _MOST_BITS:
        terms = [
            libmp.mpf_mul(libmp.from_int((-1) ** j * math.comb(order, j)), function(place, working))
            for j, place in enumerate(places)
        ]
        total = libmp.mpf_sum(terms, working)
        highest = max((term[2] + term[3] for term in terms if term[1]), default=0)
        kept = total[2] + total[3] - (highest - working) if total[1] else 0
        if kept >= precision + _GUARD_BITS:
            return libmp.mpf_shift(total, order * bits)
        working += max(precision + 2 * _GUARD_BITS - kept, working // 2)
    raise UnsettledDerivativeError(
        f"derivative {order} at {libmp.to_str(x, 15)}: below 2^-{_MOST_BITS} of the function"
    )
