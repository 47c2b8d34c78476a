"""Functions of many steps between constants, ``round(clip(x, -1, 1)*127)/127``, as staircases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import sympy as sp

from codegen.sided_rounding import bounded_steps
from codegen.staircases import KEPT, Staircase, staircase

__all__ = ["FEWEST_JUMPS", "bounded_stairs", "finite_stairs"]

FEWEST_JUMPS = 12
"""Below so many, closed forms of pieces as text are as short, and as fast."""
_MOST_JUMPS = 1100
_MOST_VARIATION = 4
"""Times the distance of the first level from the last: of a bump between them wide Gaussians see little."""


def finite_stairs(places: Sequence[Any], pieces: Sequence[Any]) -> Staircase | None:
    """The staircase with these jumps; None of pieces that are not constant, of few jumps, or of many up and down.

    Examples
    --------
    >>> finite_stairs([sp.Integer(n) for n in range(20)], [sp.Integer(n) for n in range(21)]).levels[-1]
    (20, 0)
    >>> finite_stairs([sp.Integer(0)], [sp.Integer(0), sp.Integer(1)]) is None
    True
    """
    if not FEWEST_JUMPS <= len(places) <= _MOST_JUMPS:
        return None
    if any(sp.sympify(one).free_symbols for one in (*places, *pieces)):
        return None
    rises = [_number(after - before) for before, after in pairwise(pieces)]
    if sum(map(abs, rises)) > _MOST_VARIATION * abs(sum(rises)):
        return None
    return staircase([_number(place) for place in places], rises, [_number(piece) for piece in pieces])


def bounded_stairs(expression: Any) -> Staircase | None:
    """The staircase of what rounds a line between two places; None of anything else."""
    steps = bounded_steps(expression)
    return None if steps is None else finite_stairs(*steps)


def _number(value: Any) -> sp.Rational:
    """The number, or what it is to 60 digits."""
    value = sp.sympify(value)
    return value if value.is_Rational else sp.Rational(str(sp.N(value, KEPT)))
