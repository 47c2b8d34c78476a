"""Functions that kernels make from one exponential, and exponentials that several functions share."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.decided_branches import with_decided_branches
from codegen.precise_arguments import exp_of
from codegen.sided_exponentials import without_overflow
from codegen.stable_functions import expm1, sech, sech_squared, sigmoid, softplus, tanh
from symbolic_moments.normal import Phi

__all__ = ["fused", "with_shared_exponentials"]

tanh_softplus = sp.Function("tanh_softplus")
tanh_softplus_slope = sp.Function("tanh_softplus_slope")
falling_exponential = sp.Function("falling_exponential")
damped = sp.Function("damped")
rising_exponential = sp.Function("rising_exponential")

_MADE_FROM = (
    (falling_exponential, (sigmoid, softplus)),
    (rising_exponential, (tanh_softplus, tanh_softplus_slope)),
)


def fused(expression: sp.Expr) -> sp.Expr:
    """The expression with ``tanh(softplus(u))`` and its derivative as functions of their own.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> fused(x * tanh(softplus(x)))
    x*tanh_softplus(x)
    >>> fused(x * sech_squared(softplus(x)) * sigmoid(x))
    x*tanh_softplus_slope(x)
    >>> fused(x * sp.exp(x) * sech_squared(sp.exp(x)))
    damped(sech_squared(Min(10000, exp(x))), x*exp(x))
    """
    expression = with_decided_branches(without_overflow(expression))
    expression = expression.replace(_overflows_while_another_fades, _damped)
    expression = expression.replace(lambda part: isinstance(part, sp.Mul), _slope_fused)
    expression = expression.replace(
        lambda part: isinstance(part, tanh | sp.tanh) and isinstance(part.args[0], softplus),
        lambda part: tanh_softplus(part.args[0].args[0]),
    )
    expression = expression.replace(_is_saturated, _within_bounds)
    return expression.replace(
        lambda part: isinstance(part, sp.atan) and isinstance(part.args[0], sp.exp), _angle_of_exponential
    )


_BEYOND = 10**4
"""Arguments at which functions that saturate exponentially have done so to thousands of digits."""

_SATURATING = (Phi, sech, sech_squared, sigmoid, sp.erf, sp.sech, sp.tanh, tanh)
_GROWING = (sp.exp, sp.cosh, sp.sinh, exp_of)
_FADING = (sp.exp, sech, sech_squared, sigmoid)


def _overflows_while_another_fades(product: sp.Basic) -> bool:
    """Whether a product of exponentials of exponentials may be infinity times 0."""
    if not isinstance(product, sp.Mul):
        return False
    fading = _fading(product)
    return bool(fading) and any(f.has(*_GROWING) for f in product.args if f not in fading)


def _fading(product: sp.Mul) -> list[sp.Expr]:
    bases = [(factor, factor.base if factor.is_Pow else factor) for factor in product.args]
    return [f for f, base in bases if isinstance(base, _FADING) and any(u.has(*_GROWING) for u in base.args)]


def _damped(product: sp.Mul) -> sp.Expr:
    fading = _fading(product)
    return damped(sp.Mul(*fading), sp.Mul(*(factor for factor in product.args if factor not in fading)))


def _is_saturated(part: sp.Basic) -> bool:
    """Whether a function saturates in an exponential, whose power series is infinite where that one's is a constant."""
    return isinstance(part, (sp.exp, expm1, *_SATURATING)) and part.args[0].has(*_GROWING)


def _within_bounds(part: sp.Expr) -> sp.Expr:
    bounded = sp.Max(part.args[0], -_BEYOND)
    return part.func(bounded if isinstance(part, sp.exp | expm1) else sp.Min(bounded, _BEYOND))


def _angle_of_exponential(part: sp.Expr) -> sp.Expr:
    """``atan(exp(u))`` by the exponential that falls."""
    u = part.args[0].args[0]
    return sp.Piecewise((sp.pi / 2 - sp.atan(sp.exp(-u)), u > 0), (part, True))


def _slope_fused(product: sp.Mul) -> sp.Expr:
    for factor in product.args:
        if isinstance(factor, sech_squared) and isinstance(factor.args[0], softplus):
            argument = factor.args[0].args[0]
            if sigmoid(argument) in product.args:
                rest = [one for one in product.args if one not in (factor, sigmoid(argument))]
                return sp.Mul(*rest, tanh_softplus_slope(argument))
    return product


def with_shared_exponentials(expressions: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The expressions with an exponential as second argument of functions that would each make it.

    ``sigmoid(u)``, ``sigmoid(-u)`` and ``softplus(u)`` are functions of ``exp(-|u|)``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_shared_exponentials((softplus(x), sigmoid(-x)))
    [softplus(x, falling_exponential(x)), sigmoid(-x, falling_exponential(x))]
    """
    results = list(expressions)
    for exponential, functions in _MADE_FROM:
        calls = set[sp.Expr]().union(*(one.atoms(*functions) for one in results))
        makers: dict[sp.Expr, list[sp.Expr]] = {}
        for call in sorted(calls, key=sp.default_sort_key):
            argument = call.args[0]
            even = exponential is falling_exponential and argument.could_extract_minus_sign()
            makers.setdefault(-argument if even else argument, []).append(call)
        for argument, sharing in makers.items():
            if len(sharing) > 1:
                shared = exponential(argument)
                replacements = {call: sp.Function(call.func.__name__)(call.args[0], shared) for call in sharing}
                results = [one.xreplace(replacements) for one in results]
    return results
