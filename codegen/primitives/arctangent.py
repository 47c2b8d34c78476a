"""What an arctangent leaves of its argument."""

from typing import Any

from codegen.primitives.taylor import Series


def atan_rest(xp: Any, x: Any) -> Any:
    """``x - atan(x)``; for ``|x| < 1/2`` the series ``sum_k (-1)^(k+1) x^(2k+1) / (2k + 1)``."""
    if isinstance(x, Series):
        square = x * x
        return x.integrated(atan_rest(x.xp, x.coefficients[0]), square / (1 + square))
    half = xp.rational(1, 2)
    near = xp.maximum(xp.minimum(x, half), -half)
    square = near * near
    total = xp.zeros_like(near)
    for k in range(xp.method["atan_terms"], 0, -1):
        total = xp.rational(1, 2 * k + 1) - square * total
    return xp.where(xp.abs(x) < half, near * square * total, x - xp.arctan(x))
