"""Steps of functions as steps at the kinks: which side a number lies on is known there to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy as sp

from codegen.stable_functions import written_out

__all__ = ["steps_at_kinks"]

_DIGITS = 30


def steps_at_kinks(expression: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr]) -> sp.Expr:
    """The expression with ``Heaviside(u)``, u not linear, as a sum of steps at those kinks where u changes its sign.

    A rounded u is 0 on many doubles beside its root. There is a term for every stretch on which u is positive, so that
    what stands beside the steps in a sum is rounded by none of them.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> steps_at_kinks(x * sp.Heaviside(4 - x**2), x, (sp.Integer(-2), sp.Integer(2)))
    x*Heaviside(2 - x)*Heaviside(x + 2)
    """
    if not kinks:
        return expression
    inside = [(a + b) / 2 for a, b in pairwise(kinks)]
    places = [kinks[0] - 1, *inside, kinks[-1] + 1]

    def steps(u: sp.Expr, *at_zero: sp.Expr) -> sp.Expr:
        if u.is_polynomial(variable) and sp.degree(u, variable) < 2:
            return sp.Heaviside(u, *at_zero)
        plain = written_out(u)
        values = [sp.N(plain.subs(variable, place), _DIGITS) for place in places]
        if any(value == 0 for value in values):
            return sp.Heaviside(u, *at_zero)
        levels = [1 if value > 0 else 0 for value in values]
        rises = [sp.Heaviside(variable - k) for k, pair in zip(kinks, pairwise(levels), strict=True) if pair == (0, 1)]
        falls = [sp.Heaviside(k - variable) for k, pair in zip(kinks, pairwise(levels), strict=True) if pair == (1, 0)]
        starts = [sp.S.One, *rises] if levels[0] else rises
        ends = [*falls, sp.S.One] if levels[-1] else falls
        return sp.Add(*(start * end for start, end in zip(starts, ends, strict=True)))

    return expression.replace(sp.Heaviside, steps)
