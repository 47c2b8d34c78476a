"""Arrays of python-flint's numbers that refuse doubles: an order of magnitude faster than arrays of mpf.

The elements are balls of radius zero: of what an operation returns only the midpoint is kept, good to the last bit, so
that comparisons and masks are those of numbers. Where a ball has no midpoint of full accuracy (a quotient by zero),
IEEE 754 is followed as in `mp_real`. Imported only where python-flint is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from mpmath import libmp

from codegen.verify.mp_real import FellToDoubleError, refuse

__all__ = ["FlintArray", "as_ball", "as_raw", "midpoints"]

_ARITHMETIC = (np.add, np.subtract, np.multiply, np.negative, np.positive, np.absolute, np.matmul, np.power)
_REFLECTED = {np.add: "__radd__", np.subtract: "__rsub__", np.multiply: "__rmul__", np.divide: "__rtruediv__"}
_COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal)


class FlintArray(np.ndarray):
    """An object array of exact balls with one precision, `bits`; a scalar is an array of no dimension.

    Examples
    --------
    >>> quarters = FlintArray.of([1, 2], 100) / 4
    >>> (4 * quarters == FlintArray.of([1, 2], 100)).tolist()
    [True, True]
    >>> quarters * 0.1  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    codegen.verify.mp_real.FellToDoubleError: 0.1 is a double
    """

    bits: int

    @classmethod
    def of(cls, values: Any, bits: int) -> FlintArray:
        """A new array of integers, balls or arrays of these, as nested as they come."""
        return cls.around(_balls(values, bits), bits)

    @classmethod
    def around(cls, values: Any, bits: int) -> FlintArray:
        """An object array of exact balls, or one ball, as it is."""
        if not isinstance(values, np.ndarray):
            single = np.empty((), dtype=object)
            single[()] = values
            values = single
        result: FlintArray = values.view(cls)
        result.bits = bits
        return result

    def __array_finalize__(self, source: Any) -> None:
        self.bits = getattr(source, "bits", 0)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if reflected := _own_arithmetic(ufunc, inputs):
            return reflected(inputs[0])
        plain = [_operand(value, self.bits) for value in inputs]
        if ufunc in _COMPARISONS:
            return ufunc(*plain)
        if ufunc is np.not_equal:
            return np.logical_not(np.equal(*plain))
        if ufunc is not np.divide and ufunc not in _ARITHMETIC:
            raise TypeError(f"{ufunc.__name__} of NumPy was called in a run of many digits; call xp.{ufunc.__name__}")
        values = _computed(_quotient if ufunc is np.divide else ufunc, plain, self.bits)
        if out is None:
            return FlintArray.around(values, self.bits)
        out[0].view(np.ndarray)[...] = values
        return out[0]

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return found if isinstance(found, FlintArray) else FlintArray.around(found, self.bits)

    def __setitem__(self, key: Any, value: Any) -> None:
        plain = _operand(value, self.bits)
        self.view(np.ndarray)[key] = flint.arb(plain) if isinstance(plain, int) else plain

    def __int__(self) -> int:
        return int(libmp.to_int(as_raw(self.item())))

    def __float__(self) -> float:
        raise FellToDoubleError(
            f"{self.item()} was converted to a double inside a run of {self.bits} bits; "
            "call the functions of the namespace xp, not those of NumPy or math"
        )

    def __bool__(self) -> bool:
        return bool(self != 0) if self.ndim == 0 else super().__bool__()

    def __hash__(self) -> int:  # type: ignore[override]
        if self.ndim:
            raise TypeError("an array of balls is no key: only a single ball can be hashed")
        return hash(as_raw(self.item()))


def as_raw(ball: Any) -> Any:
    """The raw mpf of an exact ball, or of an integer."""
    if isinstance(ball, int):
        return libmp.from_int(ball)
    if ball.is_finite():
        mantissa, exponent = ball.man_exp()
        return libmp.from_man_exp(int(mantissa), int(exponent))
    if ball.is_nan():
        return libmp.fnan
    return libmp.finf if ball > 0 else libmp.fninf


def as_ball(raw: Any) -> Any:
    """The exact ball of a raw mpf."""
    if raw[1] or raw == libmp.fzero:
        return flint.arb((-int(raw[1]) if raw[0] else int(raw[1]), int(raw[2])))
    if raw == libmp.fnan:
        return flint.arb.nan()
    return flint.arb.pos_inf() if raw == libmp.finf else flint.arb.neg_inf()


def midpoints(values: Any) -> Any:
    """The midpoints of balls, as exact balls; of an array or of one."""
    return _midpoints(values) if isinstance(values, np.ndarray) else values.mid()


_midpoints = np.frompyfunc(flint.arb.mid, 1, 1)


def _computed(operation: Callable[..., Any], plain: list[Any], bits: int) -> Any:
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        return midpoints(operation(*plain))
    finally:
        flint.ctx.prec = before


def _quotient(left: Any, right: Any) -> Any:
    """The quotient; where it is not finite once more, by the rules of IEEE 754."""
    quotient = np.asarray(np.divide(left, right), dtype=object)
    wild = np.logical_not(np.asarray(_is_finite(quotient), dtype=bool))
    if wild.any():
        left, right = np.broadcast_arrays(left, right)
        quotient[wild] = _ieee_quotients(left[wild], right[wild], quotient[wild])
    return quotient


_is_finite = np.frompyfunc(flint.arb.is_finite, 1, 1)


def _ieee_quotient(left: Any, right: Any, quotient: Any) -> Any:
    numerator = flint.arb(left)
    if right != 0 or numerator == 0 or numerator.is_nan():
        return quotient
    return flint.arb.pos_inf() if numerator > 0 else flint.arb.neg_inf()


_ieee_quotients = np.frompyfunc(_ieee_quotient, 3, 1)


def _own_arithmetic(ufunc: Any, inputs: tuple[Any, ...]) -> Any:
    """The reflected operation of a right operand that is no number but computes with numbers: a power series, say."""
    if ufunc not in _REFLECTED or isinstance(inputs[1], (np.ndarray, np.generic, flint.arb, int, float, complex)):
        return None
    return getattr(inputs[1], _REFLECTED[ufunc], None)


def _operand(value: Any, bits: int) -> Any:
    """What an operation works on: a plain array of balls, a ball, or an integer; doubles are refused."""
    if isinstance(value, FlintArray):
        if value.bits != bits:
            refuse(f"an array of {value.bits} bits", "a number of another precision", f"{bits} bits")
        return value.view(np.ndarray)
    if isinstance(value, (int, np.integer, np.bool_)):
        return int(value)
    return _balls(value, bits)


def _balls(values: Any, bits: int) -> Any:
    if isinstance(values, FlintArray):
        return _operand(values, bits).copy()
    if isinstance(values, np.ndarray) and values.dtype.kind in "fc":
        refuse(values.ravel()[0] if values.size else "an array", "a double", f"{bits} bits")
    if isinstance(values, np.ndarray) and values.dtype.kind in "iub":
        return _from_integers(values.astype(object))
    if isinstance(values, (np.ndarray, list, tuple, range)):
        parts = [_balls(part, bits) for part in values]
        result = np.empty((len(parts), *(np.shape(parts[0]) if parts else ())), dtype=object)
        for place, part in enumerate(parts):
            result[place] = part[()] if isinstance(part, np.ndarray) and not part.ndim else part
        return result
    if isinstance(values, flint.arb):
        return values
    if isinstance(values, (int, np.integer, np.bool_)):
        return flint.arb(int(values))
    return refuse(values, "a double" if isinstance(values, (float, np.floating)) else "no exact number", f"{bits} bits")


_from_integers = np.frompyfunc(lambda value: flint.arb(int(value)), 1, 1)
