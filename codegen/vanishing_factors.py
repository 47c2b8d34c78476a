"""Products that are 0 where one factor is, though another overflows there."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["with_zeros_apart"]

_FAR = (-(10**6), 10**6)
_OVERFLOWING = 700


def with_zeros_apart(expression: sp.Expr) -> sp.Expr:
    """``0`` where a ramp or a step is, in products with an exponential that grows there: ``0 exp(1000)`` is no number.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_zeros_apart(sp.Max(x, 0) ** 2 * sp.exp(-x) + 1)
    Piecewise((0, x < 0), (x**2*exp(-x), True)) + 1
    >>> with_zeros_apart(sp.Max(x, 0) * sp.exp(-(x**2)))
    exp(-x**2)*Max(0, x)
    >>> with_zeros_apart(sp.exp(-(x**2)) * sp.exp(x))
    exp(-x**2 + x)
    """
    merged = expression.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.exp), _merged)
    return merged.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.exp), _apart)


def _merged(product: Any) -> Any:
    """Exponentials of which one overflows where another vanishes as one."""
    exponents = [e.args[0] for e in product.args if isinstance(e, sp.exp)]
    symbols = {symbol for u in exponents for symbol in u.free_symbols}
    if len(exponents) < 2 or len(symbols) != 1 or not all(u.is_polynomial(*symbols) for u in exponents):
        return product
    (variable,) = symbols
    sizes = [[u.subs(variable, place) for u in exponents] for place in _FAR]
    if not any(max(each) > _OVERFLOWING and min(each) < -_OVERFLOWING for each in sizes):
        return product
    total = sp.Add(*exponents)
    whole = sp.expand(total) if all(sp.expand(u) == u for u in exponents) else total
    return sp.Mul(*(e for e in product.args if not isinstance(e, sp.exp))) * sp.exp(whole)


def _apart(product: Any) -> Any:
    for factor in product.args:
        base, exponent = factor.as_base_exp()
        if not (exponent.is_number and exponent.is_positive):
            continue
        rest = product / factor
        if isinstance(base, sp.Max | sp.Min) and len(base.args) == 2 and sp.S.Zero in base.args:
            u = next(one for one in base.args if one != 0)
            beyond = u < 0 if isinstance(base, sp.Max) else u > 0
            if _grows_where(beyond, rest):
                return sp.Piecewise((0, beyond), (u**exponent * rest, True))
        if isinstance(base, sp.Heaviside) and _grows_where(base.args[0] < 0, rest):
            return sp.Piecewise((0, base.args[0] < 0), (product, True))
    return product


def _grows_where(condition: Any, rest: sp.Expr) -> bool:
    """Whether an exponential overflows far out where the condition holds; never where there are parameters."""
    if len(condition.free_symbols | rest.free_symbols) != 1:
        return False
    (variable,) = condition.free_symbols
    places = [place for place in _FAR if condition.subs(variable, place) == sp.true]
    exponents = [e.args[0] for e in rest.atoms(sp.exp) if e.args[0].is_polynomial(variable)]
    return any(exponent.subs(variable, place) > _OVERFLOWING for exponent in exponents for place in places)
