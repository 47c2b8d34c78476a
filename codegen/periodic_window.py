"""A periodic function as one that is known on some periods around 0, and 0 beyond them."""

from __future__ import annotations

import math
from itertools import pairwise

import sympy as sp

from codegen.kink_limits import one_sided
from codegen.kink_places import DIGITS, located, nearby_number
from codegen.panel_marks import NoPanelPlanError
from symbolic_moments.periodic_parts import WAVES, periodic_parts
from symbolic_moments.singular_points import switches
from symbolic_moments.symbols import x

__all__ = ["AROUND", "REACH", "WIDE", "kinks_within", "period_of", "window"]

WIDE = 8
"""Gaussians are wide from this part of a period on; narrower ones are served by the window."""
AROUND = sp.Integer(1)
"""Periods to each side of 0 in which means stay what they are: the powers of y vary more than g there."""
REACH = AROUND + sp.Rational(18, WIDE)
"""Periods to each side that narrow Gaussians see: 18 sigma beside the mean, exp(-162) of the density."""


def period_of(expression: sp.Expr) -> sp.Expr | None:
    """The period of a function of sines, cosines and tangents alone; None if it is none.

    Examples
    --------
    >>> period_of(sp.Abs(sp.sin(3 * x)) + sp.cos(2 * x)), period_of(sp.cos(x / 3)), period_of(x + sp.sin(x))
    (pi, 6*pi, None)
    """
    found = periodic_parts(expression)
    if found is None or any(set(powers) != {0} for powers, _ in found.parts):
        return None
    period = 2 * sp.pi / found.frequency
    while _moved(expression, period / 2) == expression:
        period /= 2
    return period


def _moved(expression: sp.Expr, step: sp.Expr) -> sp.Expr:
    """``g(x + step)``, each wave with its own symmetries applied."""
    return expression.replace(
        lambda node: isinstance(node, WAVES), lambda wave: wave.func(sp.expand(wave.args[0].subs(x, x + step)))
    )


def kinks_within(expression: sp.Expr, reach: sp.Expr) -> tuple[sp.Rational, ...]:
    """Places no farther from 0 than ``reach`` where the function is not smooth, increasing.

    Raises
    ------
    NoPanelPlanError
        They are more than 300, or cannot be told apart, or a root or a logarithm is taken of what vanishes there.
    """
    try:
        points = located(switches(expression), DIGITS, reach)
    except ArithmeticError as error:
        raise NoPanelPlanError(
            f"its branches cannot be told apart within {float(reach):.6g} of 0: too many, or two touch and do not cross"
        ) from error
    if any(point.algebraic for point in points):
        raise NoPanelPlanError("a root, a logarithm or an arcsine is taken at its branch point again and again")
    return tuple(map(nearby_number, points))


def window(expression: sp.Expr, period: sp.Expr) -> sp.Expr:
    """The function within ``REACH`` periods of 0, smooth between its kinks; 0 elsewhere.

    Examples
    --------
    >>> window(sp.log(2 + sp.sin(x)), 2 * sp.pi)
    Piecewise((0, x < -21), (log(sin(x) + 2), x < 21), (0, True))

    Raises
    ------
    NoPanelPlanError
        Its kinks are not known.
    """
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - 2)
    end = sp.ceiling(REACH * period / unit) * unit
    cuts = [-end, *kinks_within(expression, end), end]
    pieces = [(one_sided(expression, x, (low + high) / 2), x < high) for low, high in pairwise(cuts)]
    return sp.Piecewise((0, x < -end), *pieces, (0, True), evaluate=False)
