"""Waves with kinks beside what has no period: kinks without number, which narrow Gaussians see one at a time.

Under a Gaussian over which base and envelope are polynomials, coefficients are finite sums of those of the wave, which
has a kernel over the whole plane. Others see what bends: panels from kink to kink; the widest see averages.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy as sp

from codegen.envelopes import EnvelopedWave
from codegen.exact_comparisons import is_double
from codegen.families.contract import SEQUENCES, SIGNATURE, SINGLES, function_text
from codegen.families.kinked_wave_panels import BESIDE_KINKS, NARROW, panels_text, wide_text, within_text
from codegen.families.kinked_wave_subject import KinkedWaveSubject
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.fused_functions import fused
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.kink_limits import jumps_at, kink_limits
from codegen.plan_check import Sample
from codegen.structures import UNIT
from symbolic_moments.symbols import x

__all__ = ["plan"]

HARDLY = 16
"""The part of a period up to which a Hermite series that seems to have converged has."""
CANCELLED, FINE = 8, 256
ORDER = 20
_SAMPLED = 36
_KINKS_OF_SAMPLE = 84
"""Periods to each side on which the kernel is tried: enough for some Gaussians that are wide."""

_Planned = Callable[[sp.Expr], tuple[KernelPlan, str]]


def plan(parts: EnvelopedWave, planned: _Planned) -> KernelPlan:
    """The kernel of ``base + envelope wave``.

    Parameters
    ----------
    parts
        The function.
    planned
        Gives the plan of a periodic function and the text of its activation.

    Raises
    ------
    NoPanelPlanError
        What stands beside the wave is not covered.
    """
    subject = KinkedWaveSubject(parts)
    square_of_wave = _squared(parts.wave)
    wave, wave_text = planned(parts.wave)
    functions = renamed([wave_text, *wave.functions], "_wave")
    if square_of_wave.free_symbols:
        square, text = planned(square_of_wave)
        functions += renamed([text, *square.functions], "_square")
        squared = "_hermite_coefficients_square(xp, mu, sigma, terms)"
    else:
        squared = f"[{expression_text(square_of_wave)} + 0 * mu, *[0 * mu] * terms]"
    functions += [_parts_text(subject), _narrow_text(subject, squared)]
    if not subject.simple:
        functions += [panels_text(subject), within_text(subject), wide_text(subject)]
    functions += _public(subject)
    limit = expression_text(subject.unit)
    regimes = [
        f"sigma up to 1/{NARROW} of the distance of mu to singularities of what stands beside the wave: "
        "that as a polynomial of degree 26, times the kernel of the wave:",
        *wave.regimes,
    ]
    if not subject.simple:
        regimes += [
            f"wider, sigma < 20 * {limit}: panels from kink to kink",
            f"sigma >= 20 * {limit}: waves averaged, and tapered off where nothing else bends",
        ]
    if parts.base != 0:
        regimes.append(
            "where base and wave cancel, but next to 0, errors of the mean and the moments are some 1e-16 of both"
        )
    return KernelPlan(
        functions,
        {name: max(PROMISE[name], wave.promise[name]) for name in PROMISE},
        regimes,
        [{"variable": "mu", "value": float(kink)} for kink in subject.kinks],
        activation=_activation(subject),
        sample=_sample(subject),
        last=True,
        crosses=True,
        blocks=16,
    )


def _squared(wave: sp.Expr) -> sp.Expr:
    return sp.expand(wave**2).replace(
        lambda e: isinstance(e, sp.Pow) and isinstance(e.base, sp.sign | sp.Heaviside) and e.exp == 2,
        lambda e: sp.S.One if isinstance(e.base, sp.sign) else e.base,
    )


def _sample(subject: KinkedWaveSubject) -> Sample:
    length = float(subject.parts.period)
    turns = range(-_KINKS_OF_SAMPLE, _KINKS_OF_SAMPLE + 1)
    kinks = {subject.number(turn, kink) for turn in turns for kink in subject.parts.kinks}
    reach = _SAMPLED * length + float(subject.extent)
    ends = tuple(length * j / 8 for j in range(-8 * _KINKS_OF_SAMPLE, 8 * _KINKS_OF_SAMPLE + 1))
    return Sample(
        subject.structures or (UNIT,),
        subject.kinks,
        repeated=tuple(sorted(map(float, kinks))),
        ends=ends,
        reach=reach,
        rounded_nodes=True,
        waves=2 * math.pi / length,
    )


def _activation(subject: KinkedWaveSubject) -> str:
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(subject.value)}``."""']
    value = "_base(xp, x) + _envelope(xp, x) * _activation_wave(xp, x)"
    return "\n".join([*lines, f"    return {value if subject.root_form is None else subject.root_form.text(value)}"])


