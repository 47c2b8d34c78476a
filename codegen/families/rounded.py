"""Polynomials of x and a rounded line: steps around mu under narrow Gaussians, waves in closed form under wide ones."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import sympy as sp

from codegen.families import joined, piecewise
from codegen.families.periodic import head_of, reachable, sample_of
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.families.rounded_public import WITHIN, public_functions
from codegen.families.rounded_waves import wide_functions
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.kink_places import rough_places
from codegen.periodic_window import AROUND, WIDE
from codegen.rounded_polynomials import RoundedPolynomial, step
from codegen.rounding_forms import written_with_floors
from symbolic_moments.symbols import x

__all__ = ["covers", "plan"]

_LONGEST_LEVEL = 3
"""Steps in a row on which g may be one polynomial: of what lies beyond them wide Gaussians are to see enough."""
_BEYOND = sp.Rational(9, 4)
"""What is seen on either side of a level and the periods around 0: fifteen deviations, or eighteen."""
_SAMPLED = 16


def covers(parts: RoundedPolynomial) -> bool:
    """Whether Gaussians of every width see enough of what lies beyond the steps on which g is constant."""
    return parts.longest_level <= _LONGEST_LEVEL and not parts.leaves_levels_smoothly


def plan(expression: sp.Expr, parts: RoundedPolynomial) -> KernelPlan:
    """The kernel of a polynomial of x and a rounded line.

    Parameters
    ----------
    expression : sympy.Expr
        The function, its values at jumps included.
    parts : RoundedPolynomial
        The same between them.
    """
    period = parts.period
    steps = _steps_seen(parts)
    starts, locally = [parts.start(j) for j in steps[1:]], [parts.local(j) for j in steps]
    places, pieces = _at_zero(starts, locally)
    near = piecewise.plan(places, pieces, x, around=_pieces_within(places, AROUND * period))
    far = piecewise.plan(starts, locally, x, [step.name], around=_pieces_within(starts, period / 2))
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - 12)
    wide = sp.floor(parts.longest_level * period / WIDE / unit) * unit
    public = [_turned(period), *wide_functions(parts), *public_functions(wide)]
    within = renamed([_activation_within(parts), *far.functions], WITHIN)
    regimes = [
        f"sigma <= {wide}: mu less a multiple of the period {sp.sstr(period)}, and g on the steps around it:",
        *far.regimes,
        "wider: Bernoulli polynomials of the fractional part, as waves, times polynomials of y",
    ]
    kinks, _ = rough_places(expression, _SAMPLED * period)
    elsewhere = replace(
        far,
        functions=[*reachable(within, "\n".join(public), ()), *public],
        promise={name: max(PROMISE[name], far.promise[name]) for name in PROMISE},
        regimes=regimes,
        seams=[{"variable": "sigma", "value": float(wide)}],
        activation=_activation(expression),
        sample=sample_of(expression, period, sp.S.Zero, kinks, ()),
    )
    limit, around = expression_text(wide), expression_text(AROUND * period)
    condition = f"(sigma <= {limit}) & (xp.abs(mu) <= {around})"
    return joined.plan(near, elsewhere, condition, f"sigma <= {wide} and |mu| <= {AROUND * period}")


def _at_zero(starts: list[sp.Expr], locally: list[sp.Expr]) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Places at which g changes next to 0, and what it is between them."""
    first, *following = [sp.expand(one.subs(step, 0)) for one in locally]
    places, pieces = [], [first]
    for place, piece in zip(starts, following, strict=True):
        if piece != pieces[-1]:
            places.append(place)
            pieces.append(piece)
    return places, pieces


def _pieces_within(places: list[sp.Expr], reach: sp.Expr) -> list[int]:
    """Numbers of the pieces that begin or end no farther from 0 than ``reach``, or reach across it."""
    ends = [-sp.oo, *places, sp.oo]
    return [number for number, (low, high) in enumerate(pairwise(ends)) if low <= reach and high >= -reach]


def _steps_seen(parts: RoundedPolynomial) -> list[int]:
    """Those that begin within reach of the periods around 0, and the one before."""
    reach = AROUND + _BEYOND * parts.longest_level
    turns = parts.line.subs(x, 0)
    first, last = sp.ceiling(turns - reach), sp.floor(turns + reach)
    return list(range(int(first) - 1, int(last) + 1))


def _activation(expression: sp.Expr) -> str:
    """Text of ``_activation``; where a product rounds onto a jump, it is the product that counts."""
    written = sp.factor(written_with_floors(expression))
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""']
    return "\n".join([*lines, f"    return {expression_text(written)}"])


def _activation_within(parts: RoundedPolynomial) -> str:
    """Text of the same in x less some periods."""
    number = sp.floor(parts.line)
    local = parts.on_step.subs({step: step + number, x: x + step * parts.period}, simultaneous=True)
    lines = [f"def _activation(xp: Any, x: Any, {step.name}: Any) -> Any:", '    """g so many periods farther on."""']
    return "\n".join([*lines, f"    return {expression_text(local)} + 0 * x"])


def _turned(period: sp.Expr) -> str:
    """Text of ``_turned``."""
    around, head = expression_text(AROUND * period), expression_text(head_of(period))
    return "\n".join(
        [
            "def _turned(xp: Any, mu: Any) -> Any:",
            '    """``mu`` less a multiple of the period, what rounding takes from it, and of which multiple."""',
            f"    place, rest = turned(xp, mu, {exact_pair(period)}, {head}, {around})",
            f"    turns = xp.floor((mu - place) / {expression_text(period)} + xp.rational(1, 2))",
            "    return place, rest, turns",
        ]
    )
