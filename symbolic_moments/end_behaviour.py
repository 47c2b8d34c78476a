r"""What an activation does far away: sums of powers of ``|x|`` at either end of the line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import sympy as sp

from symbolic_moments.activation import Activation
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.symbols import x

__all__ = ["End", "powers_at_end"]

End = Literal[-1, 1]

_NEAR, _FAR = 10**40, 10**60
_DIGITS = 400
_NEGLIGIBLE = "1e-19"
_RECOGNISED = "1e-15"
_LARGEST_EXPONENT = 16
_LARGEST_DENOMINATOR = 10**6


def powers_at_end(g: Activation, end: End) -> tuple[tuple[sp.Expr, sp.Expr], ...] | None:
    r"""Pairs ``(a, p)`` with ``g(x) = sum a |x|^p + r(x)``, ``E[r(y) He_k] -> 0`` for wide Gaussians.

    Where ``g`` can be taken apart they are read off its parts: what decays, and waves on the whole line, belongs to
    ``r``. Elsewhere they are read off values of ``g`` at ``|x| = 1e40`` and confirmed at 1e60; then ``r(x) -> 0``.

    Parameters
    ----------
    g : Activation
        Without open parameters.
    end : {-1, 1}
        Which end of the line.

    Returns
    -------
    tuple of (sympy.Expr, sympy.Expr) or None
        Decreasing exponents; None where ``g`` grows faster than every power, or is no such sum.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> powers_at_end(activation("gelu"), 1), powers_at_end(activation("gelu"), -1)
    (((1, 1),), ())
    >>> powers_at_end(activation("sqrtsoftplus"), 1)
    ((1, 1/2),)
    >>> powers_at_end(activation("exp"), 1) is None
    True
    """
    if g.decomposition.remainder != 0:
        return _read_off_values(g.expression, end)
    if any(_grows(part, end) for part in _exponentials(g.decomposition, end)):
        return None
    polynomial = g.decomposition.pieces[-1 if end > 0 else 0]
    if end > 0:
        polynomial += sum(term.polynomial for term in g.decomposition.error_terms if not term.is_tilted)
    powers = sp.Poly(polynomial.subs(x, end * x), x).terms()
    return tuple((coefficient, sp.Integer(power)) for (power,), coefficient in powers if coefficient != 0)


def _exponentials(parts: Decomposition, end: End) -> list[Any]:
    """What an exponential stands before at this end; Phi makes everything decay at the left one."""
    terms: list[Any] = list(parts.terms[-1 if end > 0 else 0]) if parts.terms else []
    return terms + [term for term in parts.error_terms if term.is_tilted and end > 0]


def _grows(part: Any, end: End) -> bool:
    return bool(part.q == 0 and part.c * end > 0)


def _read_off_values(expression: sp.Expr, end: End) -> tuple[tuple[sp.Expr, sp.Expr], ...] | None:
    context = working_context(_DIGITS)
    left = _value(context, expression, end * _NEAR)
    found: list[tuple[sp.Expr, sp.Expr]] = []
    while abs(left) > context.mpf(_NEGLIGIBLE):
        exponent = sp.Rational(int(context.nint(2 * context.log(abs(left), _NEAR))), 2)
        if not 0 <= exponent <= _LARGEST_EXPONENT or (found and exponent >= found[-1][1]):
            return None
        coefficient = _rational(context, left / _power(context, _NEAR, exponent))
        term = coefficient.p * _power(context, _NEAR, exponent) / coefficient.q
        if abs(term - left) > abs(left) * context.mpf(_RECOGNISED):
            return None
        left -= term
        found.append((coefficient, exponent))
    left = _value(context, expression, end * _FAR)
    for coefficient, exponent in found:
        left -= coefficient.p * _power(context, _FAR, exponent) / coefficient.q
    return tuple(found) if abs(left) < context.mpf(_NEGLIGIBLE) else None


def _value(context: Any, expression: sp.Expr, place: int) -> Any:
    evaluator = Evaluator(context, {x: Fraction(place)})
    return evaluator.real(evaluator(expression))


def _power(context: Any, base: int, exponent: sp.Rational) -> Any:
    return context.sqrt(context.mpf(base) ** int(2 * exponent))


def _rational(context: Any, value: Any) -> sp.Rational:
    scaled = Fraction(int(context.nint(value * 10**30)), 10**30)
    nearest = scaled.limit_denominator(_LARGEST_DENOMINATOR)
    return sp.Rational(nearest.numerator, nearest.denominator)