def _parts_text(subject: KinkedWaveSubject) -> str:
    names = ("_base", "_envelope", "_base_slope", "_envelope_slope")
    expressions = (subject.base, subject.envelope, *subject.slopes)
    lines: list[str] = []
    for name, expression in zip(names, expressions, strict=True):
        text = expression_text(fused(expression))
        if expression.has(sp.Heaviside, sp.sign, sp.Piecewise) or not expression.free_symbols:
            text = f"{text} + 0 * x"
        lines += [f"def {name}(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""', f"    return {text}"]
        lines += ["", ""]
    return "\n".join(lines[:-2])


def _narrow_text(subject: KinkedWaveSubject, squared: str) -> str:
    """Text of what narrow Gaussians see, and of where they are narrow."""
    near = [
        f"    narrow = narrow & ({NARROW**2 if width else BESIDE_KINKS**2} * sigma * sigma <= "
        f"(mu - {expression_text(centre)}) ** 2 + {expression_text(width**2)})"
        for centre, width in subject.sharp
    ]
    last = f"    calm = sigma <= {expression_text(subject.parts.period / HARDLY)}"
    return "\n".join(
        [
            *_beside_root_functions(subject),
            f"def _series({SIGNATURE}) -> Any:",
            '    """Scaled Taylor series of base and envelope."""',
            '    terms = xp.method["envelope_terms"]',
            "    base = scaled_series(xp, _base, _base_slope, mu, sigma, terms)",
            "    envelope = scaled_series(xp, _envelope, _envelope_slope, mu, sigma, terms)",
            *_beside_root_lines(subject),
            "    return base, envelope",
            "",
            "",
            f"def _is_narrow({SIGNATURE}) -> Any:",
            '    """Whether base and envelope are polynomials as far as the Gaussian reaches."""',
            "    narrow = sigma >= 0",
            *near,
            "    some = xp.flatnonzero(narrow)",
            "    for series in _series(xp, mu[some], sigma[some]):",
            "        narrow[some] = narrow[some] & series_settled(xp, series)",
            "    return narrow",
            "",
            "",
            f"def _coefficients_narrow({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: of a polynomial times the wave."""',
            '    wave = _hermite_coefficients_wave(xp, mu, sigma, degree + xp.method["envelope_terms"])',
            "    return enveloped_coefficients(wave, *_series(xp, mu, sigma))",
            "",
            "",
            f"def _moments_narrow({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``."""',
            "    return powers_of_place(_coefficients_narrow(xp, mu, sigma, degree), mu, sigma)",
            "",
            "",
            f"def _variance_narrow({SIGNATURE}) -> Any:",
            '    """``Var g``: the Hermite series where it has converged, else by the variance of the wave."""',
            '    terms = xp.method["envelope_terms"]',
            "    base, envelope = _series(xp, mu, sigma)",
            f"    wave = _hermite_coefficients_wave(xp, mu, sigma, terms + {ORDER})",
            "    result, last = coefficient_squares(enveloped_coefficients(wave, base, envelope))",
            last,
            '    rest = xp.flatnonzero(~calm | (last * xp.method["series_reciprocal"] >= result))',
            "    mu, sigma = mu[rest], sigma[rest]",
            "    wave, base, envelope = ([row[rest] for row in rows] for rows in (wave, base, envelope))",
            f"    square = {squared}",
            "    spread = _variance_wave(xp, mu, sigma)",
            "    found, size = enveloped_variance(wave, square, spread, base, envelope)",
            *_cancelling_lines(subject),
            "    result[rest] = found",
            "    return result",
        ]
    )


def _beside_root_functions(subject: KinkedWaveSubject) -> list[str]:
    """Texts of what is left of g next to 0 where its terms cancel, and of its slope."""
    if subject.root_form is None:
        return []
    lines = []
    for name, form in (("_left_over", subject.root_form), ("_left_over_slope", subject.root_form.slope())):
        lines += [f"def {name}(xp: Any, x: Any) -> Any:", '    """Next to 0, where terms of g cancel."""']
        lines += [f"    return {form.text('0 * x')}", "", ""]
    return lines


def _beside_root_lines(subject: KinkedWaveSubject) -> list[str]:
    """There g as a whole is the polynomial."""
    lines = []
    for _, side, form in () if subject.root_form is None else subject.root_form.sides:
        place = "mu" if side > 0 else "-mu"
        reach = f'{expression_text(form.radius)} * xp.rational(1, xp.method["root_reciprocal"])'
        far = f"({place} + {BESIDE_KINKS} * sigma < {reach})"
        lines += [
            f"    some = xp.flatnonzero(({place} > {BESIDE_KINKS} * sigma) & {far})",
            "    whole = scaled_series(xp, _left_over, _left_over_slope, mu[some], sigma[some], terms)",
            "    for row, value, other in zip(base, whole, envelope, strict=True):",
            "        row[some], other[some] = value, 0",
        ]
    return lines


def _cancelling_lines(subject: KinkedWaveSubject) -> list[str]:
    """Next to extrema of g near a kink, where slopes of base and wave cancel, by panels if those see it."""
    if subject.simple:
        return []
    seen = f"({FINE} * sigma > {expression_text(subject.parts.period)})"
    return [
        f"    some = xp.flatnonzero(({CANCELLED} * found < size) & {seen})",
        "    other = _variance_within(xp, mu[some], sigma[some])",
        "    found[some] = xp.where(other >= 0, other, found[some])",
    ]


def _limits_at_kinks(subject: KinkedWaveSubject) -> list[str]:
    """Lines that put derivatives at kinks that are doubles, as far as they have a limit."""
    lines = []
    for kink in filter(is_double, {*subject.kinks, *(kink for kink in subject.parts.kinks if kink == 0)}):
        jumps = jumps_at(subject.value, x, (kink,))
        known = [] if jumps else [expression_text(limit) for limit in kink_limits(subject.value, x, kink)]
        lines += [
            f"known = [{', '.join(known)}] + [xp.nan] * degree",
            f"here = at == {expression_text(kink)}",
            "limits[1:] = [xp.where(here, k, limit) for k, limit in zip(known, limits[1:], strict=False)]",
        ]
    return lines


def _public(subject: KinkedWaveSubject) -> list[str]:
    texts = []
    for name, stem in (("_raw_moments", "_moments"), ("_hermite_coefficients", "_coefficients")):
        texts.append(function_text(name, *_dispatch(subject, stem, True)))
    texts.append(
        function_text(
            "_expected_derivatives",
            "point, spread = split_point_mass(xp, sigma)",
            "values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "at = mu[point]",
            "waves = _expected_derivatives_wave(xp, at, sigma[point], degree)",
            "base, envelope = (derivatives_of(xp, part, at, degree) for part in (_base, _envelope))",
            "exact = derivatives_of_product(envelope, waves)",
            "limits = [b + e for b, e in zip(base, exact, strict=True)]",
            *_limits_at_kinks(subject),
            "return set_where(point, values, limits)",
        )
    )
    square = "_square_narrow"
    lines = [
        f"def {square}({SIGNATURE}) -> Any:",
        '    """``E[g^2] = Var g + E[g]^2``."""',
        "    mean = _coefficients_narrow(xp, mu, sigma, 0)[0]",
        "    return _variance_narrow(xp, mu, sigma) + mean * mean",
    ]
    texts.insert(0, "\n".join(lines))
    for name, stem in (("_second_moment", "_square"), ("_variance", "_variance")):
        texts.append(function_text(name, *_dispatch(subject, stem, False)))
    assert {*SEQUENCES, *SINGLES} <= {text.split("(")[0].removeprefix("def ") for text in texts}
    return texts


def _dispatch(subject: KinkedWaveSubject, stem: str, several: bool) -> list[str]:
    passed = ", degree" if several else ""
    if subject.simple:
        return [f"return {stem}_narrow(xp, mu, sigma{passed})"]
    left, right = ("", "") if several else ("[", "]")
    count = "degree + 1" if several else "1"
    narrow, within, wide = (
        f"lambda mu, sigma: {left}{stem}_{which}(xp, mu, sigma{passed}){right}"
        for which in ("narrow", "within", "wide")
    )
    limit = f'xp.method["wide_sigma"] * {expression_text(subject.unit)}'
    return [
        "def moderate(mu: Any, sigma: Any) -> Any:",
        f"    functions = {narrow}, {within}",
        f"    return by_condition(xp, _is_narrow(xp, mu, sigma), mu, sigma, functions, {count})",
        "",
        f"functions = {wide}, moderate",
        f"values = by_condition(xp, sigma >= {limit}, mu, sigma, functions, {count})",
        f"return values{'' if several else '[0]'}",
    ]
