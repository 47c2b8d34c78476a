"""Kinks and error functions written from one end of the line: what they tend to there, plus what vanishes there."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.normal import Phi

_FAR = 10**6


def from_one_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr | None:
    """``Max``, ``Min``, ``Abs``, ``Phi`` and ``erf`` as their limit at one end (side = 1: infinity) and a rest.

    The rest is exactly 0 there or falls off like a normal tail. None where a branch is not decided by polynomials.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> from_one_end(sp.Max(x, 0), x, 1), from_one_end(sp.erf(x), x, -1)
    (x + Max(0, -x), 2*Phi(sqrt(2)*x) - 1)
    """
    switches = expression.atoms(sp.Max, sp.Min, sp.Abs)
    if not all(argument.is_polynomial(variable) for switch in switches for argument in switch.args):
        return None

    def largest(*arguments: sp.Expr) -> sp.Expr:
        first = max(arguments, key=lambda a: a.subs(variable, side * _FAR))
        return first + sp.Max(0, *(sp.expand(b - first) for b in arguments if b != first))

    def normal(u: sp.Expr) -> sp.Expr:
        if not u.is_polynomial(variable):
            return Phi(u)
        return 1 - Phi(sp.expand(-u)) if u.subs(variable, side * _FAR) > 0 else Phi(u)

    written = expression.replace(sp.Abs, lambda u: sp.Max(u, -u, evaluate=False)).replace(sp.Max, largest)
    written = written.replace(sp.Min, lambda *arguments: -largest(*(-b for b in arguments)))
    return written.replace(Phi, normal).replace(sp.erf, lambda u: 2 * normal(sp.expand(sp.sqrt(2) * u)) - 1)
