"""Steps in a slope as cases: where a step is 0, what it multiplies may be beyond the doubles."""

from __future__ import annotations

from functools import partial

import sympy as sp

from codegen.chebyshev_panels import evaluator

__all__ = ["without_overflow_beside_steps"]

_FAR = 1000
_LARGEST = 1e300


def without_overflow_beside_steps(slope: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The slope with every product of steps and of what overflows as 0 where a step is, so that it is not NaN there.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_overflow_beside_steps(sp.exp(x) * sp.Heaviside(3 - x), x)
    Piecewise((exp(x), x < 3), (0, True))
    >>> without_overflow_beside_steps(sp.exp(x) * sp.Heaviside(x), x)
    exp(x)*Heaviside(x)
    """
    return slope.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.Heaviside), partial(_cut, variable=variable))


def _cut(product: sp.Mul, variable: sp.Symbol) -> sp.Expr:
    steps = [one for one in product.args if isinstance(one, sp.Heaviside) and _is_line(one.args[0], variable)]
    rest = sp.Mul(*(one for one in product.args if one not in steps))
    outside = {side for side in (-1, 1) for one in steps if one.args[0].subs(variable, side * _FAR) < 0}
    if rest.has(sp.Heaviside) or not any(_overflows(rest, variable, side * _FAR) for side in outside):
        return product
    return sp.Piecewise((rest, sp.And(*(one.args[0] > 0 for one in steps))), (0, True))


def _is_line(u: sp.Expr, variable: sp.Symbol) -> bool:
    return bool(u.is_polynomial(variable) and sp.degree(u, variable) == 1)


def _overflows(function: sp.Expr, variable: sp.Symbol, place: int) -> bool:
    """Whether it is no double at a place; what is not real there, or a pole, is none."""
    try:
        return bool(abs(evaluator(function, variable)(place)) > _LARGEST)
    except (ArithmeticError, TypeError):
        return True
