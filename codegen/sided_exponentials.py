"""Products, powers and logarithms of exponential sums that leave the doubles where they themselves do not.

``sinh(x)/cosh(2 x)`` is infinity over infinity from 711 on. Beyond the place where exponentials differ, such terms are
written with their largest exponential in front and the others relative to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lcm

import sympy as sp

from codegen.stable_functions import log1p

__all__ = ["line_at_end", "without_overflow"]

_STEEPEST = 300
"""Exponentials that leave the doubles before x = L are left alone."""

_QUOTIENTS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "exp": sp.exp,
    "sinh": lambda u: (sp.exp(u) - sp.exp(-u)) / 2,
    "cosh": lambda u: (sp.exp(u) + sp.exp(-u)) / 2,
    "tanh": lambda u: (sp.exp(2 * u) - 1) / (sp.exp(2 * u) + 1),
    "sech": lambda u: 2 / (sp.exp(u) + sp.exp(-u)),
    "sech_squared": lambda u: 4 / (sp.exp(u) + sp.exp(-u)) ** 2,
    "sigmoid": lambda u: 1 / (1 + sp.exp(-u)),
    "expm1": lambda u: sp.exp(u) - 1,
    "reciprocal_expm1": lambda u: 1 / (sp.exp(u) - 1),
}

_Form = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class _Exponentials:
    """``E = exp(x / length)``, of which all exponentials of an expression are powers."""

    variable: sp.Symbol
    length: int
    power: sp.Dummy

    def growth(self, expression: sp.Expr, side: int) -> _Form | None:
        """``(d, R)`` with ``expression = exp(d |x|) R`` at one end, R in ``exp(-|x|/length)``."""
        parts = self._parts(expression, side)
        if parts is None:
            return None
        (above, top), (below, bottom) = parts
        return (above - below) / self.length, self._sum(top, side) / self._sum(bottom, side)

    def line(self, expression: sp.Expr, side: int) -> _Form | None:
        """The polynomial that a quotient approaches at one end, and what it leaves; None if there is none."""
        parts = self._parts(expression, side)
        if parts is None or parts[0][0] != parts[1][0]:
            return None
        (_, top), (_, bottom) = parts
        limit = sp.cancel(top[0] / bottom[0])
        if not limit.is_polynomial(self.variable):
            return None
        rest = {j: sp.expand(top.get(j, 0) - limit * bottom.get(j, 0)) for j in {*top, *bottom}}
        return limit, self._sum(rest, side) / self._sum(bottom, side)

    def _parts(self, expression: sp.Expr, side: int) -> list[tuple[sp.Integer, dict[int, sp.Expr]]] | None:
        """Of numerator and denominator the power of E in front, and coefficients of those of 1/E (of E on the left)."""
        written = self._rational(expression)
        if written is None:
            return None
        parts = []
        for part in sp.fraction(sp.together(written)):
            terms = sp.Poly(sp.expand(part), self.power).as_dict()
            first = (max if side > 0 else min)(terms)[0]
            parts.append((sp.Integer(side * first), {side * (first - j): c for (j,), c in terms.items()}))
        return parts

    def _sum(self, terms: dict[int, sp.Expr], side: int) -> sp.Expr:
        falling = sp.exp(-side * self.variable / self.length)
        return sp.Add(*(c * falling**j for j, c in terms.items()))

    def _rational(self, expression: sp.Expr) -> sp.Expr | None:
        written = _in_exponentials(expression, self.variable)
        found = sp.expand_power_exp(written).replace(sp.exp, lambda u: _power_of(u, self))
        other = any(one.has(self.variable, self.power) for one in found.atoms(sp.Function))
        return None if other or not found.has(self.power) or not found.is_rational_function(self.power) else found


def _power_of(u: sp.Expr, found: _Exponentials) -> sp.Expr:
    rate, constant = _line(u, found.variable) or (sp.S.Zero, u)
    return sp.exp(constant) * found.power ** (rate * found.length) if rate != 0 else sp.exp(u)


def _line(u: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, sp.Expr] | None:
    """``(a, b)`` of ``u = a x + b`` with a rational a that is not 0."""
    if not u.is_polynomial(variable) or sp.degree(u, variable) != 1:
        return None
    rate, constant = sp.Poly(u, variable).all_coeffs()
    return (rate, constant) if isinstance(rate, sp.Rational) and constant.is_number else None


def _in_exponentials(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """Functions of ``a x + b`` that are quotients of exponential sums as such."""

    def is_quotient(e: sp.Basic) -> bool:
        kind = _plain_kind(e)
        return kind in _QUOTIENTS and _line(e.args[0], variable) is not None

    return expression.replace(is_quotient, lambda e: _QUOTIENTS[_plain_kind(e)](e.args[0]))


def _plain_kind(expression: sp.Basic) -> str:
    """The name of a function, that of its variable with a precise argument included."""
    return type(expression).__name__.removesuffix("_of") if isinstance(expression, sp.Function) else ""


def _exponentials(expression: sp.Expr) -> _Exponentials | None:
    symbols = expression.free_symbols
    if len(symbols) != 1:
        return None
    (variable,) = symbols
    lines = [_line(one.args[0], variable) for one in _in_exponentials(expression, variable).atoms(sp.exp)]
    rates = [line[0] for line in lines if line is not None]
    if not rates:
        return None
    length = lcm(*(int(rate.q) for rate in rates))
    return _Exponentials(variable, length, sp.Dummy("E", positive=True)) if _mild(rates, length) else None


def _mild(rates: list[sp.Rational], length: int) -> bool:
    return bool(max(map(abs, rates)) * length <= _STEEPEST)


def without_overflow(expression: sp.Expr) -> sp.Expr:
    """The expression with such terms as what they are on the left, on the right, and between.

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
    if not expression.args or not expression.has(sp.exp, sp.sinh, sp.cosh, sp.Function):
        return expression
    if isinstance(expression, sp.Add | sp.Mul | sp.Pow | sp.log | log1p):
        found = _exponentials(expression)
        ends = None if found is None else [_end(expression, found, side) for side in (-1, 1)]
        if found is not None and ends is not None:
            left, right = ends
            if left is not None and right is not None and (left[1] or right[1]):
                x, far = found.variable, found.length
                return sp.Piecewise((left[0], x < -far), (right[0], x > far), (expression, True))
    parts = [without_overflow(part) for part in expression.args]
    return expression if tuple(parts) == expression.args else expression.func(*parts)


def line_at_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> _Form | None:
    """A polynomial that a sum of such terms approaches at one end, and the exponentially small rest; None for others.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> line_at_end((sp.exp(x) - 1) / (sp.exp(x) + 1), x, 1)
    (1, -2*exp(-x)/(1 + exp(-x)))
    >>> line_at_end(x + sp.log(2 + sp.exp(-x)), x, -1)
    (0, log1p(2*exp(x)))
    """
    found = _exponentials(expression)
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


def _end(expression: sp.Expr, found: _Exponentials, side: int) -> tuple[sp.Expr, bool] | None:
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
