"""Branches on conditions like ``|x| < 3``, written from left to right: families read single bounds of x alone."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symbolic_moments.singular_points import exact_zeros

__all__ = ["with_ordered_branches"]

_MOST_CASES = 4


def with_ordered_branches(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression; a ``Piecewise`` with a condition that does not bound the variable alone from one side, by bounds.

    What cannot be told apart exactly (zeros of no polynomial, another value at one place) stays as it is.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_ordered_branches(sp.Piecewise((sp.exp(x), sp.Abs(x) < 3), (0, True)), x)
    Piecewise((0, x <= -3), (exp(x), x < 3), (0, True))
    """
    if expression.free_symbols != {variable}:
        return expression
    return expression.replace(
        lambda part: isinstance(part, sp.Piecewise) and not all(_is_bound(c, variable) for _, c in part.args),
        lambda part: _ordered(part, variable),
    )


def _is_bound(condition: Any, variable: sp.Symbol) -> bool:
    if condition == sp.true:
        return True
    single = isinstance(condition, sp.Lt | sp.Le | sp.Gt | sp.Ge)
    return single and condition.lhs == variable and not condition.rhs.has(variable)


def _ordered(branches: sp.Piecewise, variable: sp.Symbol) -> sp.Expr:
    places = _places([condition for _, condition in branches.args])
    if not places:
        return branches
    middles = [(one + other) / 2 for one, other in pairwise(places)]
    pieces = [_value_at(branches, variable, at) for at in (places[0] - 1, *middles, places[-1] + 1)]
    pairs = []
    for (left, right), place in zip(pairwise(pieces), places, strict=True):
        here = _value_at(branches, variable, place)
        if left == right == here:
            continue
        if here not in (left, right):
            return branches
        pairs.append((left, variable <= place if here == left else variable < place))
    return sp.Piecewise(*pairs, (pieces[-1], True))


def _places(conditions: list[Any]) -> list[sp.Expr]:
    """Where a comparison may change, from left to right; none if not all are known exactly."""
    places: set[sp.Expr] = set()
    for relation in {one for condition in conditions for one in condition.atoms(Relational)}:
        for case in _cases(relation.lhs - relation.rhs):
            if case.is_number and case.is_nonzero:
                continue
            zeros = exact_zeros(case)
            if zeros is None:
                return []
            places.update(zeros)
    return sorted(places)


def _cases(difference: sp.Expr) -> list[sp.Expr]:
    """It, with u or -u for every ``|u|``, and each u; too many are left as they are."""
    inner = sorted(difference.atoms(sp.Abs), key=sp.count_ops)
    if not inner or len(inner) > _MOST_CASES:
        return [difference]
    found = [one.args[0] for one in inner if not one.args[0].has(sp.Abs)]
    for signs in product((1, -1), repeat=len(inner)):
        case = difference
        for sign, one in zip(signs, reversed(inner), strict=True):
            case = case.xreplace({one: sign * one.args[0]})
        found.append(sp.expand(case))
    return found


def _value_at(branches: sp.Piecewise, variable: sp.Symbol, place: sp.Expr) -> sp.Expr | None:
    return next((value for value, held in branches.args if held.subs(variable, place) == sp.true), None)
