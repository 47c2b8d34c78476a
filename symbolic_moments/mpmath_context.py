"""Private mpmath contexts, exact conversion of numbers, and the special functions evaluated in them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import mpmath

__all__ = [
    "MOST_MAGNITUDE",
    "exact_fraction",
    "normal_cdf",
    "normal_density",
    "owens_t",
    "without_astronomy",
    "working_context",
]

MOST_MAGNITUDE = 4000
"""Arguments of functions beyond 2 to this power count as infinite."""
MOST_NORMAL_MAGNITUDE = 500
"""Those of a normal tail."""


def working_context(digits: int) -> Any:
    """Return a fresh mpmath context of ``digits`` decimal digits; mpmath's global precision is not touched.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import working_context
    >>> working_context(40).dps
    40
    """
    context = mpmath.MPContext()
    context.dps = digits
    return context


def exact_fraction(value: Any, name: str = "value") -> Fraction:
    """Return ``value`` as the rational number it exactly is.

    Parameters
    ----------
    value : int, float, str, Fraction, Decimal, mpmath.mpf or SymPy rational
        A float stands for the dyadic rational it stores, a string for its decimal (or ``p/q``).
    name : str
        What the value is, for the error message.

    Raises
    ------
    TypeError, ValueError
        The value is not a finite real number of these kinds.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import exact_fraction
    >>> exact_fraction("0.1"), exact_fraction(0.5)
    (Fraction(1, 10), Fraction(1, 2))
    """
    problem = f"{name} = {value!r} is not a finite real number; give an int, Fraction, float, mpf or decimal string"
    if isinstance(value, bool):
        raise TypeError(problem)
    if hasattr(value, "_mpf_"):
        sign, mantissa, exponent, _ = value._mpf_
        if mantissa == 0 and exponent != 0:
            raise ValueError(problem)
        signed = -int(mantissa) if sign else int(mantissa)
        return Fraction(signed) * Fraction(2) ** exponent
    if getattr(value, "is_Rational", False):
        return Fraction(int(value.p), int(value.q))
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    try:
        if isinstance(value, str):
            return Fraction(value) if "/" in value else Fraction(Decimal(value))
        if isinstance(value, (int, float, Fraction, Decimal)):
            return Fraction(value)
    except (ValueError, OverflowError, InvalidOperation, ZeroDivisionError):
        raise ValueError(problem) from None
    raise TypeError(problem)


def without_astronomy(context: Any, u: Any) -> Any:
    """``u``, or plus or minus infinity if it is beyond ``2**MOST_MAGNITUDE``.

    The exponential of such a number has an exponent of more than a thousand digits; mpmath would compute as many
    digits of ``log(2)`` for it, and in ``exp(-exp(x^2))`` millions.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import without_astronomy, working_context
    >>> context = working_context(15)
    >>> without_astronomy(context, -context.mpf(10) ** 2000), without_astronomy(context, context.mpf(3))
    (mpf('-inf'), mpf('3.0'))
    """
    if hasattr(u, "_mpf_"):
        _, mantissa, exponent, length = u._mpf_
        far = mantissa and exponent + length > MOST_MAGNITUDE
    else:
        far = context.isfinite(u) and u != 0 and context.mag(u) > MOST_MAGNITUDE
    if far:
        return context.inf if u > 0 else -context.inf
    return u


def normal_density(context: Any, u: Any) -> Any:
    """Density of the standard normal at ``u``."""
    return context.exp(-u * u / 2) / context.sqrt(2 * context.pi)


def normal_cdf(context: Any, u: Any) -> Any:
    """Distribution function of the standard normal at ``u``, relatively accurate in the lower tail.

    Beyond ``2**MOST_NORMAL_MAGNITUDE``, where mpmath's ``erfc`` overflows, it counts as 0.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import normal_cdf, working_context
    >>> context = working_context(15)
    >>> normal_cdf(context, -context.mpf(10) ** 200), normal_cdf(context, context.mpf(10) ** 200)
    (mpf('0.0'), mpf('1.0'))
    """
    if context.isfinite(u) and u < 0 and context.mag(u) > MOST_NORMAL_MAGNITUDE:
        return context.zero
    return context.erfc(-u / context.sqrt(2)) / 2


def owens_t(context: Any, h: Any, a: Any) -> Any:
    """Owen's T by quadrature of its definition, the factor ``exp(-h^2/2)`` taken out and peaks resolved.

    For ``|a| > 1`` the reflection ``T(h, a) + T(ah, 1/a)`` brings the integration to ``[0, 1]``.
    """
    if a < 0:
        return -owens_t(context, h, -a)
    h = abs(h)
    if a > 1:
        # Owen (1956), eq. 2.3: T(h,a) + T(ah,1/a) = (Phi(h) + Phi(ah))/2 - Phi(h) Phi(ah), in upper tails
        upper_h, upper_ah = normal_cdf(context, -h), normal_cdf(context, -a * h)
        return (upper_h + upper_ah) / 2 - upper_h * upper_ah - owens_t(context, a * h, 1 / a)
    square = h * h / 2
    ends = [context.zero, a]
    reach = context.sqrt((context.dps + 5) * context.ln(10) / square) if square > 0 else a
    if reach < a:
        ends = [context.zero, reach / 8, reach / 4, reach / 2, reach]
    integral = context.quad(lambda s: context.exp(-square * s * s) / (1 + s * s), ends)
    return context.exp(-square) * integral / (2 * context.pi)
