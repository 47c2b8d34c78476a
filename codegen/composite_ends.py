"""Functions of what approaches a constant, as their limit and a rest in which nothing cancels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from codegen.limit_departures import departure_from_limit
from codegen.stable_functions import departure, expm1, log1p, sigmoid, softplus, tanh, written_out

__all__ = ["with_limits"]

_NEARLY = 1e-15

_RESTS: dict[Any, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    sp.exp: lambda c, r: sp.exp(c) * expm1(r),
    sp.log: lambda c, r: log1p(r / c),
    log1p: lambda c, r: log1p(r / (1 + c)),
    expm1: lambda c, r: sp.exp(c) * expm1(r),
    sp.sin: lambda c, r: 2 * sp.cos(c + r / 2) * sp.sin(r / 2),
    sp.cos: lambda c, r: -2 * sp.sin(c + r / 2) * sp.sin(r / 2),
    sp.tan: lambda c, r: sp.sin(r) / (sp.cos(c) * sp.cos(c + r)),
    sp.sinh: lambda c, r: 2 * sp.cosh(c + r / 2) * sp.sinh(r / 2),
    sp.cosh: lambda c, r: 2 * sp.sinh(c + r / 2) * sp.sinh(r / 2),
    sp.atan: lambda c, r: 2 * sp.atan(r / (sp.sqrt(1 + c**2) * sp.sqrt(1 + (c + r) ** 2) + 1 + c * (c + r))),
    sp.asin: lambda c, r: 2 * sp.atan(r / (sp.sqrt(1 - c**2) + sp.sqrt(1 - (c + r) ** 2))),
    sp.acos: lambda c, r: -2 * sp.atan(r / (sp.sqrt(1 - c**2) + sp.sqrt(1 - (c + r) ** 2))),
    sigmoid: lambda c, r: tanh(r / 2) * (1 - sp.tanh(c / 2) * tanh((c + r) / 2)) / 2,
    tanh: lambda c, r: tanh(r) * (1 - sp.tanh(c) * tanh(c + r)),
    softplus: lambda c, r: log1p(sigmoid(c) * expm1(r)),
}
"""``f(c + r) - f(c)``, by the function f."""


def with_limits(expression: sp.Expr, variable: sp.Symbol, far: sp.Expr) -> sp.Expr:
    """The expression with every ``f(c + r)``, r vanishing at one end, as ``f(c)`` and what is left.

    ``far`` is a place at that end where r is below the last digit of a double. Steps in the expression have been
    written as their limits and rests.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_limits(sp.log(3 - 2 * sigmoid(-2 * x)), x, sp.Integer(60))
    log1p(-2*sigmoid(-2*x)/3) + log(3)
    >>> with_limits(1 / (2 + sp.exp(-x)), x, sp.Integer(60))
    1/2 - exp(-x)/(4 + 2*exp(-x))
    """

    def settled(part: sp.Expr) -> sp.Expr:
        power = isinstance(part, sp.Pow) and part.exp.is_Rational and not (part.exp.is_Integer and part.exp > 0)
        known = power or type(part) in _RESTS
        if not known and (isinstance(part, sp.Pow | departure) or len(part.args) != 1):
            return part
        split = _constant_and_rest(part.args[0], variable, far)
        if split is None:
            return part
        constant, rest = split
        if power:
            return _settled_power(part, constant, rest)
        value = written_out(part.func(constant))
        if constant == value == 0:
            return part
        if isinstance(part, sp.log) and not constant.is_positive:
            return part
        if isinstance(part, sp.asin | sp.acos) and not abs(constant) < 1:
            return part
        if known:
            return value + _RESTS[type(part)](constant, rest)
        left = departure_from_limit(part.func, constant, rest)
        return part if left is None else value + left

    return expression.replace(lambda e: isinstance(e, sp.Pow | sp.Function) and e.has(variable), settled)


def _settled_power(power: sp.Pow, constant: sp.Expr, rest: sp.Expr) -> sp.Expr:
    if constant == 0 or not (constant.is_positive or power.exp.is_Integer):
        return power
    if power.exp == -1:
        return 1 / constant - rest / (constant * (constant + rest))
    if power.exp == sp.S.Half:
        return sp.sqrt(constant) + rest / (sp.sqrt(constant) + sp.sqrt(constant + rest))
    return constant**power.exp * (1 + expm1(power.exp * log1p(rest / constant)))


def _constant_and_rest(argument: sp.Expr, variable: sp.Symbol, far: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """``(c, r)`` of ``c + r``; None where r does not vanish."""
    rest: list[sp.Expr] = []
    constant: list[sp.Expr] = []
    for term in sp.Add.make_args(sp.expand(argument)):
        (rest if term.has(variable) else constant).append(term)
    left = sp.Add(*rest)
    if not left or left.is_polynomial(variable) or left.has(sp.I):
        return None
    size = abs(sp.N(written_out(left).subs(variable, far), 60))
    return (sp.Add(*constant), left) if size < _NEARLY else None
