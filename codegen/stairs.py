"""Stairs that change at some places, as what they are on some steps around 0, and 0 beyond them."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from codegen.envelopes import EnvelopedWave
from codegen.kink_limits import one_sided
from codegen.kink_places import rough_places
from symbolic_moments.symbols import x

__all__ = ["STEPS_BESIDE", "steps_within"]

STEPS_BESIDE = sp.Integer(10)
"""Periods to each side of 0 that Gaussians see which are narrow, and not far from 0 for that."""


def steps_within(expression: sp.Expr, parts: EnvelopedWave, reach: sp.Expr) -> sp.Expr:
    """The function within ``reach`` of 0, constant between its jumps; 0 elsewhere.

    Examples
    --------
    >>> from codegen.envelopes import enveloped_wave
    >>> from symbolic_moments.language import parse_expression
    >>> trunc = parse_expression("trunc(x)")
    >>> steps_within(trunc, enveloped_wave(trunc), sp.Integer(2))
    Piecewise((0, x < -2), (-1, x < -1), (0, x < 1), (1, x < 2), (0, True))
    """
    kinks = {*rough_places(parts.wave, reach)[0], *rough_places(parts.base + parts.envelope)[0]}
    inside = sorted(kink for kink in kinks if -reach < kink < reach)
    pieces: list[tuple[sp.Expr, sp.Expr]] = []
    for low, high in pairwise([-reach, *inside, reach]):
        value = sp.expand(one_sided(expression, x, (low + high) / 2))
        if pieces and pieces[-1][0] == value:
            pieces.pop()
        pieces.append((value, high))
    return sp.Piecewise((0, x < -reach), *((value, x < high) for value, high in pieces), (0, True), evaluate=False)
