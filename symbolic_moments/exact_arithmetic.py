"""Sums, products and powers of exact rationals and mpmath numbers, rational as long as possible."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["Split", "power", "product", "real", "scaled", "total"]


@dataclass(frozen=True)
class Split:
    """``exact + rest``, kept apart so that exact parts can cancel: ``Phi(u) = 1 - Phi(-u)`` for ``u > 0``."""

    exact: Fraction
    rest: Any


def real(context: Any, value: Any) -> Any:
    """A Fraction, a Split or a number of the context as a number of the context."""
    if isinstance(value, Split):
        return real(context, value.exact) + value.rest
    return context.mpf(value.numerator) / value.denominator if type(value) is Fraction else value


def total(context: Any, terms: list[Any]) -> Any:
    """The sum: a Fraction, a Split or a number.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.exact_arithmetic import Split, total
    >>> from symbolic_moments.mpmath_context import working_context
    >>> print(total(working_context(15), [Split(Fraction(1), working_context(15).mpf(10) ** -40), Fraction(-1)]))
    1.0e-40
    """
    exact, rest = Fraction(0), []
    for term in terms:
        if type(term) is Fraction:
            exact += term
        elif isinstance(term, Split):
            exact += term.exact
            rest.append(term.rest)
        else:
            rest.append(term)
    if not rest:
        return exact
    inexact = context.fsum(rest)
    return Split(exact, inexact) if exact else inexact


def product(context: Any, factors: list[Any]) -> Any:
    """The product: a Fraction, a Split or a number; 0 where an exact factor is and nothing is infinite."""
    exact, rest = Fraction(1), []
    for factor in factors:
        if type(factor) is Fraction:
            exact *= factor
        else:
            rest.append(factor)
    if not rest:
        return exact
    if len(rest) == 1 and isinstance(rest[0], Split):
        return Split(exact * rest[0].exact, scaled(exact, rest[0].rest)) if exact else exact
    inexact = real(context, rest[0])
    for factor in rest[1:]:
        inexact = inexact * real(context, factor)
    return scaled(exact, inexact) if exact or not context.isfinite(inexact) else exact


def scaled(exact: Fraction, value: Any) -> Any:
    """``exact * value``."""
    if exact == 1:
        return value
    return value * exact.numerator / exact.denominator


def power(context: Any, base: Any, exponent: Any) -> Any:
    """``base**exponent``; whole powers of Fractions are Fractions.

    Raises
    ------
    ZeroDivisionError
        For 0 to a negative power.
    """
    if type(exponent) is Fraction and exponent < 0 and base == 0:
        raise ZeroDivisionError(f"0 to the power of {exponent}: a denominator vanishes where it is to be evaluated")
    if type(exponent) is Fraction and exponent.denominator == 1:
        return base ** int(exponent)
    if type(exponent) is Fraction and exponent.denominator == 2:
        return context.sqrt(real(context, base)) ** exponent.numerator
    return context.power(real(context, base), real(context, exponent))
