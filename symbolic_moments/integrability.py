r"""Is ``E|y^n g(y)|`` finite for every Gaussian? Shown by bounds, or disproved where the reason is plain.

A function is accepted if :mod:`symbolic_moments.growth` bounds it by ``C exp(c |x|)``, up to powers of logarithms at
isolated points. Otherwise the refusal says which of two things is true: that it *is not* integrable against every
Gaussian (a pole of a rational function, a Gaussian growth ``p(x) exp(a x^2)``, values that are not real), or only
that it *could not be shown* to be.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.bounds import EVERYTHING, Growth, NoBoundError
from symbolic_moments.growth import bound_of
from symbolic_moments.ordered_branches import with_ordered_branches
from symbolic_moments.poles_of_roots import root_pole
from symbolic_moments.removable import removable_singularity
from symbolic_moments.symbols import x

__all__ = ["require_integrable"]

_MOST_OPERATIONS = 200
_NEIGHBOURHOOD = 1 / 16
_INSTEAD = (
    "; give a function that is real on the whole line and grows no faster than an exponential, such as log(1 + x**2)"
)


def require_integrable(expression: sp.Expr) -> None:
    """Refuse an activation that is not shown to be integrable against every Gaussian.

    Parameters
    ----------
    expression : sympy.Expr
        In ``x``; other symbols are constants.

    Raises
    ------
    ValueError
        With the offending part: a pole, a value that is not real, or growth like ``exp(x^2)``.

    Examples
    --------
    >>> from symbolic_moments.integrability import require_integrable
    >>> from symbolic_moments.language import parse_expression
    >>> require_integrable(parse_expression("x*tanh(log(1 + exp(x)))"))
    >>> require_integrable(parse_expression("1/x"))
    Traceback (most recent call last):
    ...
    ValueError: 1/x is not integrable against every Gaussian: it has a pole at x = 0; give a function that is real \
on the whole line and grows no faster than an exponential, such as log(1 + x**2)
    >>> require_integrable(parse_expression("1/log(2 + sin(x))"))
    Traceback (most recent call last):
    ...
    ValueError: 1/log(sin(x) + 2) could not be shown to be integrable against every Gaussian: 1/log(sin(x) + 2) \
cannot be bounded, as log(sin(x) + 2) is not kept away from 0; give a function that is real on the whole line and \
grows no faster than an exponential, such as log(1 + x**2)
    """
    shown = str(expression)[:80]
    place = removable_singularity(expression)
    domains = [EVERYTHING] if place is None else _beside(float(place))
    for form in dict.fromkeys((expression, with_ordered_branches(expression, x))):
        reason, disproof = _objection(form, domains)
        if not reason:
            return
    if not disproof and (said := root_pole(expression)) is not None:
        raise ValueError(f"{shown} {said}{_INSTEAD}")
    plain = None if disproof else _plain_reason(expression)
    if disproof or plain:
        raise ValueError(f"{shown} is not integrable against every Gaussian: {plain or reason}{_INSTEAD}")
    raise ValueError(f"{shown} could not be shown to be integrable against every Gaussian: {reason}{_INSTEAD}")


def _objection(expression: sp.Expr, domains: list[tuple[float, float]]) -> tuple[str, bool]:
    """What stands against a bound on the domains, empty if nothing does, and whether it is a disproof."""
    try:
        for part in sp.preorder_traversal(expression):
            if isinstance(part, sp.Expr) and not part.has(x) and part.is_real is False:
                raise NoBoundError(f"{part} is not a real number", disproof=True)
        bounds = [bound_of(expression, domain) for domain in domains]
    except NoBoundError as error:
        return str(error), error.disproof
    return next((bound.beyond for bound in bounds if bound.growth == Growth.BEYOND), ""), False


def _beside(place: float) -> list[tuple[float, float]]:
    """The line without a neighbourhood of a removable singularity, in which the function is bounded."""
    return [(EVERYTHING[0], place - _NEIGHBOURHOOD), (place + _NEIGHBOURHOOD, EVERYTHING[1])]


def _plain_reason(expression: sp.Expr) -> str | None:
    """Why ``expression`` is not integrable, where one look tells: a rational pole, or exponential of a polynomial."""
    if expression.free_symbols != {x} or expression.count_ops() > _MOST_OPERATIONS:
        return None
    if expression.is_rational_function(x):
        return _rational_pole(expression)
    factors = sp.Mul.make_args(expression)
    growing = [factor for factor in factors if isinstance(factor, sp.exp)]
    others = [factor for factor in factors if factor not in growing]
    if len(growing) != 1 or not all(factor.is_polynomial(x) for factor in others):
        return None
    exponent = growing[0].args[0]
    if not exponent.is_polynomial(x):
        return None
    return _growth_of_exponential(sp.Poly(exponent, x))


def _rational_pole(expression: Any) -> str | None:
    _, denominator = sp.fraction(sp.cancel(expression))
    poly = sp.Poly(denominator, x)
    if poly.degree() < 1 or not (poly.domain.is_QQ or poly.domain.is_ZZ):
        return None
    poles = sp.real_roots(poly, multiple=True)
    return f"it has a pole at x = {poles[0]}" if poles else None


def _growth_of_exponential(exponent: sp.Poly) -> str | None:
    degree, leading = int(exponent.degree()), exponent.LC()
    if degree == 2 and leading.is_positive:
        return f"exp({exponent.as_expr()}) has a finite expectation only for sigma^2 < {1 / (2 * leading)}"
    if degree > 2 and (degree % 2 == 1 or leading.is_positive):
        return f"exp({exponent.as_expr()}) has an infinite expectation for every sigma > 0"
    return None
