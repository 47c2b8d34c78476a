"""Logistic steps beside each other or beside a constant, as products and functions in which nothing cancels."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import log1p, sigmoid, step_sum

__all__ = ["log_of_step", "of_moved_steps"]


def log_of_step(argument: sp.Expr) -> sp.Expr | None:
    """``log(1 + d + d tanh(u))``, whose argument is 1 at one end.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> log_of_step(2 + sp.tanh(x)), log_of_step((3 + sp.tanh(x)) / 4)
    (log1p(2*sigmoid(2*x)), log1p(-sigmoid(-2*x)/2))
    """
    constant, rest = argument.as_coeff_Add()
    coefficient, step = rest.as_coeff_Mul()
    if not isinstance(step, sp.tanh):
        return None
    for sign in (1, -1):
        if constant - sign * coefficient == 1:
            return log1p(2 * sign * coefficient * sigmoid(2 * sign * step.args[0]))
    return None


def of_moved_steps(step: sp.Expr, rest: sp.Expr) -> sp.Expr | None:
    """``s(u) + s(v)`` or ``s(u) - s(v)``, u - v a number, s = tanh or the sigmoid, small where the two nearly cancel.

    None of anything else.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> of_moved_steps(sp.tanh(x - 9), sp.tanh(x + 9)), of_moved_steps(sigmoid(x), -sigmoid(x - 2))
    (step_sum(x - 9, x + 9, 2*x), 2*exp(-1)*sinh(1)*sigmoid(x)*sigmoid(2 - x))
    """
    factor, other = rest.as_coeff_Mul()
    if not isinstance(step, sp.tanh | sigmoid) or not isinstance(other, step.func) or abs(factor) != 1:
        return None
    u, v = step.args[0], other.args[0]
    if not (u - v).is_number or (factor == 1 and not isinstance(step, sp.tanh)):
        return None
    if factor == 1:
        return step_sum(u, v, sp.expand(u + v))
    scale = 2 if isinstance(step, sp.tanh) else 1
    if (u - v).is_negative:
        u, v, scale = v, u, -scale
    half = abs(scale) * (u - v) / 2
    return 2 * scale * sp.exp(-half) * sp.sinh(half) * sigmoid(abs(scale) * u) * sigmoid(-abs(scale) * v)
