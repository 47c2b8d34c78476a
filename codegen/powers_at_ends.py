"""High powers of steps less their limits, as products that do not cancel: ``tanh(u)^40 - 1``."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import sech_squared, sigmoid, tanh

__all__ = ["power_at_end"]

_LOW = 6
"""Up to this power the terms of ``(1 - 2 s)^n`` serve."""


def power_at_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> tuple[sp.Expr, sp.Expr] | None:
    """``c tanh(a x + b)^n`` or ``c sigmoid(a x + b)^n`` with n > 6 as its limit at one end and what it leaves of it.

    None for any other function, and where that limit is 0.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> power_at_end(3 * tanh(x) ** 8, x, -1)
    (3, -3*(tanh(x)**2 + 1)*(tanh(x)**4 + 1)*sech_squared(x))
    >>> power_at_end(sigmoid(x) ** 7, x, 1)
    (1, -((((sigmoid(x) + 1)*sigmoid(x) + 1)*(sigmoid(x)**3 + 1))*sigmoid(x) + 1)*sigmoid(-x))
    """
    factor, power = expression.as_coeff_Mul()
    base, n = power.as_base_exp()
    if not isinstance(base, tanh | sigmoid) or not n.is_Integer or n <= _LOW:
        return None
    u = base.args[0]
    if not u.is_polynomial(variable) or sp.degree(u, variable) != 1 or u.free_symbols != {variable}:
        return None
    rises = bool(sp.diff(u, variable) * side > 0)
    if isinstance(base, sigmoid):
        return (factor, -factor * sigmoid(-u) * _geometric(base, int(n))) if rises else None
    if n.is_even:
        return factor, -factor * sech_squared(u) * _geometric(base**2, int(n) // 2)
    limit = 1 if rises else -1
    return limit * factor, -2 * limit * factor * sigmoid(-2 * limit * u) * _geometric(limit * base, int(n))


def _geometric(base: sp.Expr, count: int) -> sp.Expr:
    """``1 + b + ... + b^(count - 1)``."""
    if count == 1:
        return sp.S.One
    if count % 2:
        return 1 + sp.Mul(base, _geometric(base, count - 1), evaluate=False)
    return (1 + base ** (count // 2)) * _geometric(base, count // 2)
