"""Kinks around which the values of a function cancel in its variance, and the kernel text for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy as sp

from codegen.kernel_plan import exact_pair, expression_text
from codegen.kink_limits import BESIDE, jumps_at, one_sided
from codegen.panel_plan import taylor_radius


@dataclass(frozen=True)
class CancellingKink:
    """A kink at which g is continuous but g or the place is not 0: values beside it round to an ulp of either."""

    place: sp.Expr
    sides: tuple[sp.Expr, sp.Expr]
    radius: sp.Rational


def cancelling_kinks(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> tuple[CancellingKink, ...]:
    """The kinks of ``function`` that need their own variance.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> cancelling_kinks(sp.Max(x, 0) / (1 + sp.Abs(x)), x, (sp.Integer(0),))
    ()
    >>> (found,) = cancelling_kinks(sp.Max(sp.exp(-x), 1), x, (sp.Integer(0),))
    >>> found.sides, found.radius
    ((exp(-x), 1), 1)
    """
    jumping = {place for place, _ in jumps_at(function, variable, kinks)}
    gap = min((float(b - a) for a, b in pairwise(kinks)), default=float("inf"))
    found = []
    for place in kinks:
        sides = [one_sided(function, variable, place + side * BESIDE) for side in (-1, 1)]
        start = sp.N(sides[0].subs(variable, place), 30)
        if place in jumping or (place == 0 and start == 0):
            continue
        reach = min(gap, 1.0, *(taylor_radius(side, variable, place) for side in sides))
        found.append(CancellingKink(place, (sides[0], sides[1]), _power_of_two(reach)))
    return tuple(found)


def _power_of_two(length: float) -> sp.Rational:
    """The largest power of 2 that is no longer, for lengths up to 1."""
    exponent = 0
    while sp.Rational(1, 2**exponent) > length:
        exponent += 1
    return sp.Rational(1, 2**exponent)


def nearest_kink_lines(kinks: Sequence[CancellingKink], every: Sequence[sp.Expr], value: str) -> list[str]:
    """Statements of ``_variance`` that replace rows of ``series`` next to the kinks.

    ``every`` are all the kinks of g: next to another, the coordinates of this one are too coarse.
    """
    known = [kink.place for kink in kinks]
    others = [place for place in every if place not in known]
    places = [f"xp.abs(mu[rest] - {expression_text(place)})" for place in (*known, *others)]
    lines = []
    for number, kink in enumerate(kinks):
        nearer = [f"({places[number]} < {place})" for n, place in enumerate(places) if n < number]
        nearer += [f"({places[number]} <= {place})" for n, place in enumerate(places) if n > number]
        rows = f"rest[{' & '.join(nearer)}]" if nearer else "rest"
        lines += [
            f"    rows = {rows}",
            f"    functions = {value}, _left_of_kink_{number}, _right_of_kink_{number}",
            f"    place = {exact_pair(kink.place)}",
            f"    around = mu[rows], spread[rows], place, {expression_text(kink.radius)}, _value_panels(xp)[0]",
            "    about, served = variance_about_kink(xp, *around, functions)",
            "    series[rows] = xp.where(served, about, series[rows])",
        ]
    return lines


def kink_lines(kink: CancellingKink, number: int) -> list[str]:
    """Text of the smooth functions on both sides of a kink."""
    lines = []
    for name, side in zip(("left", "right"), kink.sides, strict=True):
        text = expression_text(side)
        lines += [
            "",
            "",
            f"def _{name}_of_kink_{number}(xp: Any, x: Any) -> Any:",
            f'    """``{sp.sstr(side)}``: what g is on the {name} of its kink at {float(kink.place):g}."""',
            f"    return {text}" if side.free_symbols else f"    return {text} + xp.zeros_like(x)",
        ]
    return lines
