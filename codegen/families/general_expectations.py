"""Text of the moments and Hermite coefficients of the general family."""

from __future__ import annotations

import sympy as sp

from codegen.chebyshev_panels import DEGREE, evaluator
from codegen.families.contract import SIGNATURE
from codegen.families.general_subject import GeneralSubject
from codegen.families.narrow_slopes import narrow_lines, others_lines
from codegen.families.panel_sums import infinite_lines, summed
from codegen.kernel_plan import exact_pair, expression_text
from codegen.resolved_panels import FARTHEST

__all__ = ["hermite", "narrow_and_overflown", "raw_moments"]

NEARLY_CONSTANT = 1024
"""E[g]^2 over the variance from which on coefficients are made of the derivative."""

HARDLY_GROWS = 8
"""Times how many sigma a growing exponential has grown e-fold where coefficients of what overflows are by the slope."""

WIDE = 256
"""How many times wider than all that bends a Gaussian is where coefficients are those of what is left of a constant."""

ROUNDED = 128
"""How many sigma away from 0 coefficients of waves are by the derivative: rounded nodes count for less there, ..."""

IN_A_WAVE = 64
"""... in Gaussians so many times narrower than their panels."""

HARDLY_VARIES = 64
"""The same where coefficients are made of what is left beside the mean."""

SATURATED = 2**20
"""The same where the mean of g, as a double, leaves too little of that."""

SHORT = 1024
"""How many times longer than sigma a panel is on which the Taylor series in sigma serves, ..."""

STEEP = 5
"""... how many times longer what an exponential takes to change e-fold: there terms are ``5^-2n / (2^n n!)``, ..."""

CLEAR = 40
"""... how many sigma away every kink is, ..."""

NO_LESS, LEAST = 20, 1e-40
"""... or, where g' is at least so much of what it is beyond: a tail of 1e-87 is seen of that, ..."""

BESIDE = sp.Rational(1, 10**60)

FAR = 160
"""... and every place where a root or a logarithm vanishes."""

BEYOND = 14
"""From so many sigma on such a place is not felt."""


def raw_moments(subject: GeneralSubject, start: sp.Expr = sp.S.Zero) -> str:
    """Text of ``_raw_moments``, of powers of ``y + start``."""
    base, base_at = (expression_text(sp.Symbol(name) + start) for name in ("y", "at"))
    terms, orders = f"rising(value, {base}, degree)", "[1] * (degree + 1)"
    return "\n".join(
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    weights = ((1, 0), (1, degree))[: degree + 1]",
            *summed(subject, "sums", "mu, spread", "weights", terms, orders, "degree + 1"),
            "    at = mu[point]",
            "    values = [row[0] for row in sums]",
            *infinite_lines(subject, "values"),
            f"    return set_where(point, values, rising(_activation(xp, at), {base_at}, degree))",
        ]
    )


def _wave_lines(subject: GeneralSubject) -> list[str]:
    """Where nodes are rounded by more than g varies over the Gaussian."""
    if not subject.endless:
        return []
    outermost = min(one.upper - one.lower for one in (subject.value_panels[0], subject.value_panels[-1]))
    narrow = f"(sigma > 0) & (sigma <= {expression_text(outermost / IN_A_WAVE)})"
    return [f"    constant = constant | (xp.abs(mu) > {ROUNDED} * sigma) & {narrow}"]


def narrow_and_overflown(subject: GeneralSubject, sigma: str) -> str:
    """Where nodes would overflow in g^2, and ``exp(c y)`` varies by little: the mask of such rows."""
    steepest = max(abs(end.rate) for end in subject.growing)
    narrow = f"({sigma} <= {expression_text(1 / (HARDLY_GROWS * steepest))})"
    return f"{narrow} & leaves_doubles(xp, mu, {sigma}, _value_panels(xp)[0], _growth(xp, 0), ((2, 0),))"


def _overflown_lines(subject: GeneralSubject) -> list[str]:
    """Where g^2 overflows its size does not tell whether g is nearly constant."""
    if not subject.growing:
        return []
    return [f"    constant = constant | (sigma > 0) & {narrow_and_overflown(subject, 'sigma')}"]


def _level_lines(subject: GeneralSubject) -> list[str]:
    """Under wide Gaussians, where g tends to one constant at both ends: coefficients of what is left of that.

    Slopes on either side of what bends cancel there.
    """
    if not subject.level:
        return []
    span = subject.structures[-1].centre - subject.structures[0].centre
    extent = span + max(one.width for one in subject.structures)
    return [
        f"    wide = some[sigma[some] > {expression_text(WIDE * extent)}]",
        "    if len(wide):",
        "        arguments = _rest_left_panels(xp), ((1, 0),), lambda y, centre: [_rest_left(xp, y)], [degree + 1]",
        "        rests = enveloped_sums(xp, mu[wide], spread[wide], *arguments)[0]",
        "        for row, value in zip(coefficients[1:], rests[1:], strict=True):",
        "            row[wide] = value",
    ]


def _centred_lines(subject: GeneralSubject) -> list[str]:
    """Where g is nearly constant and a vertical place keeps its slope from being used: g about its mean."""
    if not subject.singular:
        return []
    return [
        f"    near = xp.flatnonzero((sigma > 0) & ({HARDLY_VARIES} * (square[0] - mean) <= mean) & ~constant)",
        "    rows = mu[near], spread[near]",
        "    arguments = _value_panels(xp), ((1, 0), (0, 0)), "
        f"lambda y, centre: [{subject.at_nodes}(xp, y) - centre], [degree + 1]",
        "    deviations = enveloped_sums(xp, *rows, *arguments, coefficients[0][near])[0]",
        *_beyond_lines(subject),
        "    for row, value in zip(coefficients[1:], deviations[1:], strict=True):",
        "        row[near] = value",
        *_saturated_lines(subject),
    ]


