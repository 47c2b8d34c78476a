"""Logarithms of what may be near 1."""

from typing import Any

from codegen.primitives.taylor import Series


def log_about_one(xp: Any, u: Any, rest: Any) -> Any:
    """``log(u)``, u > 0, whose ``rest = u - 1`` is given without the rounding of that difference."""
    if isinstance(u, Series):
        first = rest.coefficients[0] if isinstance(rest, Series) else rest
        return u.integrated(log_about_one(u.xp, u.coefficients[0], first), 1 / u)
    near = xp.abs(rest) < xp.rational(1, 2)
    return xp.where(near, xp.log1p(xp.where(near, rest, 0)), xp.log(u))
