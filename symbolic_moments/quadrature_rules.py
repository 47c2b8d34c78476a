"""Rules for one panel, to any number of digits: Gauss-Legendre, and the double exponential rule for singular ends."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from mpmath.calculus.quadrature import GaussLegendre

from symbolic_moments.mpmath_context import working_context

__all__ = ["double_exponential", "gauss_legendre"]


@lru_cache(maxsize=32)
def gauss_legendre(digits: int, refinement: int) -> tuple[tuple[Any, Any], ...]:
    """Nodes and weights on ``[-1, 1]``, for a context of ``digits`` digits.

    ``24 * 2**refinement`` nodes up to 40 digits, doubled with every doubling of the digits.

    Examples
    --------
    >>> from symbolic_moments.quadrature_rules import gauss_legendre
    >>> len(gauss_legendre(30, 0)), float(sum(weight * node**2 for node, weight in gauss_legendre(30, 0)))
    (24, 0.6666666666666666)
    """
    context = working_context(digits)
    degree = 4 + refinement + max(0, math.ceil(math.log2(digits / 40)))
    return tuple(GaussLegendre(context).calc_nodes(degree, context.prec + 20))


@lru_cache(maxsize=32)
def double_exponential(digits: int, refinement: int) -> tuple[tuple[Any, Any], ...]:
    r"""Distances from the nearer end of ``[0, 1]`` and weights, of the left half; the right half mirrors it.

    The trapezoidal rule after ``s = 1/(1 + exp(-pi sinh t))``, of step ``1/2^level``: it converges exponentially for
    functions analytic inside, whatever integrable power or logarithm they behave like at the ends. The distance 1/2
    comes last, with half its weight.

    References
    ----------
    H. Takahasi, M. Mori, Publ. RIMS 9 (1974) 721-741.

    Examples
    --------
    >>> from symbolic_moments.quadrature_rules import double_exponential
    >>> rule = double_exponential(25, 1)
    >>> print(rule[0][0].context.nstr(2 * sum(weight * (s**0.5 + (1 - s) ** 0.5) / 2 for s, weight in rule), 15))
    0.666666666666667
    """
    context = working_context(digits)
    level = 3 + refinement + max(0, math.ceil(math.log2(digits / 12)))
    step = context.mpf(2) ** -level
    smallest = context.mpf(10) ** (-digits - 10)
    half = []
    for j in range(2**level * 20):
        t = j * step
        growth = context.exp(context.pi * context.sinh(t))
        distance = 1 / (1 + growth)
        weight = step * context.pi * context.cosh(t) * distance * (growth / (1 + growth))
        if weight < smallest:
            break
        half.append((distance, weight / 2 if j == 0 else weight))
    return tuple(reversed(half))
