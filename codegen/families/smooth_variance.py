"""Text of the second moment and the variance of a function without a closed form."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.families.break_variance import beside_lines, breaks_lines, rest_lines
from codegen.families.contract import SIGNATURE
from codegen.families.kink_variance import kink_lines, nearest_kink_lines
from codegen.families.smooth_subject import End, SmoothSubject
from codegen.families.smooth_tables import panel_lines
from codegen.fused_functions import fused
from codegen.kernel_plan import exact_pair, expression_text

MOST_JUMPS = 8
"""Jumps of which each pair is looked at."""


def second_moment(subject: SmoothSubject) -> str:
    """Text of ``_second_moment``."""
    return "\n".join(
        [
            f"def {subject.square}({SIGNATURE}) -> Any:",
            '    """``E[g(y)^2]``."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    panels = doubled(_value_panels(xp))",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        return [{subject.at_nodes}(xp, y) ** 2]",
            "",
            "    values = expectations(xp, mu, spread, panels, _rules(xp), integrand, 1)",
            "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
            *(at_root_lines() if subject.rooted else []),
        ]
    )


def at_root_lines() -> list[str]:
    """Next to a root of g away from 0 the deviation keeps more digits than the square."""
    return [
        "",
        "",
        f"def _second_moment({SIGNATURE}) -> Any:",
        '    """``E[g(y)^2]``; next to a root of g away from 0 as ``Var g(y) + c_0^2``."""',
        "    square = _integrated_square(xp, mu, sigma)",
        "    mean = _raw_moments(xp, mu, sigma, 0)[0]",
        "    near = xp.flatnonzero(2 * mean * mean < square)",
        "    square[near] = _variance(xp, mu[near], sigma[near]) + mean[near] ** 2",
        "    return square",
    ]


def squares_text(jumps: Sequence[tuple[sp.Expr, sp.Expr]], mu: str, sigma: str, coefficients: str) -> str:
    """Kernel text of the squares of coefficients, and the last of them, of a function that may jump."""
    if not 0 < len(jumps) <= MOST_JUMPS:
        return f"coefficient_squares({coefficients})"
    pairs = "".join(f"({exact_pair(place)}, {expression_text(height)}), " for place, height in jumps)
    return f"squares_beside_jumps(xp, {mu}, {sigma}, {coefficients}, ({pairs}))"


def _series_lines(subject: SmoothSubject) -> list[str]:
    if subject.jumps:
        return [f"    series, last = {squares_text(subject.jumps, 'mu', 'spread', 'coefficients')}"]
    return [
        "    series = xp.zeros_like(mu)",
        "    factorial = 1",
        "    for k in range(1, order + 1):",
        "        factorial = factorial * k",
        "        series = series + coefficients[k] * coefficients[k] / factorial",
        "    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial",
    ]


def variance(subject: SmoothSubject) -> str:
    """Text of ``_variance`` and what it calls."""
    lines = [
        f"def _variance({SIGNATURE}) -> Any:",
        '    """``Var g(y)``: the Hermite series where it has converged, moments of what is left elsewhere."""',
        "    point, spread = split_point_mass(xp, sigma)",
        '    order = xp.method["series_order"]',
        "    coefficients = _hermite_coefficients(xp, mu, spread, order)",
        *_series_lines(subject),
        *rest_lines(subject.breaks, 'last * xp.method["series_reciprocal"] >= series'),
        "    first = [coefficient[rest] for coefficient in coefficients[:2]]",
        "    series[rest] = _variance_by_moments(xp, mu[rest], spread[rest], first)",
        *(nearest_kink_lines(subject.cancelling, subject.kinks, subject.at_nodes) if subject.cancelling else []),
        *beside_lines(subject.breaks),
        "    return set_where(point, [xp.maximum(series, 0)], [0])[0]",
        "",
        "",
    ]
    ends = subject.asymptotes
    lines += _about_mean_lines(subject) if ends is None else _asymptotic_lines(subject, ends)
    for number, kink in enumerate(subject.cancelling):
        lines += kink_lines(kink, number)
    lines += breaks_lines(subject.breaks)
    return "\n".join(lines)


