"""Logarithms of quotients, and their differences, of sums that share their largest term: log1p of what differs."""

from __future__ import annotations

from itertools import combinations

import sympy as sp

from codegen.stable_functions import log1p

__all__ = ["logarithm_of_quotient", "of_logarithms"]


def logarithm_of_quotient(logarithm: sp.log) -> sp.Expr:
    """``log(a/b)`` of sums of positive terms with some in common; anything else as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> logarithm_of_quotient(sp.log((1 + sp.exp(x)) / (2 + sp.exp(x))))
    -log1p(1/(exp(x) + 1))
    >>> logarithm_of_quotient(sp.log((3 + x**2) / (1 + x**2)))
    log1p(2/(x**2 + 1))
    >>> logarithm_of_quotient(sp.log(x / (1 + x)))
    log(x/(x + 1))
    """
    number, rest = logarithm.args[0].as_coeff_Mul()
    if not isinstance(rest, sp.Mul) or len(rest.args) != 2:
        return logarithm
    for above, below in (rest.args, reversed(rest.args)):
        if isinstance(above, sp.Add) and below.is_Pow and below.exp == -1 and isinstance(below.base, sp.Add):
            return _difference(sp.expand(number * above), below.base) or logarithm
    return logarithm


def of_logarithms(total: sp.Add) -> sp.Expr:
    """``c log(a) - c log(b)`` in a sum, of such sums, as one term.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> of_logarithms(x + 2 * sp.log(3 + sp.exp(x)) - 2 * sp.log(2 + sp.exp(x)))
    x + 2*log1p(1/(exp(x) + 2))
    >>> of_logarithms(sp.log(1 + sp.exp(x)) - sp.log(1 + sp.exp(-x)))
    -log(1 + exp(-x)) + log(exp(x) + 1)
    """
    logarithms = [(term, *_logarithm(term)) for term in total.args if _logarithm(term)[1] is not None]
    for (one, factor, above), (other, opposite, below) in combinations(logarithms, 2):
        found = _difference(above, below) if factor + opposite == 0 else None
        if found is not None:
            return total - one - other + factor * found
    return total


def _logarithm(term: sp.Expr) -> tuple[sp.Expr, sp.Expr | None]:
    """``(c, a)`` of ``c log(a)``; no a of anything else."""
    for factor in sp.Mul.make_args(term):
        if isinstance(factor, sp.log) and factor.has(sp.Symbol):
            return term / factor, factor.args[0]
    return term, None


def _difference(above: sp.Expr, below: sp.Expr) -> sp.Expr | None:
    """``log(above) - log(below)`` of sums of positive terms, what they share left out of their difference."""
    terms = [sp.Add.make_args(one) for one in (above, below)]
    if not all(term.is_nonnegative for part in terms for term in part) or not (above.is_positive and below.is_positive):
        return None
    common = {*terms[0]} & {*terms[1]}
    if not any(term.has(sp.Symbol) for term in common):
        return None
    rest = sp.expand(above - below)
    if all(term.is_nonnegative for term in sp.Add.make_args(rest)):
        return log1p(rest / below)
    if all(term.is_nonpositive for term in sp.Add.make_args(rest)):
        return -log1p(-rest / above)
    return None
