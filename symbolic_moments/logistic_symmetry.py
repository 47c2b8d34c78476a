r"""Whether the expectation of a sum of logistic terms vanishes because the sum is odd about the mean.

About ``a mu + b = 0``, with ``v = y - mu``: ``sigmoid(a v) - 1/2`` is odd and ``softplus(a v) - a v/2`` even, so the
even part of the sum is a polynomial, and what is left of it is decided in rational arithmetic. A series cannot tell 0
from a number that is very small.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.evaluation import Evaluator
from symbolic_moments.logistic_terms import LogisticTerm
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["gaussian_moments", "vanishes_by_symmetry"]

_MEAN = sp.Dummy("mean", real=True)


def gaussian_moments(count: int, mean: Fraction, deviation: Fraction) -> list[Fraction]:
    """``E[y^j]``, ``j = 0 .. count``, exact.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.logistic_symmetry import gaussian_moments
    >>> [str(moment) for moment in gaussian_moments(3, Fraction(1), Fraction(1, 2))]
    ['1', '1', '5/4', '7/4']
    """
    moments = [Fraction(1), mean]
    for j in range(1, count):
        moments.append(mean * moments[j] + j * deviation**2 * moments[j - 1])
    return moments


def vanishes_by_symmetry(terms: Sequence[LogisticTerm], values: dict[Any, Fraction]) -> bool:
    """Whether the expectation is seen to be exactly 0.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import sympy
    >>> from symbolic_moments.logistic_symmetry import vanishes_by_symmetry
    >>> from symbolic_moments.logistic_terms import logistic_terms
    >>> from symbolic_moments.symbols import mu, sigma, x
    >>> odd = logistic_terms(sympy.tanh(x))
    >>> [vanishes_by_symmetry(odd, {mu: mean, sigma: Fraction(2)}) for mean in (Fraction(0), Fraction(1))]
    [True, False]
    """
    evaluator = Evaluator(working_context(15), values)
    polynomial: dict[int, Fraction] = {}
    for term in terms:
        if term.kind and evaluator(term.slope * mu + term.offset) != 0:
            return False
        shifted = sp.Poly(sp.expand(term.polynomial.xreplace({mu: _MEAN}).subs(x, x + _MEAN)), x)
        for (power,), symbolic in shifted.terms():
            coefficient, slope = evaluator(symbolic.xreplace({_MEAN: mu})), evaluator(term.slope)
            if coefficient == 0 or (not term.kind and power % 2):
                continue
            if not isinstance(coefficient, Fraction) or not isinstance(slope, Fraction):
                return False
            if (term.kind == "sigmoid" and power % 2) or (term.kind == "softplus" and power % 2 == 0):
                return False
            degree, factor = (power + 1, slope / 2) if term.kind == "softplus" else (power, Fraction(1))
            factor = Fraction(1, 2) if term.kind == "sigmoid" else factor
            polynomial[degree] = polynomial.get(degree, Fraction(0)) + factor * coefficient
    moments = gaussian_moments(max(polynomial, default=0), Fraction(0), values[sigma])
    return sum(coefficient * moments[power] for power, coefficient in polynomial.items()) == 0
