"""Quotients with a guard around their removable pole: polynomials on three pieces next to it, elsewhere as written.

``where(abs(x) < 1e-6, 1, sin(x)/x)`` jumps by 1.7e-13, and so does all that narrow Gaussians see of it: rounded values
of g have three digits of that, Taylor polynomials to 70 digits have all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy as sp

from codegen.families import joined, piecewise, polynomial_beside
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.kink_limits import one_sided
from codegen.kink_places import rough_places
from codegen.panel_marks import NoPanelPlanError
from codegen.removable_forms import RemovableForm, removable_form
from symbolic_moments.symbols import x

__all__ = ["Guard", "beside", "guard"]

_WIDEST = sp.Rational(1, 50)
_OF_RADIUS = 32
"""Parts of the radius of the Taylor polynomial that mu stays within; sigma within half of that."""
_LEAST_PARTS = 4
_NEGLIGIBLE = 1e-18
_NARROW_REACH = 40
_DEVIATIONS = 40


@dataclass(frozen=True)
class Guard:
    """A branch between two places around 0, and the Taylor polynomial of what stands on both sides of it.

    Attributes
    ----------
    ends : tuple of sympy.Rational
        The two places.
    within : sympy.Expr
        The branch between them, a polynomial.
    quotient : sympy.Expr
        The function on both sides.
    form : RemovableForm
        Its Taylor series.
    width : sympy.Rational
        How far from 0 mu may be, and twice how wide the Gaussian, for the polynomials to be all that it sees.
    """

    ends: tuple[sp.Rational, sp.Rational]
    within: sp.Expr
    quotient: sp.Expr
    form: RemovableForm
    width: sp.Rational

    def polynomial(self, reach: float, spread: float) -> sp.Expr:
        """The Taylor polynomial, as far as Gaussians up to a spread and within reach of 0 see its slope."""
        numbers = self.form.coefficients
        shares = [0.0, *(j * float(abs(numbers[j])) * _largest(j - 1, reach, spread) for j in range(1, len(numbers)))]
        kept = max(j for j, share in enumerate(shares) if share > _NEGLIGIBLE * max(shares))
        return sp.Add(*(c * x**j for j, c in enumerate(numbers[: kept + 1])))


def guard(expression: sp.Expr) -> Guard | None:
    """The guard around 0 of a quotient that has a limit there; None of any other function.

    Examples
    --------
    >>> found = guard(sp.Piecewise((1, sp.Abs(x) < sp.Rational(1, 10**6)), (sp.sin(x) / x, True)))
    >>> found.ends, found.within, found.quotient, found.width
    ((-1/1000000, 1/1000000), 1, sin(x)/x, 1/8)
    >>> guard(sp.sin(x) / x) is None
    True
    """
    if not expression.has(sp.Piecewise):
        return None
    try:
        kinks, _ = rough_places(expression)
    except NoPanelPlanError:
        return None
    kinks = tuple(kink for kink in kinks if kink != 0)
    around = [(low, high) for low, high in pairwise(kinks) if low < 0 < high]
    if len(around) != 1 or not all(end.is_Rational for end in around[0]) or around[0][1] - around[0][0] > _WIDEST:
        return None
    low, high = around[0]
    left, within, other, right = (one_sided(expression, x, place) for place in (2 * low, low / 2, high / 2, 2 * high))
    if left != right or within != other or not within.is_polynomial(x):
        return None
    form = removable_form(left, x)
    if form is None or form.place != 0:
        return None
    others = [abs(float(kink)) for kink in kinks if kink not in (low, high)]
    radius = min([float(form.radius), *(kink / 2 for kink in others)])
    width = sp.Integer(2) ** math.floor(math.log2(radius / _OF_RADIUS))
    if _LEAST_PARTS * max(-low, high) > width:
        return None
    return Guard((low, high), within, left, form, width)


def beside(found: Guard, elsewhere: KernelPlan) -> KernelPlan:
    """The kernel ``elsewhere``, next to the guard that of polynomials: they have the digits of doubles, not of more."""
    (low, high), half = found.ends, found.width / 2
    size = max(-low, high)
    narrow_reach, narrow = _NARROW_REACH * size, high - low
    outer = found.polynomial(float(narrow_reach), float(narrow))
    pieces = piecewise.plan(found.ends, (outer, found.within, outer), x)
    whole = found.polynomial(float(found.width), float(half))
    wide = polynomial_beside.plan(whole, found.within, found.ends)
    near = joined.plan(pieces, wide, *_within(narrow, narrow_reach))
    condition, described = _within(half, found.width)
    first, last = (expression_text(end) for end in found.ends)
    few_digits = f"(sigma * xp.method['guard_reciprocal'] <= {expression_text(half)})"
    at_zero = f"(sigma == 0) & (mu >= {first}) & (mu <= {last})"
    in_words = f"0 < {described}, or sigma = 0 within the branch around 0; polynomials beside it"
    return joined.plan(near, elsewhere, f"(sigma > 0) & {few_digits} & {condition} | {at_zero}", in_words)


def _within(spread: sp.Rational, reach: sp.Rational) -> tuple[str, str]:
    """The mask of rows that see little beyond, and the same in words."""
    text = f"(sigma <= {expression_text(spread)}) & (xp.abs(mu) <= {expression_text(reach)})"
    return text, f"sigma <= {spread} and |mu| <= {reach}"


def _largest(power: int, reach: float, spread: float) -> float:
    """The largest ``(reach + spread z)^power exp(-z^2/2)``."""
    deviations: Sequence[float] = [z / 4 for z in range(4 * _DEVIATIONS)]
    return max(math.exp(power * math.log(reach + spread * z) - z * z / 2) for z in deviations)
