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
    """``log(cosh(x))``: by ``log1p(2 sinh(x/2)^2)`` near 0, by ``|x| - log 2`` and a small rest beyond 1."""
    size = xp.abs(x)
    half = xp.minimum(size, 1) / 2
    growth = xp.expm1(half)
    sinh = (growth + growth / (1 + growth)) / 2
    return xp.where(size < 1, xp.log1p(2 * sinh * sinh), size + (xp.log1p(xp.exp(-2 * size)) - xp.log(2)))
