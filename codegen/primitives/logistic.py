"""Functions of logistic type in forms that neither overflow nor cancel, on arrays and on power series."""

from typing import Any

from codegen.primitives.taylor import Series


def sigmoid(xp: Any, x: Any) -> Any:
    """``1 / (1 + exp(-x))``, to full relative accuracy on both sides; of a series: ``1/2 + tanh(x/2)/2``."""
    if isinstance(x, Series):
        half = xp.tanh(x / 2).coefficients
        return Series(x.xp, [sigmoid(x.xp, x.coefficients[0]), *(coefficient / 2 for coefficient in half[1:])])
    decay = xp.exp(-xp.abs(x))
    return xp.where(x < 0, decay, 1) / (1 + decay)


def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp(x))``; of a series: the integral of the sigmoid."""
    if isinstance(x, Series):
        return x.integrated(softplus(x.xp, x.coefficients[0]), sigmoid(xp, x))
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


def sech_squared(xp: Any, x: Any) -> Any:
    """``1 - tanh(x)^2`` without the subtraction."""
    if isinstance(x, Series):
        tangent = xp.tanh(x)
        return Series(x.xp, [sech_squared(x.xp, x.coefficients[0]), *(-(tangent * tangent)).coefficients[1:]])
    decay = xp.exp(-2 * xp.abs(x))
    return 4 * decay / ((1 + decay) * (1 + decay))


def log_cosh(xp: Any, x: Any) -> Any:
    """``log(cosh(x)) = log1p((e^|x| - 1)^2 e^-|x| / 2)``; beyond 700 it is ``|x|`` and a constant."""
    if isinstance(x, Series):
        return x.integrated(log_cosh(x.xp, x.coefficients[0]), xp.tanh(x))
    size = xp.abs(x)
    near = xp.minimum(size, 700)
    growth = xp.expm1(near)
    return xp.log1p(growth * (growth / (1 + growth)) / 2) + (size - near)


def tanh_rest(xp: Any, x: Any) -> Any:
    """``x - tanh(x)``; for ``|x| < 1`` the series ``sum_k 2k x^(2k+1) / (2k+1)!`` of ``x cosh(x) - sinh(x)``."""
    if isinstance(x, Series):
        tangent = xp.tanh(x)
        return x.integrated(tanh_rest(x.xp, x.coefficients[0]), tangent * tangent)
    near = xp.maximum(xp.minimum(x, 1), -1)
    square = near * near
    total = xp.zeros_like(near)
    for k in range(xp.method["tanh_terms"], 0, -1):
        total = (2 * k + total) * square / ((2 * k) * (2 * k + 1))
    return xp.where(xp.abs(x) < 1, near * total / xp.cosh(near), x - xp.tanh(x))


def log_softplus_slope(xp: Any, x: Any) -> Any:
    """``sigmoid(x) / softplus(x)``, which tends to 1 on the left where both underflow."""
    if isinstance(x, Series):
        start = log_softplus_slope(x.xp, x.coefficients[0])
        return x.solved(start, lambda slope: slope * (sigmoid(xp, -x) - slope))
    growth = xp.exp(xp.maximum(xp.minimum(x, 0), -700))
    left = growth / xp.log1p(growth) / (1 + growth)
    return xp.where(x < 0, left, sigmoid(xp, x) / softplus(xp, x))


def sqrt_softplus(xp: Any, x: Any) -> Any:
    """``sqrt(log(1 + exp(x)))``; on the left ``exp(x/2) sqrt(log1p(w)/w)``, ``w = exp(x)``, which underflows later."""
    if isinstance(x, Series):
        slope = log_softplus_slope(xp, x)
        return x.solved(sqrt_softplus(x.xp, x.coefficients[0]), lambda root: root * slope / 2)
    growth = xp.exp(xp.maximum(xp.minimum(x, 0), -700))
    left = xp.exp(xp.minimum(x, 0) / 2) * xp.sqrt(xp.log1p(growth) / growth)
    return xp.where(x < 0, left, xp.sqrt(softplus(xp, x)))


def sum_with_root(xp: Any, x: Any, b: Any) -> Any:
    """``x + sqrt(x^2 + b) = 2 max(x, 0) + b / (|x| + sqrt(x^2 + b))``."""
    return 2 * xp.maximum(x, 0) + b / (xp.abs(x) + xp.sqrt(x * x + b))
