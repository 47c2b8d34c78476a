"""Functions that are constant between two kinks, less that constant: what is left there is exactly nothing."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from codegen.kink_limits import one_sided
from codegen.stable_forms import stabilised

__all__ = ["less_plateaus"]


def less_plateaus(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """For each constant but 0 that the function is between two neighbouring kinks, the function less it.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> less_plateaus(sp.Piecewise((x, x < 1), (1, x < 2), (x - 1, True)), x, (sp.Integer(1), sp.Integer(2)))
    (Piecewise((x - 1, x < 1), (0, x < 2), (x - 2, True)),)
    """
    if len(kinks) < 2:
        return ()
    inside = [one_sided(function, variable, (low + high) / 2) for low, high in pairwise(kinks)]
    levels = {branch for branch in inside if not branch.has(variable) and branch != 0}
    outside = [one_sided(function, variable, kinks[0] - 1), one_sided(function, variable, kinks[-1] + 1)]
    branches = list(zip([outside[0], *inside], kinks, strict=True))
    return tuple(
        sp.Piecewise(
            *((stabilised(branch - level), variable < end) for branch, end in branches),
            (stabilised(outside[1] - level), True),
            evaluate=False,
        )
        for level in sorted(levels, key=sp.default_sort_key)
    )
