"""Functions that are constant between their jumps, however curved what they jump on is."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from codegen.kink_limits import one_sided
from codegen.kink_places import kink_places
from codegen.lossy_numbers import lossless
from codegen.stable_forms import derivative, stabilised

__all__ = ["step_pieces"]


def step_pieces(expression: sp.Expr, variable: sp.Symbol) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]] | None:
    """The places of the jumps and the constants before, between and after them; None of what is not such a function.

    Raises
    ------
    NoPanelPlanError
        It jumps too often.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> step_pieces(2 * sp.Heaviside(sp.tanh(x)) + sp.sign(x - 1), x)
    ((0, 1), (-1, 1, 3))
    """
    if not expression.has(sp.Heaviside, sp.sign, sp.Piecewise) or derivative(stabilised(expression), variable) != 0:
        return None
    places = kink_places(expression)
    inside = [sp.Rational(float(a + b)) / 2 for a, b in pairwise(places)]
    beside = [places[0] - 1, *inside, places[-1] + 1]
    pieces = tuple(sp.simplify(one_sided(expression, variable, place)) for place in beside)
    if any(piece.has(variable) for piece in pieces):
        return None
    pieces = tuple(lossless(piece) for piece in pieces)
    kept = [n for n, (one, other) in enumerate(pairwise(pieces)) if one != other]
    return tuple(places[n] for n in kept), (pieces[0], *(pieces[n + 1] for n in kept))
