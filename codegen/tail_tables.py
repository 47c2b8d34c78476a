r"""Tables of the first scaled tail moments, ``h_k(x) = int_0^inf z^k exp(-z^2/2 - x z) dz``, x >= 0, k = 0, 1, 2.

Each falls from a constant to ``k! / x^(k+1)``; times a polynomial D_k of positive coefficients that grows in step it
stays within two thirds of 1, and in ``t = (x - 5) / (x + 5)`` it is smooth on the whole half line: some thirty powers
of t are as good as double precision, and no branch is needed.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import mpmath

__all__ = ["CENTRE", "DENOMINATORS", "tail_tables"]

CENTRE = 5
"""The x that t takes to 0: fewest terms for 15 digits."""
DENOMINATORS = ((1, 0.75), (1, 1.25, 1), (0.5, 1.25, 1.5, 0.75))
"""D_0, D_1, D_2, highest power of x first; all doubles."""
_DOUBLE_DIGITS = 15
_GUARD_DIGITS = 15


@cache
def tail_tables(digits: int) -> tuple[tuple[tuple[Any, ...], tuple[float, ...]], ...]:
    """For k = 0, 1, 2: coefficients of ``h_k D_k`` in powers of t, highest first, and those of D_k in powers of x.

    Correctly rounded floats up to 15 digits, ``mpf`` of a private context beyond. Chebyshev coefficients come from
    ``erfc`` at the zeros of a Chebyshev polynomial far above the degree that is kept.

    Examples
    --------
    >>> [len(numerator) for numerator, _ in tail_tables(15)]
    [26, 27, 30]
    """
    context = mpmath.MPContext()
    context.dps = 2 * digits + _GUARD_DIGITS
    count = 4 * digits + 30
    grid = [context.cospi(context.mpf(2 * i + 1) / (2 * count)) for i in range(count)]
    places = [CENTRE * (1 + t) / (1 - t) for t in grid]
    table = []
    for values, denominator in zip(_scaled_moments(context, places), DENOMINATORS, strict=True):
        scaled = [value * context.polyval(denominator, x) for value, x in zip(values, places, strict=True)]
        powers = _powers(context, _chebyshev(context, scaled, digits))
        if digits <= _DOUBLE_DIGITS:
            powers = [float(coefficient) for coefficient in powers]
        table.append((tuple(powers[::-1]), tuple(float(c) for c in denominator)))
    return tuple(table)


def _scaled_moments(context: Any, places: list[Any]) -> list[list[Any]]:
    """h_0, h_1, h_2 at each place; the subtractions lose as many digits as ``x^4`` has."""
    largest = context.mag(max(places))
    moments: list[list[Any]] = [[], [], []]
    with context.workprec(context.prec + 4 * largest):
        for x in places:
            first = context.sqrt(context.pi / 2) * context.exp(x * x / 2) * context.erfc(x / context.sqrt(2))
            second = 1 - x * first
            for listed, value in zip(moments, (first, second, first - x * second), strict=True):
                listed.append(value)
    return moments


def _chebyshev(context: Any, values: list[Any], digits: int) -> list[Any]:
    """Chebyshev coefficients of the interpolant, cut off where all that follow are below ``10^-(digits + 2)``."""
    count = len(values)
    cosines = [context.cospi(context.mpf(i) / (2 * count)) for i in range(4 * count)]
    coefficients = [
        2 * context.fdot((value, cosines[j * (2 * i + 1) % (4 * count)]) for i, value in enumerate(values)) / count
        for j in range(math.ceil(count / 2))
    ]
    coefficients[0] /= 2
    while abs(coefficients[-1]) < context.mpf(10) ** -(digits + 2):
        coefficients.pop()
    return coefficients


def _powers(context: Any, coefficients: list[Any]) -> list[Any]:
    """The same polynomial in powers of t, lowest first (Clenshaw's recurrence on polynomials)."""
    ahead: list[Any] = []
    beyond: list[Any] = []
    for coefficient in coefficients[:0:-1]:
        ahead, beyond = _step(ahead, beyond, coefficient, 2), ahead
    return _step(ahead, beyond, coefficients[0], 1)


def _step(ahead: list[Any], beyond: list[Any], constant: Any, factor: int) -> list[Any]:
    """``constant + factor t ahead - beyond``."""
    result = [constant] + [factor * c for c in ahead]
    for i, c in enumerate(beyond):
        result[i] -= c
    return result
