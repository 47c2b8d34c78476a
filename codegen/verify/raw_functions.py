"""Elementary functions on mpmath's raw numbers, by the names kernels know them by: (raw mpf, bits) to raw mpf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import libmp

from codegen.verify.mp_special import raw_erfc, raw_erfcx

__all__ = ["RAW_FUNCTIONS", "defined"]

Raw = Any
RawFunction = Callable[[Raw, int], Raw]


def defined(function: RawFunction) -> RawFunction:
    """The function, NaN where it has no real value, and NaN of NaN."""

    def everywhere(x: Raw, precision: int) -> Raw:
        if x == libmp.fnan:
            return x
        try:
            return function(x, precision)
        except (libmp.ComplexResult, ValueError):
            return libmp.fnan

    return everywhere


def _arcsinh(x: Raw, precision: int) -> Raw:
    """log(|x| + sqrt(1 + x^2)) with the sign of x, with bits to spare where that is near log 1."""
    if not x[1]:
        return x
    working = precision + 10 + 2 * _bits_below_one(x)
    size = libmp.mpf_abs(x)
    root = libmp.mpf_sqrt(libmp.mpf_add(libmp.fone, libmp.mpf_mul(x, x), working), working)
    value = libmp.mpf_log(libmp.mpf_add(size, root, working), precision)
    return libmp.mpf_neg(value) if x[0] else value


def _expm1(x: Raw, precision: int) -> Raw:
    """exp(x) - 1 without the cancellation near 0."""
    value = libmp.mpf_exp(x, precision + _bits_below_one(x) + 5)
    return libmp.mpf_sub(value, libmp.fone, precision, "n")


def _log1p(x: Raw, precision: int) -> Raw:
    """log(1 + x) without the cancellation near 0."""
    if libmp.mpf_eq(x, libmp.fnone):
        return libmp.fninf
    argument = libmp.mpf_add(libmp.fone, x, precision + _bits_below_one(x) + 5, "n")
    return libmp.mpf_log(argument, precision, "n")


def _bits_below_one(x: Raw) -> int:
    """How many bits a number near zero stands below 1: what exp(x) - 1 would lose."""
    return max(0, -(x[2] + x[3])) if x[1] else 0


RAW_FUNCTIONS: dict[str, RawFunction] = {
    name: defined(function)
    for name, function in {
        "exp": libmp.mpf_exp,
        "expm1": _expm1,
        "log": libmp.mpf_log,
        "log1p": _log1p,
        "sqrt": libmp.mpf_sqrt,
        "sin": libmp.mpf_sin,
        "cos": libmp.mpf_cos,
        "tan": libmp.mpf_tan,
        "arcsin": libmp.mpf_asin,
        "arctan": libmp.mpf_atan,
        "arcsinh": _arcsinh,
        "sinh": libmp.mpf_sinh,
        "cosh": libmp.mpf_cosh,
        "tanh": libmp.mpf_tanh,
        "erf": libmp.mpf_erf,
        "erfc": raw_erfc,
        "erfcx": raw_erfcx,
        "floor": libmp.mpf_floor,
    }.items()
}
