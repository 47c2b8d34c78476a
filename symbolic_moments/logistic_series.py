r"""Values of ``E[p(y) sigmoid(a y + b)]`` and ``E[p(y) softplus(a y + b)]`` by their accelerated series.

In ``u = a y + b``, Gaussian with mean ``a mu + b`` and deviation ``a sigma``,

    sigmoid(u) = sum_k (-1)^k e^{-ku} (u > 0),  sum_k (-1)^k e^{(k+1)u} (u < 0),
    softplus(u) = max(u, 0) + sum_k (-1)^k e^{-(k+1)|u|}/(k+1),

and for every power ``j`` and each half line the numbers ``E[|u|^j e^{-k|u|}]`` are moments in ``k`` of a positive
measure (so are they over ``k + 1``), so that :mod:`symbolic_moments.alternating_series` bounds the error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.alternating_series import acceleration, terms_for
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.logistic_symmetry import gaussian_moments, vanishes_by_symmetry
from symbolic_moments.logistic_terms import LogisticTerm
from symbolic_moments.mpmath_context import normal_cdf, normal_density, working_context
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["logistic_expectation"]

_MOST_DIGITS = 2500


def logistic_expectation(
    digits: int, terms: Sequence[LogisticTerm], weight: sp.Expr, values: dict[Any, Fraction]
) -> Any:
    """``E[weight(y) g(y)]`` for ``g`` a sum of logistic terms, ``y ~ N(mu, sigma^2)``.

    Parameters
    ----------
    digits : int
        Decimal digits, relative to the value.
    terms : sequence of LogisticTerm
        Their slopes positive.
    weight : sympy.Expr
        Polynomial in ``x``, its coefficients may depend on ``mu``, ``sigma`` and parameters.
    values : dict from sympy.Symbol to Fraction
        ``mu``, ``sigma > 0`` and the parameters.

    Returns
    -------
    mpf
        Exactly 0 where the value vanishes by symmetry.

    Raises
    ------
    ArithmeticError
        The parts cancel beyond every precision tried.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import sympy
    >>> from symbolic_moments.logistic_series import logistic_expectation
    >>> from symbolic_moments.logistic_terms import logistic_terms
    >>> from symbolic_moments.symbols import mu, sigma, x
    >>> at = {mu: Fraction(1), sigma: Fraction(2)}
    >>> print(logistic_expectation(20, logistic_terms(sympy.tanh(x)), sympy.Integer(1), at))
    0.3523444377014930525
    """
    weighted = [replace(term, polynomial=sp.expand(weight * term.polynomial)) for term in terms]
    if vanishes_by_symmetry(weighted, values):
        return working_context(digits).zero
    smallest = _reflected(weighted, values)
    lost = 0.0
    while digits + lost < _MOST_DIGITS:
        coarse, size, bound, context = _sum(digits + lost + 5, smallest, values)
        value, *_ = _sum(digits + lost + 5, smallest, values, more=1.5)
        bound += 2 * abs(value - coarse)
        if abs(value) > bound * context.mpf(10) ** digits:
            return working_context(digits).convert(value) * 1
        ratio = size / max(abs(value), bound)
        lost = max(2 * lost, float(context.log10(ratio)) + 5, 5)
    raise ArithmeticError(
        f"the parts of a logistic series cancel beyond {_MOST_DIGITS} digits at "
        + ", ".join(f"{symbol} = {float(value):g}" for symbol, value in values.items())
    )


def _reflected(terms: list[LogisticTerm], values: dict[Any, Fraction]) -> list[LogisticTerm]:
    """The same sum with every ``a mu + b <= 0``, through ``S(u) = 1 - S(-u)`` and ``L(u) = u + L(-u)``.

    What a function tends to at infinity is then in the polynomial, whose expectation is exact.
    """
    evaluator = Evaluator(working_context(30), values)
    polynomial: Any = sp.S.Zero
    result = []
    for term in terms:
        u = term.slope * x + term.offset
        if not term.kind:
            polynomial += term.polynomial
        elif evaluator(term.slope * mu + term.offset) > 0:
            is_sigmoid = term.kind == "sigmoid"
            polynomial += term.polynomial * (1 if is_sigmoid else u)
            turned = -term.polynomial if is_sigmoid else term.polynomial
            result.append(LogisticTerm(term.kind, turned, -term.slope, -term.offset))
        else:
            result.append(term)
    polynomial = sp.expand(polynomial)
    return [LogisticTerm("", polynomial, sp.S.One, sp.S.Zero), *result] if polynomial != 0 else result


def _sum(
    digits: float, terms: list[LogisticTerm], values: dict[Any, Fraction], more: float = 1
) -> tuple[Any, Any, Any, Any]:
    """Value, size of its parts, bound of the series' error, and the context, ``more`` times as precise as needed."""
    count = terms_for(digits)
    _, d = acceleration(count)
    context = working_context(math.ceil(more * _working_digits(digits, count, terms, values)))
    evaluator = Evaluator(context, values)
    total = size = context.zero
    for term in terms:
        poly = sp.Poly(term.polynomial, x)
        coefficients = [evaluator(poly.coeff_monomial(x**j)) for j in range(int(poly.degree()) + 1)]
        if not term.kind:
            parts = _gaussian_parts(evaluator, coefficients, values)
        else:
            slope, offset, mean, deviation = (
                evaluator.real(evaluator(part))
                for part in (term.slope, term.offset, term.slope * mu + term.offset, abs(term.slope) * sigma)
            )
            in_u = _composed(context, [evaluator.real(value) for value in coefficients], slope, offset)
            parts = _parts(context, term.kind, in_u, mean, deviation, count)
        for part in parts:
            total += part
            size += abs(part)
    return total, size, 2 * size / d, context


