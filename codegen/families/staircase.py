"""Functions of a rounded line that have two limits: sums over jumps, of which a table has the heights."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE, function_text
from codegen.families.periodic import sample_of
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.module_text import activation_text
from codegen.rounded_arguments import RoundedArgument
from codegen.rounded_polynomials import step
from symbolic_moments.symbols import x

__all__ = ["plan"]

_WIDE = 4
"""Steps in a sigma from which on that next to mu is no more probable than those of either limit."""
_SAMPLED = 16


def plan(expression: sp.Expr, parts: RoundedArgument) -> KernelPlan:
    """The kernel of a function of a rounded line, its values at ties as in the expression."""
    highest = max(parts.jumps, key=lambda jump: jump.size)
    height = renamed([activation_text(parts.height.subs(step, x))], "_of_step")
    wide = expression_text(_WIDE * parts.period)
    functions = [
        *height,
        _jumps(parts),
        _anchor(parts, wide, expression_text(sp.Rational(highest.number))),
        *_public(),
    ]
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""']
    own = "\n".join([*lines, f"    return _activation_of_step(xp, {expression_text(parts.number)})"])
    return KernelPlan(
        functions,
        PROMISE,
        [
            f"sigma <= {_WIDE * parts.period}: the height of the step around mu, and the jumps from there on",
            "wider: the limit on the side of mu, and all jumps; those left out are 1e-26 of the largest share",
        ],
        [{"variable": "sigma", "value": float(_WIDE * parts.period)}],
        activation=own,
        sample=sample_of(expression, parts.period, sp.S.Zero, _kinks(parts), ()),
        last=True,
        blocks=16,
    )


def _kinks(parts: RoundedArgument) -> list[sp.Expr]:
    """Ends of steps around 0."""
    first = parts.line.subs(x, 0)
    numbers = range(int(sp.ceiling(first)) - _SAMPLED, int(sp.floor(first)) + _SAMPLED + 1)
    return [(number - first) * parts.period for number in numbers]


def _jumps(parts: RoundedArgument) -> str:
    start, period = parts.line.subs(x, 0), parts.period
    rows = [
        f"({exact_pair((jump.number - start) * period)}, {jump.number}, {jump.mantissa}, {jump.exponent}, {jump.size}),"
        for jump in parts.jumps
    ]
    return "\n".join(
        [
            f"def _jumps({SIGNATURE}) -> Any:",
            '    """Those that may be seen: place, number, height, and its logarithm."""',
            "    rows: Any = [",
            *(f"        {row}" for row in rows),
            "    ]",
            "    return jumps_in_reach(xp, rows, mu, sigma)",
        ]
    )


def _anchor(parts: RoundedArgument, wide: str, centre: str) -> str:
    low, high = (expression_text(limit) for limit in parts.limits)
    return "\n".join(
        [
            f"def _anchor({SIGNATURE}) -> Any:",
            '    """The number of a step, or an infinity, and the level there."""',
            f"    number = {_floor_text(parts)}",
            f"    is_wide, is_left = sigma > {wide}, number < {centre}",
            "    end = xp.where(is_left, -xp.inf, xp.inf)",
            f"    level = xp.where(is_left, {low}, {high})",
            "    near = _activation_of_step(xp, number)",
            "    return xp.where(is_wide, end, number), xp.where(is_wide, level, near)",
        ]
    )


def _floor_text(parts: RoundedArgument) -> str:
    return expression_text(sp.floor(parts.line.subs(x, sp.Symbol("mu", real=True)), evaluate=False))


def _public() -> list[str]:
    known = ["point, spread = split_point_mass(xp, sigma)", "anchor, level = _anchor(xp, mu, spread)"]
    seen = "xp, _jumps(xp, mu, spread), mu, spread, anchor"
    return [
        function_text(
            "_raw_moments",
            *known,
            "powers_of_y = gaussian_moments(xp, mu, spread * spread, degree)",
            f"values = stair_moments({seen}, level, powers_of_y)",
            "at = mu[point]",
            "exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
            "return set_where(point, values, exact)",
        ),
        function_text(
            "_hermite_coefficients",
            *known,
            f"values = stair_coefficients({seen}, level, degree)",
            "return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)",
        ),
        function_text(
            "_expected_derivatives",
            "point, spread = split_point_mass(xp, sigma)",
            "values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "at = mu[point]",
            "slope = xp.zeros_like(at)",
            "for place, *_ in _jumps(xp, at, xp.ones_like(at)):",
            "    slope = xp.where((at == place[0]) & (place[1] == 0), xp.nan, slope)",
            "return set_where(point, values, [_activation(xp, at)] + [slope] * degree)",
        ),
        function_text(
            "_second_moment",
            "mean = _hermite_coefficients(xp, mu, sigma, 0)[0]",
            "return _variance(xp, mu, sigma) + mean * mean",
        ),
        function_text(
            "_variance",
            *known,
            f"return set_where(point, [stair_variance({seen})], [0])[0]",
        ),
    ]
