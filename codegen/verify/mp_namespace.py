"""The namespace `xp` in which a kernel's own text runs with any number of digits.

The same names as the numeric heads offer, over one-dimensional NumPy object arrays of mpf from a private
context: masks, boolean indexing, scatter and stacking are plain NumPy, so the kernel's lines are the same
lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.verify.mp_real import as_float, private_context
from codegen.verify.mp_special import raw_erfc, raw_erfcx

__all__ = ["MpNamespace"]


_TABLE_SIZE = 2**16


def _raw_arcsinh(x: Any, precision: int) -> Any:
    """log(|x| + sqrt(1 + x^2)) with the sign of x, with bits to spare where that is near log 1."""
    if not x[1]:
        return x
    working = precision + 10 + max(0, -(x[2] + x[3])) * 2
    size = libmp.mpf_abs(x)
    root = libmp.mpf_sqrt(libmp.mpf_add(libmp.fone, libmp.mpf_mul(x, x), working), working)
    value = libmp.mpf_log(libmp.mpf_add(size, root, working), precision)
    return libmp.mpf_neg(value) if x[0] else value


_RAW = {
    "exp": libmp.mpf_exp,
    "log": libmp.mpf_log,
    "sqrt": libmp.mpf_sqrt,
    "sin": libmp.mpf_sin,
    "cos": libmp.mpf_cos,
    "tan": libmp.mpf_tan,
    "arcsin": libmp.mpf_asin,
    "arctan": libmp.mpf_atan,
    "arcsinh": _raw_arcsinh,
    "sinh": libmp.mpf_sinh,
    "cosh": libmp.mpf_cosh,
    "tanh": libmp.mpf_tanh,
    "erf": libmp.mpf_erf,
    "erfc": raw_erfc,
    "erfcx": raw_erfcx,
}


class MpNamespace:
    """Elementwise functions on object arrays (or scalars) of mpf with `digits` digits.

    Parameters
    ----------
    digits : int
        Decimal digits of the arithmetic.
    method : Mapping[str, object], optional
        The kernel's method constants (series terms, seed depth, nodes) for this run, as `xp.method`. They
        are named parameters, so doubles and numbers of other contexts among them enter with their exact
        value.

    Examples
    --------
    >>> xp = MpNamespace(30)
    >>> xp.sqrt(2) ** 2 - 2 < xp.rational(1, 10**29)
    True
    >>> xp.where(xp.asarray([1, -1]) > 0, xp.exp(0), 5)
    array([mpf('1.0'), mpf('5.0')], dtype=object)
    """

    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    tan: Callable[[Any], Any]
    arcsin: Callable[[Any], Any]
    arctan: Callable[[Any], Any]
    arcsinh: Callable[[Any], Any]
    sinh: Callable[[Any], Any]
    cosh: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    erf: Callable[[Any], Any]
    erfc: Callable[[Any], Any]
    erfcx: Callable[[Any], Any]

    def __init__(self, digits: int, method: Mapping[str, Any] | None = None) -> None:
        self.digits = digits
        self.context = private_context(digits)
        self.method = {name: self._constant(value) for name, value in (method or {}).items()}
        self.table_size = _TABLE_SIZE
        self.nan = self.context.nan
        self.inf = self.context.inf
        for name, raw in _RAW.items():
            setattr(self, name, self._elementwise(raw))

    @property
    def pi(self) -> Any:
        """The circle constant."""
        return +self.context.pi

    @property
    def sqrt2pi(self) -> Any:
        """The square root of 2 pi."""
        return self.sqrt(2 * self.pi)

    def rational(self, p: int, q: int) -> Any:
        """P / q, correctly rounded."""
        return self.context.mpf(p) / q

    def rational_error(self, p: int, q: int) -> Any:
        """What rounding took from p / q in doubles: nothing to be put back here."""
        return self.context.zero

    def low_part(self, value: Any, p: int, q: int) -> Any:
        """What rounding took from the constant p/q, which stands for an irrational number only to 45 digits."""
        product = libmp.mpf_mul(self._mpf(value)._mpf_, libmp.from_int(q))
        rest = libmp.mpf_div(libmp.mpf_sub(libmp.from_int(p), product), libmp.from_int(q), self.context.prec)
        rounding = libmp.mpf_shift(libmp.mpf_abs(self._mpf(value)._mpf_), 1 - self.context.prec)
        return 0 if libmp.mpf_gt(libmp.mpf_abs(rest), rounding) else self.context.make_mpf(rest)

    def number(self, value: Any) -> Any:
        """The exact value of a double, as a number of this context."""
        return self.context.make_mpf(libmp.from_float(float(value)))

    def _mpf(self, value: Any) -> Any:
        return value if type(value) is self.context.mpf else self.context.zero + value

    def asarray(self, values: Any) -> Any:
        """A new object array of numbers of this context; doubles are refused."""
        source = np.asarray(values, dtype=object)
        result = np.empty(source.shape, dtype=object)
        for index in np.ndindex(source.shape):
            result[index] = self._mpf(source[index])
        return result

    def arange(self, first: int, last: int) -> Any:
        """The integers from `first` up to, but not including, `last`."""
        return self.asarray(range(first, last))

    def inputs(self, values: Sequence[float] | Any) -> Any:
        """The doubles `values`, converted exactly: how a run's mu and sigma enter."""
        result = np.empty(len(values), dtype=object)
        for index, value in enumerate(values):
            result[index] = self.number(value)
        return result

    def raw(self, value: Any) -> Any:
        """The raw mpf of a result; doubles are refused here too."""
        return self._mpf(value)._mpf_

    def floats(self, values: Any) -> Any:
        """The nearest doubles."""
        return np.array([as_float(value) for value in values])

    def _constant(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(self._constant(part) for part in value)
        if isinstance(value, float):
            return self.number(value)
        if isinstance(value, Fraction):
            return self.rational(value.numerator, value.denominator)
        if hasattr(value, "_mpf_"):
            return self.context.make_mpf(value._mpf_)
        return value

    def _elementwise(self, raw: Callable[..., Any]) -> Callable[[Any], Any]:
        context, convert = self.context, self._mpf
        make = context.make_mpf

        def scalar(x: Any) -> Any:
            value = convert(x)._mpf_
            if value == libmp.fnan:
                return context.nan
            try:
                return make(raw(value, context.prec))
            except (libmp.ComplexResult, ValueError):
                return context.nan

        return self._broadcast(scalar)

    @staticmethod
    def _broadcast(scalar: Callable[[Any], Any]) -> Callable[[Any], Any]:
        vector = np.frompyfunc(scalar, 1, 1)
        return lambda x: vector(x) if isinstance(x, np.ndarray) else scalar(x)

    def expm1(self, x: Any) -> Any:
        """exp(x) - 1 without the cancellation near 0."""
        return self._broadcast(self._expm1)(x)

    def _expm1(self, x: Any) -> Any:
        value = self._mpf(x)
        extra = _bits_below_one(value)
        raw = libmp.mpf_exp(value._mpf_, self.context.prec + extra + 5) if value == value else libmp.fnan
        return self.context.make_mpf(libmp.mpf_sub(raw, libmp.fone, self.context.prec, "n"))

    def log1p(self, x: Any) -> Any:
        """log(1 + x) without the cancellation near 0."""
        return self._broadcast(self._log1p)(x)

    def _log1p(self, x: Any) -> Any:
        value = self._mpf(x)
        if not value > -1:
            return -self.inf if value == -1 else self.nan
        extra = _bits_below_one(value)
        raw = libmp.mpf_add(libmp.fone, value._mpf_, self.context.prec + extra + 5, "n")
        return self.context.make_mpf(libmp.mpf_log(raw, self.context.prec, "n"))

    def ndtr(self, x: Any) -> Any:
        """Phi(x) = erfc(-x / sqrt 2) / 2, accurate in the left tail."""
        return self.erfc(-x / self.sqrt(2)) / 2

    def abs(self, x: Any) -> Any:
        """Absolute value."""
        return self._broadcast(lambda value: abs(self._mpf(value)))(x)

    def sign(self, x: Any) -> Any:
        """Sign of x: -1, 0 or 1; NaN for NaN."""
        return self._broadcast(self._sign)(x)

    def _sign(self, x: Any) -> Any:
        value = self._mpf(x)
        if value != value:
            return self.nan
        return self.context.mpf((value > 0) - (value < 0))

    def arctan2(self, y: Any, x: Any) -> Any:
        """The angle of the point (x, y)."""
        return np.frompyfunc(self._arctan2, 2, 1)(y, x)

    def _arctan2(self, y: Any, x: Any) -> Any:
        return self.context.make_mpf(libmp.mpf_atan2(self._mpf(y)._mpf_, self._mpf(x)._mpf_, self.context.prec))

    def floor(self, x: Any) -> Any:
        """Largest integer not above x."""
        return self._elementwise(libmp.mpf_floor)(x)

    def isnan(self, x: Any) -> Any:
        """Where x is NaN."""
        return x != x

    def isfinite(self, x: Any) -> Any:
        """Where x is neither infinite nor NaN."""
        return (x - x) == 0

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """`x` where the condition holds, `y` elsewhere."""
        result = np.where(condition, self._operand(x), self._operand(y))
        return result if result.ndim else result[()]

    def _operand(self, x: Any) -> Any:
        return x if isinstance(x, np.ndarray) else self._mpf(x)

    def minimum(self, x: Any, y: Any) -> Any:
        """The smaller of two, NaN if either is NaN."""
        return self.where(self.isnan(x) | (x < y), x, y)

    def maximum(self, x: Any, y: Any) -> Any:
        """The larger of two, NaN if either is NaN."""
        return self.where(self.isnan(x) | (x > y), x, y)

    logical_and = staticmethod(np.logical_and)
    logical_or = staticmethod(np.logical_or)
    logical_not = staticmethod(np.logical_not)

    def flatnonzero(self, condition: Any) -> Any:
        """Indices of the true entries."""
        return np.flatnonzero(condition)

    def any(self, condition: Any) -> bool:
        """Whether a condition holds anywhere."""
        return bool(np.any(condition))

    def all(self, condition: Any) -> bool:
        """Whether a condition holds everywhere."""
        return bool(np.all(condition))

    def full_like(self, x: Any, value: Any) -> Any:
        """An array shaped like x with one value."""
        result = np.empty(np.shape(x), dtype=object)
        result[...] = self._mpf(value)
        return result

    def zeros_like(self, x: Any) -> Any:
        """Zeros shaped like x."""
        return self.full_like(x, 0)

    def ones_like(self, x: Any) -> Any:
        """Ones shaped like x."""
        return self.full_like(x, 1)

    def empty_like(self, x: Any) -> Any:
        """NaN shaped like x: what is read before it is written shows."""
        return self.full_like(x, self.nan)

    def copy(self, x: Any) -> Any:
        """A copy of x."""
        return np.array(x, dtype=object)

    def stack(self, arrays: Sequence[Any]) -> Any:
        """The arrays along a new first axis."""
        return np.stack(list(arrays))


def _bits_below_one(value: Any) -> int:
    """How many bits a number near zero stands below 1: what exp(x) - 1 would lose."""
    _, man, exponent, bits = value._mpf_
    return max(0, -(exponent + bits)) if man else 0
