"""Guards of a quotient next to its removable pole, ``where(abs(x) < 1e-8, 1, sin(x)/x)``: the quotient itself."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import change_places, taken_at
from symbolic_moments.symbols import x

__all__ = ["without_narrow_guards"]

_WIDEST = sp.Rational(1, 100)
_DIGITS = 80
_ROUNDING = sp.Rational(1, 2**53)
_TRIED = tuple(sp.Rational(n, 64) for n in (1, 5, 17, 29, 41, 53, 61, 63))


def without_narrow_guards(expression: sp.Expr) -> sp.Expr:
    """The expression; a branch around a removable pole that is the quotient but for rounding, as the quotient.

    Doubles do not tell one from the other. A branch that differs by more is a branch, with its jumps.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> without_narrow_guards(sp.Piecewise((1, sp.Abs(x) < sp.Rational(1, 10**8)), (sp.sin(x) / x, True)))
    sin(x)/x
    >>> without_narrow_guards(sp.Piecewise((1, sp.Abs(x) < sp.Rational(1, 10**6)), (sp.sin(x) / x, True)))
    Piecewise((1, Abs(x) < 1/1000000), (sin(x)/x, True))
    """
    if expression.free_symbols != {x}:
        return expression
    return expression.replace(lambda part: isinstance(part, sp.Piecewise), _without_guard)


def _without_guard(branches: sp.Piecewise) -> sp.Expr:
    if any(condition.has(sp.Eq, sp.Ne) for _, condition in branches.args):
        return branches
    places = change_places([condition for _, condition in branches.args])
    if not places or not all(place.is_Rational for place in places):
        return branches
    samples = [places[0] - 1, *((one + other) / 2 for one, other in pairwise(places)), places[-1] + 1]
    values = [taken_at(branches, x, at) for at in samples]
    kept = [n for n, (one, other) in enumerate(pairwise(values)) if one != other]
    if len(kept) != 2:
        return branches
    low, high = (places[n] for n in kept)
    middle = (low + high) / 2
    within, left, right = values[kept[1]], values[0], values[-1]
    if within is None or left is None or left != right or high - low > _WIDEST:
        return branches
    if left.subs(x, middle).is_finite or not within.subs(x, middle).is_finite:
        return branches
    tried = [middle + side * share * (high - middle) for share in _TRIED for side in (-1, 1)]
    return left if all(_is_same(within, left, place) for place in tried) else branches


def _is_same(one: Any, other: Any, place: Any) -> bool:
    value, known = (sp.N(part.subs(x, place), _DIGITS) for part in (one, other))
    return bool(known.is_Float and abs(value - known) <= _ROUNDING * abs(known))
