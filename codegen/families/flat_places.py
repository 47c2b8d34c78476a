"""Next to where a function vanishes with all its derivatives: coordinates that start there.

``exp(-1/(1 - x^2))`` changes by ``1/(2 u^2)`` times what rounding takes from a node at a distance u from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from codegen.families import general, moved_origin
from codegen.families.joined import plan as joined
from codegen.flat_exponentials import flat_places
from codegen.kernel_plan import KernelPlan, expression_text

__all__ = ["around"]

_NEAR = 4
"""How many times nearer than 0 such a place is where it has coordinates of its own; ..."""
_BETWEEN = 8
"""... and how many times nearer than the next such place."""
_MOST = 2


def around(elsewhere: KernelPlan, expression: sp.Expr, variable: sp.Symbol) -> KernelPlan:
    """The kernel with rows next to flat places away from 0 in coordinates that start there; as it is if there are none.

    A row belongs to the nearest place. Elsewhere nodes are rounded by an ulp of the place, which counts next to it.
    """
    places = flat_places(expression)
    found = elsewhere
    away = [place for place in places if place != 0]
    for place in away if len(away) <= _MOST else ():
        near = general.plan(moved_origin.moved(expression, variable, place), variable, place)
        assert near.activation is not None
        lines = [f"    return _raw_moments{moved_origin.SUFFIX}(xp, _offset(xp, mu)[0], sigma, degree)"]
        there = moved_origin.from_there(near, near.activation, place, lines)
        condition, described = _mask(place, [other for other in places if other != place])
        found = joined(there, found, condition, described)
    return replace(found, keeps_places=True) if places else found


def _mask(place: sp.Expr, others: Sequence[sp.Expr]) -> tuple[str, str]:
    """Text of the mask of rows next to a place, and the same in words."""
    width = (
        min(abs(place) / _NEAR, *(abs(place - other) / _BETWEEN for other in others)) if others else abs(place) / _NEAR
    )
    distance, *farther = (expression_text(sp.Abs(sp.Symbol("mu", real=True) - one)) for one in (place, *others))
    limit = expression_text(width)
    felt = f"{distance} <= xp.maximum({moved_origin.FELT} * sigma, {limit})"
    condition = " & ".join(
        [f"(sigma > 0) & (sigma <= {limit}) & ({felt})", *(f"({distance} <= {other})" for other in farther)]
    )
    described = (
        f"sigma <= {width} within {width} or {moved_origin.FELT} sigma of x = {place}, in coordinates that start there"
    )
    return condition, described if not others else f"nearest to x = {place}, {described}"
