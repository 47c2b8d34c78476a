"""What rounds on both sides of some places (``trunc(x)``): one ``floor`` beside what has no jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import sympy as sp

from codegen.rounding_forms import away_from_ties
from codegen.staircases import check_number_of_steps
from symbolic_moments.fractional_parts import fraction, fractional_part
from symbolic_moments.symbols import x

__all__ = ["SidedRounding", "bounded_steps", "is_piecewise_constant", "one_way", "only_line", "sided_rounding"]

_SWITCHES = (sp.Heaviside, sp.sign, sp.Abs, sp.Max, sp.Min)
_MOST_PLACES = 6
_number = sp.Symbol("number", real=True)


@dataclass(frozen=True)
class SidedRounding:
    """``base + envelope * wave``, but at jumps: the wave is ``u - u % 1`` of a line u, and rises, or ``u % 1``.

    ``places`` are those at which base and envelope have another form on either side.
    """

    base: Any
    envelope: Any
    wave: Any
    rises: bool
    places: tuple[Any, ...]


def sided_rounding(expression: Any) -> SidedRounding | None:
    """The parts of a function that rounds one line, between few places; None of any other.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = sided_rounding(parse_expression("trunc(x)"))
    >>> found.base, found.envelope, found.wave
    (1 - Heaviside(x), 1, x - (x % 1))
    >>> found = sided_rounding(parse_expression("relu(round(x))"))
    >>> found.base, found.envelope, found.wave
    (0, Heaviside(x), x - ((x + 1/2) % 1) + 1/2)
    >>> sided_rounding(parse_expression("x*floor(x)")) is None
    True
    """
    places = _places(expression)
    if places is None:
        return None
    sides = [one_way(_on_side(expression, sample)) for sample in _samples(places)]
    waves = {wave for side in sides for wave in side.atoms(fractional_part)}
    if len(waves) != 1:
        return None
    (wave,) = waves
    factors = [side.coeff(wave) for side in sides]
    saw_tooth = [sp.expand(side - factor * wave) for side, factor in zip(sides, factors, strict=True)]
    if any(factor.free_symbols for factor in factors) or any(rest.has(fractional_part) for rest in saw_tooth):
        return None
    (u,) = wave.args
    if not u.is_polynomial(x) or sp.degree(u, x) != 1:
        return None
    stairs = [sp.expand(rest + factor * u) for rest, factor in zip(saw_tooth, factors, strict=True)]
    rises = any(one.coeff(x) != 0 and other.coeff(x) == 0 for one, other in zip(saw_tooth, stairs, strict=True))
    if rises:
        return SidedRounding(
            _joined(stairs, places), _joined([-factor for factor in factors], places), u - wave, True, places
        )
    return SidedRounding(_joined(saw_tooth, places), _joined(factors, places), wave, False, places)


def bounded_steps(expression: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
    """Jumps, and levels before, between and after them, of what rounds a line between two places; None of any other.

    Raises
    ------
    NoPanelPlanError
        There are more than 1000.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> bounded_steps(parse_expression("clip(floor(x), 0, 100)"))[0][:3]
    (1, 2, 3)
    >>> bounded_steps(parse_expression("relu(floor(x))")) is None
    True
    """
    places = _places(expression)
    if not places:
        return None
    sides = [one_way(_on_side(expression, sample)) for sample in _samples(places)]
    waves = {wave for side in sides for wave in side.atoms(fractional_part)}
    if sides[0].has(x) or sides[-1].has(x) or len(waves) != 1:
        return None
    (wave,) = waves
    (line,) = wave.args
    flat = [sp.expand(side.xreplace({wave: line - _number})) for side in sides]
    if only_line(wave) is None or any(one.has(x) for one in flat):
        return None
    first, last = (sp.floor(line.subs(x, end)) for end in (places[0], places[-1]))
    check_number_of_steps(last - first)
    slope = sp.diff(line, x)
    lattice = {(n - line.subs(x, 0)) / slope for n in range(int(first), int(last) + 2)}
    ends = sorted({*places, *(place for place in lattice if places[0] < place < places[-1])})
    levels = []
    for sample in _samples(ends):
        side = flat[sum(1 for place in places if place < sample)]
        levels.append(side.subs(_number, sp.floor(line.subs(x, sample))))
    kept = [n for n, (one, other) in enumerate(pairwise(levels)) if one != other]
    return tuple(ends[n] for n in kept), (levels[0], *(levels[n + 1] for n in kept))


def is_piecewise_constant(expression: Any) -> bool:
    """Whether only steps of lines vary in it.

    Examples
    --------
    >>> is_piecewise_constant(2 * sp.Heaviside(x - 1) - 1), is_piecewise_constant(sp.Max(x, 0))
    (True, False)
    """
    return not expression.replace(lambda e: isinstance(e, sp.Heaviside | sp.sign), lambda e: sp.Dummy()).has(x)


def _switch_arguments(node: Any) -> list[Any]:
    if isinstance(node, sp.Max | sp.Min):
        return [one - other for one, other in pairwise(node.args)] if len(node.args) == 2 else []
    return [node.args[0]]


def _is_plain_switch(node: Any) -> bool:
    if not isinstance(node, _SWITCHES) or node.has(fractional_part):
        return False
    found = _switch_arguments(node)
    return bool(found) and all(one.is_polynomial(x) and sp.degree(one, x) == 1 for one in found)


def _places(expression: Any) -> tuple[Any, ...] | None:
    """Where switches of lines change, increasing; None if they are many, or no rationals.

    Which switches there are, one inside another, depends on the side: ``min(1, max(-1, x))`` changes at 1, too.
    """
    found: set[Any] = set()
    while True:
        seen: set[Any] = set()
        for sample in _samples(sorted(found)):
            _on_side(expression, sample, seen)
        if len(seen | found) > _MOST_PLACES or not all(place.is_Rational for place in seen):
            return None
        if seen <= found:
            return tuple(sorted(found))
        found |= seen


def _samples(places: Sequence[Any]) -> list[Any]:
    """A number between any two of the places, and beyond each end."""
    ends = [places[0] - 1, *places, places[-1] + 1] if places else [sp.Integer(-1), sp.Integer(1)]
    return [(low + high) / 2 for low, high in pairwise(ends)]


def _on_side(expression: Any, place: Any, seen: set[Any] | None = None) -> Any:
    """The expression with switches of lines as they are around a place; where they change are ``seen``."""

    def settled(node: Any) -> Any:
        if seen is not None:
            seen.update(sp.solve(argument, x)[0] for argument in _switch_arguments(node))
        if isinstance(node, sp.Max | sp.Min):
            choice = max if isinstance(node, sp.Max) else min
            return choice(node.args, key=lambda one: one.subs(x, place))
        value = node.args[0].subs(x, place)
        if isinstance(node, sp.Heaviside):
            return sp.Integer(1 if value > 0 else 0)
        return sp.Integer(1 if value > 0 else -1) * (node.args[0] if isinstance(node, sp.Abs) else 1)

    return expression.replace(_is_plain_switch, settled)


def one_way(expression: Any) -> Any:
    """Fractional parts of lines that rise alone: ``-u % 1`` is ``1 - u % 1`` but at jumps."""
    canonical = expression.replace(fractional_part, fraction)
    expression = away_from_ties(sp.expand(canonical, power_base=False, power_exp=False, log=False))
    falling = [part for part in expression.atoms(fractional_part) if sp.diff(part.args[0], x).is_negative]
    turned = {part: 1 - fraction(-part.args[0]) for part in falling}
    return sp.expand(expression.xreplace(turned), power_base=False, power_exp=False, log=False)


def only_line(expression: Any) -> tuple[Any, Any, Any] | None:
    """The expression rounded one way, its only fractional part, and the rational line that rises there; None of others.

    Examples
    --------
    >>> only_line(x * fractional_part(1 - 2 * x))
    (-x*((2*x) % 1) + x, ((2*x) % 1), 2*x)
    >>> only_line(fractional_part(x) + fractional_part(x / 3)) is None
    True
    """
    plain = one_way(expression)
    parts = plain.atoms(fractional_part)
    if len(parts) != 1:
        return None
    (part,) = parts
    (line,) = part.args
    coefficients = sp.Poly(line, x).all_coeffs() if line.is_polynomial(x) else []
    if len(coefficients) != 2 or not all(one.is_Rational for one in coefficients) or coefficients[0] <= 0:
        return None
    return plain, part, line


def _joined(sides: list[Any], places: tuple[Any, ...]) -> Any:
    """What has these forms between the places."""
    steps = [(after - before, place) for (before, after), place in zip(pairwise(sides), places, strict=True)]
    return reduce(lambda total, step: total + _from_there(*step), steps, sides[0])


def _from_there(difference: Any, place: Any) -> Any:
    """``difference`` from a place on."""
    slope = sp.diff(difference, x)
    if slope != 0 and not slope.has(x) and sp.expand(difference - slope * (x - place)) == 0:
        return slope * sp.Max(x - place, 0)
    return difference * sp.Heaviside(x - place)
