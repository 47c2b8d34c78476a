"""Gauss-Legendre rules on [0, 1] as the kernels use them: pairs of numbers, correctly rounded."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath

from codegen.gauss_legendre import gauss_legendre

DOUBLE_DIGITS = 15
_GUARD_DIGITS = 15


@cache
def unit_interval_rule(count: int, digits: int) -> tuple[tuple[Any, Any], ...]:
    """Gauss-Legendre nodes and weights on [0, 1], nodes increasing, correctly rounded for ``digits``.

    Floats up to 15 digits, ``mpf`` of a private context beyond. (The eigenvalues of Golub and Welsch's matrix give
    the end weights with a relative error of 1e-13 in double precision, which is why NumPy's rule is not used.)

    Examples
    --------
    >>> unit_interval_rule(1, 15)
    ((0.5, 1.0),)
    """
    context = mpmath.MPContext()
    context.dps = digits + _GUARD_DIGITS
    rule = gauss_legendre(count, context.prec, 0)
    one = context.ldexp(1, rule.bits)
    pairs = [
        ((1 + context.mpf(node) / one) / 2, context.mpf(weight) / one / 2)
        for node, weight in zip(rule.nodes, rule.weights, strict=True)
    ]
    if digits <= DOUBLE_DIGITS:
        return tuple((float(node), float(weight)) for node, weight in pairs)
    return tuple(pairs)
