"""Quotients of what vanishes together: next to that place they are their Taylor polynomial."""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import sympy as sp

from codegen.kernel_plan import expression_text
from codegen.kink_limits import BESIDE, one_sided
from codegen.panel_plan import taylor_radius
from codegen.root_forms import DIGITS, TERMS, simple_rational, taylor_coefficients
from codegen.stable_functions import written_out
from symbolic_moments.removable import removable_singularity
from symbolic_moments.singular_points import kinks

__all__ = ["RemovableForm", "removable_form"]

_APART = sp.Rational(1, 32)
_WIDEST = 4.0
_HIGHEST = 6


@dataclass(frozen=True)
class RemovableForm:
    """``g(x) = sum_j coefficients_j (x - place)^j`` within ``radius`` of the place."""

    place: sp.Rational
    coefficients: tuple[sp.Rational, ...]
    radius: sp.Rational

    def text(self, plain: str, derivative: int = 0) -> str:
        """Kernel text of g, or of g': ``plain`` away from the place."""
        numbers = list(self.coefficients)
        if derivative:
            numbers = [j * c for j, c in enumerate(numbers)][1:]
        order = next((j for j, c in enumerate(numbers[:_HIGHEST]) if c != 0), 0)
        listed = ", ".join(expression_text(c) for c in numbers[order:])
        offset = expression_text(sp.Symbol("x") - self.place)
        return f"near_root(xp, {offset}, {plain}, {expression_text(self.radius)}, {order}, [{listed}])"


def removable_form(function: sp.Expr, variable: sp.Symbol) -> RemovableForm | None:
    """The form of ``function`` at the place where its denominator vanishes, if there is one and g has a limit there.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> removable_form(sp.sin(x) / x, x).coefficients[:5]
    (1, 0, -1/6, 0, 1/120)
    """
    place = removable_singularity(written_out(function))
    if place is None:
        return None
    away = [abs(float(kink - place)) for kink in kinks(function)]
    function = one_sided(function, variable, place + BESIDE)
    radius = min([taylor_radius(function, variable, place + side * _APART) for side in (-1, 1)] + away)
    exponent = next(n for n in range(-2, 64) if 2.0**-n <= min(radius - float(_APART), _WIDEST))
    context = mpmath.MPContext()
    context.dps = 3 * DIGITS
    moved = function.subs(variable, variable + place)
    numbers = taylor_coefficients(context, moved, variable, context.mpf(2) ** -(exponent + 2))
    tiny = context.mpf(10) ** -DIGITS
    rationals = tuple(simple_rational(context, c) if abs(c) > tiny else sp.S.Zero for c in numbers[:TERMS])
    return RemovableForm(place, rationals, sp.Integer(2) ** -exponent)
