"""Text of what sees kinks of a wave without number: panels from kink to kink, averages under wide Gaussians."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.chebyshev_panels import ResolvedPanel
from codegen.families.contract import SIGNATURE
from codegen.families.general_tables import panel_rows
from codegen.families.kinked_wave_subject import KinkedWaveSubject, Side
from codegen.families.periodic import head_of
from codegen.fused_functions import fused
from codegen.kernel_plan import exact_pair, expression_text

__all__ = ["BESIDE_KINKS", "NARROW", "panels_text", "wide_text", "within_text"]

NARROW = 20
"""How many times farther than sigma every singularity of base and envelope is from mu where they are polynomials."""
BESIDE_KINKS = 40
"""The same of their kinks, and of 0 where the wave is 0 on one side of it: of g tails of 1e-300 are left there."""
SEEN = 14
"""Deviations of a Gaussian that panels are to cover."""
CLEAR = 40
OF_TAPER = 12
"""What the taper adds to the degree of a polynomial on a panel."""
OF_AVERAGE = 40
"""Degree of what is tapered where the wave is 0."""


def _seen(subject: KinkedWaveSubject) -> int:
    """Within how many sigma of 0, and of what bends, Gaussians are served by panels."""
    return SEEN + (NARROW if all(width for _, width in subject.sharp) else BESIDE_KINKS)


def _side_text(name: str, side: Side, sign: int) -> list[str]:
    levels = ", ".join(map(str, side.levels))
    end = "None" if side.ends else "end"
    return [
        f"    levels: Any = [{levels}]",
        f"    {name} = repeated_panels(xp, period, head, parts, levels, {side.first}, {sign}, {end})",
    ]


def panels_text(subject: KinkedWaveSubject) -> str:
    """Text of ``_panels``."""
    period = subject.parts.period
    head = head_of(period)
    parts = [
        f"({exact_pair(low)}, {exact_pair(high)}, {f'{degree} + taper' if degree else 'least'})"
        for low, high, degree in subject.pieces
    ]
    extent, length = (expression_text(one) for one in (subject.extent, subject.unit))
    return "\n".join(
        [
            "def _panels(xp: Any, taper: int = 0, least: int = 0) -> Any:",
            '    """Panels of g, from kink to kink as far as Gaussians see that are not wide."""',
            f"    period, head = {exact_pair(period)}, {expression_text(head)}",
            f"    parts: Any = [{', '.join(parts)}]",
            '    width = xp.method["taper_width"] * xp.method["taper_reach"]',
            f'    seen = max({_seen(subject)} * xp.method["wide_sigma"], 2 * width + {2 * CLEAR})',
            f"    end = 2 * {extent} + {length} * seen",
            "    inner: Any = [",
            *panel_rows(subject.inner),
            "    ]",
            *_side_text("left", subject.left, -1),
            *_side_text("right", subject.right, 1),
            "    return [*left, *inner, *right], xp.inf",
        ]
    )


def within_text(subject: KinkedWaveSubject) -> str:
    """Text of what panels serve."""
    values = "enveloped_sums(xp, mu, sigma, _panels(xp), "
    bounds = []
    for side, one in (("+", subject.right), ("-", subject.left)):
        if not one.ends:
            bounds.append(f"({side}mu + 12 * sigma <= end)".replace("(+", "("))
    reach = f"2 * {expression_text(subject.extent)} + {expression_text(subject.unit)} * {_seen(subject)}"
    seen = [
        f'    end = {reach} * xp.method["wide_sigma"]',
        f"    return [xp.where({' & '.join(bounds)}, value, xp.nan) for value in values]",
    ]
    return "\n".join(
        [
            f"def _seen({SIGNATURE}, values: Any) -> Any:",
            '    """The values of Gaussians that panels cover."""',
            *(seen if bounds else ["    return values"]),
            "",
            "",
            f"def _coefficients_within({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree."""',
            f"    sums = {values}((1, 0),), lambda y, c: [_activation(xp, y)], [degree + 1])",
            "    return _seen(xp, mu, sigma, sums[0])",
            "",
            "",
            f"def _moments_within({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``."""',
            "    weights = ((1, 0), (1, degree))[: degree + 1]",
            f"    sums = {values}weights, lambda y, c: rising(_activation(xp, y), y, degree), [1] * (degree + 1))",
            "    return _seen(xp, mu, sigma, [row[0] for row in sums])",
            "",
            "",
            f"def _square_within({SIGNATURE}) -> Any:",
            '    """``E[g^2]``."""',
            f"    sums = {values}((2, 0),), lambda y, c: [_activation(xp, y) ** 2], [1])",
            "    return _seen(xp, mu, sigma, sums[0])[0]",
            "",
            "",
            f"def _variance_within({SIGNATURE}) -> Any:",
            '    """``E[(g - E g)^2]``, or ``E[g^2] - E[g]^2`` where little cancels."""',
            "    mean = _coefficients_within(xp, mu, sigma, 0)[0]",
            "    result = _square_within(xp, mu, sigma) - mean * mean",
            "    some = xp.flatnonzero(result < mean * mean)",
            "    weights = ((2, 0), (0, 0))",
            "    rows = mu[some], sigma[some]",
            "    sums = enveloped_sums(",
            "        xp, *rows, _panels(xp), weights, lambda y, c: [(_activation(xp, y) - c) ** 2], [1], mean[some]",
            "    )",
            "    result[some] = _seen(xp, *rows, sums[0])[0]",
            *_beyond_lines(subject),
            "    return result",
        ]
    )


