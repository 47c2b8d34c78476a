"""Hyperbolic functions of power series whose small coefficients keep their digits."""

from typing import Any

from codegen.primitives.taylor import Series


def hyperbolic_sine(xp: Any, u: Any) -> Any:
    """``sinh(u)``; of a series next to 0 by ``t = tanh(u/2)``: even coefficients are as small as u."""
    if not isinstance(u, Series):
        return xp.sinh(u)
    half = xp.tanh(u / 2)
    near = 2 * half / (1 - half * half)
    return xp.where(xp.abs(u) < 1, near, xp.sinh(u)).restarted(u.xp.sinh(u.coefficients[0]))