def _working_digits(digits: float, count: int, terms: list[LogisticTerm], values: dict[Any, Fraction]) -> int:
    """Digits of the arithmetic: the recurrence of the moments loses ``2 degree log10 |t|``, the exponents a few."""
    context = working_context(20)
    evaluator = Evaluator(context, values)
    largest, degree = context.one, 1
    for term in terms:
        mean, deviation = (
            evaluator.real(evaluator(part)) for part in (term.slope * mu + term.offset, abs(term.slope) * sigma)
        )
        largest = max(largest, abs(mean) / deviation + (count + 1) * deviation, abs(mean) + deviation, 1 / deviation)
        degree = max(degree, int(sp.Poly(term.polynomial, x).degree()) + 1)
    return math.ceil(digits + 15 + (2 * degree + 4) * float(context.log10(largest + 2)) + 0.3 * degree)


def _composed(context: Any, coefficients: list[Any], slope: Any, offset: Any) -> list[Any]:
    """Coefficients in ``u`` of the polynomial of ``(u - offset)/slope``."""
    result: list[Any] = [context.zero]
    for coefficient in reversed(coefficients):
        shifted = [context.zero, *[value / slope for value in result]]
        for index, value in enumerate(result):
            shifted[index] -= value * offset / slope
        shifted[0] += coefficient
        result = shifted
    return result


def _parts(context: Any, kind: str, in_u: list[Any], mean: Any, deviation: Any, count: int) -> list[Any]:
    """The expectation as a list: one number for each power and half line."""
    last = len(in_u)
    weights = [context.mpf(w.numerator) / w.denominator for w in acceleration(count)[0]]
    right = [_moments(context, last, mean, deviation, k) for k in range(count + 1)]
    left = [_moments(context, last, -mean, deviation, k) for k in range(count + 1)]
    parts = []
    for j, coefficient in enumerate(in_u):
        if coefficient == 0:
            continue
        if kind == "sigmoid":
            above = context.fsum(weights[k] * right[k][j] for k in range(count))
            below = context.fsum(weights[k] * left[k + 1][j] for k in range(count))
        else:
            above = context.fsum(weights[k] * right[k + 1][j] / (k + 1) for k in range(count)) + right[0][j + 1]
            below = context.fsum(weights[k] * left[k + 1][j] / (k + 1) for k in range(count))
        parts += [coefficient * above, coefficient * (-1) ** j * below]
    return parts


def _gaussian_parts(evaluator: Evaluator, coefficients: list[Any], values: dict[Any, Fraction]) -> list[Any]:
    """The expectation of a polynomial: one number if it is rational (then exact), else one for each power."""
    moments = gaussian_moments(len(coefficients), values[mu], values[sigma])
    if all(isinstance(coefficient, Fraction) for coefficient in coefficients):
        return [evaluator.real(sum(c * m for c, m in zip(coefficients, moments, strict=False)))]
    return [evaluator.real(c) * evaluator.real(m) for c, m in zip(coefficients, moments, strict=False)]


def _moments(context: Any, last: int, mean: Any, deviation: Any, rate: int) -> list[Any]:
    """``E[u^j e^{-rate u}; u > 0]``, ``j = 0 .. last``: the tilt, then the recurrence of truncated moments."""
    tilted = mean - rate * deviation**2
    t = tilted / deviation
    factor = context.exp(-rate * mean + (rate * deviation) ** 2 / 2)
    result = [factor * normal_cdf(context, t)]
    local = deviation * normal_density(context, mean / deviation)
    for j in range(last):
        following = tilted * result[j] + (local if j == 0 else j * deviation**2 * result[j - 1])
        result.append(following)
    return result
