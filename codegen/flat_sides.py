"""Exponentials that vanish with all their derivatives at an end of their branch: ``where(x > 0, exp(-1/x), 0)``."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import change_places, left_to_right, taken_at
from symbolic_moments.singular_points import exact_zeros

__all__ = ["with_flat_sides"]


def with_flat_sides(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression, ``exp(c (x - p)^-n)`` on one side of p by the distance from there, ``exp(-|c| |x - p|^-n)``.

    Between two such places ``exp(-c / p(x))`` with a polynomial that vanishes there, as ``exp(-|c| / |p(x)|)``.

    So written it vanishes on both sides, and is known to (``general_forms.is_flat``).

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_flat_sides(sp.Piecewise((sp.exp(-1 / x), x > 0), (0, True)), x)
    Piecewise((0, x <= 0), (exp(-1/Abs(x)), True))
    >>> with_flat_sides(sp.Piecewise((0, x <= -1), (sp.exp(-1 / (1 - x**2)), x < 1), (0, True)), x)
    Piecewise((0, x <= -1), (exp(-1/Abs(x**2 - 1)), x < 1), (0, True))
    >>> with_flat_sides(sp.Piecewise((sp.exp(1 / x), x > 0), (0, True)), x)
    Piecewise((exp(1/x), x > 0), (0, True))
    """
    if expression.free_symbols != {variable}:
        return expression
    return expression.replace(lambda part: isinstance(part, sp.Piecewise) and part.has(sp.exp), _by_distance(variable))


def _by_distance(variable: sp.Symbol) -> Any:
    def written(branches: sp.Piecewise) -> sp.Expr:
        places = change_places([condition for _, condition in branches.args])
        ordered = left_to_right(lambda at: taken_at(branches, variable, at), places, variable)
        if not isinstance(ordered, sp.Piecewise):
            return branches
        ends = [-sp.oo, *(condition.rhs for _, condition in ordered.args[:-1]), sp.oo]
        pairs = []
        for (value, condition), low, high in zip(ordered.args, ends[:-1], ends[1:], strict=True):
            flat = {one: _flat(one, variable, low, high) for one in value.atoms(sp.exp)}
            pairs.append((value.xreplace({one: found for one, found in flat.items() if found is not None}), condition))
        return (
            sp.Piecewise(*pairs) if [value for value, _ in pairs] != [value for value, _ in ordered.args] else branches
        )

    return written


def _flat(exponential: sp.exp, variable: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    """The exponential by the size of what has a zero at an end; None unless it vanishes there from inside."""
    top, bottom = exponential.args[0].as_numer_denom()
    if not (top.is_polynomial(variable) and bottom.is_polynomial(variable)) or not bottom.has(variable):
        return None
    constant, rest = sp.div(top, bottom, variable)
    zeros = exact_zeros(bottom)
    if rest == 0 or rest.has(variable) or constant.has(variable) or not zeros:
        return None
    if any(zero not in (low, high) and low < zero < high for zero in zeros) or not {low, high} & {*zeros}:
        return None
    inside = _between(low, high)
    if not (rest / bottom.subs(variable, inside)).is_negative:
        return None
    factors = sp.factor_list(bottom, variable)[1]
    if len(factors) == 1 and sp.degree(factors[0][0], variable) == 1:
        place, power = zeros[0], factors[0][1]
        leading = sp.Poly(bottom, variable).LC()
        size = abs(leading) * sp.Abs(variable - place) ** power
        return None if power % 2 == 0 else sp.exp(constant - abs(rest) / size)
    return sp.exp(constant - abs(rest) / sp.Abs(bottom))


def _between(low: sp.Expr, high: sp.Expr) -> sp.Expr:
    if low == -sp.oo:
        return high - 1
    return low + 1 if high == sp.oo else (low + high) / 2
