"""Polynomials times periodic functions: ``sum_j c_j x^(n_j) g_j(x)``, every ``g_j`` of one period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.fractional_parts import fraction, fractional_part
from symbolic_moments.symbols import x

__all__ = ["PeriodicParts", "least_period", "periodic_parts"]

_MOST_TERMS = 200
_WAVES = (sp.sin, sp.cos, sp.tan, fractional_part)


@dataclass(frozen=True)
class PeriodicParts:
    """``sum_j p_j(x) g_j(x)``.

    Attributes
    ----------
    frequency : sympy.Expr
        Every ``g_j`` has the period ``2 pi/frequency``; a positive number.
    parts : tuple of (dict, sympy.Expr)
        Coefficients of ``p_j``, free of ``x``, by power; and ``g_j`` in ``x``.
    """

    frequency: sp.Expr
    parts: tuple[tuple[dict[int, sp.Expr], sp.Expr], ...]


def periodic_parts(expression: sp.Expr) -> PeriodicParts | None:
    """The parts of ``expression``; None if it has others, or waves whose frequencies have no rational ratio.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.periodic_parts import periodic_parts
    >>> found = periodic_parts(parse_expression("x**2*abs(sin(3*x)) + 2*sign(cos(2*x))"))
    >>> found.frequency, [(coefficients, str(g)) for coefficients, g in found.parts]
    (1, [({2: 1}, 'Abs(sin(3*x))'), ({0: 2}, 'sign(cos(2*x))')])
    >>> periodic_parts(parse_expression("abs(sin(x)) + exp(-x)")) is None
    True
    """
    frequency = _common_frequency(expression)
    products = None if frequency is None else _products(expression)
    if frequency is None or products is None:
        return None
    by_function: dict[sp.Expr, dict[int, sp.Expr]] = defaultdict(dict)
    for (power, g), coefficient in products.items():
        by_function[g][power] = coefficient
    ordered = sorted(by_function.items(), key=lambda item: str(item[0]))
    return PeriodicParts(frequency, tuple((coefficients, g) for g, coefficients in ordered))


def least_period(expression: sp.Expr, period: sp.Expr) -> sp.Expr:
    """The least period of a periodic function, which may be a part of one that is known.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> least_period(sp.Abs(sp.sin(x)), 2 * sp.pi), least_period(sp.Abs(sp.sin(x)) + sp.Abs(sp.cos(x)), 2 * sp.pi)
    (pi, pi/2)
    """
    for parts in (2, 3, 5):
        shift = period / parts
        turned = {wave: _moved(wave, shift) for wave in _waves(expression)}
        if expression.xreplace(turned) == expression:
            return least_period(expression, shift)
    return period


def _waves(expression: Any) -> list[Any]:
    """The sines, cosines, tangents and fractional parts of an argument linear in ``x``."""
    slopes = ((wave, _slope(wave)) for wave in expression.atoms(*_WAVES))
    return sorted((wave for wave, slope in slopes if slope.is_number and slope != 0), key=str)


def _moved(wave: Any, shift: Any) -> Any:
    argument = sp.expand(wave.args[0] + _slope(wave) * shift)
    return fraction(argument) if isinstance(wave, fractional_part) else wave.func(argument)


def _frequency(wave: Any) -> Any:
    return _slope(wave) * (2 * sp.pi if isinstance(wave, fractional_part) else 1)


def _slope(wave: Any) -> Any:
    return sp.diff(wave.args[0], x)


def _common_frequency(expression: sp.Expr) -> sp.Expr | None:
    """The largest frequency of which those of all waves are multiples; None where there is none."""
    own = [_frequency(wave) for wave in _waves(expression)]
    ratios = [sp.simplify(one / own[0]) for one in own]
    if not own or not all(ratio.is_Rational for ratio in ratios):
        return None
    common = sp.Integer(0)
    for ratio in ratios:
        common = sp.Rational(sp.igcd(common.p * ratio.q, ratio.p * common.q), common.q * ratio.q)
    return sp.Abs(common * own[0])


def _is_periodic(node: Any) -> bool:
    return not node.xreplace({wave: sp.Dummy() for wave in _waves(node)}).has(x)


def _products(node: Any) -> dict[tuple[int, sp.Expr], sp.Expr] | None:
    """Coefficients by (power of ``x``, periodic factor)."""
    if not node.has(x):
        return {(0, sp.S.One): node}
    if node == x:
        return {(1, sp.S.One): sp.S.One}
    if _is_periodic(node):
        coefficient, g = node.as_independent(x, as_Add=False)
        return {(0, g): coefficient}
    if node.is_Add:
        factors = [_products(term) for term in node.args]
        return _sum(factors)
    if node.is_Mul:
        return _product([_products(factor) for factor in node.args])
    if node.is_Pow and node.exp.is_Integer and node.exp.is_positive:
        return _product([_products(node.base)] * int(node.exp))
    return None


def _sum(terms: list[Any]) -> dict[tuple[int, sp.Expr], sp.Expr] | None:
    total: dict[tuple[int, sp.Expr], sp.Expr] = defaultdict(lambda: sp.S.Zero)
    for term in terms:
        if term is None:
            return None
        for key, coefficient in term.items():
            total[key] += coefficient
    return dict(total) if len(total) <= _MOST_TERMS else None


def _product(factors: list[Any]) -> dict[tuple[int, sp.Expr], sp.Expr] | None:
    result: dict[tuple[int, sp.Expr], sp.Expr] | None = {(0, sp.S.One): sp.S.One}
    for factor in factors:
        if factor is None or result is None:
            return None
        result = _sum([{(n + m, g * h): c * d} for (n, g), c in result.items() for (m, h), d in factor.items()])
    return result
