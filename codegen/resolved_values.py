"""Values of expressions whose terms cancel, as far as a double could tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from codegen.mp_functions import mp_function
from symbolic_moments.mpmath_context import working_context

__all__ = ["resolved_function"]

_DIGITS = (400, 800, 1600)
"""At fewer an exponential beside 1 is lost, and two precisions agree on what is left without it."""
_RESULT = working_context(40)
_AGREED = _RESULT.mpf(10) ** -30
_UNSEEN = _RESULT.mpf(10) ** -330


def resolved_function(expression: sp.Expr, variable: sp.Symbol) -> Callable[[sp.Expr], Any]:
    """The function as a map from places to numbers of 30 digits.

    A value is 0 if it is below 1e-330, and NaN where it is not real or 1600 digits do not show it. SymPy's ``N`` would
    go on to the last digit of each term that is left: those of ``x - x*Phi(x)`` at 400 take minutes.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> value = resolved_function(sp.log(1 + sp.exp(x)) - x, x)
    >>> float(value(sp.Integer(300))), value(sp.Integer(10**4))
    (5.148200222412013e-131, mpf('0.0'))
    """
    contexts = [working_context(digits) for digits in _DIGITS]
    functions = [mp_function(context, expression, variable) for context in contexts]

    def value(place: sp.Expr) -> Any:
        coarse = None
        for context, function in zip(contexts, functions, strict=True):
            try:
                fine = function(context.mpf(sp.N(place, context.dps)))
            except (ZeroDivisionError, OverflowError):
                return _RESULT.nan
            if not isinstance(fine, context.mpf):
                return _RESULT.nan
            if coarse is not None and (abs(fine - coarse) <= _AGREED * abs(fine) or abs(fine) + abs(coarse) < _UNSEEN):
                return _RESULT.zero if abs(fine) < _UNSEEN else _RESULT.convert(fine)
            coarse = fine
        return _RESULT.nan

    return value
