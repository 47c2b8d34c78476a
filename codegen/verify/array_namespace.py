"""What every namespace of many digits offers to a kernel's text, whatever its numbers are made of.

Arrays are NumPy object arrays: masks, boolean indexing, scatter and stacking are plain NumPy, so that the kernel's
lines are the same lines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.verify.mp_bessel import raw_ive, raw_jv
from codegen.verify.raw_functions import RAW_FUNCTIONS, RawFunction

__all__ = ["ArrayNamespace"]

_TABLE_SIZE = 2**16


class ArrayNamespace(ABC):
    """Elementwise functions on object arrays (or scalars) of numbers with `digits` digits.

    Attributes
    ----------
    digits, precision : int
        Decimal digits and bits of the arithmetic.
    method : dict
        The kernel's method constants for this run.
    """

    exp: Callable[[Any], Any]
    expm1: Callable[[Any], Any]
    log: Callable[[Any], Any]
    log1p: Callable[[Any], Any]
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
    floor: Callable[[Any], Any]

    def _prepare(self, digits: int, precision: int, method: Mapping[str, Any] | None) -> None:
        self.digits = digits
        self.precision = precision
        self.table_size = _TABLE_SIZE
        self.nan = self.made(libmp.fnan)
        self.inf = self.made(libmp.finf)
        self.pi = self.made(libmp.mpf_pi(precision))
        for name, raw in RAW_FUNCTIONS.items():
            setattr(self, name, self.elementwise(name, raw))
        self.sqrt2pi = self.sqrt(2 * self.pi)
        self.method = {name: self._constant(value) for name, value in (method or {}).items()}

    @abstractmethod
    def __init__(self, digits: int, method: Mapping[str, Any] | None = None) -> None: ...

    @abstractmethod
    def made(self, raw: Any) -> Any:
        """The number of this namespace with the value of a raw mpf."""

    @abstractmethod
    def raw(self, value: Any) -> Any:
        """The raw mpf of a number; doubles are refused."""

    @abstractmethod
    def asarray(self, values: Any) -> Any:
        """A new array of numbers of this namespace; doubles are refused."""

    @abstractmethod
    def elementwise(self, name: str, raw: RawFunction) -> Callable[[Any], Any]:
        """The function of arrays and scalars that `raw` is of raw numbers."""

    @abstractmethod
    def abs(self, x: Any) -> Any:
        """Absolute value."""

    @abstractmethod
    def sign(self, x: Any) -> Any:
        """Sign of x: -1, 0 or 1; NaN for NaN."""

    @abstractmethod
    def arctan2(self, y: Any, x: Any) -> Any:
        """The angle of the point (x, y)."""

    @abstractmethod
    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """`x` where the condition holds, `y` elsewhere."""

    @abstractmethod
    def full_like(self, x: Any, value: Any) -> Any:
        """An array shaped like x with one value."""

    @abstractmethod
    def stack(self, arrays: Sequence[Any]) -> Any:
        """The arrays along a new first axis."""

    @abstractmethod
    def concatenate(self, arrays: Sequence[Any]) -> Any:
        """The arrays one behind the other."""

    @abstractmethod
    def copy(self, x: Any) -> Any:
        """A copy of x."""

    def rational(self, p: int, q: int) -> Any:
        """P / q, correctly rounded."""
        return self.made(libmp.from_rational(p, q, self.precision, "n"))

    def rational_error(self, p: int, q: int) -> Any:
        """What rounding took from p / q in doubles: nothing to be put back here."""
        return self.made(libmp.fzero)

    def low_part(self, value: Any, p: int, q: int) -> Any:
        """What rounding took from the constant p/q, which stands for an irrational number only to 45 digits."""
        raw = self.raw(value)
        product = libmp.mpf_mul(raw, libmp.from_int(q))
        rest = libmp.mpf_div(libmp.mpf_sub(libmp.from_int(p), product), libmp.from_int(q), self.precision)
        rounding = libmp.mpf_shift(libmp.mpf_abs(raw), 1 - self.precision)
        return 0 if libmp.mpf_gt(libmp.mpf_abs(rest), rounding) else self.made(rest)

    def number(self, value: Any) -> Any:
        """The exact value of a double, as a number of this namespace."""
        return self.made(libmp.from_float(float(value)))

    def inputs(self, values: Sequence[float] | Any) -> Any:
        """The doubles `values`, converted exactly: how a run's mu and sigma enter."""
        return self.asarray([self.number(value) for value in values])

    def floats(self, values: Any) -> Any:
        """The nearest doubles."""
        return np.array([libmp.to_float(self.raw(value), rnd="n") for value in values])

    def _constant(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(self._constant(part) for part in value)
        if isinstance(value, float):
            return self.number(value)
        if isinstance(value, Fraction):
            return self.rational(value.numerator, value.denominator)
        return self.made(value._mpf_) if hasattr(value, "_mpf_") else value

    def arange(self, first: int, last: int) -> Any:
        """The integers from `first` up to, but not including, `last`."""
        return self.asarray(range(first, last))

    def ndtr(self, x: Any) -> Any:
        """Phi(x) = erfc(-x / sqrt 2) / 2, accurate in the left tail."""
        return self.erfc(-x / self.sqrt(2)) / 2

    def ive(self, order: int, x: Any) -> Any:
        """``I_order(x) exp(-|x|)``."""
        return self.asarray([self.made(raw_ive(order, self.raw(value), self.precision)) for value in x])

    def jv(self, order: int, x: Any) -> Any:
        """``J_order(x)``."""
        return self.asarray([self.made(raw_jv(order, self.raw(value), self.precision)) for value in x])

    def isnan(self, x: Any) -> Any:
        """Where x is NaN."""
        return x != x

    def isfinite(self, x: Any) -> Any:
        """Where x is neither infinite nor NaN."""
        return (x - x) == 0

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

    def argsort(self, x: Any) -> Any:
        """Indices that sort x."""
        return np.argsort(np.asarray(x))

    def any(self, condition: Any) -> bool:
        """Whether a condition holds anywhere."""
        return bool(np.any(condition))

    def all(self, condition: Any) -> bool:
        """Whether a condition holds everywhere."""
        return bool(np.all(condition))

    def zeros_like(self, x: Any) -> Any:
        """Zeros shaped like x."""
        return self.full_like(x, 0)

    def ones_like(self, x: Any) -> Any:
        """Ones shaped like x."""
        return self.full_like(x, 1)

    def empty_like(self, x: Any) -> Any:
        """NaN shaped like x: what is read before it is written shows."""
        return self.full_like(x, self.nan)
