"""Places known to many digits only: the number that one is, and whether a function vanishes there."""

from __future__ import annotations

import sympy as sp

__all__ = ["exactly", "is_located", "vanishes_at"]

_MANY_DIGITS = 10**40
_DIGITS = 100
_BESIDE = sp.Rational(1, 10**60)
_STEEPEST = 100


def is_located(place: sp.Expr) -> bool:
    """Whether it is a root found to many digits, written as a rational."""
    return isinstance(place, sp.Rational) and bool(place.q >= _MANY_DIGITS)


def exactly(expression: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """The zero of the line in a ``tanh`` of the expression that is next to the place; the place if there is none.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> exactly(sp.tanh(x / 2 - sp.log(2) / 2), x, sp.Rational(str(sp.N(sp.log(2), 80))))
    log(2)
    """
    for step in expression.atoms(sp.tanh):
        line = step.args[0]
        if line.is_polynomial(variable) and sp.degree(line, variable) == 1:
            zero = -line.subs(variable, 0) / sp.diff(line, variable)
            if abs(sp.N(zero - place, _DIGITS)) < _BESIDE:
                return sp.expand(zero)
    return place


def vanishes_at(expression: sp.Expr, variable: sp.Symbol, place: sp.Rational) -> bool:
    """Whether the function has a root of first order at a place known to many digits, as far as these tell.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> vanishes_at(sp.exp(x) - 2, x, sp.Rational(str(sp.N(sp.log(2), 80))))
    True
    """
    values = [abs(sp.N(expression.subs(variable, place + side * _BESIDE), _DIGITS)) for side in (-1, 1)]
    return all(value.is_Float and 0 < value < _BESIDE * _STEEPEST for value in values)
