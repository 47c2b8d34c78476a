"""Logarithms of the size of an exponential less a number, which are infinite at one place."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["with_tangents_of_zeros"]


def with_tangents_of_zeros(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression; in logarithms ``|a exp(u) - d|``, u a line, as ``d (1 + exp(w)) |tanh(w/2)|``, w = u - log(d/a).

    That overflows nowhere, and in coordinates that start at its zero nothing rounds.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_tangents_of_zeros(x * sp.log(sp.Abs(sp.exp(x) - 1)), x)
    x*(log(exp(x) + 1) + log(Abs(tanh(x/2))))
    >>> with_tangents_of_zeros(sp.log(sp.Abs(2 * sp.exp(3 * x) - 6)), x)
    log(exp(3*x - log(3)) + 1) + log(Abs(tanh(3*x/2 - log(3)/2))) + log(6)
    """
    return expression.replace(lambda e: isinstance(e, sp.log) and isinstance(e.args[0], sp.Abs), _by(variable))


def _by(variable: sp.Symbol) -> Any:
    def written(logarithm: Any) -> sp.Expr:
        constant, rest = logarithm.args[0].args[0].as_coeff_Add()
        factor, growing = rest.as_coeff_Mul()
        if constant == 0 or not isinstance(growing, sp.exp) or not (constant / factor).is_negative:
            return logarithm
        u = growing.args[0]
        if not u.is_polynomial(variable) or sp.degree(u, variable) != 1:
            return logarithm
        w = u - sp.log(-constant / factor)
        half = sp.log(sp.Abs(sp.tanh(sp.expand(w / 2))))
        return sp.log(abs(constant)) + sp.log(1 + sp.exp(w, evaluate=False)) + half

    return written
