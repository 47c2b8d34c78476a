r"""Values of two-point moments: closed forms at increasing precision, quadrature, and the limits that are neither.

Where a deviation or the correlation is 0 the moment is a product of two, where the correlation is 1 or -1 an integral
over one Gaussian; elsewhere a closed form is followed until two precisions agree, and what is not closed is integrated.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.activation import Activation
from symbolic_moments.decomposition import decompose
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.removable import with_limit
from symbolic_moments.symbols import mu, mu_1, mu_2, rho, sigma, sigma_1, sigma_2, x
from symbolic_moments.two_point_quadrature import two_point_integral

__all__ = ["two_point_value"]

_ROUNDING = Fraction(1, 2**50)
"""A correlation this little beyond 1 is 1, rounded."""
_GUARD_DIGITS = 15
_FARTHEST_CANCELLATION = 400
"""Digits beyond four times those asked for that a closed form may cancel before it is integrated instead."""


def two_point_value(
    digits: int, left: Activation, right: Activation, closed: sp.Expr | None, exact: dict[sp.Symbol, Fraction]
) -> Any:
    """``E[g1(y1) g2(y2)]`` to ``digits`` digits.

    Parameters
    ----------
    digits : int
        At least 1.
    left, right : Activation
        ``g1`` and ``g2``.
    closed : sympy.Expr or None
        The closed form for positive deviations and ``|rho| < 1``, if there is one.
    exact : dict from sympy.Symbol to Fraction
        Of the five variables and the parameters.

    Returns
    -------
    mpf
        0 for a value below ``10^(-2 digits - 20) sqrt(E[g1^2] E[g2^2])``, in which no digit is certain.

    Raises
    ------
    ValueError
        The correlation is beyond 1 by more than rounding.
    ArithmeticError
        The digits were not reached.
    """
    correlation = _correlation(exact[rho])
    exact = {**exact, rho: correlation}
    context = working_context(digits)
    if correlation == 0 or exact[sigma_1] == 0 or exact[sigma_2] == 0:
        factors = [_mean(digits + 5, g, exact, k) for k, g in ((1, left), (2, right))]
        return context.convert(factors[0] * factors[1]) * 1
    if abs(correlation) == 1:
        return _on_a_line(digits, left, right, exact)
    if closed is not None:
        value = _closed_value(digits, closed, left, right, exact)
        if value is not None:
            return value
    return two_point_integral(digits, left, right, exact)


def _correlation(value: Fraction) -> Fraction:
    if abs(value) > 1 + _ROUNDING:
        raise ValueError(
            f"rho = {float(value):g} given; a correlation is between -1 and 1: for a covariance, divide it by both "
            "standard deviations"
        )
    return max(Fraction(-1), min(Fraction(1), value))


def _mean(digits: int, g: Activation, exact: dict[sp.Symbol, Fraction], k: int, *, squared: bool = False) -> Any:
    """``E[g]`` or ``E[g^2]`` under the k-th Gaussian."""
    mean, deviation = (mu_1, sigma_1) if k == 1 else (mu_2, sigma_2)
    values = {symbol.name: value for symbol, value in exact.items()}
    values |= {"mu": exact[mean], "sigma": exact[deviation]}
    formula = g.second_moment() if squared else g.moment(0)
    return formula.evalf(digits, **values)


def _on_a_line(digits: int, left: Activation, right: Activation, exact: dict[sp.Symbol, Fraction]) -> Any:
    """``|rho| = 1``: both are functions of one standard normal variable."""
    first = with_limit(left.expression).subs(x, _rational(exact[mu_1]) + _rational(exact[sigma_1]) * x)
    slope = _rational(exact[rho]) * _rational(exact[sigma_2])
    second = with_limit(right.expression).subs(x, _rational(exact[mu_2]) + slope * x)
    if _vanishes(first * second):
        return working_context(digits).zero
    return gaussian_expectation(digits, first * second, {**exact, mu: Fraction(0), sigma: Fraction(1)})


def _vanishes(product: sp.Expr) -> bool:
    """Whether a product is 0 everywhere, as where each factor is on where the other is off."""
    parts = decompose(product)
    nothing_left = parts.remainder == 0 and not parts.error_terms and not any(parts.terms)
    return bool(nothing_left and all(piece == 0 for piece in parts.pieces))


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _closed_value(
    digits: int, closed: sp.Expr, left: Activation, right: Activation, exact: dict[sp.Symbol, Fraction]
) -> Any:
    """The closed form where two precisions agree; 0 where its terms cancel; None where neither is reached."""
    working, previous, size = digits + _GUARD_DIGITS, None, None
    while working <= 4 * digits + _FARTHEST_CANCELLATION:
        context = working_context(working)
        evaluator = Evaluator(context, exact)
        value = evaluator.real(evaluator(closed))
        if context.isnan(value):
            return None
        if previous is not None:
            if value != 0 and abs(value - previous) <= context.mpf(10) ** (-digits - 2) * abs(value):
                return working_context(digits).convert(value) * 1
            size = size or context.sqrt(
                _mean(5, left, exact, 1, squared=True) * _mean(5, right, exact, 2, squared=True)
            )
            beyond = working > digits + 2 * _GUARD_DIGITS
            if beyond and max(abs(value), abs(previous)) <= context.mpf(10) ** (-2 * digits - 20) * size:
                return working_context(digits).zero
        working += _GUARD_DIGITS if previous is None else working
        previous = value
    return None
