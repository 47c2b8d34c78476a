"""Text of the functions of a kernel of a polynomial of x and a rounded line."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import function_text
from codegen.families.periodic_public import CORRECTIONS, WITHIN
from codegen.kernel_plan import expression_text

__all__ = ["WITHIN", "public_functions"]

_NARROW = ("def narrow(mu: Any, sigma: Any) -> Any:", "    place, rest, turns = _turned(xp, mu)")
_VARIANCE = f"variance_beside(xp, _variance{WITHIN}, place, rest, sigma, turns)"


def public_functions(wide: sp.Rational) -> list[str]:
    """Texts of the functions of all but narrow Gaussians next to 0."""
    chosen = f"xp, sigma <= {expression_text(wide)}, mu, sigma, (narrow, wide)"
    coefficients = [
        *_NARROW,
        f"    values = _hermite_coefficients{WITHIN}(xp, place, sigma, {{}} + {CORRECTIONS}, turns)",
    ]
    return [
        function_text(
            "_hermite_coefficients",
            *[line.format("degree") for line in coefficients],
            "    return moved(xp, values, sigma, rest, degree)",
            "",
            "def wide(mu: Any, sigma: Any) -> Any:",
            "    return _coefficients_wide(xp, mu, sigma, degree)",
            "",
            f"values = by_condition({chosen}, degree + 1)",
            "point = sigma == 0",
            "return set_where(point, values[:1], [_activation(xp, mu[point])]) + values[1:]",
        ),
        function_text(
            "_raw_moments",
            "return powers_times(xp, mu, sigma, _hermite_coefficients(xp, mu, sigma, degree))",
        ),
        function_text(
            "_expected_derivatives",
            "point, spread = split_point_mass(xp, sigma)",
            "values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "at = mu[point]",
            "place, _, turns = _turned(xp, at)",
            f"exact = _expected_derivatives{WITHIN}(xp, place, sigma[point], degree, turns)",
            "return set_where(point, values, [_activation(xp, at), *exact[1:]])",
        ),
        function_text(
            "_second_moment",
            *[line.format("0") for line in coefficients],
            "    mean = moved(xp, values, sigma, rest, 0)[0]",
            f"    return [{_VARIANCE} + mean * mean]",
            "",
            "def wide(mu: Any, sigma: Any) -> Any:",
            "    mean = _coefficients_wide(xp, mu, sigma, 0)[0]",
            "    return [_variance_wide(xp, mu, sigma) + mean * mean]",
            "",
            f"values = by_condition({chosen}, 1)",
            "point = sigma == 0",
            "return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
        ),
        function_text(
            "_variance",
            *_NARROW,
            f"    return [{_VARIANCE}]",
            "",
            "def wide(mu: Any, sigma: Any) -> Any:",
            "    return [_variance_wide(xp, mu, sigma)]",
            "",
            f"return by_condition({chosen}, 1)[0]",
        ),
    ]
