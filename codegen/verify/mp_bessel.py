"""Bessel functions of whole order in any precision, on mpmath's raw numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath
from mpmath import libmp

__all__ = ["raw_ive", "raw_jv"]

_GUARD_BITS = 20


@lru_cache(maxsize=1 << 12)
def raw_ive(order: int, x: Any, precision: int) -> Any:
    """``I_order(x) exp(-|x|)``, as a raw mpf."""
    if x in (libmp.fnan, libmp.finf, libmp.fninf):
        return libmp.fnan if x == libmp.fnan else libmp.fzero
    context, argument = _working(x, precision)
    return context.convert(context.besseli(order, argument) * context.exp(-abs(argument)))._mpf_


@lru_cache(maxsize=1 << 12)
def raw_jv(order: int, x: Any, precision: int) -> Any:
    """``J_order(x)``, as a raw mpf."""
    if x in (libmp.fnan, libmp.finf, libmp.fninf):
        return libmp.fnan if x == libmp.fnan else libmp.fzero
    context, argument = _working(x, precision)
    return context.convert(context.besselj(order, argument))._mpf_


def _working(x: Any, precision: int) -> tuple[Any, Any]:
    """A context with bits to spare, as many as the exponent of x takes, and x in it."""
    context = mpmath.MPContext()
    context.prec = precision + _GUARD_BITS + max(0, x[2] + x[3])
    return context, context.make_mpf(x)
