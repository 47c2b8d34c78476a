"""``f(c + r) - f(c)`` of any smooth f: next to r = 0 its Taylor polynomial in r, in which nothing cancels."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from codegen.panel_plan import taylor_radius
from codegen.root_forms import vanishing_form
from codegen.stable_functions import departure, written_out

__all__ = ["departure_from_limit"]

_WIDEST = 4.0
_LEAST = 2.0**-10


def departure_from_limit(function: Any, constant: sp.Expr, rest: sp.Expr) -> sp.Expr | None:
    """``function(constant + rest) - function(constant)`` for a rest that vanishes; None where it is not analytic there.

    Examples
    --------
    >>> r = sp.Symbol("r", real=True)
    >>> found = departure_from_limit(sp.asinh, sp.S.One, r)
    >>> found.args[2], sp.N(found.args[4], 16)
    (1, 0.7071067811865475)
    >>> departure_from_limit(sp.Abs, sp.S.Zero, r) is None
    True
    """
    form = _form(function, constant)
    if form is None:
        return None
    plain = function(constant + rest) - function(constant)
    return departure(rest, plain, form.radius, sp.Integer(form.order), *form.coefficients)


@cache
def _form(function: Any, constant: sp.Expr) -> Any:
    moved = sp.Dummy("r", real=True)
    plain = written_out(function(constant + moved) - function(constant))
    if plain.has(sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise, sp.nan, sp.zoo, sp.oo):
        return None
    radius = min(taylor_radius(plain, moved, sp.S.Zero), _WIDEST)
    return vanishing_form(plain, moved, radius) if radius > _LEAST else None