def _asymptotic_lines(subject: SmoothSubject, ends: tuple[End, End]) -> list[str]:
    lines: list[str] = []
    for name, end in zip(("left", "right"), ends, strict=True):
        lines += [
            f"def _rest_{name}(xp: Any, x: Any) -> Any:",
            f'    """``g(x) - ({sp.sstr(end.polynomial)})``."""',
            f"    return {expression_text(fused(end.rest))}",
            "",
            "",
            *panel_lines(f"_rest_{name}_panels", f"g - ({sp.sstr(end.polynomial)})", end.plan),
            "",
            "",
        ]
    middle = expression_text(subject.middle)
    lines += [
        "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:",
        '    """``Var p + 2 Cov(p, u) + Var u``: p the line g approaches on the side of mu, u the rest."""',
        "    result = xp.zeros_like(mu)",
        *([] if subject.kinks else ["    size = xp.zeros_like(mu)"]),
        "    for side, rest, panels, slope in (",
        f"        (mu < {middle}, _rest_left, _rest_left_panels, {expression_text(ends[0].slope)}),",
        f"        (~(mu < {middle}), _rest_right, _rest_right_panels, {expression_text(ends[1].slope)}),",
        "    ):",
        "        some = xp.flatnonzero(side)",
        "        arguments = (xp, mu[some], sigma[some])",
        "        once, twice = panels(xp), doubled(panels(xp))",
        "        mean = expectations(*arguments, once, _rules(xp), lambda y, c: [rest(xp, y)], 1)[0]",
        "        square = expectations(*arguments, twice, _rules(xp), lambda y, c: [rest(xp, y) ** 2], 1)[0]",
        "        near = slope * sigma[some]",
        "        result[some] = (square - mean * mean) + near * (2 * coefficients[1][some] - near)",
        *([] if subject.kinks else ["        size[some] = square + near * near"]),
        *(_kinked_lines(subject) if subject.kinks else _cancelled_lines(subject)),
        "    return result",
    ]
    return lines


def _cancelled_lines(subject: SmoothSubject) -> list[str]:
    """Where line and rest cancel, as next to a root of g, and g is not nearly constant: g about its mean."""
    return [
        "    least = xp.maximum(result, coefficients[1] * coefficients[1])",
        "    some = xp.flatnonzero((4 * least < size) & (coefficients[0] * coefficients[0] * least < size * size))",
        "    whole = (_value_panels(xp)[0], (0, 0), (None, None), (0, 0, -xp.inf, xp.inf))",
        "    rows = (xp, mu[some], sigma[some], whole, _rules(xp))",
        "    centre = coefficients[0][some]",
        f"    about = expectations(*rows, lambda y, c: [({subject.at_nodes}(xp, y) - c) ** 2], 1, centre)",
        "    result[some] = about[0]",
    ]


def _kinked_lines(subject: SmoothSubject) -> list[str]:
    """Around a kink g is not small against the rest: then g about its mean, unless g is nearly constant or a tail."""
    return [
        "    centre = coefficients[0]",
        "    panels = (_value_panels(xp)[0], (0, 0), (None, None), (0, 0, -xp.inf, xp.inf))",
        "    arguments = (xp, mu, sigma, panels, _rules(xp))",
        f"    about = expectations(*arguments, lambda y, c: [({subject.at_nodes}(xp, y) - c) ** 2], 1, centre)[0]",
        "    result = xp.where(about * 2**20 > centre * centre, about, result)",
        f"    square = {subject.square}(xp, mu, sigma)",
        "    result = xp.where(2 * centre * centre < square, square - centre * centre, result)",
    ]


def _about_mean_lines(subject: SmoothSubject) -> list[str]:
    return [
        "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:",
        '    """``E[g^2] - E[g]^2`` where the second is small, ``E[(g - E g)^2]`` where it is not."""',
        "    panels = (_value_panels(xp)[0], (0, 0), (None, None), (0, 0, -xp.inf, xp.inf))",
        "    mean = coefficients[0]",
        f"    square = {subject.square}(xp, mu, sigma)",
        "",
        "    def integrand(y: Any, centre: Any) -> Any:",
        f"        return [({subject.at_nodes}(xp, y) - centre) ** 2]",
        "",
        "    about = expectations(xp, mu, sigma, panels, _rules(xp), integrand, 1, mean)[0]",
        "    return xp.where(2 * mean * mean < square, square - mean * mean, about)",
    ]
