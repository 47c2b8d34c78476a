"""Products, powers and logarithms of exponential sums that leave the doubles where they themselves do not.

``sinh(x)/cosh(2 x)`` is infinity over infinity from 711 on. Beyond the place where exponentials differ, such terms are
written with their largest exponential in front and the others relative to it.
"""

from __future__ import annotations

import sympy as sp
from sympy.functions.elementary.piecewise import ExprCondPair

from codegen.exponential_sums import Exponentials, Form, exponentials_of
from codegen.stable_functions import log1p, sech, sech_squared, sigmoid, tanh

__all__ = ["line_at_end", "without_overflow"]

_BOUNDED = (tanh, sp.tanh, sigmoid, sech, sp.sech, sech_squared)
"""What leaves the doubles in no sum, product or quotient."""


def without_overflow(expression: sp.Expr, sides: tuple[int, ...] = (-1, 1)) -> sp.Expr:
    """The expression with such terms as what they are on the left, on the right, and between.

    Only at one of the ``sides`` where it holds there alone, as a piece for ``x > 1`` does.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_overflow(sp.sinh(x) * sp.sech(2 * x)).args[1][0]
    2*(1/2 - exp(-2*x)/2)*exp(-x)/(1 + exp(-4*x))
    >>> without_overflow(sp.log(1 + sp.exp(x) + sp.exp(2 * x))).args[1][0]
    2*x + log1p(exp(-x) + exp(-2*x))
    >>> without_overflow(x * sp.exp(x)), without_overflow(sp.tanh(x))
    (x*exp(x), tanh(x))
    """
    if not expression.args or all(isinstance(one, _BOUNDED) for one in expression.atoms(sp.Function)):
        return expression
    if isinstance(expression, sp.Add | sp.Mul | sp.Pow | sp.log | log1p):
        found = exponentials_of(expression)
        ends = [] if found is None else [(side, _end(expression, found, side)) for side in sides]
        written = [(side, end[0]) for side, end in ends if end is not None]
        if found is not None and len(written) == len(sides) and any(end[1] for _, end in ends if end is not None):
            x, far = found.variable, found.length
            pieces = [(end, x > far if side > 0 else x < -far) for side, end in written]
            return sp.Piecewise(*pieces, (expression, True))
    if isinstance(expression, ExprCondPair):
        sides = _sides_of(expression.cond, sides)
    parts = [without_overflow(part, sides) for part in expression.args]
    return expression if tuple(parts) == expression.args else expression.func(*parts)


def _sides_of(condition: sp.Basic, sides: tuple[int, ...]) -> tuple[int, ...]:
    """Those of the sides at which ``x > c`` or ``x < c`` may hold."""
    if isinstance(condition, sp.StrictGreaterThan | sp.StrictLessThan) and condition.lhs.is_Symbol:
        side = 1 if isinstance(condition, sp.StrictGreaterThan) else -1
        if (side * condition.rhs).is_nonnegative:
            return tuple(one for one in sides if one == side)
    return sides


def line_at_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> Form | None:
    """A polynomial that a sum of such terms approaches at one end, and the exponentially small rest; None for others.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> line_at_end((sp.exp(x) - 1) / (sp.exp(x) + 1), x, 1)
    (1, -2*exp(-x)/(1 + exp(-x)))
    >>> line_at_end(x + sp.log(2 + sp.exp(-x)), x, -1)
    (0, log1p(2*exp(x)))
    """
    found = exponentials_of(expression)
    polynomial, rest = sp.S.Zero, sp.S.Zero
    quotients = []
    for term in sp.Add.make_args(expression):
        coefficient, function = term.as_coeff_Mul()
        if term.is_polynomial(variable):
            polynomial += term
        elif found is None:
            return None
        elif isinstance(function, sp.log | log1p):
            end = _end(function, found, side)
            if end is None:
                return None
            line, small = sp.expand(end[0]).as_independent(log1p, as_Add=True)
            polynomial, rest = polynomial + coefficient * line, rest + coefficient * small
        else:
            quotients.append(term)
    if quotients and found is not None:
        end = found.line(sp.Add(*quotients), side)
        if end is None:
            return None
        polynomial, rest = polynomial + end[0], rest + end[1]
    return (sp.expand(polynomial), rest) if rest != 0 else None


def _end(expression: sp.Expr, found: Exponentials, side: int) -> tuple[sp.Expr, bool] | None:
    """The expression at one end, and whether its own text leaves the doubles there; None where it is no such term."""
    size = side * found.variable
    if isinstance(expression, sp.log | log1p):
        inside = expression.args[0] + (1 if isinstance(expression, log1p) else 0)
        growth = found.growth(inside, side)
        if growth is None:
            return None
        constant, rest = sp.expand(growth[1]).as_independent(found.variable, as_Add=True)
        if not constant.is_positive:
            return None
        return growth[0] * size + sp.log(constant) + log1p(rest / constant), growth[0] > 0
    if isinstance(expression, sp.Add):
        whole, parts = found.growth(expression, side), [_end(term, found, side) for term in expression.args]
        if whole is None:
            return None
        degrees = [growth[0] for term in expression.args if (growth := found.growth(term, side)) is not None]
        overflows = max(degrees, default=sp.S.Zero) > max(whole[0], 0)
        return whole[1] * sp.exp(whole[0] * size), bool(overflows or any(part and part[1] for part in parts))
    rate, reached, kept, broken = sp.S.Zero, sp.S.Zero, sp.S.One, False
    for factor in sp.Mul.make_args(expression):
        base, exponent = (factor, sp.S.One) if isinstance(factor, sp.exp) else factor.as_base_exp()
        growth = found.growth(base, side) if exponent.is_Rational else None
        if growth is None:
            kept *= factor
            continue
        degree, rest = growth
        rate += exponent * degree
        kept *= rest**exponent
        if degree > 0:
            reached += abs(exponent) * degree
            broken = broken or not exponent.is_Integer
    return kept * sp.exp(rate * size), bool(broken or reached > max(rate, 0))
