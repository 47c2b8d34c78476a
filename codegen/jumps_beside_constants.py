"""Jumps and a constant that is their opposite on one side: exactly 0 there, in whatever order they are added."""

from __future__ import annotations

from itertools import product

import sympy as sp

__all__ = ["without_cancelling_levels"]

_MOST = 4


def without_cancelling_levels(total: sp.Add) -> sp.Expr:
    """A sum with signs and steps, and a constant that they cancel to one side of each, as steps that are 0 there.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> without_cancelling_levels(sp.sign(x) - 1 + sp.exp(x))
    exp(x) - 2*Heaviside(-x)
    >>> without_cancelling_levels(x + 2 - 2 * sp.Heaviside(x - 1))
    x + 2*Heaviside(1 - x)
    >>> without_cancelling_levels(sp.sign(x) + 3)
    sign(x) + 3
    """
    constant = sp.Add(*(term for term in total.args if term.is_number))
    jumps = [term for term in total.args if isinstance(term.as_coeff_Mul()[1], sp.sign | sp.Heaviside)]
    if constant == 0 or not 0 < len(jumps) <= _MOST:
        return total
    sides = [_sides(term) for term in jumps]
    for chosen in product(*sides):
        if sp.expand(constant + sp.Add(*(level for level, _ in chosen))) == 0:
            kept = [term for term in total.args if not term.is_number and term not in jumps]
            return sp.Add(*kept, *(step for _, step in chosen))
    return total


def _sides(term: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """For each side of a jump its value there, and the jump less that value."""
    factor, jump = term.as_coeff_Mul()
    u = jump.args[0]
    if isinstance(jump, sp.sign):
        half = sp.S.Half
        return [(factor, -2 * factor * sp.Heaviside(-u, half)), (-factor, 2 * factor * sp.Heaviside(u, half))]
    at_zero = jump.args[1]
    return [(factor, -factor * sp.Heaviside(-u, 1 - at_zero)), (sp.S.Zero, term)]
