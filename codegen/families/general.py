"""Functions that no faster rule serves: panels on which the function was seen to be a polynomial, visited as they count.

The last family in line. It asks for no structure: growth, decay and saturation are levels of panels, steepness and
oscillation their lengths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families.contract import SIGNATURE
from codegen.families.general_subject import GeneralSubject
from codegen.families.quadrature import PROMISE
from codegen.families.smooth_expectations import derivatives
from codegen.fused_functions import fused
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, tuple_text
from codegen.plan_check import Sample
from codegen.resolved_panels import ResolvedPanel

__all__ = ["plan"]

NEARLY_CONSTANT = 1024
SHORT = 1024
CLEAR = 40
FAR = 160
BEYOND = 14
SATURATED = 2**20


def plan(expression: sp.Expr, variable: sp.Symbol) -> KernelPlan:
    """The kernel of any function that panels resolve.

    Raises
    ------
    NoPanelPlanError
        A moderate number of panels does not resolve it.
    """
    subject = GeneralSubject(expression, variable)
    kinks = (*subject.kinks, *subject.singular)
    functions = [
        _tables(subject),
        _raw_moments(subject),
        _hermite(subject),
        derivatives(subject),
        _second_moment(subject),
        _variance(subject),
    ]
    place, least = subject.wide
    regimes = [
        f"{len(subject.value_panels)} panels on which g was seen to be a polynomial of degree 60; those that count",
        f"sigma >= {least} and |{sp.sstr(sp.Symbol('mu') - place)}| <= 4 sigma: nodes shared by all rows of like sigma",
        "Hermite coefficients through the derivative where g is nearly constant over the Gaussian",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    if subject.singular:
        places = ", ".join(map(sp.sstr, subject.singular))
        regimes.append(f"next to x = {places} panels as wide as the Gaussian, with nodes that crowd there")
    if subject.endless:
        regimes.append(f"|mu| + 12 sigma > {math.floor(subject.reach)}: NaN, since g oscillates without end")
    seams: list[Mapping[str, float | str]] = [{"variable": "mu", "value": float(k)} for k in kinks]
    seams.append({"variable": "sigma", "value": float(least)})
    growth = max(subject.value_panels[0].slope * -1, subject.value_panels[-1].slope, 0.0)
    if growth:
        regimes.append("where g is beyond the doubles within 13 sigma of its weight: infinite, or not a number")
    sample = Sample(subject.structures, kinks, growth=growth, ends=subject.cuts, reach=subject.reach, singular=subject.singular)
    return KernelPlan(functions, PROMISE, regimes, seams, activation=subject.activation_text(), sample=sample, last=True)


def _tables(subject: GeneralSubject) -> str:
    lines = [
        "def _derivative(xp: Any, x: Any) -> Any:",
        '    """``g\'(x)``."""',
        f"    return {subject.slope_text()}",
        "",
        "",
    ]
    if subject.precise:
        lines += [
            "def _value(xp: Any, x: Any) -> Any:",
            '    """``g(x)`` at a node, the arguments of its functions rounded."""',
            f"    return {subject.value_text()}",
            "",
            "",
        ]
    lines += _panel_lines("_value_panels", "g", subject.value_panels, subject)
    lines += ["", "", *_panel_lines("_slope_panels", "g'", subject.slope_panels, subject)]
    return "\n".join(lines)


def _panel_lines(name: str, what: str, panels: list[ResolvedPanel], subject: GeneralSubject) -> list[str]:
    wide, reach = subject.wide, math.floor(subject.reach) if subject.endless else "xp.inf"
    rows = []
    for one in panels:
        level = math.ceil(one.level)
        slope = sp.Rational(round(one.slope * 2**40), 2**40)
        middle = sp.Rational(round(one.middle * 1024), 1024)
        numbers = ", ".join(expression_text(sp.sympify(value)) for value in (level, slope, middle))
        rows.append(f"        ({exact_pair(one.lower)}, {exact_pair(one.upper)}, {numbers}, {one.singular}),")
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Panels of {what}: ends, and the bound exp(level + slope (y - middle)); what counts as wide."""',
        "    panels: Any = [",
        *rows,
        "    ]",
        f"    return panels, {tuple_text(wide)}, {reach}",
    ]


def _raw_moments(subject: GeneralSubject) -> str:
    return "\n".join(
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        return rising({subject.at_nodes}(xp, y), y, degree)",
            "",
            "    weights = ((1, 0), (1, degree))[: degree + 1]",
            "    sums = enveloped_sums(xp, mu, spread, _value_panels(xp), weights, integrand, [1] * (degree + 1))",
            "    at = mu[point]",
            "    return set_where(point, [row[0] for row in sums], rising(_activation(xp, at), at, degree))",
        ]
    )


def _hermite(subject: GeneralSubject) -> str:
    jumps: list[str] = []
    for kink, jump in subject.jumps:
        jumps += [
            f"    shares = jump_shares(xp, *rows, {exact_pair(kink)}, degree)",
            f"    slopes = [c + {expression_text(jump)} * share for c, share in zip(slopes, shares, strict=True)]",
        ]
    return "\n".join(
        [
            f"def _by_slope({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k = sigma E[g\'(y) He_(k-1)(z)]``, k = 1 .. degree."""',
            "    rows = mu, sigma",
            "    arguments = ((1, 0),), lambda y, centre: [_derivative(xp, y)], [degree]",
            "    slopes = [sigma * row for row in without_noise("
            "xp, enveloped_sums(xp, *rows, _slope_panels(xp), *arguments)[0])]",
            *jumps,
            "    return slopes",
            "",
            "",
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: of g itself, where it is nearly constant by its slope."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        value = {subject.at_nodes}(xp, y)",
            "        return [value, value * value]",
            "",
            "    orders = [degree + 1, 1]",
            "    coefficients, square = enveloped_sums("
            "xp, mu, spread, _value_panels(xp), ((1, 0),), integrand, orders)",
            "    coefficients[0][point] = _activation(xp, mu[point])",
            "    for row in coefficients[1:]:",
            "        row[point] = 0",
            "    if degree == 0:",
            "        return coefficients",
            "    mean = coefficients[0] * coefficients[0]",
            f"    constant = (sigma > 0) & ({NEARLY_CONSTANT} * (square[0] - mean) <= mean)",
            *(
                f"    constant = constant & (xp.abs(mu - {expression_text(place)}) > {BEYOND} * sigma)"
                for place in subject.singular
            ),
            "    some = xp.flatnonzero(constant)",
            "    if len(some):",
            "        for row, value in zip(coefficients[1:], _by_slope(xp, mu[some], spread[some], degree), strict=True):",
            "            row[some] = value",
            f"    limit = smooth_within(xp, mu, _slope_panels(xp)[0], {SHORT}, {CLEAR})",
            *(
                f"    limit = xp.minimum(limit, xp.abs(mu - {expression_text(kink)}) * xp.rational(1, {CLEAR}))"
                for kink in subject.kinks
            ),
            *(
                f"    limit = xp.minimum(limit, xp.abs(mu - {expression_text(place)}) * xp.rational(1, {FAR}))"
                for place in subject.singular
            ),
            "    return narrow_coefficients(xp, mu, sigma, coefficients, _activation, limit)",
        ]
    )


