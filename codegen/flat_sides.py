"""Exponentials that vanish with all their derivatives at an end of their branch: ``where(x > 0, exp(-1/x), 0)``."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import change_places, left_to_right, taken_at

__all__ = ["with_flat_sides"]


def with_flat_sides(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression, ``exp(c (x - p)^-n)`` on one side of p by the distance from there, ``exp(-|c| |x - p|^-n)``.

    So written it vanishes on both sides, and is known to (``general_forms.is_flat``).

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_flat_sides(sp.Piecewise((sp.exp(-1 / x), x > 0), (0, True)), x)
    Piecewise((0, x <= 0), (exp(-1/Abs(x)), True))
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
    """The exponential by the distance from the pole of its exponent; None unless it vanishes there from inside."""
    coefficient, rest = exponential.args[0].as_coeff_Mul()
    base, power = rest.as_base_exp()
    if not power.is_Integer or power >= 0 or power.is_even or sp.diff(base, variable) not in (1, -1):
        return None
    slope = sp.diff(base, variable)
    place = variable - base / slope
    side = 1 if low == place else -1 if high == place else 0
    if side == 0 or not (coefficient * slope * side).is_negative:
        return None
    return sp.exp(coefficient * slope * side * sp.Abs(variable - place) ** power)
