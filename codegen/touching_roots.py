"""Places away from 0 at which a function only touches 0: what is left of its terms next to them is their rounding."""

from __future__ import annotations

import mpmath
import numpy as np
import sympy as sp

from codegen.mp_functions import mp_function
from codegen.stable_functions import written_out

__all__ = ["touching_roots"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_FARTHEST = 100.0
_PER_DECADE = 60
_MOST = 12
_DIGITS = 60
_ZERO = 1e-50
_SIMPLE = 1000


def touching_roots(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, ...]:
    """Rationals with denominators to 1000, between 1/1000 and 100 in size, at which g and g' vanish together.

    Of functions without kinks; found where |g| is smallest on a grid, if it is no more often than 12 times.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [touching_roots(g, x) for g in (sp.exp(x - 1) - x, sp.exp(x) - x - 1, sp.exp(x - 1) - x - 1)]
    [(1,), (), ()]
    """
    if expression.has(*_BRANCHES):
        return ()
    context = mpmath.MPContext()
    context.dps = _DIGITS
    value = mp_function(context, expression, variable)
    half = 10 ** np.arange(-3, np.log10(_FARTHEST), 1 / _PER_DECADE)
    grid = [*(-half[::-1]), *half]
    sizes = [float(abs(value(context.mpf(y)))) for y in grid]
    lowest = [n for n in range(1, len(grid) - 1) if 0 < sizes[n - 1] > sizes[n] < sizes[n + 1]]
    if not 0 < len(lowest) <= _MOST:
        return ()
    slope = mp_function(context, written_out(sp.diff(expression, variable)), variable)
    found = []
    for n in lowest:
        low, high = context.mpf(grid[n - 1]), context.mpf(grid[n + 1])
        if slope(low) * slope(high) >= 0:
            continue
        place = context.findroot(slope, (low, high), solver="anderson", tol=_ZERO, verify=False)
        nearest = sp.Rational(context.nstr(place, _DIGITS)).limit_denominator(_SIMPLE)
        exact = context.mpf(int(nearest.p)) / int(nearest.q)
        if nearest and abs(place - exact) < 1e-20 and max(abs(value(exact)), abs(slope(exact))) < _ZERO:
            found.append(nearest)
    return tuple(found)
