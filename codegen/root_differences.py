"""Differences of square roots that cancel, as quotients of what they differ by."""

from __future__ import annotations

import sympy as sp

__all__ = ["difference_of_roots"]


def difference_of_roots(total: sp.Expr) -> sp.Expr:
    """``c (p - q)/(sqrt(p) + sqrt(q))`` for ``c sqrt(p) - c sqrt(q)``, polynomials p, q > 0 of the same highest power.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> difference_of_roots(3 * sp.sqrt(x**2 + x + 1) - 3 * sp.sqrt(x**2 + 1))
    3*x/(sqrt(x**2 + 1) + sqrt(x**2 + x + 1))
    >>> difference_of_roots(sp.sqrt(x**2 + 1) - sp.sqrt(x**4 + 1))
    sqrt(x**2 + 1) - sqrt(x**4 + 1)
    """
    if not isinstance(total, sp.Add) or len(total.args) != 2 or len(total.free_symbols) != 1:
        return total
    (variable,) = total.free_symbols
    (c, first), (d, second) = (term.as_coeff_Mul() for term in total.args)
    if c + d != 0 or not all(_is_root_of_positive(root, variable) for root in (first, second)):
        return total
    p, q = (sp.Poly(root.base, variable) for root in (first, second))
    if p.degree() != q.degree() or p.LC() != q.LC():
        return total
    return c * sp.factor((p - q).as_expr()) / (first + second)


def _is_root_of_positive(root: sp.Expr, variable: sp.Symbol) -> bool:
    if not (isinstance(root, sp.Pow) and root.exp == sp.S.Half and root.base.is_polynomial(variable)):
        return False
    polynomial = sp.Poly(root.base, variable)
    return bool(polynomial.domain in (sp.ZZ, sp.QQ) and polynomial.count_roots() == 0 and polynomial.LC() > 0)
