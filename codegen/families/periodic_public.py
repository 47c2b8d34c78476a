"""Text of the functions of a kernel of a function with a period, or of one and a line."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.kernel_plan import expression_text
from codegen.periodic_window import AROUND
from codegen.rounding_forms import rounding_text

__all__ = ["CORRECTIONS", "WITHIN", "activation", "public_functions", "smoothed"]

CORRECTIONS = 3
"""Orders that put back what rounding takes from mu less a multiple of the period, for sigma from 1e-12 on."""
CLEAR = 16
"""So many sigma away y = 0 is not seen, and y^n in Hermite polynomials does not cancel."""
WITHIN = "_within"


def activation(expression: sp.Expr, period: sp.Expr, slope: sp.Expr, folded: bool) -> str | None:
    """Text of ``_activation``, where the expression's own text would lose digits.

    That of folded waves does so where they turn. Beside a line the terms may cancel next to 0.
    """
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""']
    if folded and (rounding := rounding_text(expression)) is not None:
        return rounding
    if folded:
        value = f"_activation{WITHIN}(xp, place){_line(slope, 'x')}"
        return "\n".join([*lines, "    place = _turned(xp, x)[0]", f"    return {value}"])
    if slope == 0:
        return None
    near = f"xp.abs(x) <= {expression_text(AROUND * period)}"
    return "\n".join(
        [*lines, f"    return xp.where({near}, _activation{WITHIN}(xp, x), {expression_text(expression)})"]
    )


def smoothed(period: sp.Expr, wide: sp.Rational, slope: sp.Expr) -> str:
    """Text of ``_harmonics`` and ``_wave_sums``, of g less its line."""
    rise = _factor(slope)
    values = [f"    values = _hermite_coefficients{WITHIN}(xp, places, narrow, 0)[0]"]
    spread = f"_variance{WITHIN}(xp, places, narrow)"
    if slope != 0:
        values = [
            f"    values, slopes = _hermite_coefficients{WITHIN}(xp, places, narrow, 1)",
            f"    values, line = values - {rise} * places, {rise} * narrow",
        ]
        spread += " - line * (2 * slopes - line)"
    return "\n".join(
        [
            "def _harmonics(xp: Any, degree: int) -> Any:",
            '    """Mean and harmonics of g, and of (g - mean)^2, under a Gaussian half as wide as a wide one."""',
            '    count = xp.method["harmonics"] + degree',
            "    number = 3 * count",
            f"    places = {expression_text(period)} * xp.asarray([xp.rational(j, number) for j in range(number)])",
            f"    narrow = xp.ones_like(places) * {expression_text(wide / 2)}",
            "    places, _ = _turned(xp, places)",
            *values,
            "    mean, waves = harmonics(xp, values, count)",
            f"    squares = {spread} + (values - mean) ** 2",
            "    return mean, waves, *harmonics(xp, squares, count)",
            "",
            "",
            "def _wave_sums(xp: Any, mu: Any, sigma: Any, pairs: Any, degree: int) -> Any:",
            '    """``sigma^k`` times derivatives of what has these harmonics under a Gaussian sigma wide."""',
            f"    frequency = {expression_text(2 * sp.pi / period)}",
            f"    known = frequency * {expression_text(wide / 2)}",
            "    return wave_sums(xp, frequency * _turned(xp, mu)[0], frequency * sigma, known, pairs, degree)",
        ]
    )


def public_functions(period: sp.Expr, wide: sp.Rational, slope: sp.Expr) -> list[str]:
    """Texts of the functions of the whole."""
    limit, around, half = (expression_text(length) for length in (wide, AROUND * period, period / 2))
    texts = [
        _mean_and_variance(slope),
        [
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree."""',
            "",
            "    def narrow(mu: Any, sigma: Any) -> Any:",
            "        place, rest = _turned(xp, mu)",
            f"        values = _hermite_coefficients{WITHIN}(xp, place, sigma, degree + {CORRECTIONS})",
            *_narrow_lines(slope),
            "",
            "    def wide(mu: Any, sigma: Any) -> Any:",
            "        mean, waves, *_ = _harmonics(xp, degree)",
            "        values = _wave_sums(xp, mu, sigma, waves, degree)",
            *_wide_lines(slope),
            "",
            f"    values = by_condition(xp, sigma <= {limit}, mu, sigma, (narrow, wide), degree + 1)",
            "    point = xp.flatnonzero(sigma == 0)",
            "    return set_where(point, values[:1], [_activation(xp, mu[point])]) + values[1:]",
        ],
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree: y^n in Hermite polynomials, but next to y = 0."""',
            "    values = powers_times(xp, mu, sigma, _hermite_coefficients(xp, mu, sigma, degree))",
            f"    around = xp.maximum({half}, xp.minimum({around}, {CLEAR} * sigma))",
            f"    near = xp.flatnonzero((sigma > 0) & (sigma <= {limit}) & (xp.abs(mu) <= around))",
            f"    return set_where(near, values, _raw_moments{WITHIN}(xp, mu[near], sigma[near], degree))",
        ],
        [
            f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
            '    """``E[g^(k)(y)] = c_k / sigma^k``; at sigma = 0 the derivative."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "    at = mu[point]",
            f"    exact = _expected_derivatives{WITHIN}(xp, _turned(xp, at)[0], sigma[point], degree)",
            "    return set_where(point, values, [_activation(xp, at), *exact[1:]])",
        ],
        [
            f"def _second_moment({SIGNATURE}) -> Any:",
            '    """``E[g(y)^2] = Var g + E[g]^2``, both at one place: next to a jump either varies faster."""',
            "",
            "    def narrow(mu: Any, sigma: Any) -> Any:",
            "        place, rest = _turned(xp, mu)",
            f"        values = _hermite_coefficients{WITHIN}(xp, place, sigma, {CORRECTIONS})",
            f"        mean = moved(xp, values, sigma, rest, 0)[0]{_line(slope, rest=True)}",
            f"        return [variance_beside(xp, _variance{WITHIN}, place, rest, sigma) + mean * mean]",
            "",
            "    def wide(mu: Any, sigma: Any) -> Any:",
            "        mean, variance = _mean_and_variance(xp, mu, sigma)",
            "        return [variance + mean * mean]",
            "",
            f"    values = by_condition(xp, sigma <= {limit}, mu, sigma, (narrow, wide), 1)",
            "    point = xp.flatnonzero(sigma == 0)",
            "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
        ],
        [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: of g less its mean over a period under wide Gaussians."""',
            "",
            "    def narrow(mu: Any, sigma: Any) -> Any:",
            "        place, rest = _turned(xp, mu)",
            f"        return [variance_beside(xp, _variance{WITHIN}, place, rest, sigma)]",
            "",
            "    def wide(mu: Any, sigma: Any) -> Any:",
            "        return _mean_and_variance(xp, mu, sigma)[1:]",
            "",
            f"    return by_condition(xp, sigma <= {limit}, mu, sigma, (narrow, wide), 1)[0]",
        ],
    ]
    return ["\n".join(lines) for lines in texts]


def _factor(slope: sp.Expr) -> str:
    text = expression_text(slope)
    return text if slope.is_Rational and slope > 0 else f"({text})"


def _line(slope: sp.Expr, x: str = "mu", rest: bool = False) -> str:
    """What the line adds to g at a multiple of the period before ``x``."""
    way = f"(({x} - place) - rest)" if rest else f"({x} - place)"
    return f" + {_factor(slope)} * {way}" if slope != 0 else ""


def _narrow_lines(slope: sp.Expr) -> list[str]:
    if slope == 0:
        return ["        return moved(xp, values, sigma, rest, degree)"]
    return [
        "        values = moved(xp, values, sigma, rest, degree)",
        f"        return [values[0] + {_factor(slope)} * ((mu - place) - rest), *values[1:]]",
    ]


def _wide_lines(slope: sp.Expr) -> list[str]:
    if slope == 0:
        return ["        return [mean + values[0], *values[1:]]"]
    rise = _factor(slope)
    return [
        f"        line = [mean + {rise} * mu, {rise} * sigma, *([0] * degree)]",
        "        return [value + share for value, share in zip(values, line, strict=False)]",
    ]


def _mean_and_variance(slope: sp.Expr) -> list[str]:
    """Lines of ``_mean_and_variance``, of wide Gaussians."""
    rise = _factor(slope)
    order, following, line, mixed = "0", "", [], ""
    if slope != 0:
        order, following = "1", ", first"
        line = [f"    line = {rise} * sigma"]
        mixed = " + line * (2 * first + line)"
    return [
        f"def _mean_and_variance({SIGNATURE}) -> Any:",
        '    """Of wide Gaussians."""',
        f"    mean, waves, square, square_waves = _harmonics(xp, {order})",
        f"    deviation{following or ', *_'} = _wave_sums(xp, mu, sigma, waves, {order})",
        "    square = square + _wave_sums(xp, mu, sigma, square_waves, 0)[0]",
        *line,
        f"    mean = mean + deviation{f' + {rise} * mu' if slope != 0 else ''}",
        f"    return [mean, square - deviation * deviation{mixed}]",
    ]
