"""Functions of a rounded line that tend to 0 on both sides: sums over jumps under narrow Gaussians, over steps else.

Jumps of a bump cancel: under wide Gaussians to ``1/sigma``, in moments sooner.
"""

from __future__ import annotations

import math
from dataclasses import replace

import sympy as sp

from codegen.families import joined
from codegen.families.contract import function_text
from codegen.kernel_plan import KernelPlan, expression_text

__all__ = ["plan"]

_OF_POWERS = 40
"""What powers of y add to the logarithm of the share of a far step."""


def plan(by_jumps: KernelPlan, table: str, spare: int, width: sp.Rational) -> KernelPlan:
    """The kernel of a bump, from that by its jumps.

    Parameters
    ----------
    by_jumps
        Plan of the same steps as a staircase.
    table
        Text of ``_table``.
    spare
        How far bounds of heights in the table are above them, at most.
    width
        The area of the bump over its height.
    """
    seen = f"xp, _table(xp), mu, spread, {spare + _OF_POWERS}"
    known = "point, spread = split_point_mass(xp, sigma)"
    moments = function_text(
        "_raw_moments",
        known,
        f"values = step_moments({seen}, degree)",
        "at = mu[point]",
        "exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
        "return set_where(point, values, exact)",
    )
    square = function_text(
        "_second_moment",
        known,
        f"values = step_moments({seen}, 0, 2)",
        "return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
    )
    replaced = ("def _raw_moments(", "def _second_moment(")
    kept = [text for text in by_jumps.functions if not text.startswith(replaced)]
    narrow = replace(by_jumps, functions=[moments, *kept, square])
    wide_seen = seen.replace("spread", "sigma")
    wide = replace(
        by_jumps,
        functions=[
            table,
            moments,
            function_text("_hermite_coefficients", f"return step_coefficients({wide_seen}, degree)"),
            function_text(
                "_expected_derivatives",
                "return to_derivatives([], _hermite_coefficients(xp, mu, sigma, degree), sigma, degree)",
            ),
            square,
            function_text(
                "_variance",
                f"mean = step_moments({wide_seen}, 0)[0]",
                "return _second_moment(xp, mu, sigma) - mean * mean",
            ),
        ],
        regimes=["a Gauss-Legendre panel on every step that is seen"],
    )
    limit = sp.Integer(2) ** math.floor(math.log2(float(width)))
    return joined.plan(narrow, wide, f"sigma <= {expression_text(limit)}", f"sigma <= {limit}, moments by steps")
