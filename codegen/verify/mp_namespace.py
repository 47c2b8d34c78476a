"""The namespace `xp` in which a kernel's own text runs with any number of digits, over mpmath's numbers.

The same names as the numeric heads offer, over NumPy object arrays of mpf from a private context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.verify.array_namespace import ArrayNamespace
from codegen.verify.mp_real import private_context
from codegen.verify.raw_functions import RawFunction

__all__ = ["MpNamespace"]


class MpNamespace(ArrayNamespace):
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

    def __init__(self, digits: int, method: Mapping[str, Any] | None = None) -> None:
        self.context = private_context(digits)
        self._prepare(digits, self.context.prec, method)

    def made(self, raw: Any) -> Any:
        """The number of this namespace with the value of a raw mpf."""
        return self.context.make_mpf(raw)

    def raw(self, value: Any) -> Any:
        """The raw mpf of a number; doubles are refused."""
        return self._mpf(value)._mpf_

    def _mpf(self, value: Any) -> Any:
        return value if type(value) is self.context.mpf else self.context.zero + value

    def asarray(self, values: Any) -> Any:
        """A new object array of numbers of this context; doubles are refused."""
        source = np.asarray(values, dtype=object)
        result = np.empty(source.shape, dtype=object)
        for index in np.ndindex(source.shape):
            result[index] = self._mpf(source[index])
        return result

    def elementwise(self, name: str, raw: RawFunction) -> Callable[[Any], Any]:
        """The function of arrays and scalars that `raw` is of raw numbers."""
        context, convert = self.context, self._mpf
        make = context.make_mpf
        return self._broadcast(lambda x: make(raw(convert(x)._mpf_, context.prec)))

    @staticmethod
    def _broadcast(scalar: Callable[[Any], Any]) -> Callable[[Any], Any]:
        vector = np.frompyfunc(scalar, 1, 1)
        return lambda x: vector(x) if isinstance(x, np.ndarray) else scalar(x)

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
        return self.made(libmp.mpf_atan2(self.raw(y), self.raw(x), self.context.prec))

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """`x` where the condition holds, `y` elsewhere."""
        result = np.where(condition, self._operand(x), self._operand(y))
        return result if result.ndim else result[()]

    def _operand(self, x: Any) -> Any:
        return x if isinstance(x, np.ndarray) else self._mpf(x)

    def full_like(self, x: Any, value: Any) -> Any:
        """An array shaped like x with one value."""
        result = np.empty(np.shape(x), dtype=object)
        result[...] = self._mpf(value)
        return result

    def copy(self, x: Any) -> Any:
        """A copy of x."""
        return np.array(x, dtype=object)

    def concatenate(self, arrays: Sequence[Any]) -> Any:
        """The arrays one behind the other."""
        return np.concatenate(list(arrays))

    def stack(self, arrays: Sequence[Any]) -> Any:
        """The arrays along a new first axis."""
        return np.stack(list(arrays))
