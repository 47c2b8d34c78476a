"""Functions of what is clipped to where their slope is infinite, by branches: ``acos(clip(x, -1, 1))``."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import left_to_right
from symbolic_moments.singular_points import exact_zeros

__all__ = ["with_clips_as_branches"]

_MOST_SIDES = 4


def with_clips_as_branches(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression; f(u) with a clipped u that is constant, at an end of f, along a line, by bounds of the variable.

    The derivative of f(u) divides by 0 there; that of its branches does not. Clips of other than polynomials stay.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_clips_as_branches(sp.acos(sp.Min(1, sp.Max(-1, x))), x)
    Piecewise((pi, x <= -1), (acos(x), x < 1), (0, True))
    >>> with_clips_as_branches(x * sp.sqrt(1 - sp.Min(1, sp.Max(-1, x)) ** 2), x)
    x*Piecewise((0, x <= -1), (sqrt(1 - x**2), x < 1), (0, True))
    >>> with_clips_as_branches(sp.sqrt(2 + sp.Max(-1, x)), x)
    sqrt(Max(-1, x) + 2)
    """
    if expression.free_symbols != {variable} or not expression.has(sp.Max, sp.Min):
        return expression
    return expression.replace(lambda part: _has_an_end(part) and part.has(sp.Max, sp.Min), _branches(variable))


def _has_an_end(part: Any) -> bool:
    """Whether it is a function whose slope is infinite at an end of where it is real."""
    return isinstance(part, sp.asin | sp.acos) or bool(isinstance(part, sp.Pow) and 0 < part.exp < 1)


def _branches(variable: sp.Symbol) -> Any:
    def written(part: sp.Expr) -> sp.Expr:
        places = _places(part)
        if not places:
            return part
        middles = [(one + other) / 2 for one, other in pairwise(places)]
        inner = [_resolved(part.args[0], variable, at) for at in (places[0] - 1, *middles, places[-1] + 1)]
        ends = (1, -1) if isinstance(part, sp.asin | sp.acos) else (0,)
        if not any(one in ends for one in inner):
            return part
        return left_to_right(lambda at: _resolved(part, variable, at), places, variable) or part

    return written


def _places(part: sp.Expr) -> list[sp.Expr]:
    """Where another side of a maximum or minimum may rule, increasing; none if not all are known exactly."""
    places: set[sp.Expr] = set()
    for node in part.atoms(sp.Max, sp.Min):
        if len(node.args) > _MOST_SIDES:
            return []
        sides = [branch for side in node.args for branch in (side.args if side.has(sp.Max, sp.Min) else (side,))]
        for i, one in enumerate(sides):
            for other in sides[:i]:
                zeros = exact_zeros(one - other)
                if zeros is None and (one - other).free_symbols:
                    return []
                places.update(zeros or ())
    return sorted(places)


def _resolved(expression: sp.Expr, variable: sp.Symbol, place: Any) -> sp.Expr:
    """The expression, of every maximum and minimum the side that rules at the place."""

    def ruling(node: sp.Expr) -> sp.Expr:
        values = [side.subs(variable, place) for side in node.args]
        return next(side for side, value in zip(node.args, values, strict=True) if value == node.func(*values))

    return expression.replace(lambda part: isinstance(part, sp.Max | sp.Min), ruling)
