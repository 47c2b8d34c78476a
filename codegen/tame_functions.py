"""Functions of mpmath that give their limit where the argument is astronomically large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbolic_moments.mpmath_context import MOST_NORMAL_MAGNITUDE, without_astronomy

__all__ = ["TameContext"]

NAMES = ("exp", "expm1", "tanh", "sinh", "cosh", "sech", "erf", "erfc", "ncdf", "npdf")


class TameContext:
    """An mpmath context whose ``exp(exp(x))`` does not compute a thousand digits of an exponent.

    Examples
    --------
    >>> import mpmath
    >>> TameContext(mpmath.MPContext()).exp(-mpmath.mpf(10) ** 2000)
    mpf('0.0')
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self.tamed: dict[str, Callable[[Any], Any]] = {name: self._tame(getattr(context, name)) for name in NAMES}

    def _tame(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The function of arguments without astronomy; ``ncdf`` of complex ones, too, which mpmath compares with 0."""
        if function == self._context.ncdf:
            return lambda u: self.tamed["erfc"](-u / self._context.sqrt(2)) / 2
        if function == self._context.erfc:
            return self._upper_tail
        return lambda u: function(without_astronomy(self._context, self._context.convert(u)))

    def _upper_tail(self, u: Any) -> Any:
        """``erfc``, 0 where mpmath's overflows."""
        u = without_astronomy(self._context, self._context.convert(u))
        real = isinstance(u, self._context.mpf) and self._context.isfinite(u)
        vanished = real and u > 0 and self._context.mag(u) > MOST_NORMAL_MAGNITUDE
        return self._context.zero if vanished else self._context.erfc(u)

    def __getattr__(self, name: str) -> Any:
        return self.tamed[name] if name in NAMES else getattr(self._context, name)
