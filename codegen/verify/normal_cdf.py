"""Phi(u) in any precision, at thousands of points: local Taylor series of the Mills ratio, kept from point to point.

`mpmath.erfc` sums hundreds of terms at every call. Here h(x) = (1 - Phi(x))/phi(x), x >= 0, is expanded at the
multiples of 1/4; h' = x h - 1 gives the coefficients (n + 1) a_(n+1) = c a_n + a_(n-1) - [n = 0], and |x - c| <= 1/8
keeps the recurrence's rounding errors below a factor exp(c/8).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mpmath import libmp

__all__ = ["raw_normal_cdf"]

_GUARD_BITS = 40
_STEPS = 4
_FURTHEST = 160


def raw_normal_cdf(u: Any, precision: int) -> Any:
    """Phi(u), relative accuracy 2^-precision in both tails, as a raw mpf.

    Examples
    --------
    >>> from mpmath.libmp import from_int, to_float
    >>> to_float(raw_normal_cdf(from_int(0), 100))
    0.5
    """
    if not u[1]:
        return libmp.mpf_shift(libmp.fone, -1) if u == libmp.fzero else _of_special(u)
    x = libmp.mpf_abs(u)
    if u[2] + u[3] > 10 or libmp.to_int(libmp.mpf_shift(x, 2)) >= _FURTHEST:
        return _direct(u, precision)
    bits = precision + _GUARD_BITS
    fixed = int(libmp.to_fixed(x, bits))
    index = (fixed * _STEPS + (1 << (bits - 1))) >> bits
    offset = fixed - (index << bits) // _STEPS
    value = 0
    for coefficient in _coefficients(index, bits):
        value = ((value * offset) >> bits) + coefficient
    tail = libmp.mpf_mul(libmp.from_man_exp(value, -bits), _density(x, bits), bits)
    return libmp.mpf_pos(tail if u[0] else libmp.mpf_sub(libmp.fone, tail, bits), precision, "n")


def _of_special(u: Any) -> Any:
    return {libmp.finf: libmp.fone, libmp.fninf: libmp.fzero}.get(u, libmp.fnan)


def _direct(u: Any, precision: int) -> Any:
    """Phi(u) = erfc(-u / sqrt 2) / 2, with the bits that u^2 takes from the exponent."""
    working = precision + max(0, 2 * (u[2] + u[3])) + 10
    scaled = libmp.mpf_div(libmp.mpf_neg(u), libmp.mpf_sqrt(libmp.from_int(2), working), working)
    return libmp.mpf_shift(libmp.mpf_erfc(scaled, precision, "n"), -1)


def _density(x: Any, bits: int) -> Any:
    exponent = libmp.mpf_neg(libmp.mpf_shift(libmp.mpf_mul(x, x), -1))
    return libmp.mpf_div(libmp.mpf_exp(exponent, bits), _root_of_two_pi(bits), bits)


@lru_cache(maxsize=32)
def _root_of_two_pi(bits: int) -> Any:
    return libmp.mpf_sqrt(libmp.mpf_shift(libmp.mpf_pi(bits + 10), 1), bits + 10)


@lru_cache(maxsize=2048)
def _coefficients(index: int, bits: int) -> tuple[int, ...]:
    """Taylor coefficients of the Mills ratio at index/4, highest power first, times 2^bits."""
    centre = libmp.from_rational(index, _STEPS, bits)
    start = libmp.mpf_div(_direct(libmp.mpf_neg(centre), bits), _density(centre, bits), bits)
    coefficients = [int(libmp.to_fixed(start, bits))]
    coefficients.append(index * coefficients[0] // _STEPS - (1 << bits))
    n = 1
    while max(abs(coefficients[-1]), abs(coefficients[-2])) >> (3 * n) > 0:
        coefficients.append((index * coefficients[n] // _STEPS + coefficients[n - 1]) // (n + 1))
        n += 1
    return tuple(reversed(coefficients))
