"""Text of the second moment and the variance of the general family."""

from __future__ import annotations

import sympy as sp

from codegen.families.break_variance import beside_lines, breaks_lines, rest_lines
from codegen.families.contract import SIGNATURE
from codegen.families.general_expectations import narrow_and_overflown
from codegen.families.general_subject import End, GeneralSubject
from codegen.families.general_tables import panel_lines
from codegen.families.panel_sums import summed
from codegen.families.smooth_variance import at_root_lines, squares_text
from codegen.kernel_plan import expression_text
from codegen.resolved_panels import FARTHEST

__all__ = ["second_moment", "variance"]

GROWN = (1, 1)
SATURATED = 2**20
"""How many times E[g^2] must exceed its variance before rounded values of g are no longer trusted with it."""

NEXT_TO_FLAT = "xp.rational(1, 256)"
"""How near to a constant that it is between kinks g is taken as what it leaves of it, where that is small enough."""

SHORT, FLAT, AWAY = 16, 8, 12
"""How many times longer than sigma a panel is on which the short series, or that of what is flat, ends where it seems
to, and how many sigma away shorter ones are: under a wider Gaussian the orders of a wave first fall, then rise, and
those of a bump fall too slowly for the last to tell what follows."""


def second_moment(subject: GeneralSubject) -> str:
    """Text of ``_second_moment``."""
    name = "_integrated_square" if subject.rooted else "_second_moment"
    lines = [
        f"def {name}({SIGNATURE}) -> Any:",
        '    """``E[g(y)^2]``."""',
        "    point, spread = split_point_mass(xp, sigma)",
        *summed(subject, "sums", "mu, spread", "((2, 0),)", "[value * value]", "[1]", "1"),
        "    values = sums[0]",
        *([f"    values = [infinite_beyond(xp, mu, values[0], 0, {GROWN})]"] if any(subject.overflowing) else []),
        "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
    ]
    if subject.rooted:
        lines += at_root_lines()
    return "\n".join(lines)


