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
from codegen.families.kinked_wave_panels import NARROW, panels_text, wide_text, within_text
from codegen.families.kinked_wave_series import narrow_text, parts_text
from codegen.families.kinked_wave_subject import KinkedWaveSubject
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.kink_limits import jumps_at, kink_limits
from codegen.plan_check import Sample
from codegen.structures import UNIT
from symbolic_moments.symbols import x

__all__ = ["plan"]

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
    square_of_wave = _squared(parts.wave) if parts.slope == 0 else sp.S.Zero
    wave, wave_text = planned(parts.wave)
    functions = renamed([wave_text, *wave.functions], "_wave")
    if square_of_wave.free_symbols:
        square, text = planned(square_of_wave)
        functions += renamed([text, *square.functions], "_square")
        squared = "_hermite_coefficients_square(xp, mu, sigma, terms)"
    else:
        squared = f"[{expression_text(square_of_wave)} + 0 * mu, *[0 * mu] * terms]"
    functions += [parts_text(subject), narrow_text(subject, squared)]
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
    if parts.base != 0 and parts.slope == 0:
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
        f"def {square}({SIGNATURE}, terms: int) -> Any:",
        '    """``E[g^2] = Var g + E[g]^2``."""',
        "    mean = _coefficients_narrow(xp, mu, sigma, terms, 0)[0]",
        "    return _variance_narrow(xp, mu, sigma, terms) + mean * mean",
    ]
    texts.insert(0, "\n".join(lines))
    for name, stem in (("_second_moment", "_square"), ("_variance", "_variance")):
        texts.append(function_text(name, *_dispatch(subject, stem, False)))
    assert {*SEQUENCES, *SINGLES} <= {text.split("(")[0].removeprefix("def ") for text in texts}
    return texts


def _dispatch(subject: KinkedWaveSubject, stem: str, several: bool) -> list[str]:
    passed = ", degree" if several else ""
    if subject.simple:
        return [f"return {stem}_narrow(xp, mu, sigma, {_terms_of_polynomials(subject, several)}{passed})"]
    left, right = ("", "") if several else ("[", "]")
    count = "degree + 1" if several else "1"
    within, wide = (
        f"lambda mu, sigma: {left}{stem}_{which}(xp, mu, sigma{passed}){right}" for which in ("within", "wide")
    )
    narrow = f"lambda mu, sigma, terms: {left}{stem}_narrow(xp, mu, sigma, terms{passed}){right}"
    limit = f'xp.method["wide_sigma"] * {expression_text(subject.unit)}'
    return [
        "def moderate(mu: Any, sigma: Any) -> Any:",
        f"    functions = {narrow}, {within}",
        f"    return by_terms(xp, _series_terms(xp, mu, sigma), mu, sigma, functions, {count}, {1 if several else 2})",
        "",
        f"functions = {wide}, moderate",
        f"values = by_condition(xp, sigma >= {limit}, mu, sigma, functions, {count})",
        f"return values{'' if several else '[0]'}",
    ]


def _terms_of_polynomials(subject: KinkedWaveSubject, several: bool) -> str:
    """The degree of base and envelope, twice that for squares; next to 0 what is left of g may be no polynomial."""
    if subject.root_form is not None:
        return 'xp.method["envelope_terms"]'
    degree = max(int(sp.degree(one, x)) if one.has(x) else 0 for one in (subject.parts.base, subject.parts.envelope))
    return str(degree if several else 2 * degree + 2)
