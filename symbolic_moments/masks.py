"""Sums of functions that are 0 outside of disjoint sets, ``(x > 0)*x + (x <= 0)*exp(x)``, as one ``Piecewise``."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import change_places, left_to_right, taken_at
from symbolic_moments.symbols import x

__all__ = ["with_joined_masks"]


def with_joined_masks(expression: sp.Expr) -> sp.Expr:
    """The expression; terms that are 0 wherever another is not become one ``Piecewise``.

    Families read branches between kinks, and what overflows outside its own branch is never computed there. Terms that
    overlap, or change where no polynomial of x or of absolute values vanishes, stay as they are.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> def mask(value, condition):
    ...     return sp.Piecewise((value, condition), (0, True))
    >>> with_joined_masks(mask(x, x > 0) + mask(1, x <= 0) * sp.exp(x))
    Piecewise((exp(x), x <= 0), (x, True))
    >>> with_joined_masks(mask(x, x > 0) - mask(1, x < 0))
    Piecewise((-1, x < 0), (x, True))
    """
    if expression.free_symbols != {x} or not expression.has(sp.Piecewise):
        return expression
    return expression.replace(lambda part: isinstance(part, sp.Add) and part.has(sp.Piecewise), _joined)


def _joined(total: sp.Add) -> sp.Expr:
    masks = [found for found in map(_mask, total.args) if found is not None]
    if len(masks) < 2:
        return total
    others = [term for term in total.args if _mask(term) is None]
    places = change_places([condition for _, branches in masks for _, condition in branches.args])

    def value_at(place: Any) -> sp.Expr | None:
        terms = [factor * value for factor, branches in masks if (value := taken_at(branches, x, place)) != 0]
        return None if len(terms) > 1 else terms[0] if terms else sp.S.Zero

    found = left_to_right(value_at, places, x, alone=True)
    return total if found is None else sp.Add(found, *others)


def _mask(term: sp.Expr) -> tuple[sp.Expr, sp.Piecewise] | None:
    """A factor and a ``Piecewise`` that is 0 on a branch, whose product is ``term``."""
    factors = sp.Mul.make_args(term)
    inside = [factor for factor in factors if isinstance(factor, sp.Piecewise)]
    if len(inside) != 1 or not any(value == 0 for value, _ in inside[0].args):
        return None
    return sp.Mul(*(factor for factor in factors if factor is not inside[0])), inside[0]
