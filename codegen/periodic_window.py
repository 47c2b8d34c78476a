"""A periodic function, or one and a line, as what it is on some periods around 0, and 0 beyond them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import sympy as sp

from codegen.chebyshev_panels import evaluator
from codegen.kink_limits import one_sided
from codegen.kink_places import DIGITS, rough_places
from codegen.panel_marks import NoPanelPlanError
from symbolic_moments.folded_waves import breaks_of
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.periodic_parts import least_period, periodic_parts
from symbolic_moments.symbols import x

__all__ = [
    "AROUND",
    "REACH",
    "WIDE",
    "infinite_place",
    "is_infinite_away_from_multiples",
    "kinks_within",
    "only_branch",
    "period_and_slope",
    "period_of",
    "window",
]

WIDE = 6
"""Gaussians are wide from this part of a period on; narrower ones are served by the window."""
AROUND = sp.Integer(1)
"""Periods to each side of 0 in which means stay what they are: the powers of y vary more than g there."""
REACH = AROUND + sp.Rational(18, WIDE)
"""Periods to each side that narrow Gaussians see: 18 sigma beside the mean, exp(-162) of the density."""
_MOST_VERTICAL = 16
_MORE_THAN_HALF = sp.Rational(9, 16)
_SAME = sp.Rational(1, 10**60)


def period_and_slope(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """The least period of what is left of a function when a line is taken off it, and the slope of that line.

    None of what is no such function.

    Examples
    --------
    >>> period_and_slope(sp.Abs(sp.sin(3 * x)) - 2 * x), period_and_slope(x * sp.sin(x))
    ((pi/3, -2), None)
    """
    found = periodic_parts(expression)
    if found is None:
        return None
    slope = sp.S.Zero
    for powers, g in found.parts:
        if g == 1 and set(powers) <= {0, 1}:
            slope = powers.get(1, sp.S.Zero)
        elif set(powers) != {0}:
            return None
    return least_period(expression - slope * x, 2 * sp.pi / found.frequency), slope


def period_of(expression: sp.Expr) -> sp.Expr | None:
    """The period of all waves of a function of sines, cosines and tangents alone; None if it is none.

    Examples
    --------
    >>> period_of(sp.Abs(sp.sin(3 * x)) + sp.cos(2 * x)), period_of(x + sp.sin(x))
    (2*pi, None)
    """
    found = periodic_parts(expression)
    if found is None or any(set(powers) != {0} for powers, _ in found.parts):
        return None
    return 2 * sp.pi / found.frequency


def kinks_within(expression: sp.Expr, reach: sp.Expr) -> tuple[sp.Expr, ...]:
    """Places no farther from 0 than ``reach`` where the function is not smooth, increasing.

    Raises
    ------
    NoPanelPlanError
        They are more than 300, or cannot be told apart.
    """
    return rough_places(expression, reach)[0]


def only_branch(expression: sp.Expr) -> sp.Expr | None:
    """The branch that a function with a period, or one and a line, is on everywhere; None if it changes branches.

    Two that touch and do not cross are no kink.

    Examples
    --------
    >>> only_branch(sp.Abs(sp.sin(x) + 1)), only_branch(sp.Max(sp.cos(x), 1)), only_branch(sp.Abs(sp.sin(x)))
    (sin(x) + 1, 1, None)
    """
    if not expression.has(sp.Abs, sp.Max, sp.Min) or expression.has(sp.sign, sp.Heaviside, sp.Piecewise):
        return None
    if expression.free_symbols != {x}:
        return None
    found = period_and_slope(expression)
    if found is None:
        return None
    try:
        end = found[0] * _MORE_THAN_HALF
        pieces = _pieces(expression, [-end, *kinks_within(expression, end), end])
    except NoPanelPlanError:
        return None
    return pieces[0][0] if len(pieces) == 1 else None


def window(expression: sp.Expr, period: sp.Expr) -> sp.Expr:
    """The function within ``REACH`` periods of 0, smooth between its kinks; 0 elsewhere.

    Examples
    --------
    >>> window(sp.log(2 + sp.sin(x)), 2 * sp.pi)
    Piecewise((0, x < -26), (log(sin(x) + 2), x < 26), (0, True))

    Raises
    ------
    NoPanelPlanError
        Its kinks are not known, or at more than 16 of them it is vertical.
    """
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - 2)
    end = sp.ceiling(REACH * period / unit) * unit
    kinks, vertical = rough_places(expression, end)
    if len(vertical) > _MOST_VERTICAL:
        raise NoPanelPlanError("a root, a logarithm or an arcsine is taken at its branch point too often in a period")
    # what a root is taken of is seen not to be negative only where its branches are left in
    pieces = [(expression, end)] if vertical else _pieces(expression, [-end, *kinks, end])
    if not all(piece.is_polynomial(x) for piece, _ in pieces):
        # rational functions of lines: their roots are found over the rationals
        pieces = [(_with_rational_lines(expression, piece), high) for piece, high in pieces]
    below = [(piece, _until(expression, piece, high)) for piece, high in pieces]
    return sp.Piecewise((0, x < -end), *below, (0, True), evaluate=False)


def _until(expression: sp.Expr, piece: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Where a piece ends: before ``high``, or there where a function that rounds has the value of this side."""
    if expression.has(fractional_part) and sp.simplify(expression.subs(x, high) - piece.subs(x, high)) == 0:
        return x <= high
    return x < high


