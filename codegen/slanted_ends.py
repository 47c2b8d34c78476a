"""Lines, not level, that a function approaches as a power of x does: it bends as what it leaves of them."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.asymptotes import slanted_asymptote
from codegen.general_forms import at_end
from codegen.kink_limits import one_sided
from codegen.slopes_at_ends import Line
from codegen.stable_forms import stabilised
from codegen.structures import Structure

__all__ = ["slanted_ends"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)


def slanted_ends(
    lines: tuple[Line, Line],
    function: sp.Expr,
    variable: sp.Symbol,
    bends: Sequence[Structure],
    kinks: Sequence[sp.Expr],
) -> tuple[Line, Line]:
    """Lines at the left and the right end, and rests, where none of ``lines`` is known.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> gate = x / 2 * (1 + x / (1 + sp.Abs(x)))
    >>> slanted_ends((None, None), gate, x, [Structure(sp.S.Zero, sp.S.One)], [sp.S.Zero])[1][0]
    x - 1/2
    """
    width = max(one.width for one in bends)
    middle = (bends[0].centre + bends[-1].centre) / 2
    found: list[Line] = []
    for side, line, kink in zip((-1, 1), lines, (kinks[0], kinks[-1]) if kinks else (None, None), strict=True):
        if line is not None:
            found.append(None)
            continue
        branch = function
        if kink is not None and function.has(*_BRANCHES):
            branch = stabilised(one_sided(function, variable, kink + side * width))
        found.append(slanted_asymptote(at_end(branch, variable, side), variable, side, middle, width))
    return found[0], found[1]
