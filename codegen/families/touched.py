"""Closed forms next to where a function touches 0, in coordinates that start there: the terms of its powers cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from codegen.families import joined, moved_origin
from codegen.kernel_plan import KernelPlan
from codegen.module_text import activation_text
from codegen.parameters import settled
from codegen.touching_roots import touch_width
from symbolic_moments import Activation, activation
from symbolic_moments.symbols import x

__all__ = ["beside"]

_OF_PIECES = sp.Rational(7, 8)
"""How far from a place, in units of its size, coordinates serve that start there, where g is made of pieces."""


def beside(
    expression: sp.Expr,
    elsewhere: KernelPlan,
    touching: Sequence[tuple[sp.Rational, sp.Expr]],
    planned: Callable[[Activation], KernelPlan | None],
) -> KernelPlan | None:
    """The kernel that next to some places is that of ``g(place + v)``; None where a closed form of that is missing.

    ``touching`` are the places and what g is around each of them.
    """
    found = elsewhere
    text = elsewhere.activation or activation_text(expression)
    for place, around in touching:
        moved = settled(activation(moved_origin.moved(expression, x, place)))
        near = planned(moved)
        whole = around == expression
        width = touch_width(around, x, place) if whole else abs(place) * _OF_PIECES
        if width is None or near is None or (whole and near.sample is not None):
            return None
        inner = moved_origin.from_there(near, near.activation or activation_text(moved.expression), place)
        found = joined.beside(inner, found, text, place, width)
        assert found.activation is not None
        text = found.activation
    return found
