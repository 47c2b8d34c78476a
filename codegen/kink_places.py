"""Where a function without a closed form has its kinks, to more digits than a pair of doubles holds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from codegen.kink_limits import one_sided
from codegen.panel_plan import NoPanelPlanError
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.singular_points import SingularPoint, Switch, exact_zeros, kinks, singular_points, switches
from symbolic_moments.symbols import x

__all__ = ["DIGITS", "kink_places", "located", "nearby_number", "real_zeros_of", "rough_places"]

FARTHEST = sp.Integer(2000)
DIGITS = 80
"""What a certificate of 50 digits asks of a kink in units of sigma = 1e-12, the narrowest Gaussian promised."""
_MOST_KINKS = 300
_VANISHING = 1e-20


def kink_places(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """Places at which ``expression`` is not smooth, increasing: exact roots of polynomials, rationals close to others.

    Parameters
    ----------
    expression : sympy.Expr
        In ``x``. Kinks at roots of polynomials are found wherever they lie, others between -2000 and 2000.

    Raises
    ------
    NoPanelPlanError
        A root or a logarithm is taken where its argument vanishes (panels do not resolve that), or a switch has too
        many zeros.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> [float(place) for place in kink_places(parse_expression("Max(exp(x) - 2, Abs(x))"))]
    [0.0, 1.1461932206205825]
    """
    places, singular = rough_places(expression)
    if singular:
        place = mpmath.nstr(mpmath.mpf(str(sp.N(singular[0], 20))), 6).removesuffix(".0")
        raise NoPanelPlanError(
            f"it takes a root or a logarithm of what vanishes at x = {place}; no panel rule covers that"
        )
    return places


@lru_cache(maxsize=64)
def rough_places(expression: sp.Expr, farthest: sp.Expr = FARTHEST) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """The places of ``kink_places``, and those of them next to which a root or a logarithm has no Taylor series.

    Of what is 0 beyond two places only those between them.

    Raises
    ------
    NoPanelPlanError
        A switch has too many zeros.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> rough_places(parse_expression("sqrt(Abs(x)) + Max(x - 1, 0)"))
    ((0, 1), (0,))
    """
    found = switches(expression)
    exact = kinks(expression)
    if all(exact_zeros(switch.expression) is not None and not switch.algebraic for switch in found):
        return exact, ()
    try:
        points = located(found, DIGITS, _reach(expression, farthest))
    except ArithmeticError as error:
        end = f"{float(farthest):.6g}"
        raise NoPanelPlanError(
            f"it branches at more than {_MOST_KINKS} places between -{end} and {end}, or at places that "
            "could not be told apart; a kernel follows no more"
        ) from error
    places = tuple(nearby_number(point, exact) for point in points)
    singular = tuple(
        place
        for point, place in zip(points, places, strict=True)
        if point.algebraic and _takes_root_of_zero(expression, point.place)
    )
    return places, singular


def _reach(expression: sp.Expr, farthest: sp.Expr) -> sp.Expr:
    """``farthest``, or how far from 0 a function reaches that is 0 beyond two places."""
    if not isinstance(expression, sp.Piecewise) or len(expression.args) < 3:
        return farthest
    (first, below), *_, (_, above), (last, _) = expression.args
    if (
        first != 0
        or last != 0
        or not all(isinstance(one, sp.StrictLessThan) and one.lhs == x for one in (below, above))
    ):
        return farthest
    return min(farthest, max(abs(below.rhs), abs(above.rhs)))


def _takes_root_of_zero(expression: sp.Expr, place: Any) -> bool:
    """Whether what a root or a logarithm is taken of vanishes at ``place``: ``log(1 + |x|)`` has a mere kink at 0."""
    at = Evaluator(working_context(DIGITS + 10), {x: place})
    if expression.has(sp.Piecewise):
        beside = [sp.Rational(mpmath.nstr(place + side * mpmath.mpf(2) ** -20, DIGITS)) for side in (-1, 1)]
        expression = sp.Add(*(one_sided(expression, x, one) for one in beside), evaluate=False)
    vanishing = []
    for node in expression.atoms(sp.Pow, sp.log, sp.asin, sp.acos):
        if isinstance(node, sp.Pow) and (node.exp.is_Integer or not node.base.has(x)):
            continue
        inner = at.real(at(node.args[0]))
        vanishing.append(abs(inner) - 1 if isinstance(node, (sp.asin, sp.acos)) else inner)
    return any(not abs(value) > _VANISHING for value in vanishing)


def real_zeros_of(expression: sp.Expr, digits: int, farthest: sp.Expr = FARTHEST) -> tuple[sp.Rational, ...]:
    """Real zeros no farther from 0 than ``farthest`` as rationals, to so many digits.

    Raises
    ------
    ArithmeticError
        Too many zeros, or zeros that could not be told apart.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> [float(zero) for zero in real_zeros_of(parse_expression("exp(x) - 2"), 30)]
    [0.6931471805599453]
    """
    return tuple(
        sp.Rational(mpmath.nstr(point.place, digits)) for point in located((Switch(expression),), digits, farthest)
    )


def located(found: tuple[Switch, ...], digits: int, farthest: sp.Expr = FARTHEST) -> tuple[SingularPoint, ...]:
    """The zeros of switches no farther from 0 than ``farthest``, and what is taken of them there.

    Raises
    ------
    ArithmeticError
        They are more than 300, or could not be told apart.
    """
    context = working_context(digits + 10)
    end = context.mpf(str(sp.N(farthest, digits)))
    return singular_points(found, Evaluator(context, {}), {}, (-end, end), 1, _MOST_KINKS)


def nearby_number(point: SingularPoint, exact: tuple[sp.Expr, ...] = ()) -> sp.Expr:
    """The place of a point: 0 or one of those known exactly where it is next to it, else a rational of 80 digits."""
    near = sp.Rational(mpmath.nstr(point.place, DIGITS))
    tiny = sp.Rational(1, 10 ** (DIGITS - 10))
    return next((place for place in (sp.S.Zero, *exact) if abs(place - near) < tiny), near)