def _pieces(expression: sp.Expr, cuts: list[sp.Expr]) -> list[tuple[sp.Expr, sp.Expr]]:
    """Branches between cuts, and where they end; no cut where the branch stays the same."""
    found: list[tuple[sp.Expr, sp.Expr]] = []
    for low, high in pairwise(cuts):
        piece = one_sided(expression, x, (low + high) / 2)
        if found and found[-1][0] == piece:
            found.pop()
        elif found:
            found[-1] = found[-1][0], _meeting_place(piece - found[-1][0], low)
        found.append((piece, high))
    return found


def _with_rational_lines(expression: sp.Expr, piece: sp.Expr) -> sp.Expr:
    """A branch with the pi of folded waves to many digits."""
    folded = any(breaks_of(node) is not None for node in sp.preorder_traversal(expression))
    return piece.xreplace({sp.pi: sp.Rational(str(sp.N(sp.pi, DIGITS)))}) if folded else piece


def is_infinite_away_from_multiples(
    expression: sp.Expr, period: sp.Expr, slope: sp.Expr, places: Sequence[sp.Expr]
) -> bool:
    """Whether a function is infinite where mu less a multiple of the period does not keep its distance to all digits.

    Examples
    --------
    >>> kinks = kinks_within(sp.log(sp.Abs(sp.sin(x))), sp.Integer(4))
    >>> is_infinite_away_from_multiples(sp.log(sp.Abs(sp.sin(x))), sp.pi, sp.S.Zero, kinks)
    False
    >>> is_infinite_away_from_multiples(sp.log(sp.Abs(sp.sin(x))) + x, sp.pi, sp.S.One, kinks)
    True
    """
    value = evaluator(expression, x, 2 * DIGITS)
    for place in places:
        turns = sp.N(place / period, DIGITS)
        if slope == 0 and abs(turns - round(turns)) < _SAME:
            continue
        far, near, nearest = (value(place + sp.Rational(1, 10**digits)) for digits in (20, 40, 60))
        if 2 * abs(nearest - near) > abs(near - far) > 0:
            return True
    return False


def infinite_place(expression: sp.Expr, period: sp.Expr, places: Sequence[sp.Expr]) -> sp.Expr | None:
    """The place, less a multiple of the period always the same, of those at which a function is infinite, as a formula.

    None where there are several, or where it is no eighth of the period of a wave from one of its zeros.

    Examples
    --------
    >>> wave = sp.log(sp.Abs(sp.cos(2 * x + 1)))
    >>> infinite_place(wave, sp.pi / 2, kinks_within(wave, sp.Integer(4)))
    -1/2 + pi/4
    """
    value = evaluator(expression, x, 2 * DIGITS)
    found = []
    for place in places:
        far, near, nearest = (value(place + sp.Rational(1, 10**digits)) for digits in (20, 40, 60))
        if 2 * abs(nearest - near) > abs(near - far) > 0:
            turns = sp.N(place / period, DIGITS)
            found.append(sp.N((turns - round(turns)) * period, DIGITS))
    # half a period may be on either side of 0
    first = found[0] if found else sp.S.Zero
    if any(min(abs(one - first), abs(abs(one - first) - period)) > _SAME for one in found):
        return None
    for wave in sorted(expression.atoms(sp.sin, sp.cos, sp.tan), key=str):
        slope, start = sp.diff(wave.args[0], x), wave.args[0].subs(x, 0)
        quarters = round(sp.N((slope * first + start) / sp.pi * 4, DIGITS))
        exact = (quarters * sp.pi / 4 - start) / slope if slope.is_number and slope != 0 else sp.oo
        if abs(sp.N(exact - first, DIGITS)) < _SAME:
            return exact
    return None


def _meeting_place(difference: sp.Expr, place: sp.Expr) -> sp.Expr:
    """The exact place at which two polynomials meet that do so next to ``place``; that one where there is none."""
    difference = sp.expand(difference)
    if not difference.is_polynomial(x) or not 1 <= sp.degree(difference, x) <= 2:
        return place
    return next((root for root in sp.roots(difference, x) if abs(sp.N(root - place, 30, maxn=200)) < _SAME), place)
