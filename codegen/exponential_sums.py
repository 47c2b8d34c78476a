"""Quotients of sums of exponentials as rational functions of one exponential, of which all others are powers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import comb, lcm

import sympy as sp

from codegen.mp_functions import real_function
from codegen.stable_functions import softplus
from symbolic_moments.fractional_parts import fractional_part

__all__ = ["Exponentials", "Form", "exponentials_of", "without_exponentials", "without_logarithms"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_DIGITS = 100
_ORDER = 40
_STEP = 0.25
_VANISHING = 1e-60
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

Form = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Exponentials:
    """``E = exp(x / length)``, of which all exponentials of an expression are powers."""

    variable: sp.Symbol
    length: int
    power: sp.Dummy

    def growth(self, expression: sp.Expr, side: int) -> Form | None:
        """``(d, R)`` with ``expression = exp(d |x|) R`` at one end, R in ``exp(-|x|/length)``."""
        parts = self._parts(expression, side)
        if parts is None:
            return None
        (above, top), (below, bottom) = parts
        return (above - below) / self.length, self._sum(top, side) / self._sum(bottom, side)

    def line(self, expression: sp.Expr, side: int) -> Form | None:
        """The polynomial that a quotient approaches at one end, and what it leaves; None if there is none."""
        parts = self._parts(expression, side)
        if parts is None or parts[0][0] > parts[1][0]:
            return None
        (above, top), (below, bottom) = parts
        if above < below:
            vanishing = sp.exp(side * (above - below) * self.variable / self.length)
            return sp.S.Zero, vanishing * self._sum(top, side) / self._sum(bottom, side)
        limit = sp.cancel(top[0] / bottom[0])
        if not limit.is_polynomial(self.variable):
            return None
        rest = {j: sp.expand(top.get(j, 0) - limit * bottom.get(j, 0)) for j in {*top, *bottom}}
        return limit, self._sum(rest, side) / self._sum(bottom, side)

    def _parts(self, expression: sp.Expr, side: int) -> list[tuple[sp.Integer, dict[int, sp.Expr]]] | None:
        """Of numerator and denominator the power of E in front, and coefficients of those of 1/E (of E on the left)."""
        polynomials = _polynomials(self, expression)
        if polynomials is None:
            return None
        parts = []
        for terms in polynomials:
            first = (max if side > 0 else min)(terms)[0]
            parts.append((sp.Integer(side * first), {side * (first - j): c for (j,), c in terms.items()}))
        return parts

    def _sum(self, terms: dict[int, sp.Expr], side: int) -> sp.Expr:
        falling = sp.exp(-side * self.variable / self.length)
        return sp.Add(*(c * falling**j for j, c in terms.items()))

    def rational(self, expression: sp.Expr) -> sp.Expr | None:
        """The expression as a quotient of polynomials in E; None where it is none."""
        written = _in_exponentials(expression, self.variable)
        found = sp.expand_power_exp(written).replace(sp.exp, lambda u: _power_of(u, self))
        other = any(one.has(self.variable, self.power) for one in found.atoms(sp.Function))
        return None if other or not found.has(self.power) or not found.is_rational_function(self.power) else found


@lru_cache(maxsize=512)
def _polynomials(found: Exponentials, expression: sp.Expr) -> list[dict[tuple[int], sp.Expr]] | None:
    """Powers of E and their coefficients in numerator and denominator, the same for both ends; None where 0 or none."""
    written = found.rational(expression)
    if written is None or sp.cancel(written) == 0:
        return None
    return [sp.Poly(sp.expand(part), found.power).as_dict() for part in sp.fraction(sp.together(written))]


def _power_of(u: sp.Expr, found: Exponentials) -> sp.Expr:
    rate, constant = _line(u, found.variable) or (sp.S.Zero, u)
    return sp.exp(constant) * found.power ** (rate * found.length) if rate != 0 else sp.exp(u)


def _line(u: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, sp.Expr] | None:
    """``(a, b)`` of ``u = a x + b`` with a rational a that is not 0."""
    if not u.is_polynomial(variable) or sp.degree(u, variable) != 1:
        return None
    rate, constant = sp.Poly(u, variable).all_coeffs()
    return (rate, constant) if isinstance(rate, sp.Rational) and constant.is_number else None


def _in_exponentials(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """Functions of ``a x + b``, or of multiples of its softplus, that are quotients of exponential sums as such."""

    def is_quotient(e: sp.Basic) -> bool:
        known = _plain_kind(e) in _QUOTIENTS
        return known and (_line(e.args[0], variable) is not None or _exponent_of_softplus(e.args[0]) is not None)

    def power(u: sp.Expr) -> sp.Expr:
        inner = _exponent_of_softplus(u)
        return sp.exp(u) if inner is None else (1 + sp.exp(inner)) ** u.as_coeff_Mul()[0]

    return expression.replace(is_quotient, lambda e: _QUOTIENTS[_plain_kind(e)](e.args[0])).replace(sp.exp, power)


def _exponent_of_softplus(u: sp.Expr) -> sp.Expr | None:
    """The v of ``n softplus(v)``, n an integer."""
    number, function = u.as_coeff_Mul()
    return function.args[0] if isinstance(function, softplus) and number.is_Integer else None


def _plain_kind(expression: sp.Basic) -> str:
    """The name of a function, that of its variable with a precise argument included."""
    return type(expression).__name__.removesuffix("_of") if isinstance(expression, sp.Function) else ""


def exponentials_of(expression: sp.Expr) -> Exponentials | None:
    """Of which exponential all those of an expression are powers; None where they are of none, or too steep.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> exponentials_of(sp.tanh(x / 3) + sp.exp(x / 4)).length, exponentials_of(sp.sin(x))
    (12, None)
    """
    symbols = expression.free_symbols
    if len(symbols) != 1:
        return None
    (variable,) = symbols
    lines = [_line(one.args[0], variable) for one in _in_exponentials(expression, variable).atoms(sp.exp)]
    rates = [line[0] for line in lines if line is not None]
    if not rates:
        return None
    length = lcm(*(int(rate.q) for rate in rates))
    return Exponentials(variable, length, sp.Dummy("E", positive=True)) if _mild(rates, length) else None


def _mild(rates: list[sp.Rational], length: int) -> bool:
    return bool(max(map(abs, rates)) * length <= _STEEPEST)


def without_exponentials(expression: sp.Expr) -> sp.Expr:
    """A quotient of exponential sums in which they cancel as what it is; anything else as it was.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_exponentials(sp.tanh(x) - 2 / (1 + sp.exp(-2 * x)) + 1 + x), without_exponentials(sp.tanh(x))
    (x, tanh(x))
    """
    found = exponentials_of(expression)
    written = None if found is None else found.rational(expression)
    if found is None or written is None:
        return expression
    if not _seems_polynomial(expression, found.variable):
        return expression
    plain = sp.cancel(written)
    return expression if plain.has(found.power) or not plain.is_polynomial(found.variable) else plain


def _seems_polynomial(expression: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether differences of an order above all degrees vanish: cancelling many steps takes far longer than this."""
    value = real_function(expression, variable, _DIGITS)
    places = [_STEP * (place - _ORDER / 2) + _STEP / 4 for place in range(_ORDER + 1)]
    try:
        values = [value(place) for place in places]
    except (ZeroDivisionError, ValueError, TypeError):
        return True
    difference = sum((-1) ** j * comb(_ORDER, j) * one for j, one in enumerate(values))
    return bool(abs(difference) <= _VANISHING * sum(comb(_ORDER, j) * (1 + abs(one)) for j, one in enumerate(values)))


def without_logarithms(expression: sp.Expr) -> sp.Expr:
    """A smooth sum with logarithms of exponential sums that is a polynomial as what it is; anything else as it was.

    Its slope is one: a quotient of exponential sums in which they cancel.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> softly = sp.log(1 + sp.exp(x)) - sp.log(1 + sp.exp(-x))
    >>> without_logarithms(softly - x), without_logarithms(softly)
    (0, x)
    """
    if not expression.has(sp.log) or expression.has(*_BRANCHES, fractional_part) or len(expression.free_symbols) != 1:
        return expression
    (variable,) = expression.free_symbols
    slope = without_exponentials(sp.diff(expression, variable))
    if not slope.is_polynomial(variable):
        return expression
    constant = sp.simplify(expression.subs(variable, 0))
    return sp.integrate(slope, variable) + constant if constant.is_finite else expression
