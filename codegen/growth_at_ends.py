"""The exponential that a function grows with at one end of the line, and what is left without it."""

from __future__ import annotations

import sympy as sp

from codegen.chebyshev_panels import evaluator, logarithm

__all__ = ["growth_at_end", "is_free_of_exponentials"]

Form = tuple[sp.Expr, sp.Expr]

_FAR = (10**3, 10**5, 10**7)
_BESIDE = (sp.Rational(1, 7), sp.Rational(9, 4), 11, 90, 1000)
_MODERATE = 200
_AGREED = 1e-50
_HYPERBOLIC = {sp.sinh: -1, sp.cosh: 1}


def growth_at_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> Form:
    """``(c, u)`` with ``g = exp(c x) u``, c the largest rate that its terms show at one end; c = 0 where none does.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> growth_at_end(sp.exp(2 * x) * sp.atan(x) + x, x, 1)
    (2, x*exp(-2*x) + atan(x))
    >>> growth_at_end(sp.sinh(x) * sp.tanh(x), x, -1)
    (-1, (exp(2*x)/2 - 1/2)*tanh(x))
    >>> growth_at_end(sp.exp(x) / (1 + sp.exp(x)), x, 1)[0]
    0
    """
    if isinstance(expression, sp.exp):
        return _of_exponential(expression.args[0], variable)
    if isinstance(expression, sp.sinh | sp.cosh) and (rate := _slope(expression.args[0], variable)) is not None:
        return _of_hyperbolic(expression, rate, side)
    if isinstance(expression, sp.Mul):
        forms = [growth_at_end(factor, variable, side) for factor in expression.args]
        return sp.Add(*(rate for rate, _ in forms)), sp.Mul(*(rest for _, rest in forms))
    if isinstance(expression, sp.Pow) and expression.exp.is_Rational:
        rate, rest = growth_at_end(expression.base, variable, side)
        if rate == 0:
            return sp.S.Zero, expression
        return rate * expression.exp, rest**expression.exp
    if isinstance(expression, sp.Add):
        forms = [growth_at_end(term, variable, side) for term in expression.args]
        largest = max((rate for rate, _ in forms), key=lambda rate: side * rate)
        return largest, sp.Add(*(rest * sp.exp((rate - largest) * variable) for rate, rest in forms))
    return sp.S.Zero, expression


def _slope(argument: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """The a of ``a x + b``, a != 0."""
    if not argument.is_polynomial(variable) or sp.degree(argument, variable) != 1:
        return None
    return sp.Poly(argument, variable).LC()


def _of_exponential(argument: sp.Expr, variable: sp.Symbol) -> Form:
    """That of ``exp(a x + r(x))``."""
    linear, rest = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(sp.expand(argument)):
        slope = _slope(term, variable)
        linear, rest = (linear, rest + term) if slope is None else (linear + slope, rest)
    return linear, sp.exp(rest)


def _of_hyperbolic(expression: sp.Expr, rate: sp.Expr, side: int) -> Form:
    """That of ``sinh(a x + b)`` or ``cosh(a x + b)``."""
    (argument,) = expression.args
    sign = 1 if side * rate > 0 else -1
    (variable,) = argument.free_symbols
    rest = argument - rate * variable
    odd = sign if isinstance(expression, sp.sinh) else 1
    other = _HYPERBOLIC[type(expression)] * sp.exp(-2 * sign * argument)
    return sign * rate, odd * sp.exp(sign * rest) * (1 + other) / 2


def is_free_of_exponentials(function: sp.Expr, form: Form, variable: sp.Symbol, place: sp.Expr, side: int) -> bool:
    """Whether ``g = exp(c x) u`` from ``place`` on, and u neither grows nor falls exponentially.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> is_free_of_exponentials(sp.exp(x) * sp.tanh(x), (sp.S.One, sp.tanh(x)), x, sp.S.Zero, 1)
    True
    >>> is_free_of_exponentials(sp.exp(sp.sqrt(x)), (sp.S.Zero, sp.exp(sp.sqrt(x))), x, sp.S.Zero, 1)
    False
    """
    rate, rest = form
    whole, left_over = evaluator(function, variable), evaluator(rest, variable)
    growth = evaluator(sp.exp(rate * variable), variable)
    places = [place + side * away for away in _BESIDE]
    try:
        pairs = [(whole(y), growth(y) * left_over(y)) for y in places]
        sizes = [abs(logarithm(left_over(side * far))) for far in _FAR]
    except (ZeroDivisionError, ValueError, TypeError, OverflowError):
        return False
    agree = all(abs(one - other) <= _AGREED * abs(one) for one, other in pairs)
    return agree and max(sizes) < _MODERATE
