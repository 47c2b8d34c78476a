"""How far each value of a reference can be from the truth: no sign is read off a value below that.

Three errors: the rule's (two resolutions differ), the window's (what lies outside has fallen by the digits wanted,
relative to the integral of the absolute value) and rounding (relative to the same, by the working precision).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.verify.panel_sums import PanelSums

__all__ = ["ErrorBounds", "error_bounds", "no_errors"]

Raw = Any
_BITS = 60
_ROUNDED_BITS = 30


@dataclass(frozen=True)
class ErrorBounds:
    """Bounds on the errors of the values of a `Reference`, under the same names."""

    moments: tuple[Raw, ...]
    hermite: tuple[Raw, ...]
    second_moment: Raw
    variance: Raw


def no_errors(degree: int) -> ErrorBounds:
    """The bounds at a point mass, where nothing is integrated."""
    return ErrorBounds((libmp.fzero,) * (degree + 1), (libmp.fzero,) * (degree + 3), libmp.fzero, libmp.fzero)


def error_bounds(
    pairs: Sequence[tuple[PanelSums, PanelSums]], degrees: tuple[int, int], digits: int, precision: int
) -> ErrorBounds:
    """Bounds for the sums over panels of the finer of two rules.

    Parameters
    ----------
    pairs : sequence of (PanelSums, PanelSums)
        The coarse and the fine rule, panel by panel.
    degrees : (int, int)
        Highest power and highest Hermite order.
    digits, precision : int
        Digits the window was chosen for, and bits of the arithmetic.
    """
    window = libmp.mpf_pow_int(libmp.from_int(10), -digits, _BITS)
    rounding = libmp.mpf_shift(libmp.fone, _ROUNDED_BITS - precision)
    moments = [libmp.fzero] * (degrees[0] + 1)
    hermite = [libmp.fzero] * (degrees[1] + 1)
    square = centred_square = mean = libmp.fzero
    for coarse, fine in pairs:
        plain = libmp.mpf_mul(fine.size, _sum(window, rounding), _BITS)
        both = _sum(libmp.mpf_shift(fine.size, 1), fine.centred_size)
        centred = _sum(
            libmp.mpf_mul(fine.centred_size, window, _BITS),
            libmp.mpf_mul(both, rounding, _BITS),
        )
        for n, power in enumerate(_powers(fine.furthest, degrees[0])):
            moments[n] = _sum(moments[n], _gap(coarse.moments[n], fine.moments[n]), _times(plain, power))
        for k, size in enumerate(_largest_hermite(fine.furthest_unit, degrees[1])):
            hermite[k] = _sum(hermite[k], _gap(coarse.hermite[k], fine.hermite[k]), _times(centred, size))
        square = _sum(square, _gap(coarse.square, fine.square), _times(fine.square, _sum(window, rounding)))
        spread = _times(_sum(fine.centred_square, libmp.mpf_shift(fine.square, 1)), rounding)
        centred_square = _sum(
            centred_square,
            _gap(coarse.centred_square, fine.centred_square),
            _times(fine.centred_square, window),
            spread,
        )
        mean = _sum(mean, fine.hermite[0])
    by_mean = _times(libmp.mpf_shift(libmp.mpf_abs(mean), 1), hermite[0])
    hermite[0] = moments[0]
    return ErrorBounds(tuple(moments), tuple(hermite), square, _sum(centred_square, by_mean))


def _sum(*values: Raw) -> Raw:
    return libmp.mpf_sum(list(values), _BITS)


def _times(a: Raw, b: Raw) -> Raw:
    return libmp.mpf_mul(a, b, _BITS)


def _gap(coarse: Raw, fine: Raw) -> Raw:
    return libmp.mpf_abs(libmp.mpf_sub(coarse, fine, _BITS))


def _powers(base: Raw, degree: int) -> list[Raw]:
    values = [libmp.fone]
    for _ in range(degree):
        values.append(_times(values[-1], base))
    return values


def _largest_hermite(reach: Raw, degree: int) -> list[Raw]:
    """Bounds on |He_k(z)| for |z| <= reach: the recurrence with every sign positive."""
    values = [libmp.fone, reach]
    for k in range(1, degree):
        values.append(_sum(_times(reach, values[k]), libmp.mpf_mul_int(values[k - 1], k, _BITS, "n")))
    return values[: degree + 1]
