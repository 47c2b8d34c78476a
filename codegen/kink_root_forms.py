"""Functions whose terms cancel next to a kink: on each side they are a Taylor polynomial, their root as a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from codegen.kernel_plan import expression_text, tuple_text
from codegen.kink_limits import BESIDE, one_sided
from codegen.mp_functions import real_function
from codegen.panel_plan import taylor_radius
from codegen.root_forms import DIGITS, RootForm, root_form, vanishing_form

__all__ = ["KinkRootForm", "cancelling_form", "kink_root_form"]

_NEAR = (2.0**-8, 2.0**-20, 2.0**-40)
_LOST = 4
_WIDEST = 8.0
_ZERO = 1e-25
_TRUNCATED = 1e-24
_MANY = 4
_UNIT = 10**50


@dataclass(frozen=True)
class KinkRootForm:
    """Triples ``(kink, side, form)``: ``g(kink + side t)`` is ``form`` of t > 0."""

    sides: tuple[tuple[sp.Rational, int, RootForm], ...]

    def slope(self) -> KinkRootForm:
        """The same of the derivative."""
        return KinkRootForm(tuple((kink, side, _scaled(form.slope(), side)) for kink, side, form in self.sides))

    def text(self, plain: str) -> str:
        """Kernel text of g: ``plain`` away from the kinks."""
        for kinks, found in self._alike():
            sides = [
                f"({side}, {expression_text(form.radius)}, {form.order}, "
                f"[{', '.join(expression_text(c) for c in form.coefficients)}])"
                for side, form in found
            ]
            offset = expression_text(sp.Symbol("x") - kinks[0])
            if len(kinks) > 1:
                offset = f"from_nearest(xp, x, {tuple_text(kinks)})"
            plain = f"near_kink(xp, {offset}, {plain}, [{', '.join(sides)}])"
        return plain

    def _alike(self) -> list[tuple[list[sp.Rational], list[tuple[int, RootForm]]]]:
        """Kinks, increasing, and their forms; one entry for many that have the same, as those of waves do."""
        by_kink = {
            kink: [(side, form) for place, side, form in self.sides if place == kink]
            for kink in sorted({kink for kink, _, _ in self.sides})
        }
        if len(by_kink) < _MANY:
            return [([kink], found) for kink, found in by_kink.items()]
        groups: dict[tuple[object, ...], list[sp.Rational]] = {}
        for kink, found in by_kink.items():
            key = tuple((side, form.radius, form.order, *map(_rounded, form.coefficients)) for side, form in found)
            groups.setdefault(key, []).append(kink)
        return [(kinks, by_kink[kinks[0]]) for kinks in groups.values()]


def _rounded(coefficient: sp.Rational) -> sp.Rational:
    """The coefficient to the digits that do not depend on those of its kink."""
    return sp.Rational(round(coefficient * _UNIT), _UNIT)


def _scaled(form: RootForm, factor: int) -> RootForm:
    return replace(form, coefficients=tuple(factor * c for c in form.coefficients))


def cancelling_form(
    function: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr], centres: Sequence[sp.Expr] = ()
) -> RootForm | KinkRootForm | None:
    """The form of ``function`` at its kinks, at 0 where it is smooth, or at the middle of what bends.

    None if it vanishes at none of them by cancellation.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> cancelling_form(sp.tanh(x) - sp.sin(x), x, []).order
    3
    """
    if 0 not in kinks and kink_root_form(function, variable, [sp.S.Zero]) is not None:
        return root_form(function, variable, tuple(kinks), _WIDEST)
    return kink_root_form(function, variable, sorted({*kinks, *centres}, key=float))


def kink_root_form(function: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr]) -> KinkRootForm | None:
    """The form of ``function`` at those of its kinks at which it vanishes by cancellation; None if there is none.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> found = kink_root_form(sp.sin(sp.Abs(x)) - sp.Abs(x), x, [sp.S.Zero])
    >>> [(side, form.order, form.coefficients[:3]) for _, side, form in found.sides]
    [(-1, 3, (-1/6, 0, 1/120)), (1, 3, (-1/6, 0, 1/120))]
    >>> kink_root_form(sp.sin(sp.Abs(x)) + sp.Abs(x), x, [sp.S.Zero]) is None
    True
    """
    found = []
    for kink in kinks:
        if not isinstance(kink, sp.Rational):
            continue
        widest = min((abs(float(other - kink)) for other in kinks if other != kink), default=_WIDEST)
        for side in (-1, 1):
            beside = one_sided(function, variable, kink + side * BESIDE).subs(variable, kink + side * variable)
            form = _one_sided_form(beside, variable, widest)
            if form is not None:
                found.append((kink, side, form))
    return KinkRootForm(tuple(found)) if found else None


def _one_sided_form(function: sp.Expr, variable: sp.Symbol, widest: float) -> RootForm | None:
    """The form of a function of t > 0 that cancels there and has a Taylor series at 0."""
    if function.has(sp.Piecewise) or not _cancels(function, variable):
        return None
    radius = min(taylor_radius(function, variable, sp.S.Zero), widest, _WIDEST)
    form = vanishing_form(function, variable, radius)
    if form is None:
        return None
    place = form.radius / 16
    wanted = sp.Float(_value(function, variable, float(place)), DIGITS)
    found = place**form.order * sp.Poly(form.coefficients[::-1], variable).eval(place)
    return form if abs(found - wanted) <= _TRUNCATED * abs(wanted) else None


def _cancels(function: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether rounded terms are what is left of a function that vanishes at 0 from above."""
    if not function.has(variable) or function.is_polynomial(variable) or abs(_value(function, variable, 0.0)) > _ZERO:
        return False
    if isinstance(function, sp.log):
        return True
    if isinstance(function, sp.Add):
        for place in _NEAR:
            sizes = [_value(term, variable, place) for term in function.args]
            if sum(map(abs, sizes)) > _LOST * abs(sum(sizes)):
                return True
    return any(_cancels(argument, variable) for argument in function.args)


def _value(function: sp.Expr, variable: sp.Symbol, place: float) -> Any:
    return real_function(function, variable, DIGITS)(place)
