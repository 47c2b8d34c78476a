"""erfc and exp(x^2) erfc(x) in any precision, for any argument, on mpmath's raw numbers.

`mpmath.erfc` is accurate in its tail, but exp(x^2) times it is not: x^2 must be carried with as many extra
bits as it has before the point, and for huge x the asymptotic series is both faster and the only way that
ends.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from mpmath import libmp

__all__ = ["raw_erfc", "raw_erfcx"]

_GUARD_BITS = 20


@lru_cache(maxsize=1 << 16)
def raw_erfc(x: Any, precision: int) -> Any:
    """erfc(x) = 2/sqrt(pi) int_x^inf exp(-u^2) du, relative accuracy 2^-precision, as a raw mpf."""
    if x == libmp.fnan:
        return x
    return libmp.mpf_erfc(x, precision, "n")


@lru_cache(maxsize=1 << 16)
def raw_erfcx(x: Any, precision: int) -> Any:
    """exp(x^2) erfc(x), relative accuracy 2^-precision, as a raw mpf.

    For x^2 beyond the working precision the asymptotic series
    1/(x sqrt(pi)) sum_k (-1)^k (2k-1)!!/(2 x^2)^k (DLMF 7.12.1) has a smallest term below the last bit.
    """
    if x == libmp.fnan or x == libmp.finf:
        return x if x == libmp.fnan else libmp.fzero
    if x == libmp.fninf:
        return libmp.finf
    working = precision + _GUARD_BITS
    magnitude = x[2] + x[3]
    if x[0] or magnitude <= 0 or not _asymptotic(x, magnitude, working):
        square = libmp.mpf_mul(x, x)
        head = libmp.mpf_exp(square, working, "n")
        return libmp.mpf_mul(head, libmp.mpf_erfc(x, working, "n"), precision, "n")
    return _asymptotic_series(x, working, precision)


def _asymptotic(x: Any, magnitude: int, working: int) -> bool:
    if magnitude > working:
        return True
    return bool(float(libmp.to_float(x)) ** 2 > working * math.log(2) + 5)


def _asymptotic_series(x: Any, working: int, precision: int) -> Any:
    square = libmp.mpf_mul(x, x)
    one = 1 << working
    inverse = libmp.to_fixed(libmp.mpf_div(libmp.fone, libmp.mpf_shift(square, 1), working, "n"), working)
    term, total, k = one, one, 1
    while term:
        term = -((term * inverse * (2 * k - 1)) >> working)
        if abs(term) <= 1:
            break
        total += term
        k += 1
    series = libmp.from_man_exp(total, -working, working, "n")
    root = libmp.mpf_sqrt(libmp.mpf_pi(working), working, "n")
    return libmp.mpf_div(series, libmp.mpf_mul(x, root), precision, "n")
