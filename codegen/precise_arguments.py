"""The text of an activation keeps polynomial arguments whole where their rounding would show.

``exp(u)`` loses ``|u|`` ulp to the rounding of u, ``Phi(u)`` loses ``u^2`` in its tail, a wave its phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.stable_functions import expm1, sech_squared, sigmoid, smoothed_relu, softplus
from symbolic_moments.normal import Phi

__all__ = ["exp_of", "with_precise_arguments", "with_precise_distances", "with_precise_tails"]


def _named(name: str) -> Any:
    return type(name, (sp.Function,), {"nargs": 2, "is_real": True})


abs_of = _named("abs_of")
exp_of = _named("exp_of")

_PRECISE: dict[Any, Any] = {
    sp.cos: _named("cos_of"),
    sp.cosh: _named("cosh_of"),
    sp.exp: exp_of,
    sp.sin: _named("sin_of"),
    sp.sinh: _named("sinh_of"),
    Phi: _named("normal_cdf_of"),
    expm1: _named("expm1_of"),
    sech_squared: _named("sech_squared_of"),
    sigmoid: _named("sigmoid_of"),
    smoothed_relu: _named("smoothed_relu_of"),
    softplus: _named("softplus_of"),
}


def with_precise_arguments(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression with ``f(u)`` as ``f_of(u, x)`` wherever u is a polynomial whose value is rounded.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_precise_arguments(x * sp.exp(x / 2) + sp.exp(x / 3), x)
    x*exp(x/2) + exp_of(x/3, x)
    >>> with_precise_arguments(x * Phi(x) - sp.exp(sp.Abs(x) / 3), x)
    x*normal_cdf_of(x, x) - exp(Abs(x)/3)
    """
    return _kept_whole(expression, variable, tuple(_PRECISE))


def with_precise_distances(expression: sp.Expr, variable: sp.Symbol, places: Sequence[sp.Expr]) -> sp.Expr:
    """The expression with ``|x - p|`` kept whole for those of the places that are no doubles.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_precise_distances(sp.log(sp.Abs(x - sp.Rational(1, 10))), x, (sp.Rational(1, 10),))
    log(abs_of(x - 1/10, x))
    """
    offsets = [variable - place for place in places if not is_double(place)]
    rounded = {*offsets, *(-one for one in offsets)}
    return expression.replace(sp.Abs, lambda u: abs_of(u, variable) if u in rounded else sp.Abs(u))


def with_precise_tails(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression with ``Phi(u)``, and what is made of it, kept whole and the other functions as they are.

    At nodes, which are rounded at random, a precise argument gains nothing, but for Phi, whose argument is divided by a
    rounded square root of 2: all its tail is off to the same side. So is that of a relu smoothed by such a width.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_precise_tails(Phi(x) * sp.exp(-(x**2) / 2), x)
    exp(-x**2/2)*normal_cdf_of(x, x)
    """
    return _kept_whole(expression, variable, (Phi, smoothed_relu))


def _kept_whole(expression: sp.Expr, variable: sp.Symbol, functions: Sequence[Any]) -> sp.Expr:
    for function in functions:

        def chosen(u: sp.Expr, function: Any = function) -> sp.Expr:
            return _PRECISE[function](u, variable) if _loses(function, u, variable) else function(u)

        expression = expression.replace(function, chosen)
    return expression


def _loses(function: Any, argument: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether f loses digits at ``argument``: a polynomial in x and no product of x and a power of 2, or Phi itself."""
    if not argument.has(variable) or not argument.is_polynomial(variable):
        return False
    coefficients = sp.Poly(argument, variable).all_coeffs()
    if not all(c.is_number or c.is_Symbol for c in coefficients):
        return False
    if function is Phi:
        return True
    return len(coefficients) > 2 or coefficients[1] != 0 or not _is_power_of_two(coefficients[0])


def _is_power_of_two(value: sp.Expr) -> bool:
    return is_double(value) and sp.Abs(value).p & (sp.Abs(value).p - 1) == 0
