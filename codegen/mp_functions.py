"""Expressions as functions of mpmath: every number of theirs has all digits of the context."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import sympy as sp
from sympy.printing.pycode import MpmathPrinter

from codegen.tame_functions import TameContext

__all__ = ["mp_function", "mp_functions", "real_function"]

_DEEP = 2**6
_FEW = 0.25
"""So many times within its radius of convergence a series of 32 terms has 58 digits."""

_PRINTED = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}


def mp_function(context: Any, function: sp.Expr, variable: sp.Symbol) -> Callable[[Any], Any]:
    """The function as a map of numbers of ``context``, and of complex ones; it remembers what it has answered.

    SymPy's own printer for functions it finds in a namespace writes ``x/3`` with a third of 16 digits.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> context = mpmath.MPContext()
    >>> context.dps = 40
    >>> mp_function(context, x / 3, x)(context.one) == context.one / 3
    True
    """
    own = mp_functions(context)
    printer = MpmathPrinter({**_PRINTED, "user_functions": {name: name for name in own}})
    compiled = sp.lambdify(variable, function, modules=[own, context], printer=printer)
    return cache(lambda y: context.convert(compiled(y)))


def real_function(function: sp.Expr, variable: sp.Symbol, digits: int = 30) -> Callable[[float], Any]:
    """The function as a map from floats to numbers of ``digits`` digits."""
    context = mpmath.MPContext()
    context.dps = digits
    value = mp_function(context, function, variable)
    return lambda y: value(context.mpf(y))


def mp_functions(context: Any) -> dict[str, Callable[..., Any]]:
    """Functions of the kernel language that mpmath does not know, takes for ever over, or SymPy takes from ``math``."""
    context = TameContext(context)

    def softplus(u: Any) -> Any:
        if isinstance(u, context.mpf) and u > context.prec:
            return u
        return context.log1p(context.exp(u)) if u < 60 else u + context.log1p(context.exp(-u))

    return {
        "log": context.log,
        "log1p": context.log1p,
        "erf": context.erf,
        "erfc": context.erfc,
        "sigmoid": lambda u: 1 / (1 + context.exp(-u)),
        "reciprocal_expm1": lambda u: 1 / context.expm1(u),
        "sigmoid_difference": lambda u, v: context.sinh((u - v) / 2) / (2 * context.cosh(u / 2) * context.cosh(v / 2)),
        "fractional_part": lambda u: u - context.floor(u),
        "step_sum": lambda u, v, total: context.sinh(total) / (context.cosh(u) * context.cosh(v)),
        "softplus": softplus,
        "sech": lambda u: 1 / context.cosh(u),
        "sech_squared": lambda u: 1 / context.cosh(u) ** 2,
        "asin_by_half": lambda w, half: context.pi / 2 - 2 * context.asin(half) if abs(w) > 0.5 else context.asin(w),
        "log_about_one": lambda u, rest: context.log1p(rest) if abs(rest) < 0.5 else context.log(u),
        "log_cosh": lambda u: context.log(context.cosh(u)),
        "atan_rest": lambda u: _atan_rest(context, u),
        "tanh_rest": lambda u: u - context.tanh(u),
        "smoothed_relu": lambda u: _smoothed_relu(context, u),
        "sqrt_softplus": lambda u: context.sqrt(softplus(u)),
        "log_softplus_slope": lambda u: 1 / ((1 + context.exp(-u)) * softplus(u)),
        "softplus_ratio": lambda u: softplus(u) * context.exp(-u),
        "softplus_ratio_rest": lambda u: _softplus_series(context, u, 0),
        "softplus_ratio_slope": lambda u: _softplus_series(context, u, 1),
        "root_above": lambda u, b, q, gap: (u**2 + gap) / (context.sqrt(u**2 + b) + q),
        "sum_with_root": lambda u, b: u + context.sqrt(u**2 + b) if u > 0 else b / (context.sqrt(u**2 + b) - u),
        "departure": lambda *arguments: _departure(context, *arguments),
        "atan2": context.atan2,
        "Phi": context.ncdf,
        "phi": context.npdf,
        "Abs": abs,
        "Heaviside": lambda u, half=0.5: context.mpf(1) if u > 0 else context.mpf(0) if u < 0 else context.mpf(half),
        "sign": context.sign,
        "Max": max,
        "Min": min,
        **context.tamed,
    }


def _smoothed_relu(context: Any, u: Any) -> Any:
    """On the left ``u Phi(u)`` and ``phi(u)`` leave less than ``1/u^2`` of each other."""
    with context.extraprec(2 * max(context.mag(u), 0) + 10 if u < 0 else 0):
        return u * context.ncdf(u) + context.npdf(u)


def _atan_rest(context: Any, u: Any) -> Any:
    """By as many terms of its series as count where ``u`` is small."""
    if abs(u) > _FEW:
        return u - context.atan(u)
    square, power, total = u * u, u, context.zero
    for k in range(1, context.prec):
        power *= -square
        total -= power / (2 * k + 1)
        if abs(power) <= abs(total) * context.eps:
            break
    return total


def _softplus_series(context: Any, u: Any, order: int) -> Any:
    """What ``log1p(t)/t``, t = exp(u), leaves of 1 (0), or its slope by u (1): a series where t is small."""
    t = context.exp(u)
    if t > _FEW:
        ratio = context.log1p(t) / t
        return 1 / (1 + t) - ratio if order else ratio - 1
    power, total = context.one, context.zero
    for j in range(1, context.prec):
        power *= -t
        total += power * (j if order else 1) / (j + 1)
        if abs(power) <= abs(total) * context.eps:
            break
    return total


def _departure(context: Any, r: Any, difference: Any, radius: Any, order: Any, *coefficients: Any) -> Any:
    """The series where it has all digits that the difference may lose."""
    if abs(r) > radius / _DEEP:
        return difference
    return r ** int(order) * context.polyval(coefficients[::-1], r)
