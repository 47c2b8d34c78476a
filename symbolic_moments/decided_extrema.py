"""Maxima and minima of which one side never rules: ``Min(x, sqrt(x**2 + 1/100))`` is x, ``Max(tanh(x), -1)`` tanh."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.exact_ranges import exact_range
from symbolic_moments.symbols import x

__all__ = ["with_decided_extrema"]


def with_decided_extrema(expression: sp.Expr) -> sp.Expr:
    """The expression; sides of maxima and minima that never rule are left out.

    A side ``c sqrt(w)`` decides against polynomials u with ``u^2 < c^2 w``, and one whose range ends at a number where
    that of another begins, against that. Numbers would tell the two apart only as far as they differ by more than their
    rounding.

    Examples
    --------
    >>> with_decided_extrema(sp.Min(x, sp.sqrt(x**2 + sp.Rational(1, 100))))
    x
    >>> with_decided_extrema(sp.Max(-2 * x, 0, sp.sqrt(4 * x**2 + 1)))
    sqrt(4*x**2 + 1)
    >>> with_decided_extrema(sp.Max(x, sp.sqrt(x**2 / 4 + 1)))
    Max(x, sqrt(x**2/4 + 1))
    >>> with_decided_extrema(sp.acos(sp.Min(1, sp.Max(-1, sp.tanh(x)))))
    acos(tanh(x))
    """
    if expression.free_symbols != {x}:
        return expression
    return expression.replace(lambda part: isinstance(part, sp.Max | sp.Min), _decided)


def _decided(node: Any) -> sp.Expr:
    sides = _within_reach(list(node.args), isinstance(node, sp.Max))
    for root in tuple(sides):
        factor, power = root.as_coeff_Mul()
        if not isinstance(power, sp.Pow) or power.exp != sp.S.Half or not power.base.is_polynomial(x):
            continue
        beaten = [u for u in sides if u.is_polynomial(x) and _is_positive(factor**2 * power.base - u**2)]
        loses = bool(factor > 0) == isinstance(node, sp.Min)
        if beaten:
            sides = [side for side in sides if side != root] if loses else [s for s in sides if s not in beaten]
    return node.func(*sides) if len(sides) < len(node.args) else node


def _within_reach(sides: list[sp.Expr], largest: bool) -> list[sp.Expr]:
    """Those of the sides that another is not known to reach."""
    turn = 1 if largest else -1
    ranges = [sorted((turn * end for end in exact_range(side)), key=lambda end: sp.N(end)) for side in sides]
    kept = list(range(len(sides)))
    for i in range(len(sides)):
        if any(j != i and j in kept and ranges[i][1] <= ranges[j][0] for j in range(len(sides))):
            kept.remove(i)
    return [sides[i] for i in kept]


def _is_positive(difference: sp.Expr) -> bool:
    """Whether a polynomial with rational coefficients is positive everywhere."""
    poly = sp.Poly(sp.expand(difference), x)
    if not (poly.domain.is_QQ or poly.domain.is_ZZ) or not poly.eval(0) > 0:
        return False
    return not poly.real_roots()
