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
