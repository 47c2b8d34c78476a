"""Sums and roots of roots that approach a constant, as that constant and what they leave of it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.stable_functions import expm1, log1p, written_out

__all__ = ["roots_at_end"]


@dataclass(frozen=True)
class _Monomial:
    """``coefficient t^degree exp(excess)`` with an excess that vanishes at infinity."""

    coefficient: sp.Expr
    degree: sp.Expr
    excess: sp.Expr = sp.S.Zero


def roots_at_end(product: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr | None:
    """``L + L (exp(l) - 1)`` of what tends to L at one end (side = 1: infinity), l a logarithm that tends to 0.

    Every sum is its highest power times ``exp`` of such a logarithm, so that nothing is taken from 1. Right beyond the
    last place where a sum vanishes; None where the product tends to 0 or grows, or has no root.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> roots_at_end(x / sp.sqrt(1 + sp.sqrt(1 + x**4)), x, -1)
    -expm1(-log1p(expm1(log1p(x**(-4))/2) + x**(-2))/2) - 1
    >>> roots_at_end(x / sp.sqrt(1 + sp.Abs(x)), x, 1) is None
    True
    """
    product = written_out(product)
    if not any(power.exp.is_Rational and not power.exp.is_Integer for power in product.atoms(sp.Pow)):
        return None
    t = sp.Dummy("t", positive=True)
    found = _leading(product.subs(variable, side * t), t)
    if found is None or found.degree != 0 or found.excess == 0:
        return None
    excess = found.excess.subs(t, side * variable)
    return found.coefficient + found.coefficient * expm1(excess)


def _leading(expression: sp.Expr, t: sp.Symbol) -> _Monomial | None:
    if not expression.has(t):
        return _Monomial(expression, sp.S.Zero)
    if expression == t:
        return _Monomial(sp.S.One, sp.S.One)
    if isinstance(expression, sp.Pow):
        base, power = _leading(expression.base, t), expression.exp
        if base is None or not power.is_Rational or not (base.coefficient.is_positive or power.is_Integer):
            return None
        return _Monomial(base.coefficient**power, base.degree * power, base.excess * power)
    if not isinstance(expression, sp.Add | sp.Mul):
        return None
    parts = [_leading(part, t) for part in expression.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if isinstance(expression, sp.Add):
        return _sum(known, t)
    coefficient = sp.Mul(*(part.coefficient for part in known))
    return _Monomial(coefficient, sp.Add(*(part.degree for part in known)), sp.Add(*(part.excess for part in known)))


def _sum(terms: list[_Monomial], t: sp.Symbol) -> _Monomial | None:
    """None where the highest powers cancel."""
    degree = max(term.degree for term in terms)
    total = sp.Add(*(term.coefficient for term in terms if term.degree == degree))
    if total.is_zero is not False:
        return None
    rest: sp.Expr = sp.S.Zero
    for term in terms:
        share = term.coefficient / total
        if term.degree < degree:
            rest += share * t ** (term.degree - degree) * sp.exp(term.excess)
        elif term.excess != 0:
            rest += share * expm1(term.excess)
    return _Monomial(total, degree, log1p(rest) if rest != 0 else rest)
