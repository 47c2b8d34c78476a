"""Text of the variance of sums of exponentials and waves: of g less its value at the nearest kink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.families.contract import SIGNATURE
from codegen.kernel_plan import expression_text

if TYPE_CHECKING:
    from codegen.families.exponential_panels import ExponentialPanels


def variance(subject: ExponentialPanels) -> str:
    """Text of ``_variance`` and ``_variance_by_moments``."""
    growth = max((rate for rate, _ in subject.pieces.panels().growths), key=float)
    # What grows or turns under a wide Gaussian is made of orders far above those that seem to have converged.
    fastest = max([growth, *subject.pieces.frequencies()], key=float)
    wide = f" | (spread > {expression_text(1 / fastest)})" if fastest != 0 else ""
    others = [table.other_entry() for table in subject.tables if table.jumps]
    others += [table.entry() for table in subject.rests]
    lines = [
        f"def _variance({SIGNATURE}) -> Any:",
        '    """``Var g(y)``: the Hermite series where it has converged, moments elsewhere."""',
        "    point, spread = split_point_mass(xp, sigma)",
        '    order = xp.method["series_order"]',
        "    coefficients = _hermite_coefficients(xp, mu, spread, order)",
        "    series = xp.zeros_like(mu)",
        "    factorial = 1",
        "    for k in range(1, order + 1):",
        "        factorial = factorial * k",
        "        series = series + coefficients[k] * coefficients[k] / factorial",
        "    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial",
        f'    rest = xp.flatnonzero(~(last * xp.method["series_reciprocal"] < series){wide})',
        "    series[rest] = _variance_by_moments(xp, mu[rest], spread[rest])",
        *(["    series = infinite_beyond(xp, mu, series, 0, (1, 1))"] if any(subject.growing_signs) else []),
        "    return set_where(point, [xp.maximum(series, 0)], [0])[0]",
        "",
        "",
        "def _variance_by_moments(xp: Any, mu: Any, sigma: Any) -> Any:",
        '    """``E[h^2] - E[h]^2`` or ``E[(h - E h)^2]`` of h, which is g less its value at the nearest kink."""',
        "    def once(place: Any, functions: Any) -> Any:",
        "        base, _, rise, _, scaled, _ = functions",
        "        return (",
        "            lambda v, around: [rise(xp, v)],",
        "            lambda v, shift: [scaled(xp, v, shift) - base * xp.exp(-shift)],",
        "        )",
        "",
        "    def square(place: Any, functions: Any) -> Any:",
        "        base, _, rise, _, scaled, _ = functions",
        "        return (",
        "            lambda v, around: [rise(xp, v) ** 2],",
        "            lambda v, shift: [(scaled(xp, v, shift / 2) - base * xp.exp(-shift / 2)) ** 2],",
        "        )",
        "",
        "    def about(place: Any, functions: Any) -> Any:",
        "        base, _, rise, _, scaled, _ = functions",
        "        return (",
        "            lambda v, around: [(rise(xp, v) - around) ** 2],",
        "            lambda v, shift: [(scaled(xp, v, shift / 2) - base * xp.exp(-shift / 2)) ** 2],",
        "        )",
        "",
        f"    def {'around_kinks' if subject.turns else 'panels'}(mu: Any, sigma: Any) -> Any:",
        "        places = _places(xp, 2)",
        "        number = nearest_place(xp, mu, sigma, places)",
        *(f"        places = [*places, {entry}]" for entry, _ in others),
        *(f"        number = xp.where({rows}, {n}, number)" for n, (_, rows) in enumerate(others, len(subject.tables))),
        "        rows = mu, sigma, places, number",
        "        mean = place_expectations(xp, *rows, 1, once, [1], None, 24)[0][0]",
        "        second = place_expectations(xp, *rows, 2, square, [1], None, 24)[0][0]",
        "        near = xp.flatnonzero(~(2 * mean * mean < second))",
        "        variance = second - mean * mean",
        "        rows = mu[near], sigma[near], unbounded(xp, places), number[near]",
        "        variance[near] = place_expectations(xp, *rows, 2, about, [1], mean[near], 24)[0][0]",
        "        return [variance]",
        "",
        *subject.turned_lines("powers_of_rise(_turned, xp, v, m)", "[1, 1]", "[sums[1][0] - sums[0][0] ** 2]", power=2),
    ]
    if subject.waves is None:
        return "\n".join([*lines, "    return panels(mu, sigma)[0]"])
    constant = expression_text(subject.waves.constant)
    lines += [
        "    def averaged(mu: Any, sigma: Any) -> Any:",
        f"        constant = {constant}",
        "        functions = lambda y, around: [_averaged(xp, y) - constant, _averaged_square(xp, y, 1)]",
        "        mean, square = averaged_expectations(xp, mu, sigma, _averaged_panels(xp), functions, [1, 1])",
        "        return [square[0] - mean[0] * mean[0]]",
        "",
        f"    wide = averages_out(xp, mu, sigma, _panels_0(xp), {expression_text(subject.waves.unit)})",
        "    return by_rows(xp, wide, mu, sigma, averaged, panels)[0]",
    ]
    return "\n".join(lines)
