"""Functions that are constant between two kinks, less that constant: what is left there is exactly nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy as sp

from codegen.kink_limits import BESIDE, one_sided
from codegen.kink_root_forms import KinkRootForm, kink_root_form
from codegen.stable_forms import stabilised
from codegen.stable_functions import written_out

__all__ = ["less_plateaus", "less_values_at_kinks"]

_MOST = 3


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


def less_values_at_kinks(
    function: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr], jumping: Sequence[sp.Expr]
) -> tuple[tuple[sp.Expr, KinkRootForm | None], ...]:
    """For each of a few kinks the function less its value there, and the form of that next to it where it cancels.

    Of continuous kinks at rational places, where the function is not 0 and constant on neither side.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> less_values_at_kinks(1 / (1 + sp.Abs(x) ** 3), x, (sp.S.Zero,), ())
    ((-x**2*Abs(x)/(x**2*Abs(x) + 1), None),)
    """
    found = []
    for kink in kinks:
        sides = [one_sided(function, variable, kink + side * BESIDE) for side in (-1, 1)]
        value = written_out(sides[1].subs(variable, kink))
        if not isinstance(kink, sp.Rational) or kink in jumping or not value.is_finite or value == 0:
            continue
        if not all(side.has(variable) for side in sides):
            continue
        rest = stabilised(function - value)
        found.append((rest, kink_root_form(rest, variable, [kink])))
    return tuple(found) if len(found) <= _MOST else ()
