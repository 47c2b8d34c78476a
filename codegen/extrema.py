"""Places next to 0 at which the slope of a function vanishes: its terms cancel there."""

from __future__ import annotations

from itertools import pairwise
from types import ModuleType

import mpmath
import numpy as np
import sympy as sp

from codegen.mp_functions import mp_function
from codegen.stable_functions import written_out

__all__ = ["extrema_near_zero", "loses_slope_at_zero"]

_NEAREST, _FARTHEST = -3, 0.6
_PER_DECADE = 40
_COARSE, _DIGITS = 30, 110
_NOTHING = 1e-90
_MOST = 4
_BESIDE_ZERO = (1e-3, 1e-5, 1e-7)
_LOST = 4e-14


def extrema_near_zero(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, ...]:
    """Simple roots of g' at 0 or between 1/1000 and 4 in size, to 100 digits; the four nearest to 0. Kinks are none.

    Farther out an ulp of mu is more than the rounding of what cancels in g'.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [float(place) for place in extrema_near_zero(sp.exp(2 * x) - x, x)]
    [-0.34657359027997264]
    >>> [extrema_near_zero(g, x) for g in (sp.tanh(x + 1) - sp.tanh(x - 1), sp.Abs(x - 1), sp.sign(x) + sp.tanh(x))]
    [(0,), (), ()]
    """
    slope = _slope(expression, variable)
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
            if first * second >= 0:
                continue
            nothing = _NOTHING * (abs(first) + abs(second))
            if low * high < 0:
                if abs(exact(fine.zero)) < nothing:
                    found.append(sp.S.Zero)
                continue
            place = fine.findroot(
                exact, (fine.mpf(low), fine.mpf(high)), solver="anderson", tol=_NOTHING**2, verify=False
            )
            if low < place < high and abs(exact(place)) < nothing:
                found.append(sp.Rational(fine.nstr(place, _DIGITS - 10)))
    except (ZeroDivisionError, ValueError, TypeError):
        return ()
    return tuple(sorted(found, key=abs)[:_MOST])


def loses_slope_at_zero(kernel: ModuleType, expression: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether g'(x) of a kernel, g'(0) = 0, loses digits next to 0, where an ulp of x is nothing."""
    context = mpmath.MPContext()
    context.dps = _DIGITS
    exact = mp_function(context, _slope(expression, variable), variable)
    places = [side * place for place in _BESIDE_ZERO for side in (-1, 1)]
    found = kernel.expected_derivatives(np.array(places), 0.0, 1)[1]
    wanted = [exact(context.mpf(place)) for place in places]
    return any(not abs(float(one) - slope) <= _LOST * abs(slope) for one, slope in zip(found, wanted, strict=True))


def _slope(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """That between jumps."""
    return written_out(sp.diff(expression, variable)).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
