"""Differences that vanish at both ends (mish - relu), written side by side so that nothing cancels there."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.asymptotes import asymptote
from codegen.kink_limits import BESIDE, one_sided
from codegen.stable_forms import stabilised

__all__ = ["vanishing_at_both_ends"]


def vanishing_at_both_ends(function: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr]) -> sp.Expr | None:
    """``function``, a stabilised sum with one kink, as what it is on each side of it; None where that changes nothing.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> vanishing_at_both_ends(stabilised(sp.log(1 + sp.exp(x)) - sp.Max(x, 0)), x, [sp.Integer(0)])
    Piecewise((softplus(x), x < 0), (softplus(-x), True))
    """
    if not isinstance(function, sp.Add) or len(kinks) != 1 or not function.has(sp.Max, sp.Min, sp.Abs):
        return None
    kink = kinks[0]
    sides = []
    for side in (-1, 1):
        found = asymptote(function, variable, side, sp.S.Zero)
        if found is None or found[0] != 0:
            return None
        sides.append(stabilised(one_sided(found[1], variable, kink + side * BESIDE)))
    return sp.Piecewise((sides[0], variable < kink), (sides[1], True))
