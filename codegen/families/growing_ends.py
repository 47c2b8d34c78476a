"""Ends at which a sum of exponentials grows: what leaves the doubles there is infinite, and never a difference."""

from __future__ import annotations

import mpmath
import sympy as sp

from codegen.exponential_pieces import ExponentialPieces
from codegen.mp_functions import real_function

__all__ = ["growing_signs", "infinite_lines"]

_FAR = 1e5


def growing_signs(expression: sp.Expr, variable: sp.Symbol, pieces: ExponentialPieces) -> tuple[int, int]:
    """The signs of a function at the ends where it grows exponentially, 0 at the others.

    Examples
    --------
    >>> from codegen.exponential_pieces import pieces_of
    >>> from symbolic_moments.symbols import x
    >>> g = sp.Piecewise((sp.sinh(x), x < 2), (0, True))
    >>> growing_signs(g, x, pieces_of(g))
    (-1, 0)
    """
    value = real_function(expression, variable)
    (left, _), (right, _) = pieces.panels().growths
    return (
        int(mpmath.sign(value(-_FAR))) if left != 0 else 0,
        int(mpmath.sign(value(_FAR))) if right != 0 else 0,
    )


def infinite_lines(signs: tuple[int, int]) -> list[str]:
    """Statements that make ``values`` infinite where infinities of either sign have met."""
    if not any(signs):
        return []
    return [f"    values = [infinite_beyond(xp, mu, row, n, {signs}) for n, row in enumerate(values)]"]
