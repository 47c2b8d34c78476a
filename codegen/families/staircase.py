"""Functions of finitely many steps, and of a rounded line with two limits: sums over jumps, heights in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from codegen.curved_steps import CurvedSteps
from codegen.families import bump_of_steps
from codegen.families.contract import PROMISE as CLOSED_PROMISE
from codegen.families.contract import SQUARE_OF_VARIANCE, function_text
from codegen.families.periodic import sample_of
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.module_text import activation_text
from codegen.rounded_arguments import RoundedArgument
from codegen.rounded_polynomials import step
from codegen.staircases import Staircase
from symbolic_moments.symbols import x

__all__ = ["curved_plan", "finite_plan", "plan"]

_SAMPLED = 16


def plan(expression: sp.Expr, parts: RoundedArgument) -> KernelPlan:
    """The kernel of a function of a rounded line, its values at ties as in the expression."""
    height = renamed([activation_text(parts.height.subs(step, x))], "_of_step")
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""']
    own = "\n".join([*lines, f"    return _activation_of_step(xp, {expression_text(parts.number)})"])
    found = _planned([_table(parts.stairs), *_public(parts.stairs.spare)], PROMISE)
    if parts.is_bump:
        found = bump_of_steps.plan(found, _table(parts.stairs), parts.stairs.spare, parts.width)
    found = replace(found, functions=[*height, *found.functions])
    return replace(
        found,
        activation=own,
        sample=sample_of(expression, parts.period, sp.S.Zero, _kinks(parts), ()),
        last=True,
    )


def finite_plan(stairs: Staircase) -> KernelPlan:
    """The kernel of a function of finitely many steps."""
    return _planned([_table(stairs), *_public(stairs.spare)], CLOSED_PROMISE)


def curved_plan(steps: CurvedSteps, stairs: Staircase) -> KernelPlan:
    """The kernel of what rounds a function that rises or falls, its values at ties as in the expression.

    Elsewhere values are those of the table: next to a jump rounding takes the function to the other side of it.
    """
    parts = {"_of_step": steps.height.subs(step, x), "_as_step": steps.number, "_as_core": steps.core}
    texts = [renamed([activation_text(part)], suffix)[0] for suffix, part in parts.items()]
    first, last = steps.ends
    own = [
        "def _activation(xp: Any, x: Any) -> Any:",
        '    """The height of the step that x lies on; at a jump that of the step it belongs to."""',
        "    number = _activation_as_step(xp, _activation_as_core(xp, x))",
        f"    at_jump = _activation_of_step(xp, xp.minimum(xp.maximum(number, {first}), {last}))",
        "    return level_around(xp, _table(xp), x, at_jump)",
    ]
    return replace(finite_plan(stairs), activation="\n\n\n".join([*texts, "\n".join(own)]))


def _planned(functions: Sequence[str], promise: Mapping[str, float]) -> KernelPlan:
    return KernelPlan(
        functions,
        promise,
        [
            "the height of the step around mu, and jumps from there on; those left out are 1e-26 of the largest share",
            "where more than 48 are seen: groups of them as Taylor polynomials about their middle",
        ],
        [],
        blocks=16,
        keeps_places=True,
    )


def _kinks(parts: RoundedArgument) -> list[sp.Expr]:
    """Ends of steps around 0."""
    first = parts.line.subs(x, 0)
    numbers = range(int(sp.ceiling(first)) - _SAMPLED, int(sp.floor(first)) + _SAMPLED + 1)
    return [(number - first) * parts.period for number in numbers]


def _table(stairs: Staircase) -> str:
    rows = [
        f"({int(jump.place.p)}, {int(jump.place.q)}, {jump.mantissa}, {jump.exponent}, {jump.size}),"
        for jump in stairs.jumps
    ]
    return "\n".join(
        [
            "def _table(xp: Any) -> Any:",
            '    """Jumps: place, height, bound of its logarithm; and levels."""',
            "    jumps: Any = [",
            *(f"        {row}" for row in rows),
            "    ]",
            "    levels: Any = [",
            *(f"        ({mantissa}, {exponent})," for mantissa, exponent in stairs.levels),
            "    ]",
            "    return stair_table(xp, jumps, levels)",
        ]
    )


def _public(spare: int) -> list[str]:
    known = "point, spread = split_point_mass(xp, sigma)"
    seen = f"xp, _table(xp), mu, spread, {spare}"
    return [
        function_text(
            "_raw_moments",
            known,
            "powers_of_y = gaussian_moments(xp, mu, spread * spread, degree)",
            f"values = stair_moments({seen}, powers_of_y)",
            "at = mu[point]",
            "exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
            "return set_where(point, values, exact)",
        ),
        function_text(
            "_hermite_coefficients",
            known,
            f"values = stair_coefficients({seen}, degree)",
            "return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)",
        ),
        function_text(
            "_expected_derivatives",
            known,
            "values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "at = mu[point]",
            "slope = xp.where(is_at_jump(_table(xp), at), xp.nan, 0)",
            "return set_where(point, values, [_activation(xp, at)] + [slope] * degree)",
        ),
        SQUARE_OF_VARIANCE,
        function_text(
            "_variance",
            known,
            f"return set_where(point, [stair_variance({seen})], [0])[0]",
        ),
    ]
