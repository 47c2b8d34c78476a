"""Values at increasing precision, until two precisions agree."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symbolic_moments.mpmath_context import working_context

__all__ = ["agreeing_value"]

_DEEPEST = 30_000
_CERTAIN = 500


def agreeing_value(
    digits: int, value_at: Callable[[Any], Any], what: str, most: int | None = None, deepest: int = 0
) -> Any:
    """A value computed at increasing precision until two precisions agree to ``digits`` digits of the value.

    Parameters
    ----------
    digits : int
        At least 1.
    value_at : callable
        From an mpmath context to the value in it (an mpf or a Fraction).
    what : str
        What is computed, for the error message.
    most : int, optional
        The working precision to give up at, in digits; by default about fifty times the digits.
    deepest : int
        Digits that terms may cancel without their sum being 0.

    Returns
    -------
    mpf
        In a context of ``digits`` digits. A value that is 0 at three precisions, the last beyond ``deepest``, is 0; so
        is one that is nothing but rounding at the last precision, 500 digits beyond ``deepest``.

    Raises
    ------
    ArithmeticError
        No agreement below that precision.

    Examples
    --------
    >>> from symbolic_moments.agreement import agreeing_value
    >>> print(agreeing_value(20, lambda context: context.exp(-100) + 1 - 1, "a test"))
    3.720075976020835963e-44
    """
    working, previous, zeros = digits + 15, None, 0
    conclusive = digits + 15 + deepest
    limit = 50 * digits + 5000 + min(deepest, _DEEPEST) if most is None else most
    while working < limit:
        context = working_context(working)
        value = value_at(context)
        if isinstance(value, Fraction):
            return working_context(digits).mpf(value.numerator) / value.denominator
        if context.isnan(value):
            return working_context(digits).nan
        if hasattr(value, "imag") and value.imag != 0:
            raise ArithmeticError(f"{what} is not real at these values")
        zeros = zeros + 1 if value == 0 else 0
        if zeros >= 3 and working >= conclusive:
            return working_context(digits).zero
        if (
            previous is not None
            and value != 0
            and abs(value - previous) <= context.mpf(10) ** (-digits - 2) * abs(value)
        ):
            return working_context(digits).convert(value) * 1
        left = digits + deepest - working
        if most is None and 2 * working >= limit and left < -_CERTAIN and abs(value) < context.mpf(10) ** left:
            return working_context(digits).zero
        previous, working = value, 2 * working if zeros < 2 else max(2 * working, conclusive)
    raise ArithmeticError(f"{what}: {digits} digits were not reached; its terms cancel beyond every precision tried")
