"""Softplus times the exponential that it falls with: neither is a double far out where their product tends to 1."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import softplus, softplus_ratio

__all__ = ["with_ratios_where_they_fall", "with_softplus_ratios"]


def with_softplus_ratios(expression: sp.Expr) -> sp.Expr:
    """``exp(-m u) softplus(u)^n`` with as many pairs ``exp(-u) softplus(u)`` as there are as functions of their own.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_softplus_ratios(x * sp.exp(-2 * x) * softplus(x)), with_softplus_ratios(sp.exp(x) * softplus(x))
    (x*exp(-x)*softplus_ratio(x), exp(x)*softplus(x))
    >>> with_softplus_ratios(sp.log(1 + sp.exp(-x)) ** 2 * sp.exp(x))
    softplus(-x)*softplus_ratio(-x)
    """
    return expression.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.exp), _paired)


def with_ratios_where_they_fall(function: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``exp(m u) softplus(u)^n`` with -n < m < 0, u a line, from ``u = -1`` on downwards as one exponential and ratios.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_ratios_where_they_fall(sp.exp(-x / 2) * softplus(x), x)
    Piecewise((exp(x/2)*softplus_ratio(x), x < -1), (exp(-x/2)*softplus(x), True))
    """

    def falling(product: sp.Mul) -> sp.Expr:
        exponent = sp.Add(*(e.args[0] for e in product.args if isinstance(e, sp.exp)))
        for factor in product.args:
            base, power = factor.as_base_exp()
            u = base.args[0] if isinstance(base, softplus) else None
            times = None if u is None or u.free_symbols != {variable} else _times(exponent, u)
            if u is None or times is None or not power.is_Integer or not -power < times < 0:
                continue
            rest = sp.Mul(*(e for e in product.args if not isinstance(e, sp.exp) and e != factor))
            there = rest * sp.exp(sp.expand(exponent + power * u)) * softplus_ratio(u) ** power
            slope, offset = sp.Poly(u, variable).all_coeffs()
            place = sp.Rational(float((-1 - offset) / slope))
            return sp.Piecewise((there, variable < place if slope > 0 else variable > place), (product, True))
        return product

    return function.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.exp) and e.has(softplus), falling)


def _exponent_of(base: sp.Expr) -> sp.Expr | None:
    """The u of ``softplus(u)`` or ``log(1 + exp(u))``."""
    if isinstance(base, softplus):
        return base.args[0]
    if isinstance(base, sp.log) and isinstance(base.args[0] - 1, sp.exp):
        return (base.args[0] - 1).args[0]
    return None


def _paired(product: sp.Mul) -> sp.Expr:
    found = product
    for factor in product.args:
        base, power = factor.as_base_exp()
        u = None if isinstance(factor, sp.exp) else _exponent_of(base)
        if u is None or len(u.free_symbols) != 1 or not (power.is_Integer and power > 0):
            continue
        exponent = sp.Add(*(e.args[0] for e in found.args if isinstance(e, sp.exp)))
        times = _times(exponent, u)
        pairs = min(int(power), int(sp.floor(-times))) if times is not None and times <= -1 else 0
        if pairs:
            rest = sp.Mul(*(e for e in found.args if not isinstance(e, sp.exp) and e != factor))
            moved = sp.exp(sp.expand(exponent + pairs * u))
            found = rest * moved * softplus_ratio(u) ** pairs * softplus(u) ** (power - pairs)
    return found


def _times(exponent: sp.Expr, u: sp.Expr) -> sp.Expr | None:
    """The rational m of an exponent that is ``m u`` and a constant, u a line."""
    (variable,) = u.free_symbols
    if not (u.is_polynomial(variable) and exponent.is_polynomial(variable) and sp.degree(u, variable) == 1):
        return None
    ratio = sp.simplify(sp.diff(exponent, variable) / sp.diff(u, variable))
    return ratio if isinstance(ratio, sp.Rational) else None
