"""``exp(-u) softplus(u)``, which tends to 1 on the left, its slope and what it leaves of 1: in ``t = exp(u)``."""

from typing import Any

from codegen.primitives.logistic import sigmoid, softplus
from codegen.primitives.taylor import Series, of_product


def softplus_ratio(xp: Any, x: Any) -> Any:
    """``log1p(t) / t``."""
    if isinstance(x, Series):
        return x.integrated(softplus_quotient(x.xp, x.coefficients[0]), softplus_ratio_slope(xp, x))
    return softplus_quotient(xp, x)


def softplus_quotient(xp: Any, x: Any) -> Any:
    """The same of numbers."""
    growth = xp.exp(xp.maximum(xp.minimum(x, 0), -700))
    return xp.where(x < 0, xp.log1p(growth) / growth, softplus(xp, x) * xp.exp(-xp.maximum(x, 0)))


def softplus_ratio_slope(xp: Any, x: Any) -> Any:
    """``1/(1 + t) - log1p(t)/t``; on the left ``sum_j (-t)^j j / (j + 1)``."""
    if isinstance(x, Series):
        falling, rising = sigmoid(xp, -x).coefficients, sigmoid(xp, x).coefficients
        start = softplus_ratio_slope(x.xp, x.coefficients[0])
        return x.solved(start, lambda slope, n: -of_product(falling, rising, n) - slope[n])
    near = xp.minimum(xp.exp(xp.minimum(x, 0)), xp.rational(1, 4))
    total = xp.zeros_like(near)
    for j in range(xp.method["softplus_terms"], 0, -1):
        total = xp.rational(j, j + 1) - near * total
    return xp.where(near < xp.rational(1, 4), -near * total, sigmoid(xp, -x) - softplus_quotient(xp, x))


def softplus_ratio_rest(xp: Any, x: Any) -> Any:
    """``log1p(t)/t - 1``; on the left ``sum_j (-t)^j / (j + 1)``, j >= 1."""
    if isinstance(x, Series):
        return x.integrated(softplus_ratio_rest(x.xp, x.coefficients[0]), softplus_ratio_slope(xp, x))
    near = xp.minimum(xp.exp(xp.minimum(x, 0)), xp.rational(1, 4))
    total = xp.zeros_like(near)
    for j in range(xp.method["softplus_terms"], 0, -1):
        total = xp.rational(1, j + 1) - near * total
    return xp.where(near < xp.rational(1, 4), -near * total, softplus_quotient(xp, x) - 1)
