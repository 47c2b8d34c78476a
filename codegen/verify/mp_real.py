"""Real numbers of a private mpmath context that refuse doubles.

A kernel run in fifty digits is worth nothing when one double slips in: the digits after the sixteenth are
then noise that looks like accuracy. The numbers made here therefore take integers and their own kind, and
nothing else. Division by zero and square roots of negative numbers follow IEEE 754 (infinity, NaN), because
kernels compute both sides of a mask before they choose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import mpmath
import numpy as np
from mpmath.libmp import ComplexResult, dps_to_prec, mpf_add, mpf_mul, mpf_sub, to_float

__all__ = ["FellToDoubleError", "as_float", "bits_of", "private_context", "refuse"]

_BINARY = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "mod", "rmod")
_FAST = {"__add__": mpf_add, "__sub__": mpf_sub, "__mul__": mpf_mul}
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


class FellToDoubleError(ArithmeticError):
    """A double (or a number of another precision) entered arithmetic that was to carry more digits."""


def private_context(digits: int) -> Any:
    """An mpmath context of its own with `digits` digits; the process-wide precision is never touched.

    Parameters
    ----------
    digits : int
        Decimal digits of every operation.

    Returns
    -------
    mpmath.MPContext
        Its numbers raise `FellToDoubleError` when a float, a NumPy float, a complex number or an mpf of
        another context meets them, and when they are converted to float implicitly (use `as_float`).

    Examples
    --------
    >>> context = private_context(30)
    >>> context.mpf(1) / 3 * 3
    mpf('1.0')
    >>> context.mpf(1) * 0.1  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    codegen.verify.mp_real.FellToDoubleError: 0.1 is a double
    """
    context = mpmath.MPContext()
    context.dps = digits
    context.trap_complex = True
    kind = context.mpf
    for name in (*_BINARY, *_COMPARISONS):
        setattr(kind, f"__{name}__", _strict(context, f"__{name}__"))
    kind.__hash__ = _inherited(kind, "__hash__")
    kind.__float__ = _refuse_float
    return context


def as_float(value: Any) -> float:
    """The double nearest to an mpf: the one stated way from digits to doubles."""
    return float(to_float(value._mpf_, rnd="n"))


def bits_of(digits: int) -> int:
    """Bits of an arithmetic of `digits` decimal digits."""
    return int(dps_to_prec(digits))


def _inherited(kind: Any, name: str) -> Any:
    return getattr(kind.__mro__[1], name)


def _strict(context: Any, name: str) -> Callable[[Any, Any], Any]:
    kind = context.mpf
    operation = _inherited(kind, name)
    raw = _FAST.get(name)
    own = (kind, int)

    def strict(self: Any, other: Any) -> Any:
        if raw is not None and type(other) is kind:
            result = object.__new__(kind)
            result._mpf_ = raw(self._mpf_, other._mpf_, context.prec, "n")
            return result
        if type(other) not in own:
            if isinstance(other, np.ndarray):
                return NotImplemented
            other = _accepted(context, other)
            if other is NotImplemented:
                return other
        try:
            return operation(self, other)
        except ZeroDivisionError:
            return _by_zero(context, name, self, other)
        except ComplexResult:
            return context.nan

    strict.__name__ = name
    return strict


def _accepted(context: Any, other: Any) -> Any:
    """`other` as a number of this context when it is exact; an error when it is not."""
    if isinstance(other, (bool, np.bool_, np.integer)):
        return int(other)
    if isinstance(other, context.constant):
        return +other
    if isinstance(other, (float, complex, np.inexact)) or hasattr(other, "_mpf_") or hasattr(other, "_mpc_"):
        what = "a double" if isinstance(other, (float, np.floating)) else "a number of another precision"
        refuse(other, what, f"{context.dps} digits")
    return NotImplemented


def refuse(value: Any, what: str, run: str) -> NoReturn:
    """Say what entered a run, and what to write instead.

    Raises
    ------
    FellToDoubleError
        Always.
    """
    raise FellToDoubleError(
        f"{value!s} is {what}: it entered a run of {run}, which would silently keep only "
        "its own; write the constant as xp.rational(p, q), as an integer or through xp.sqrt, xp.pi"
    )


def _refuse_float(self: Any) -> float:
    raise FellToDoubleError(
        f"{self} was converted to a double inside a run of {self.context.dps} digits; "
        "call the functions of the namespace xp, not those of NumPy or math"
    )


def _by_zero(context: Any, name: str, left: Any, right: Any) -> Any:
    """IEEE 754: x / 0 is an infinity of x's sign, 0 / 0 is NaN."""
    if name == "__rtruediv__":
        left, right = right, left
    if name in ("__truediv__", "__rtruediv__"):
        numerator = context.mpf(left)
        if numerator == 0 or numerator != numerator:
            return context.nan
        return context.inf if numerator > 0 else -context.inf
    if name in ("__pow__", "__rpow__"):
        return context.inf
    return context.nan
