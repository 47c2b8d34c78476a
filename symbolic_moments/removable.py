"""Removable singularities, told apart from poles."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["filled", "removable_singularity", "with_limit"]

_DIGITS = 80
_STEPS = (sp.Rational(1, 2**30), sp.Rational(1, 2**40))
_CLOSE = 1e-6
_INCREASING_AND_ODD = (sp.tanh, sp.sinh, sp.asinh, sp.atan, sp.erf)


def removable_singularity(expression: sp.Expr) -> sp.Rational | None:
    """The one place at which a denominator vanishes, if ``expression`` has the same limit on both sides of it.

    The limit is judged from four values to 80 digits; None where there are other symbols than ``x``, or where the
    branch with that denominator is not the one taken there.

    Examples
    --------
    >>> removable_singularity(sp.sin(x) / x), removable_singularity(sp.cos(x) / x)
    (0, None)
    """
    if expression.free_symbols != {x}:
        return None
    bases = [node.base for node in expression.atoms(sp.Pow) if node.exp.is_negative and node.base.has(x)]
    for place in [zero for zero in map(_only_zero, bases) if zero is not None]:
        if expression.has(sp.Piecewise) and expression.subs(x, place).is_finite:
            continue
        values = [sp.N(expression.subs(x, place + side * step), _DIGITS) for step in _STEPS for side in (-1, 1)]
        if all(value.is_Float and abs(value - values[0]) < _CLOSE for value in values):
            return place
    return None


def filled(expression: sp.Expr, place: sp.Rational | None) -> sp.Expr:
    """The expression, at ``place`` its limit.

    Examples
    --------
    >>> filled(sp.sin(x) / x, sp.Integer(0))
    Piecewise((1, Eq(x, 0)), (sin(x)/x, True))
    """
    if place is None:
        return expression
    return sp.Piecewise((sp.limit(expression, x, place), sp.Eq(x, place)), (expression, True))


def with_limit(expression: sp.Expr) -> sp.Expr:
    """The expression, with its limit at its removable singularity if it has one.

    Examples
    --------
    >>> with_limit(sp.sin(x) / x), with_limit(sp.sin(x))
    (Piecewise((1, Eq(x, 0)), (sin(x)/x, True)), sin(x))
    """
    return filled(expression, removable_singularity(expression))


def _only_zero(base: sp.Expr) -> sp.Rational | None:
    """The one real zero of a polynomial or of a monotonic function, if it is rational (mostly 0)."""
    if base.is_polynomial(x):
        zeros = set(sp.real_roots(sp.Poly(base, x)))
        return zeros.pop() if len(zeros) == 1 and all(zero.is_Rational for zero in zeros) else None
    if isinstance(base, _INCREASING_AND_ODD):
        return _only_zero(base.args[0])
    slope = base.diff(x)
    return sp.Integer(0) if base.subs(x, 0) == 0 and (slope.is_positive or slope.is_negative) else None
