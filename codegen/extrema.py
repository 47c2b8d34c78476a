"""Places next to 0 at which the slope of a function vanishes: its terms cancel there."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import sympy as sp

from codegen.mp_functions import mp_function
from codegen.stable_functions import written_out

__all__ = ["extrema_near_zero"]

_NEAREST, _FARTHEST = -3, 0.6
_PER_DECADE = 40
_COARSE, _DIGITS = 30, 110
_NOTHING = 1e-90
_MOST = 4


def extrema_near_zero(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, ...]:
    """Simple roots of g' between 1/1000 and 4 in size, to 100 digits; the four nearest to 0. Kinks are none.

    Farther out an ulp of mu is more than the rounding of what cancels in g'.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [float(place) for place in extrema_near_zero(sp.exp(2 * x) - x, x)]
    [-0.34657359027997264]
    >>> extrema_near_zero(sp.Abs(x - 1), x)
    ()
    """
    slope = written_out(sp.diff(expression, variable))
    contexts = [mpmath.MPContext() for _ in range(2)]
    for context, digits in zip(contexts, (_COARSE, _DIGITS), strict=True):
        context.dps = digits
    coarse, fine = contexts
    half = 10 ** np.arange(_NEAREST, _FARTHEST, 1 / _PER_DECADE)
    found = []
    try:
        value = mp_function(coarse, slope, variable)
        exact = mp_function(fine, slope, variable)
        seen = [(y, value(coarse.mpf(y))) for y in [*(-half[::-1]), *half]]
        for (low, first), (high, second) in pairwise(seen):
            if low * high > 0 and first * second < 0:
                ends = fine.mpf(low), fine.mpf(high)
                place = fine.findroot(exact, ends, solver="anderson", tol=_NOTHING**2, verify=False)
                if low < place < high and abs(exact(place)) < _NOTHING * (abs(first) + abs(second)):
                    found.append(sp.Rational(fine.nstr(place, _DIGITS - 10)))
    except (ZeroDivisionError, ValueError, TypeError):
        return ()
    return tuple(sorted(found, key=abs)[:_MOST])