def _beyond_lines(subject: KinkedWaveSubject) -> list[str]:
    """Beyond the last panels nothing is left of g, but its mean is."""
    lines = []
    for sign, end, one in (("", "[0][0][0]", subject.left), ("-", "[-1][1][0]", subject.right)):
        if one.ends:
            z = f"{sign}(_panels(xp)[0]{end} - mu[some]) / sigma[some]"
            lines.append(f"    result[some] += mean[some] * mean[some] * xp.ndtr({z})")
    return lines


def _outer_text(name: str, panels: Sequence[Sequence[ResolvedPanel]]) -> list[str]:
    lines = [f"def {name}(xp: Any) -> Any:", '    """Panels of an average, beyond what bends."""']
    for side, one in zip(("left", "right"), panels, strict=True):
        rows = panel_rows(one)
        lines += [f"    {side}: Any = [", *rows, "    ]"] if rows else [f"    {side}: Any = []"]
    return [*lines, "    return left, right"]


def wide_text(subject: KinkedWaveSubject) -> str:
    """Text of what wide Gaussians see: averages far out."""
    constant = expression_text(subject.constant)
    reach = expression_text(subject.extent + CLEAR * subject.unit)
    average, average_square = (expression_text(fused(one)) for one in (subject.average, subject.average_square))
    sums = "enveloped_sums(xp, mu, sigma, _tapered_panels(xp, _outer{}(xp)), {}, lambda y, c: {}, {})"
    return "\n".join(
        [
            "def _taper(xp: Any, x: Any) -> Any:",
            '    """1 where anything bends."""',
            f"    return tapered(xp, x, (-({reach}), {reach}), {expression_text(subject.unit)})",
            "",
            "",
            "def _tapered(xp: Any, x: Any) -> Any:",
            f'    """``g - {sp.sstr(sp.N(subject.constant, 6))}``, its waves tapered."""',
            f"    average = {average} + 0 * x",
            f"    return average + _taper(xp, x) * (_activation(xp, x) - {constant} - average)",
            "",
            "",
            "def _tapered_square(xp: Any, x: Any) -> Any:",
            '    """The same of its square."""',
            f"    average = {average_square} + 0 * x",
            f"    return average + _taper(xp, x) * ((_activation(xp, x) - {constant}) ** 2 - average)",
            "",
            "",
            *_outer_text("_outer", subject.outer[0]),
            "",
            "",
            *_outer_text("_outer_square", subject.outer[1]),
            "",
            "",
            "def _tapered_panels(xp: Any, outer: Any) -> Any:",
            '    """Panels of g, and of the average beyond them."""',
            f"    panels, _ = _panels(xp, {OF_TAPER}, {OF_AVERAGE})",
            "    low, high = panels[0][0], panels[-1][1]",
            "    left = [(one[0], min(one[1], low), *one[2:]) for one in outer[0] if one[0][0] < low[0]]",
            "    right = [(max(one[0], high), *one[1:]) for one in outer[1] if one[1][0] > high[0]]",
            "    return [*left, *panels, *right], xp.inf",
            "",
            "",
            f"def _coefficients_wide({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree."""',
            f"    values = {sums.format('', '((1, 0),)', '[_tapered(xp, y)]', '[degree + 1]')}[0]",
            f"    return [values[0] + {constant}, *values[1:]]",
            "",
            "",
            f"def _moments_wide({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``."""',
            "    weights = ((1, 0), (1, degree))[: degree + 1]",
            f"    sums = {sums.format('', 'weights', 'rising(_tapered(xp, y), y, degree)', '[1] * (degree + 1)')}",
            "    powers = gaussian_moments(xp, mu, sigma * sigma, degree)",
            f"    return [row[0] + {constant} * power for row, power in zip(sums, powers, strict=True)]",
            "",
            "",
            f"def _deviations_wide({SIGNATURE}) -> Any:",
            f'    """First and second moment of ``g - {sp.sstr(sp.N(subject.constant, 6))}``."""',
            f"    mean = {sums.format('', '((1, 0),)', '[_tapered(xp, y)]', '[1]')}[0][0]",
            f"    return mean, {sums.format('_square', '((1, 0),)', '[_tapered_square(xp, y)]', '[1]')}[0][0]",
            "",
            "",
            f"def _square_wide({SIGNATURE}) -> Any:",
            '    """``E[g^2]``."""',
            "    mean, square = _deviations_wide(xp, mu, sigma)",
            f"    return square + {constant} * (2 * mean + {constant})",
            "",
            "",
            *_wide_variance(subject, average),
        ]
    )


def _wide_variance(subject: KinkedWaveSubject, average: str) -> list[str]:
    """Lines of ``_variance_wide``; beside a line that of g less its mean, far from 0 the square is far larger."""
    if subject.parts.slope == 0:
        return [
            f"def _variance_wide({SIGNATURE}) -> Any:",
            '    """``Var g``."""',
            "    mean, square = _deviations_wide(xp, mu, sigma)",
            "    return square - mean * mean",
        ]
    spread = expression_text(fused(subject.parts.envelope**2 * (subject.mean_square - subject.mean**2)))
    return [
        "def _tapered_square_about(xp: Any, x: Any, c: Any) -> Any:",
        '    """``(g - c)^2``, its waves tapered."""',
        f"    average = ({average} + {expression_text(subject.constant)} - c) ** 2 + {spread}",
        "    return average + _taper(xp, x) * ((_activation(xp, x) - c) ** 2 - average)",
        "",
        "",
        f"def _variance_wide({SIGNATURE}) -> Any:",
        '    """``Var g``."""',
        "    mean = _coefficients_wide(xp, mu, sigma, 0)[0]",
        "    panels, weights = _tapered_panels(xp, _outer_square(xp)), ((2, 0), (0, 0))",
        "    about = enveloped_sums(",
        "        xp, mu, sigma, panels, weights, lambda y, c: [_tapered_square_about(xp, y, c)], [1], mean",
        "    )",
        "    return about[0][0]",
    ]