def _saturated_lines(subject: GeneralSubject) -> list[str]:
    """Where g is a line to the last digits: coefficients of what it leaves of it."""
    middle = expression_text(subject.middle)
    lines = []
    for comparison, name, end in zip(("<", ">="), ("left", "right"), subject.ends, strict=True):
        if end is None:
            continue
        rest = f"xp, mu[far], spread[far], _rest_{name}_panels(xp), ((1, 0),), lambda y, c: [_rest_{name}(xp, y)]"
        lines += [
            f"    hardly = {SATURATED} * (square[0][near] - mean[near]) <= mean[near]",
            f"    far = near[hardly & (mu[near] {comparison} {middle})]",
            "    if len(far):",
            f"        rests = enveloped_sums({rest}, [degree + 1])[0]",
            f"        rests[1] += ({expression_text(end.slope)}) * spread[far]",
            "        for row, value in zip(coefficients[1:], rests[1:], strict=True):",
            "            row[far] = value",
        ]
    return lines


def _beyond_lines(subject: GeneralSubject) -> list[str]:
    """Beyond the last panels, where nothing is left of g, it differs from its mean by all of that."""
    lines = []
    for sign, end in (("+", subject.value_panels[0].lower), ("-", subject.value_panels[-1].upper)):
        if abs(float(end)) < FARTHEST:
            lines += [
                f"    shares = jump_shares(xp, *rows, {exact_pair(end)}, degree)",
                "    deviations[1:] = "
                f"[d {sign} coefficients[0][near] * share for d, share in zip(deviations[1:], shares, strict=True)]",
            ]
    return lines


def _clearances(subject: GeneralSubject) -> list[tuple[sp.Expr, int]]:
    """Kinks, and from how many sigma on what is beyond is not felt."""
    slope = evaluator(subject.derivative, subject.variable)
    found = []
    for kink in subject.smooth_sided:
        sizes = [abs(slope(kink + side * BESIDE)) for side in (-1, 1)]
        found.append((kink, NO_LESS if min(sizes) > LEAST * max(sizes) else CLEAR))
    return found


def hermite(subject: GeneralSubject) -> str:
    """Text of ``_hermite_coefficients`` and ``_by_slope``."""
    jumps: list[str] = []
    for kink, jump in subject.jumps:
        jumps += [
            f"    shares = jump_shares(xp, *rows, {exact_pair(kink)}, degree)",
            f"    slopes = [c + ({expression_text(jump)}) * share for c, share in zip(slopes, shares, strict=True)]",
        ]
    return "\n".join(
        [
            f"def _by_slope({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k = sigma E[g\'(y) He_(k-1)(z)]``, k = 1 .. degree."""',
            "    rows = mu, sigma",
            *summed(subject, "sums", "*rows", "((1, 0),)", "[value]", "[degree]", "1", which=1),
            "    slopes = [sigma * row for row in without_noise(xp, sums[0])]",
            *jumps,
            "    return slopes",
            "",
            "",
            f"def _coefficients_by_panels({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: of g itself, where it is nearly constant by its slope."""',
            "    point, spread = split_point_mass(xp, sigma)",
            *summed(subject, "sums", "mu, spread", "((1, 0),)", "[value, value * value]", "[degree + 1, 1]", "1"),
            "    coefficients, square = sums",
            *infinite_lines(subject, "coefficients"),
            "    coefficients[0][point] = _activation(xp, mu[point])",
            "    for row in coefficients[1:]:",
            "        row[point] = 0",
            "    if degree == 0:",
            "        return coefficients",
            "    mean = coefficients[0] * coefficients[0]",
            f"    constant = (sigma > 0) & ({NEARLY_CONSTANT} * (square[0] - mean) <= mean)",
            *_overflown_lines(subject),
            *_wave_lines(subject),
            *(
                f"    constant = constant & (xp.abs(mu - {expression_text(place)}) > {BEYOND} * sigma)"
                for place in subject.singular
            ),
            "    some = xp.flatnonzero(constant)",
            "    if len(some):",
            "        slopes = _by_slope(xp, mu[some], spread[some], degree)",
            "        for row, value in zip(coefficients[1:], slopes, strict=True):",
            "            row[some] = value",
            *_level_lines(subject),
            *_centred_lines(subject),
            "    return coefficients",
            "",
            "",
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: by derivatives where g hardly bends there, else by panels."""',
            "    if degree == 0:",
            "        return _coefficients_by_panels(xp, mu, sigma, 0)",
            f"    limit = smooth_within(xp, mu, sigma, _slope_panels(xp)[0], {SHORT}, {STEEP}, {CLEAR}, {DEGREE})",
            *(
                f"    limit = xp.minimum(limit, xp.abs(mu - {expression_text(kink)}) * xp.rational(1, {clear}))"
                for kink, clear in _clearances(subject)
            ),
            *(
                f"    limit = xp.minimum(limit, xp.abs(mu - {expression_text(place)}) * xp.rational(1, {FAR}))"
                for place in subject.singular
            ),
            *(f"    limit = xp.minimum(limit, {expression_text(1 / sp.Abs(end.rate))})" for end in subject.growing),
            *others_lines(),
            *narrow_lines(subject.cancelling_slope),
            *infinite_lines(subject, "coefficients"),
            "    return coefficients",
        ]
    )
