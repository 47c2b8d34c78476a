"""Slopes that cancel where a function approaches a line: there they are those of the line and of what is left of it."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import sympy as sp

from codegen.chebyshev_panels import evaluator
from codegen.mp_functions import mp_function
from codegen.smoothed_relus import written_density
from codegen.stable_forms import stabilised
from codegen.stable_functions import log1p
from symbolic_moments.normal import phi

__all__ = ["Line", "keeps_more", "outermost", "slope_at_ends", "terms_lose_slope"]

_LOST = 1e-14
_LOST_BY_FACTORS = 1.5e-13
_GAINED = 8
_CLEAR = 4
_NEARER = (sp.S.Half, sp.S.One, sp.Integer(2))
_BETWEEN = tuple(n / 8 for n in range(9))
_STEPS = (1.3, 2.7, 5.0, 9.1, 17.0, 61.7, 120.0, 333.3, 800.0, 901.1)
_SMALLEST = 1e-280

Line = tuple[sp.Expr, sp.Expr] | None
"""What a function approaches at one end, and what it leaves of it, if that is known."""


def slope_at_ends(
    slope: sp.Expr,
    variable: sp.Symbol,
    lines: tuple[Line, Line],
    middle: sp.Expr,
    extent: sp.Expr,
    slanted: tuple[Line, Line] = (None, None),
) -> sp.Expr:
    """``slope`` with, at either end, the derivative of the line there and of its rest, where that keeps more digits.

    ``lines`` are the pairs (line, rest) at the left and at the right; a rest may be ``Piecewise``, its first piece
    that of the end. All that bends lies within ``extent`` of ``middle``. Where a line is not known a ``slanted`` one
    serves, approached as a power of x: there the derivative of the slope must keep its digits, too.
    ``atan2(1, p)``, with p > 0 there, becomes ``atan(1/p)``: slopes are run on power series.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> rest = 1 / (1 + x**4)
    >>> slope = sp.Add(x**3, -(x**3) * (1 + rest), evaluate=False)
    >>> slope_at_ends(slope, x, (None, (sp.S.One, rest)), sp.S.Zero, sp.S.One).args[0]
    (-4*x**3/(x**4 + 1)**2, x > 4)
    """
    pieces = []
    for side, line, other_line in zip((-1, 1), lines, slanted, strict=True):
        found = line or other_line
        if found is None:
            continue
        rest, place = outermost(found[1], variable, middle + side * _CLEAR * extent, side)
        other = stabilised(_derivative(found[0] + rest, variable))
        if line is None:
            other = sp.diff(found[0], variable) + stabilised(_derivative(rest, variable))
        pairs = (
            [(other, slope)] if line else [(other, slope), (_derivative(other, variable), _derivative(slope, variable))]
        )
        if any(keeps_more(*pair, variable, place, side * extent) for pair in pairs):
            if line and _is_entire(other) and place == middle + side * _CLEAR * extent:
                place = _nearest(other, slope, variable, [middle + side * one * extent for one in (*_NEARER, _CLEAR)])
            beyond = variable < place if side < 0 else variable > place
            pieces.append((other.replace(sp.atan2, lambda one, p: sp.atan(one / p)), beyond))
    return sp.Piecewise(*pieces, (slope, True)) if pieces else slope


def _is_entire(expression: sp.Expr) -> bool:
    """Whether nothing in it divides, or has a root or a logarithm taken, so that it holds wherever it is looked at."""
    return not expression.has(sp.log, log1p) and all(
        power.exp.is_Integer and power.exp > 0 for power in expression.atoms(sp.Pow) if power.has(sp.Symbol)
    )


def _nearest(other: sp.Expr, slope: sp.Expr, variable: sp.Symbol, places: list[sp.Expr]) -> sp.Expr:
    """The first of the places from which on, to the last, ``other`` loses no more than ``slope`` does somewhere."""
    *nearer, last = places
    for place in nearer:
        between = [float(place + part * (last - place)) for part in _BETWEEN]
        lost = [_digits_lost(one, variable, between) for one in (other, slope)]
        if _GAINED * lost[0] < lost[1]:
            return place
    return last


def terms_lose_slope(function: sp.Expr, slope: sp.Expr, variable: sp.Symbol, middle: sp.Expr, extent: sp.Expr) -> bool:
    """Whether at an end the derivatives of the terms of g cancel, and ``slope``, which is their sum, keeps its digits.

    Power series of g are those of its terms and factors. Those of factors may lose what is promised: of ``x/(1 + |x|)``
    they lose up to x ulp.

    Examples
    --------
    >>> from codegen.stable_functions import sigmoid, sigmoid_difference, softplus
    >>> x = sp.Symbol("x", real=True)
    >>> terms_lose_slope(softplus(x) - softplus(x - 1), sigmoid_difference(x, x - 1), x, sp.S.Half, sp.S.One)
    True
    >>> terms_lose_slope(softplus(x), sigmoid(x), x, sp.S.Zero, sp.S.One)
    False
    """
    terms = sp.Add(*(_derivative(term, variable) for term in sp.Add.make_args(function)), evaluate=False)
    least = _LOST if function.is_Add else _LOST_BY_FACTORS
    ends = [(variable, middle + side * _CLEAR * extent, side * extent) for side in (-1, 1)]
    return any(keeps_more(slope, terms, *end, least) for end in ends)


def _derivative(function: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """That between kinks."""
    return sp.diff(function, variable).replace(sp.DiracDelta, lambda *_: sp.S.Zero).replace(phi, written_density)


def outermost(rest: sp.Expr, variable: sp.Symbol, place: sp.Expr, side: int) -> tuple[sp.Expr, sp.Expr]:
    """The first piece of a rest, that of its end, and from where on it holds: not before ``place``.

    A rest whose first piece does not begin where a line has its root is left as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> outermost(sp.Piecewise((1 / x, x < -2), (x, True)), x, sp.Integer(-1), -1)
    (1/x, -2)
    """
    while isinstance(rest, sp.Piecewise):
        first, condition = rest.args[0]
        if sp.diff(condition.lhs - condition.rhs, variable, 2) != 0:
            break
        rest = first
        bound = -(condition.lhs - condition.rhs).subs(variable, 0) / sp.diff(condition.lhs - condition.rhs, variable)
        place = max(place, bound) if side > 0 else min(place, bound)
    return rest, place


def keeps_more(
    other: sp.Expr, one: sp.Expr, variable: sp.Symbol, place: sp.Expr, unit: sp.Expr, least: float = _LOST
) -> bool:
    """Whether ``one`` loses digits in double precision beyond ``place``, in steps of ``unit``, and ``other`` far fewer.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> keeps_more(1 / (1 + x**4), sp.Add(1, -(x**4) / (1 + x**4), evaluate=False), x, sp.S.One, sp.S.One)
    True
    """
    places = [float(place + steps * unit) for steps in _STEPS]
    lost = _digits_lost(one, variable, places)
    return lost > least and _GAINED * _digits_lost(other, variable, places) < lost


def _digits_lost(function: sp.Expr, variable: sp.Symbol, places: list[float]) -> float:
    """The largest relative error of the function in double precision at these places; infinite if it divides by 0."""
    context = mpmath.MPContext()
    context.prec = 53
    rounded, exact = mp_function(context, function, variable), evaluator(function, variable)
    worst = 0.0
    for at in places:
        wanted: Any = exact(at)
        if not abs(wanted) > _SMALLEST:
            continue
        try:
            worst = max(worst, float(abs(rounded(context.mpf(at)) - wanted) / abs(wanted)))
        except ZeroDivisionError:
            return math.inf
    return worst
