"""Functions of logistic type in forms that neither overflow nor cancel."""

from typing import Any


def sigmoid(xp: Any, x: Any) -> Any:
    """``1 / (1 + exp(-x))``, to full relative accuracy on both sides."""
    decay = xp.exp(-xp.abs(x))
    return xp.where(x < 0, decay, 1) / (1 + decay)


def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp(x))``."""
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


def sech_squared(xp: Any, x: Any) -> Any:
    """``1 - tanh(x)^2`` without the subtraction."""
    decay = xp.exp(-2 * xp.abs(x))
    return 4 * decay / ((1 + decay) * (1 + decay))


def log_cosh(xp: Any, x: Any) -> Any:
    """``log(cosh(x)) = log1p((e^|x| - 1)^2 e^-|x| / 2)``; beyond 700 it is ``|x|`` and a constant."""
    size = xp.abs(x)
    near = xp.minimum(size, 700)
    growth = xp.expm1(near)
    return xp.log1p(growth * (growth / (1 + growth)) / 2) + (size - near)
