"""Point masses next to places where derivatives of a text lose digits, or their side of a kink: by power series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from codegen.families.contract import function_text
from codegen.families.renamed import referring, renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, tuple_text

__all__ = ["PointSeries", "with_point_series"]

_SUFFIX = "_as_written"


@dataclass(frozen=True)
class PointSeries:
    """``g(place + v) = sum_j coefficients_j v^j``, for v of the sign of ``side`` (0: of both), within ``reach``."""

    place: sp.Expr
    side: int
    reach: sp.Rational
    coefficients: tuple[sp.Rational, ...]


def with_point_series(plan: KernelPlan, places: Sequence[PointSeries]) -> KernelPlan:
    """The kernel whose derivatives at sigma = 0 next to the places are those of the series there."""
    rows = [
        f"        ({exact_pair(one.place)}, {one.side}, {expression_text(one.reach)}, {tuple_text(one.coefficients)}),"
        for one in places
    ]
    listed = ", ".join(dict.fromkeys(f"{float(one.place):.6g}" for one in places))
    listing = [
        "def _point_series(xp: Any) -> Any:",
        '    """Places, sides, how far, and power series of g there."""',
        "    return [",
        *rows,
        "    ]",
    ]
    functions = renamed(plan.functions, _SUFFIX)
    for name in ("_raw_moments", "_hermite_coefficients"):
        functions.append(function_text(name, f"return {name}{_SUFFIX}(xp, mu, sigma, degree)"))
    functions.append("\n".join(listing))
    functions.append(
        function_text(
            "_expected_derivatives",
            f"values = _expected_derivatives{_SUFFIX}(xp, mu, sigma, degree)",
            "return point_derivatives_by_series(xp, mu, sigma, values, _point_series(xp))",
        )
    )
    for name in ("_second_moment", "_variance"):
        functions.append(function_text(name, f"return {name}{_SUFFIX}(xp, mu, sigma)"))
    own = plan.activation and referring(plan.activation, plan.functions, _SUFFIX)
    regimes = [*plan.regimes, f"sigma = 0 next to x = {listed}: derivatives of the power series there"]
    return replace(plan, functions=functions, regimes=regimes, activation=own)
