"""Exponentials that vanish with all their derivatives where their exponents have poles: ``exp(-1/x^2)``."""

from __future__ import annotations

import math

import mpmath
import sympy as sp

from codegen.chebyshev_panels import evaluator

__all__ = ["flat_kinks", "flat_places", "is_flat", "without_pole"]

_HIGHEST = 4
_LARGEST = 40
_FLAT = 1089
"""``exp(-1089)`` is below 1e-470."""
_NOTHING = mpmath.mpf(10) ** -400
_BESIDE = sp.Rational(1, 10**60)


def _poles_of_exponent(exponent: sp.Expr) -> list[tuple[sp.Expr, int, sp.Expr]]:
    """``(c, n, place)`` of every pole of ``exp(a - sum c / |p(x)|^n)``; none for any other exponent."""
    constant, rest = exponent.as_coeff_Add()
    found = [_poles(term) for term in sp.Add.make_args(rest)]
    return [one for poles in found for one in poles] if all(found) and abs(constant) <= _LARGEST else []


def _poles(term: sp.Expr) -> list[tuple[sp.Expr, int, sp.Expr]]:
    """The same of ``-c / |p(x)|^n``, by what p is next to each of its zeros."""
    coefficient, rest = term.as_coeff_Mul()
    base, power = rest.as_base_exp()
    inside = base.args[0] if isinstance(base, sp.Abs) else base
    if not coefficient.is_negative or not power.is_Integer or power >= 0 or len(inside.free_symbols) != 1:
        return []
    (variable,) = inside.free_symbols
    if not (power.is_even or isinstance(base, sp.Abs)) or not inside.is_polynomial(variable):
        return []
    if sp.degree(inside, variable) > _HIGHEST:
        return []
    found = []
    for place, order in sp.roots(sp.Poly(inside, variable)).items():
        if place.is_Rational:
            leading = sp.diff(inside, variable, order).subs(variable, place) / sp.factorial(order)
            found.append((-coefficient * abs(leading) ** power, -int(power) * order, place))
        elif place.is_real is not False:
            return []
    return found


def is_flat(expression: sp.Basic) -> bool:
    """Whether it is an exponential that vanishes with all its derivatives where its exponent has poles."""
    return isinstance(expression, sp.exp) and bool(_poles_of_exponent(expression.args[0]))


def flat_places(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """Where exponentials in it vanish with all their derivatives, increasing.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> flat_places(x * sp.exp(-1 / (2 * sp.Abs(x + 1)) - 1 / sp.Abs(x - 3)))
    (-1, 3)
    """
    flat = expression.find(is_flat)
    return tuple(sorted({place for one in flat for _, _, place in _poles_of_exponent(one.args[0])}))


def without_pole(exponential: sp.exp) -> sp.Expr:
    """The same, and 0 within a distance of such a place where it is less than 1e-450: ends are no doubles."""
    (variable,) = exponential.free_symbols
    pairs = []
    for coefficient, power, place in sorted(_poles_of_exponent(exponential.args[0]), key=lambda one: one[2]):
        farthest = (float(coefficient) / _FLAT) ** (1 / power)
        unit = sp.Rational(2) ** (math.floor(math.log2(farthest)) - 5)
        distance = (math.floor(farthest / unit) + sp.Rational(1, 3)) * unit
        pairs += [(exponential, variable < place - distance), (0, variable < place + distance)]
    return sp.Piecewise(*pairs, (exponential, True))


def flat_kinks(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """Those of the kinks at which so little is left of the function on either side that no double holds it.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> flat_kinks(sp.Piecewise((sp.exp(-1 / x), x > sp.Rational(1, 1000)), (0, True)), x, (sp.Rational(1, 1000), 1))
    [1/1000]
    """
    value = evaluator(function, variable)
    return [kink for kink in kinks if all(abs(value(kink + side * _BESIDE)) < _NOTHING for side in (-1, 1))]