def _second_moment(subject: GeneralSubject) -> str:
    name = "_integrated_square" if subject.rooted else "_second_moment"
    lines = [
        f"def {name}({SIGNATURE}) -> Any:",
        '    """``E[g(y)^2]``."""',
        "    point, spread = split_point_mass(xp, sigma)",
        "",
        "    def integrand(y: Any, centre: Any) -> Any:",
        f"        value = {subject.at_nodes}(xp, y)",
        "        return [value * value]",
        "",
        "    values = enveloped_sums(xp, mu, spread, _value_panels(xp), ((2, 0),), integrand, [1])[0]",
        "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
    ]
    if subject.rooted:
        from codegen.families.smooth_variance import at_root_lines

        lines += at_root_lines()
    return "\n".join(lines)


def _variance(subject: GeneralSubject) -> str:
    square = "_integrated_square" if subject.rooted else "_second_moment"
    return "\n".join(
        [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: the Hermite series where it has converged, g about its mean elsewhere."""',
            "    point, spread = split_point_mass(xp, sigma)",
            '    order = xp.method["series_order"]',
            "    coefficients = _hermite_coefficients(xp, mu, spread, order)",
            "    series = xp.zeros_like(mu)",
            "    factorial = 1",
            "    for k in range(1, order + 1):",
            "        factorial = factorial * k",
            "        series = series + coefficients[k] * coefficients[k] / factorial",
            "    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial",
            '    rest = xp.flatnonzero(last * xp.method["series_reciprocal"] >= series)',
            "    series[rest] = _variance_by_moments(xp, mu[rest], spread[rest], coefficients[0][rest])",
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
            "    result[some] = enveloped_sums(xp, *rows, *arguments)[0][0]",
            *_saturated_lines(subject),
            "    return result",
            *_rest_lines(subject),
        ]
    )


def _saturated_lines(subject: GeneralSubject) -> list[str]:
    """Where rounded values of g leave nothing of its deviation: that of what it leaves of the line it approaches."""
    if subject.ends is None:
        return []
    left, right = subject.ends
    middle = expression_text(subject.middle)
    return [
        f"    saturated = {SATURATED} * result < square",
        "    for side, rest, panels, slope in (",
        f"        (mu < {middle}, _rest_left, _rest_left_panels, {expression_text(left.slope)}),",
        f"        (mu >= {middle}, _rest_right, _rest_right_panels, {expression_text(right.slope)}),",
        "    ):",
        "        some = xp.flatnonzero(saturated & side)",
        "        if not len(some):",
        "            continue",
        "        rows = xp, mu[some], sigma[some], panels(xp)",
        "        first = enveloped_sums(*rows, ((1, 0),), lambda y, c: [rest(xp, y)], [2])[0]",
        "        second = enveloped_sums(*rows, ((2, 0),), lambda y, c: [rest(xp, y) ** 2], [1])[0][0]",
        "        near = slope * sigma[some]",
        "        result[some] = (second - first[0] * first[0]) + near * (2 * first[1] + near)",
    ]


def _rest_lines(subject: GeneralSubject) -> list[str]:
    lines: list[str] = []
    for name, end in zip(("left", "right"), subject.ends or (), strict=False):
        lines += [
            "",
            "",
            f"def _rest_{name}(xp: Any, x: Any) -> Any:",
            f'    """What g leaves of the line it approaches at the {name}."""',
            f"    return {expression_text(fused(end.rest))}",
            "",
            "",
            *_panel_lines(f"_rest_{name}_panels", "that", list(end.panels), subject),
        ]
    return lines
