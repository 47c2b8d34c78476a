"""Text of the expectations of a function without a closed form: moments, Hermite coefficients, derivatives."""

from __future__ import annotations

from typing import Protocol

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families.contract import SIGNATURE
from codegen.families.narrow_slopes import narrow_lines, others_lines
from codegen.families.smooth_subject import SmoothSubject
from codegen.kernel_plan import exact_pair, expression_text
from codegen.kink_limits import kink_limits
from codegen.smoothed_relus import written_density
from symbolic_moments.normal import phi

WIDE = 16
"""A Gaussian is wide if it is so many times wider than the function."""

LEVEL = 256
"""The same where coefficients are those of what is left of a constant."""

NARROW = 32
"""A Gaussian is narrow if it is so many times narrower than the widest that the coarsest trapezoid serves."""

STEEPER = 64
"""How many times steeper log |g| becomes, far out, where g decays faster than an exponential."""

NARROW_PART = 128
"""With kinks it is narrow if it is so many times narrower than the function's finest structure, and ..."""

CLEAR = 40
"""... every kink is so many standard deviations away."""


_MEAN_ALONE = ["    if degree == 0:", "        return _raw_moments(xp, mu, sigma, 0)"]


def raw_moments(subject: SmoothSubject) -> str:
    """Text of ``_raw_moments``."""
    return "\n".join(
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        return rising({subject.at_nodes}(xp, y), y, degree)",
            "",
            "    values = expectations(xp, mu, spread, _value_panels(xp), _rules(xp), integrand, degree + 1)",
            "    at = mu[point]",
            "    return set_where(point, values, rising(_activation(xp, at), at, degree))",
        ]
    )


