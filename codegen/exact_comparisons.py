"""Comparisons of x with a number, so that every double falls on the side it lies on.

A number that is no double lies between two of them; which side the nearest is on is known when the text is written.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.relational import GreaterThan, Relational, StrictGreaterThan, StrictLessThan

__all__ = ["exact_relation", "is_double"]

_LARGEST_EXACT = 2**53
_DIGITS = 45


def is_double(value: sp.Expr) -> bool:
    """Whether a number is a double, its text free of rounding.

    Examples
    --------
    >>> is_double(sp.Rational(3, 4)), is_double(sp.Rational(1, 3)), is_double(sp.sqrt(2))
    (True, False, False)
    """
    return isinstance(value, sp.Rational) and value.q & (value.q - 1) == 0 and abs(value.p) <= _LARGEST_EXACT


def exact_relation(relation: Relational) -> Relational:
    """The relation as ``x < c``, ``x <= c`` and so on, right for every double x if c stands for the nearest double.

    Relations that are not linear in one symbol stay as they are.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> exact_relation(3 * x > 1), exact_relation(x > sp.Rational(1, 1000)), exact_relation(x**2 > 3)
    (x > 1/3, x >= 1/1000, x**2 > 3)
    """
    difference = relation.lhs - relation.rhs
    if len(difference.free_symbols) != 1 or relation.rel_op not in ("<", "<=", ">", ">="):
        return relation
    (variable,) = difference.free_symbols
    if not difference.is_polynomial(variable) or sp.degree(difference, variable) != 1:
        return relation
    slope, offset = sp.Poly(difference, variable).all_coeffs()
    place = -offset / slope
    greater = isinstance(relation, StrictGreaterThan | GreaterThan) == bool(slope > 0)
    strict = isinstance(relation, StrictGreaterThan | StrictLessThan)
    if not is_double(place):
        if not isinstance(place, sp.Rational):
            place = sp.Rational(str(sp.N(place, _DIGITS)))
        beyond = bool(sp.Rational(int(place.p) / int(place.q)) > place)
        strict = greater != beyond
    if greater:
        return variable > place if strict else variable >= place
    return variable < place if strict else variable <= place
