"""Text of what wide Gaussians see of a polynomial of x and a rounded line: polynomials of y times waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.kernel_plan import expression_text
from codegen.rounded_polynomials import RoundedPolynomial
from symbolic_moments.symbols import x

__all__ = ["wide_functions"]

_mu, _sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)


def wide_functions(parts: RoundedPolynomial) -> list[str]:
    """Texts of ``_waves``, ``_coefficients_wide`` and ``_variance_wide``."""
    frequency = 2 * sp.pi / parts.period
    # the line less its value at 0: mu is turned about 0
    shift = expression_text(2 * sp.pi * parts.line.subs(x, 0))
    degree = max(sp.degree(one, x) for one in parts.waves)
    most = max(sp.degree(one, x) for one in parts.square_waves)
    lines = [
        f"def _waves({SIGNATURE}, count: int, degree: int) -> Any:",
        f'    """Coefficients of ``B_i(({parts.line}) % 1)``, i = 1 .. count."""',
        f"    frequency = {expression_text(frequency)}",
        f"    phase = frequency * _turned(xp, mu)[0] + {shift}",
        '    return bernoulli_waves(xp, phase, frequency * sigma, xp.method["harmonics"] + degree, count, degree)',
        "",
        "",
        f"def _coefficients_wide({SIGNATURE}, degree: int) -> Any:",
        '    """``c_k``, k = 0 .. degree."""',
        *_series_lines("series", parts.waves),
        f"    waves = _waves(xp, mu, sigma, {len(parts.waves) - 1}, degree + {degree})",
        "    return waved_coefficients(waves, series, mu, degree)",
        "",
        "",
        f"def _variance_wide({SIGNATURE}) -> Any:",
        '    """``Var g``: that of the average over a period, of the waves, and what they share."""',
        *_series_lines("series", parts.waves),
        *_series_lines("squares", parts.square_waves),
        f"    waves = _waves(xp, mu, sigma, {len(parts.square_waves) - 1}, {max(2 * degree, most)})",
        "    return waved_variance(waves, series, squares, mu)",
    ]
    return ["\n".join(lines)]


def _series_lines(name: str, polynomials: Sequence[Any]) -> list[str]:
    """Each polynomial in powers of z, ``y = mu + sigma z``."""
    rows = [f"        [{', '.join(expression_text(one) for one in _in_z(polynomial))}]," for polynomial in polynomials]
    return [f"    {name}: Any = [", *rows, "    ]"]


def _in_z(polynomial: Any) -> list[Any]:
    degree = int(sp.degree(polynomial, x)) if polynomial.has(x) else 0
    rows = [sp.diff(polynomial, x, j).subs(x, _mu) * _sigma**j / sp.factorial(j) for j in range(degree + 1)]
    return [sp.expand(row) if j == 0 else row for j, row in enumerate(rows)]
