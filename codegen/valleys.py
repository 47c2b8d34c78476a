"""Functions that are very small beside places where they are large: windows measured in sigma miss what counts."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import sympy as sp

from codegen.chebyshev_panels import Function, evaluator
from codegen.panel_marks import Frame

__all__ = ["has_valley"]

DEEP = 1e-7
"""What is smaller beside what it stands next to is a valley: a window reaches to where the density is e^-60."""
FAR = 1000
_FARTHER = 4
_WIDE = 8
_PARTS = 16
_DIGITS = 40


def has_valley(function: sp.Expr, variable: sp.Symbol, frame: Frame) -> bool:
    """Whether the function is very small between its structures, or falls far as a power of x beyond them.

    Examples
    --------
    >>> from codegen.structures import structures
    >>> x = sp.Symbol("x", real=True)
    >>> def valley(g, rates):
    ...     return has_valley(g, x, Frame(structures(g, x), (0, 0), rates, (False, False)))
    >>> valley(sp.sech(x) + sp.sech(x - 50), (1, 1)), valley(sp.sech(x), (1, 1))
    (True, False)
    >>> valley(1 / (1 + x**2), (0, 0)), valley(1 / (1 + x**4), (0, 0)), valley(1 / (1 + x**8), (0.1, 0.1))
    (False, True, True)
    """
    value = evaluator(function, variable, _DIGITS)

    def size(lower: sp.Rational, upper: sp.Rational) -> float:
        return max(float(abs(value(lower + (upper - lower) * sp.Rational(n, 8)))) for n in range(9))

    around = [(one.centre - one.width, one.centre + one.width) for one in frame.structures]
    sizes = [size(*around[0])]
    for one, other in pairwise(frame.structures):
        gap = other.centre - one.centre
        if gap > _WIDE * max(one.width, other.width):
            ends = [one.centre + gap * sp.Rational(n, _PARTS) for n in range(_PARTS + 1)]
            sizes += [size(*pair) for pair in pairwise(ends)]
        sizes.append(size(other.centre - other.width, other.centre + other.width))
    if any(here < DEEP * min(max(sizes[:n]), max(sizes[n + 1 :])) for n, here in enumerate(sizes[1:-1], 1)):
        return True
    widest = max(one.width for one in frame.structures)
    outer = (frame.structures[0].centre, -FAR * widest), (frame.structures[-1].centre, FAR * widest)
    return any(
        not faster and 0 < abs(value(centre + away)) < DEEP * max(sizes) and _as_power(value, centre, away, float(rate))
        for (centre, away), rate, faster in zip(outer, frame.rates, frame.faster, strict=True)
    )


def _as_power(value: Function, centre: sp.Expr, away: sp.Expr, rate: float) -> bool:
    """Whether the function, far out, does not fall at that rate: a high power of x seems to, close by."""
    near, far = abs(value(centre + away)), abs(value(centre + _FARTHER * away))
    if rate == 0:
        return True
    return bool(far > 0 and mpmath.log(near) - mpmath.log(far) < rate * (_FARTHER - 1) * abs(float(away)) / 2)
