"""Numbers at algebraic places: roots of polynomials that no radical writes, in their normal form and as rationals."""

from __future__ import annotations

import sympy as sp

__all__ = ["ALGEBRAIC_DIGITS", "normal_form", "rational"]

ALGEBRAIC_DIGITS = 130  # more than a kernel is ever verified to


def normal_form(expression: sp.Expr) -> sp.Expr:
    """The expression with powers of such roots reduced by their polynomials, so that what is 0 says so.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> root = sp.CRootOf(x**3 - x - 1, 0)
    >>> normal_form(root**3 - root - 1), normal_form(root**4)
    (0, CRootOf(x**3 - x - 1, 0) + CRootOf(x**3 - x - 1, 0)**2)
    """
    for root in sorted(expression.atoms(sp.CRootOf), key=sp.default_sort_key):
        place = sp.Dummy("place")
        modulus = sp.Poly(root.poly.as_expr().subs(root.poly.gen, place), place)
        opened = sp.Poly(sp.expand(expression).subs(root, place), place)
        expression = sp.rem(opened, modulus).as_expr().subs(place, root)
    return sp.expand(expression) if expression.has(sp.CRootOf) else expression


def rational(number: sp.Expr) -> sp.Rational:
    """A number with such roots, to `ALGEBRAIC_DIGITS` digits."""
    return sp.Rational(str(sp.N(normal_form(number), ALGEBRAIC_DIGITS)))
