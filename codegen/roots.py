"""Whether an activation has a root away from 0, next to which raw moments depend on the last bits of mu."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import sympy as sp

from codegen.algebraic import normal_form
from codegen.exact_comparisons import is_double
from codegen.families.pieces import root_between
from codegen.mp_functions import real_function
from codegen.periodic_window import kinks_within, period_of
from codegen.touching_roots import touching_roots
from symbolic_moments.decomposition import Decomposition

_FARTHEST = 1e3
_PER_DECADE = 60
_NOTHING = 1e-12


def has_root_away_from_zero(expression: sp.Expr, decomposition: Decomposition, variable: sp.Symbol) -> bool:
    """Whether g vanishes at a point that is neither 0 nor a breakpoint, unless that is no double.

    Roots of polynomial pieces are found; of anything else changes of sign on a grid out to 1000, rationals at which it
    touches 0, and of what is periodic the kinks, which are breakpoints in some periods only.
    """
    if decomposition.family == "PP":
        ends = [None, *decomposition.breakpoints, None]
        return any(
            root_between(p, variable, *pair) or _vanishes_at_rounded_end(p, variable, pair)
            for p, pair in zip(decomposition.pieces, pairwise(ends), strict=True)
        )
    if changes_sign_away_from_zero(expression, variable) or touching_roots(expression, variable):
        return True
    return _vanishes_periodically(expression, variable)


def _vanishes_at_rounded_end(polynomial: sp.Expr, variable: sp.Symbol, ends: Iterable[sp.Expr | None]) -> bool:
    """Whether the polynomial of a piece vanishes at an end of it that is no double: the distance to it is rounded."""
    rounded = [end for end in ends if end is not None and not end.free_symbols and not is_double(end)]
    return polynomial != 0 and any(normal_form(sp.expand(polynomial.subs(variable, end))) == 0 for end in rounded)


def _vanishes_periodically(expression: sp.Expr, variable: sp.Symbol) -> bool:
    period = period_of(expression)
    if period is None:
        return False
    value = real_function(expression, variable)
    return any(abs(value(float(kink))) < _NOTHING for kink in kinks_within(expression, period))


def changes_sign_away_from_zero(expression: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether g takes both signs on one side of 0, on a grid from 1/1000 to 1000.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [changes_sign_away_from_zero(g, x) for g in (sp.tanh(x), sp.tanh(x) - sp.Rational(1, 2))]
    [False, True]
    """
    value = real_function(expression, variable)
    half = 10 ** np.arange(-3, np.log10(_FARTHEST), 1 / _PER_DECADE)
    signs = [(y, value(y)) for y in [*(-half[::-1]), *half]]
    seen = [(y, v > 0) for y, v in signs if v != 0]
    return any(a[1] != b[1] and a[0] * b[0] > 0 for a, b in pairwise(seen))