def variance(subject: GeneralSubject) -> str:
    """Text of ``_variance`` and what it calls."""
    square = "_integrated_square" if subject.rooted else "_second_moment"
    deviations = "result[some]"
    of_flat = "_hermite_coefficients(xp, mu[flat], sigma[flat], order)"
    overflown: list[str] = []
    if subject.growing:
        deviations = "about_mean"
        overflown = ["    result[some] = xp.where(about_mean < xp.inf, about_mean, result[some])"]
    return "\n".join(
        [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: the Hermite series where it has converged, g about its mean elsewhere."""',
            "    point, spread = split_point_mass(xp, sigma)",
            '    order = xp.method["series_order"]',
            "    coefficients = _hermite_coefficients(xp, mu, spread, order)",
            f"    series, last = {squares_text(subject.jumps, 'mu', 'spread', 'coefficients')}",
            *_wide_lines(subject, "mu", "spread", SHORT),
            *rest_lines(subject.breaks, 'last * xp.method["series_reciprocal"] >= series'),
            "    series[rest] = _variance_by_moments(xp, mu[rest], spread[rest], coefficients[0][rest])",
            *beside_lines(subject.breaks),
            *([f"    series = infinite_beyond(xp, mu, series, 0, {GROWN})"] if any(subject.overflowing) else []),
            "    return set_where(point, [xp.maximum(series, 0)], [0])[0]",
            "",
            "",
            "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, mean: Any) -> Any:",
            '    """``E[g^2] - E[g]^2`` where little cancels, ``E[(g - E g)^2]`` elsewhere."""',
            f"    square = {square}(xp, mu, sigma)",
            "    result = square - mean * mean",
            "    some = xp.flatnonzero(64 * result < square)",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        deviation = {subject.at_nodes}(xp, y) - centre",
            "        return [deviation * deviation]",
            "",
            "    rows = mu[some], sigma[some]",
            "    arguments = _value_panels(xp), ((2, 0), (0, 0)), integrand, [1], mean[some]",
            f"    {deviations} = enveloped_sums(xp, *rows, *arguments)[0][0]",
            *overflown,
            *_beyond_lines(subject),
            *_saturated_lines(subject),
            f"    flat = xp.flatnonzero({SATURATED} * result < square)",
            '    order = xp.method["flat_series_order"]',
            f"    series, last = {squares_text(subject.jumps, 'mu[flat]', 'sigma[flat]', of_flat)}",
            *(
                _wide_lines(subject, "mu[flat]", "sigma[flat]", FLAT)
                if subject.function.has(sp.sin, sp.cos, sp.tan)
                else []
            ),
            '    told = last * xp.method["series_reciprocal"] < series',
            "    result[flat] = xp.where(told, series, result[flat])",
            "    return result",
            *_rest_lines(subject),
            *breaks_lines(subject.breaks),
        ]
    )


def _wide_lines(subject: GeneralSubject, mu: str, sigma: str, times: int) -> list[str]:
    """No series has converged under a Gaussian wider than what it meets, but that of an exponential has."""
    limit = f"smooth_within(xp, {mu}, {sigma}, _value_panels(xp)[0], {times}, {times}, {AWAY})"
    if not subject.growing or mu != "mu":
        return [f"    last = xp.where({sigma} > {limit}, series, last)"]
    kept = narrow_and_overflown(subject, sigma)
    return [f"    last = xp.where(({sigma} > {limit}) & ~({kept}), series, last)"]


def _beyond_lines(subject: GeneralSubject) -> list[str]:
    """Beyond the last panels nothing is left of g, but its mean is."""
    lines = []
    left, right = subject.value_panels[0].lower, subject.value_panels[-1].upper
    for side, end in ((1, left), (-1, right)):
        if abs(float(end)) < FARTHEST:
            z = f"{'' if side > 0 else '-'}({expression_text(end)} - mu[some]) / sigma[some]"
            lines.append(f"    result[some] += mean[some] * mean[some] * xp.ndtr({z})")
    return lines


def _rests(subject: GeneralSubject) -> list[tuple[str, str, End]]:
    """What g leaves of the lines at its ends, and of the constants it is between kinks: name and where."""
    middle = expression_text(subject.middle)
    found = [
        (name, f"mu {comparison} {middle}", end)
        for comparison, name, end in zip(("<", ">="), ("left", "right"), subject.ends, strict=True)
        if end is not None
    ]
    flats = list(enumerate(subject.plateaus, 1))
    return [
        *found,
        *((f"flat_{number}", f"xp.abs(_rest_flat_{number}(xp, mu)) < {NEXT_TO_FLAT}", end) for number, end in flats),
    ]


def _saturated_lines(subject: GeneralSubject) -> list[str]:
    """Where rounded values of g leave nothing of its deviation: that of what it leaves of the line it approaches."""
    sides = [
        f"        ({condition}, _rest_{name}, _rest_{name}_panels, {expression_text(end.slope)}),"
        for name, condition, end in _rests(subject)
    ]
    if not sides:
        return []
    return [
        f"    saturated = {SATURATED} * result < square",
        "    least = xp.zeros_like(mu) + xp.inf",
        "    for side, rest, panels, slope in (",
        *sides,
        "    ):",
        "        some = xp.flatnonzero(saturated & side)",
        "        if not len(some):",
        "            continue",
        "        rows = xp, mu[some], sigma[some], panels(xp)",
        "        first = enveloped_sums(*rows, ((1, 0),), lambda y, c: [rest(xp, y)], [2])[0]",
        "        second = enveloped_sums(*rows, ((2, 0),), lambda y, c: [rest(xp, y) ** 2], [1])[0][0]",
        "        near = slope * sigma[some]",
        "        left_over = (second - first[0] * first[0]) + near * (2 * first[1] + near)",
        f"        smaller = ({SATURATED} * second < square[some]) & (second < least[some])",
        "        result[some] = xp.where(smaller, left_over, result[some])",
        "        least[some] = xp.minimum(least[some], second)",
    ]


def _rest_lines(subject: GeneralSubject) -> list[str]:
    lines: list[str] = []
    for name, _, end in _rests(subject):
        lines += [
            "",
            "",
            f"def _rest_{name}(xp: Any, x: Any) -> Any:",
            f'    """What g leaves of a line: {name}."""',
            f"    return {end.text()}",
            "",
            "",
            *panel_lines(f"_rest_{name}_panels", "that", end.panels, subject),
        ]
    return lines
