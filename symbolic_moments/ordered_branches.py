"""Branches on conditions like ``|x| < 3``, written from left to right: families read single bounds of x alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symbolic_moments.singular_points import exact_zeros

__all__ = ["change_places", "left_to_right", "taken_at", "with_ordered_branches"]

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
    places = change_places([condition for _, condition in branches.args])
    return left_to_right(lambda at: taken_at(branches, variable, at), places, variable) or branches


def left_to_right(
    value_at: Callable[[Any], sp.Expr | None], places: list[sp.Expr], variable: sp.Symbol, alone: bool = False
) -> Any:
    """What has the expression ``value_at(p)`` at p and around it, by bounds from left to right.

    Parameters
    ----------
    value_at : callable
        From a number to an expression in the variable.
    places : list of sympy.Expr
        Where another may begin, increasing.
    variable : sympy.Symbol
        What the bounds are of.
    alone : bool
        Whether what is at a place may be that of neither side.

    Returns
    -------
    sympy.Expr or None
        None where there are no places, or one stands alone that may not.
    """
    if not places:
        return None
    middles = [(one + other) / 2 for one, other in pairwise(places)]
    pieces = [value_at(at) for at in (places[0] - 1, *middles, places[-1] + 1)]
    pairs = []
    for (left, right), place in zip(pairwise(pieces), places, strict=True):
        here = value_at(place)
        if here is None or left is None or right is None:
            return None
        sides = [side == here or _agree(side, here, variable, place) for side in (left, right)]
        if not any(sides):
            if not alone:
                return None
            pairs += [(left, variable < place), (here, variable <= place)]
        elif left != right:
            belongs_left = here == left or (sides[0] and here != right)
            pairs.append((left, variable <= place if belongs_left else variable < place))
    return sp.Piecewise(*pairs, (pieces[-1], True))


def _agree(one: sp.Expr, other: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> bool:
    return bool((one - other).subs(variable, place) == 0)


def change_places(conditions: list[Any]) -> list[sp.Expr]:
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


def taken_at(branches: sp.Piecewise, variable: sp.Symbol, place: sp.Expr) -> sp.Expr | None:
    """The expression of the first branch whose condition holds at a place."""
    return next((value for value, held in branches.args if held.subs(variable, place) == sp.true), None)
