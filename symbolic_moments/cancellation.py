"""How far terms may cancel without their sum being 0: what separates a small value from 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

__all__ = ["deepest_cancellation", "height"]


def height(values: Iterable[Fraction]) -> int:
    """Digits of the numerators or denominators, whichever are longer, summed.

    A rational combination of the values that is not 0 is not below a power of ``10^-height``.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.cancellation import height
    >>> height([Fraction(1, 10**200), Fraction(3), Fraction(0)])
    203
    """
    # a bit is 0.3011 digits
    return sum(int(0.3011 * max(v.numerator.bit_length(), v.denominator.bit_length())) + 1 for v in values)


def deepest_cancellation(expression: Any, values: Mapping[Any, Fraction]) -> int:
    """Digits that terms of ``expression`` may cancel at ``values`` before their sum counts as 0.

    The height of the values, times two more than the highest power of one: ``2 Phi(mu/s) - 1`` is as small as ``mu``,
    the moment of ``y^n erf(y)`` as small as ``mu sigma^n``.

    Parameters
    ----------
    expression : sympy.Expr
        Its whole powers are looked at.
    values : mapping from sympy.Symbol to Fraction
        Of the symbols.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.cancellation import deepest_cancellation
    >>> from symbolic_moments.symbols import mu, sigma
    >>> deepest_cancellation(mu**3 + sigma**2, {mu: Fraction(1, 10**100), sigma: Fraction(1)})
    510
    """
    powers = (abs(int(node.exp)) for node in expression.atoms(sp.Pow) if node.exp.is_Integer)
    return (max(powers, default=1) + 2) * height(values.values())
