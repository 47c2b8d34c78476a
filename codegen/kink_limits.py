"""What E[g^(k)] tends to at a kink when sigma falls to 0: the mean of both sides, until a derivative has jumped."""

from __future__ import annotations

import sympy as sp

HIGHEST = 12


def kink_limits(function: sp.Expr, variable: sp.Symbol, kink: sp.Expr) -> list[sp.Expr]:
    """Limits of ``E[g^(k)]`` at ``kink`` for k = 1, 2, ... up to the first order that jumps, at most 12.

    Above that order the limit does not exist.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> kink_limits(x / (1 + sp.Abs(x)), x, sp.Integer(0))
    [1, 0]
    """
    sides = [one_sided(function, variable, kink + sp.Rational(side, 2**20)) for side in (-1, 1)]
    limits = []
    for _ in range(HIGHEST):
        sides = [sp.diff(side, variable) for side in sides]
        left, right = (sp.simplify(side.subs(variable, kink)) for side in sides)
        limits.append(sp.simplify((left + right) / 2))
        if sp.simplify(left - right) != 0:
            break
    return limits


def one_sided(function: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """The smooth function that agrees with ``function`` around ``place``."""

    def at_place(expression: sp.Basic) -> sp.Expr:
        return sp.N(expression.subs(variable, place), 30)

    def positive(argument: sp.Expr) -> bool:
        return bool(at_place(argument) > 0)

    chosen = function.replace(sp.Abs, lambda u: u if positive(u) else -u)
    chosen = chosen.replace(sp.sign, lambda u: sp.Integer(1 if positive(u) else -1))
    chosen = chosen.replace(sp.Heaviside, lambda u, half=sp.S.Half: sp.Integer(1 if positive(u) else 0))
    chosen = chosen.replace(sp.Max, lambda *terms: max(terms, key=at_place))
    chosen = chosen.replace(sp.Min, lambda *terms: min(terms, key=at_place))
    return chosen.replace(
        lambda e: isinstance(e, sp.Piecewise),
        lambda e: next(value for value, condition in e.args if condition.subs(variable, place) == sp.true),
    )