def hermite(subject: SmoothSubject) -> str:
    """Text of ``_hermite_coefficients``, ``_coefficients_by_slope`` and ``_coefficients_by_panels``."""
    by_slope = "_coefficients_by_slope" if subject.vanishes else "_hermite_coefficients"
    limit = _narrow_limit(subject)
    by_panels = by_slope if limit is None else "_coefficients_by_panels"
    lines = [
        f"def {by_panels}({SIGNATURE}, degree: int) -> Any:",
        '    """``c_0 = E[g]``, ``c_k = sigma E[g\'(y) He_(k-1)(z)]``, k = 1 .. degree."""',
        *(_MEAN_ALONE if limit is None else []),
        "    point, spread = split_point_mass(xp, sigma)",
        "    functions = (",
        f"        lambda y, centre: [{subject.at_nodes}(xp, y)],",
        "        lambda y, centre: [_derivative(xp, y)],",
        "        lambda y, centre: _value_and_slope(xp, y),",
        "    )",
        "    tables = _value_panels(xp), _slope_panels(xp), _rules(xp)",
        "    mean, slopes = value_and_slope_expectations(xp, mu, spread, *tables, functions, degree)",
        "    mean[point] = _activation(xp, mu[point])",
        "    coefficients = [sigma * slope for slope in without_noise(xp, slopes)]",
        *(line for kink, jump in subject.jumps for line in _jump_lines(kink, jump)),
        *_level_lines(subject),
        "    return [mean, *coefficients]",
    ]
    if limit is not None:
        lines += [
            "",
            "",
            f"def {by_slope}({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: by the derivatives at mu under a narrow Gaussian, else by panels."""',
            *_MEAN_ALONE,
            f"    limit = {limit}",
            *others_lines(),
            *narrow_lines(subject.cancelling_slope),
            "    return coefficients",
        ]
    if subject.vanishes:
        wide = expression_text(WIDE * subject.extent)
        centred = expression_text(sp.Symbol("mu") - subject.middle)
        lines += [
            "",
            "",
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: by the slope, or by g itself under a wide Gaussian."""',
            f"    wide = (sigma > {wide}) & (xp.abs({centred}) < 4 * sigma)",
            "    some, others = xp.flatnonzero(wide), xp.flatnonzero(~wide)",
            "    arguments = xp, mu[some], sigma[some], _value_panels(xp), _rules(xp)",
            f"    direct = direct_coefficients(*arguments, lambda y, centre: [{subject.at_nodes}(xp, y)], degree)",
            "    by_slope = _coefficients_by_slope(xp, mu[others], sigma[others], degree)",
            "    result = [xp.zeros_like(mu) for _ in range(degree + 1)]",
            "    for row, one, other in zip(result, direct, by_slope, strict=True):",
            "        row[some], row[others] = one, other",
            "    return result",
        ]
    return "\n".join(lines)


def _jump_lines(kink: sp.Expr, jump: sp.Expr) -> list[str]:
    return [
        f"    shares = jump_shares(xp, mu, spread, {exact_pair(kink)}, degree)",
        f"    jump = xp.where(sigma > 0, {expression_text(jump)}, 0)",
        "    coefficients = [c + jump * share for c, share in zip(coefficients, shares, strict=True)]",
    ]


def _level_lines(subject: SmoothSubject) -> list[str]:
    """Under wide Gaussians, where g tends to one constant at both ends: coefficients of what it leaves of that.

    Slopes on either side of what bends cancel there.
    """
    if subject.level is None:
        return []
    return [
        f"    wide = xp.flatnonzero(sigma > {expression_text(LEVEL * subject.extent)})",
        "    arguments = xp, mu[wide], sigma[wide], _rest_level_panels(xp), _rules(xp)",
        "    rests = direct_coefficients(*arguments, lambda y, centre: [_rest_level(xp, y)], degree)",
        "    for row, value in zip(coefficients, rests[1:], strict=True):",
        "        row[wide] = value",
    ]


def _narrow_limit(subject: SmoothSubject) -> str | None:
    """Text of the largest sigma at which derivatives at mu serve; None where there is none."""
    if subject.trapezoids is None and not subject.kinks:
        return None
    if subject.trapezoids is None:
        limit = expression_text(min(one.width for one in subject.structures) / NARROW_PART)
        for kink in subject.kinks:
            distance = sp.Abs(sp.Symbol("mu", real=True) - kink)
            limit = f"xp.minimum({limit}, {expression_text(distance / CLEAR)})"
        return limit
    narrow = subject.trapezoids.classes[0][1] / NARROW
    limit = expression_text(narrow)
    if subject.trapezoids.span is None:
        return limit
    first, last = (expression_text(end) for end in subject.trapezoids.span)
    return f"xp.where((mu >= {first}) & (mu <= {last}), {limit}, {expression_text(narrow / STEEPER)})"


class _Kinked(Protocol):
    """What the limits at sigma = 0 are written from."""

    @property
    def function(self) -> sp.Expr: ...

    @property
    def variable(self) -> sp.Symbol: ...

    @property
    def kinks(self) -> tuple[sp.Expr, ...]: ...

    @property
    def jumps(self) -> list[tuple[sp.Expr, sp.Expr]]: ...


def derivatives(subject: _Kinked, series: str) -> str:
    """Text of ``_expected_derivatives``; ``series`` is that of the derivatives at points."""
    kinked = [f"    limits = {series}"]
    if subject.kinks:
        kinked.append("    limits[1:2] = [_derivative(xp, at)][:degree]")
    for kink in filter(is_double, subject.kinks):
        jumps = any(kink == place for place, _ in subject.jumps)
        limits = [] if jumps else kink_limits(subject.function, subject.variable, kink)
        known = [expression_text(limit.replace(phi, written_density)) for limit in limits]
        kinked += [
            f"    at_kink = at == {expression_text(kink)}",
            f"    known = [{', '.join(known)}] + [xp.nan] * degree",
            "    limits[1:] = [xp.where(at_kink, k, limit) for k, limit in zip(known, limits[1:], strict=False)]",
        ]
    return "\n".join(
        [
            f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
            '    """``E[g^(k)(y)] = c_k / sigma^k``; at sigma = 0 the derivative by Taylor arithmetic."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    coefficients = _hermite_coefficients(xp, mu, spread, degree)",
            "    values = to_derivatives([], coefficients, spread, degree)",
            "    at = mu[point]",
            *kinked,
            "    return set_where(point, values, limits)",
        ]
    )
