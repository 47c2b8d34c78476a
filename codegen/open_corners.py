"""Piecewise polynomials whose breakpoints are parameters of their kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import sympy as sp

from symbolic_moments import Activation
from symbolic_moments.decomposition import Decomposition, decompose
from symbolic_moments.parameter_values import expression_with
from symbolic_moments.piecewise_algebra import OutsideAlgebraError

__all__ = ["with_open_corners"]


class _Named(Protocol):
    """What is asked of a parameter here."""

    @property
    def name(self) -> str: ...

    @property
    def default(self) -> sp.Expr: ...

    @property
    def enters(self) -> str: ...

    @property
    def above(self) -> str: ...


def with_open_corners(subject: Activation, movable: Sequence[_Named]) -> Decomposition | None:
    """The pieces of g with these parameters as symbols; None where a kernel cannot take them so.

    It can where every breakpoint is a number, a parameter or minus one (a sum would be rounded), where their order does
    not depend on values, and where the default of each is a double: narrow Gaussians feel the last bit of a breakpoint.
    """
    corners = [one for one in movable if one.enters != "coefficient"]
    if subject.record is None or subject.family != "PP" or not all(_is_double(one.default) for one in corners):
        return None
    symbols = {parameter.name: parameter.symbol for parameter, _ in subject.values}
    values = {parameter.name: value for parameter, value in subject.values}
    values |= {one.name: symbols[one.name] for one in movable}
    gaps = {}
    for one in corners:
        if one.above:
            gap = sp.Symbol(f"{one.name}_gap", positive=True)
            gaps[gap] = symbols[one.name] - symbols[one.above]
            values[one.name] = symbols[one.above] + gap
            if not one.default > next(other.default for other in movable if other.name == one.above):
                return None
    try:
        opened = decompose(expression_with(subject.record, values))
    except OutsideAlgebraError:
        return None
    if opened.family != "PP":
        return None
    breakpoints = tuple(sp.expand(place.subs(gaps)) for place in opened.breakpoints)
    exact = {sign * symbols[one.name] for one in corners for sign in (-1, 1)}
    if not any(place.free_symbols for place in breakpoints):
        return None
    if not all(place in exact or _is_double(place) for place in breakpoints):
        return None
    return replace(
        opened, breakpoints=breakpoints, pieces=tuple(sp.expand(piece.subs(gaps)) for piece in opened.pieces)
    )


def _is_double(value: sp.Expr) -> bool:
    return bool(value.is_Rational) and sp.Rational(float(value)) == value
