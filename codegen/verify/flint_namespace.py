"""The namespace `xp` of many digits over python-flint's numbers: the same names and values as over mpmath's, sooner.

Every elementary function encloses its value; where the enclosure is too wide or not finite, mpmath's function answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flint
import numpy as np
from mpmath import libmp

from codegen.verify.array_namespace import ArrayNamespace
from codegen.verify.flint_array import FlintArray, as_ball, as_raw
from codegen.verify.mp_real import bits_of
from codegen.verify.raw_functions import RawFunction

__all__ = ["FlintNamespace"]

_GUARD_BITS = 10
_BALL_NAMES = {"arcsin": "asin", "arctan": "atan", "arcsinh": "asinh"}


class FlintNamespace(ArrayNamespace):
    """Elementwise functions on arrays (or scalars) of exact balls with `digits` digits; see `MpNamespace`.

    Examples
    --------
    >>> xp = FlintNamespace(30)
    >>> bool(xp.sqrt(2) ** 2 - 2 < xp.rational(1, 10**29))
    True
    >>> xp.floats(xp.where(xp.asarray([1, -1]) > 0, xp.exp(0), 5)).tolist()
    [1.0, 5.0]
    """

    def __init__(self, digits: int, method: Mapping[str, Any] | None = None) -> None:
        self._prepare(digits, bits_of(digits) + _GUARD_BITS, method)  # balls are rounded towards zero

    def made(self, raw: Any) -> Any:
        """The number of this namespace with the value of a raw mpf."""
        return FlintArray.around(as_ball(raw), self.precision)

    def raw(self, value: Any) -> Any:
        """The raw mpf of a number; doubles are refused."""
        return as_raw(self.asarray(value).item())

    def asarray(self, values: Any) -> Any:
        """A new array of numbers of this namespace; doubles are refused."""
        return FlintArray.of(values, self.precision)

    def elementwise(self, name: str, raw: RawFunction) -> Callable[[Any], Any]:
        """The function of arrays and scalars that `raw` is of raw numbers."""
        bits = self.precision
        enclose = _ENCLOSURES.get(name) or getattr(flint.arb, _BALL_NAMES.get(name, name))

        def scalar(x: Any) -> Any:
            value = enclose(x)
            if value.rel_accuracy_bits() >= bits and value.is_finite():
                return value.mid()
            return as_ball(raw(as_raw(x), bits))

        return self._broadcast(scalar)

    def _broadcast(self, scalar: Callable[..., Any], arguments: int = 1) -> Callable[..., Any]:
        bits, vector = self.precision, np.frompyfunc(scalar, arguments, 1)

        def function(*values: Any) -> Any:
            plain = [self._operand(value).view(np.ndarray) for value in values]
            before, flint.ctx.prec = flint.ctx.prec, bits + _GUARD_BITS
            try:
                return FlintArray.around(vector(*plain), bits)
            finally:
                flint.ctx.prec = before

        return function

    def _operand(self, value: Any) -> Any:
        return value if isinstance(value, FlintArray) and value.bits == self.precision else self.asarray(value)

    def abs(self, x: Any) -> Any:
        """Absolute value."""
        return abs(self._operand(x))

    def sign(self, x: Any) -> Any:
        """Sign of x: -1, 0 or 1; NaN for NaN."""
        return self._broadcast(lambda v: v if v.is_nan() else flint.arb(int(v > 0) - int(v < 0)))(x)

    def arctan2(self, y: Any, x: Any) -> Any:
        """The angle of the point (x, y)."""
        return self._broadcast(self._arctan2, 2)(y, x)

    def _arctan2(self, y: Any, x: Any) -> Any:
        value = flint.arb.atan2(y, x)
        if value.rel_accuracy_bits() >= self.precision and value.is_finite():
            return value.mid()
        return as_ball(libmp.mpf_atan2(as_raw(y), as_raw(x), self.precision))

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """`x` where the condition holds, `y` elsewhere."""
        chosen = np.where(condition, *(self._operand(value).view(np.ndarray) for value in (x, y)))
        return FlintArray.around(chosen, self.precision)

    def full_like(self, x: Any, value: Any) -> Any:
        """An array shaped like x with one value."""
        result = np.empty(np.shape(x), dtype=object)
        result[...] = self._operand(value).item()
        return FlintArray.around(result, self.precision)

    def copy(self, x: Any) -> Any:
        """A copy of x."""
        return self.asarray(x)

    def stack(self, arrays: Sequence[Any]) -> Any:
        """The arrays along a new first axis."""
        return FlintArray.around(np.stack([self._operand(row).view(np.ndarray) for row in arrays]), self.precision)

    def concatenate(self, arrays: Sequence[Any]) -> Any:
        """The arrays one behind the other."""
        parts = [self._operand(part).view(np.ndarray) for part in arrays]
        return FlintArray.around(np.concatenate(parts), self.precision)


def _erfcx(x: Any) -> Any:
    """exp(x^2) erfc(x); U(1/2, 1/2, x^2) / sqrt(pi) for x > 1 (DLMF 7.11.4 with 13.6.8)."""
    if x > 1:
        half = flint.arb((1, -1))
        return (x * x).hypgeom_u(half, half) * flint.arb.pi().rsqrt()
    before = flint.ctx.prec
    flint.ctx.prec = before + 30
    try:
        return (x * x).exp() * x.erfc()
    finally:
        flint.ctx.prec = before


_ENCLOSURES = {"erfcx": _erfcx}
