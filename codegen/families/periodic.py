"""Periodic functions: narrow Gaussians see some periods, wide ones the harmonics of what a narrow one has smoothed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.quadrature import PROMISE
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.periodic_window import AROUND, WIDE
from codegen.plan_check import Sample
from codegen.structures import Structure

__all__ = ["SAMPLED", "plan"]

SAMPLED = 10
"""Periods to each side on which the finished kernel is tried: enough for some Gaussians that are wide."""

CORRECTIONS = 3
"""Orders that put back what rounding takes from mu less a multiple of the period, for sigma from 1e-12 on."""
DOMINANT = 16
"""So many sigma from y = 0 its powers vary less than g, but for the nearest half of a period."""
_WITHIN = "_within"
_NAMES = ("activation", "raw_moments", "hermite_coefficients", "expected_derivatives", "second_moment", "variance")
_RENAMED = re.compile(rf"\b_({'|'.join(_NAMES)})\b")
_NEEDED = ("_raw_moments", "_hermite_coefficients", "_expected_derivatives", "_variance")
_HEAD_BITS = 28
_PARTS = 16


def plan(inner: KernelPlan, activation: str, period: sp.Expr, kinks: Sequence[sp.Expr]) -> KernelPlan:
    """The kernel of a function with a period.

    Parameters
    ----------
    inner : KernelPlan
        That of the function on some periods around 0 (``codegen.periodic_window``).
    activation : str
        Text of that one's ``_activation``.
    period : sympy.Expr
        A positive number.
    kinks : sequence of sympy.Expr
        Where the function is not smooth, in ``SAMPLED`` periods to each side.
    """
    within = [_RENAMED.sub(rf"_\1{_WITHIN}", text) for text in [activation, *inner.functions]]
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - 12)
    wide = sp.floor(period / WIDE / unit) * unit
    functions = [*_reachable(within), _turned(period), _smoothed(period, wide), *_public(period, wide)]
    regimes = [
        f"sigma <= {wide}: mu less a multiple of the period {sp.sstr(period)}, and g in some periods around 0:",
        *inner.regimes,
        "wider: harmonics of E[g] under a Gaussian half as wide",
    ]
    seams: list[Mapping[str, float | str]] = [*inner.seams, {"variable": "sigma", "value": float(wide)}]
    return replace(
        inner,
        functions=functions,
        promise={name: max(PROMISE[name], inner.promise[name]) for name in PROMISE},
        regimes=regimes,
        seams=seams,
        activation=None,
        sample=_sample(period, kinks),
        last=inner.last,
    )


def _sample(period: sp.Expr, kinks: Sequence[sp.Expr]) -> Sample:
    """Where the whole is tried: in every eighth of a period, and as far as is looked at."""
    unit = sp.Rational(2) ** (math.floor(math.log2(float(period))) - 5)
    centres = {sp.Integer(round(float(period) * j / 8 / float(unit))) * unit for j in range(-4, 5)}
    structures = tuple(Structure(centre, unit) for centre in sorted(centres))
    reach = SAMPLED * float(period)
    ends = tuple(reach * j / (_PARTS * SAMPLED) for j in range(-_PARTS * SAMPLED, _PARTS * SAMPLED + 1))
    return Sample(structures, tuple(kinks), ends=ends, reach=reach, rounded_roots=True)


def _reachable(texts: Sequence[str]) -> list[str]:
    """Those of the renamed functions that the needed ones call."""
    wanted = {f"{name}{_WITHIN}" for name in _NEEDED}
    kept: list[str] = []
    waiting = list(texts)
    while found := [text for text in waiting if any(f"def {name}(" in text for name in wanted)]:
        kept += found
        waiting = [text for text in waiting if text not in found]
        wanted |= set(re.findall(r"\b_\w+", "\n".join(found)))
    return [text for text in texts if text in kept]


def _turned(period: sp.Expr) -> str:
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - _HEAD_BITS)
    head = sp.Integer(math.floor(sp.N(period / unit, 40))) * unit
    return "\n".join(
        [
            "def _turned(xp: Any, mu: Any) -> Any:",
            '    """``mu`` less a multiple of the period, and what rounding takes from it."""',
            f"    return turned(xp, mu, {exact_pair(period)}, {expression_text(head)})",
        ]
    )


def _smoothed(period: sp.Expr, wide: sp.Rational) -> str:
    return "\n".join(
        [
            "def _harmonics(xp: Any, degree: int) -> Any:",
            '    """Mean and harmonics of g, and of (g - mean)^2, under a Gaussian half as wide as a wide one."""',
            '    count = xp.method["harmonics"] + degree',
            "    number = 3 * count",
            f"    places = {expression_text(period)} * xp.asarray([xp.rational(j, number) for j in range(number)])",
            f"    narrow = xp.ones_like(places) * {expression_text(wide / 2)}",
            "    places, _ = _turned(xp, places)",
            f"    values = _hermite_coefficients{_WITHIN}(xp, places, narrow, 0)[0]",
            "    mean, waves = harmonics(xp, values, count)",
            f"    squares = _variance{_WITHIN}(xp, places, narrow) + (values - mean) ** 2",
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


def _public(period: sp.Expr, wide: sp.Rational) -> list[str]:
    """Texts of the functions of the whole."""
    limit, half, around = map(expression_text, (wide, period / 2, AROUND * period))
    texts = [
        [
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree."""',
            "",
            "    def narrow(mu: Any, sigma: Any) -> Any:",
            "        place, rest = _turned(xp, mu)",
            f"        values = _hermite_coefficients{_WITHIN}(xp, place, sigma, degree + {CORRECTIONS})",
            "        return moved(xp, values, sigma, rest, degree)",
            "",
            "    def wide(mu: Any, sigma: Any) -> Any:",
            "        mean, waves, *_ = _harmonics(xp, degree)",
            "        values = _wave_sums(xp, mu, sigma, waves, degree)",
            "        return [mean + values[0], *values[1:]]",
            "",
            f"    values = in_parts(xp, mu, sigma, {limit}, narrow, wide, degree + 1)",
            "    point = sigma == 0",
            "    return set_where(point, values[:1], [_activation(xp, mu[point])]) + values[1:]",
        ],
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree: y^n in Hermite polynomials, but next to y = 0."""',
            "    values = powers_times(xp, mu, sigma, _hermite_coefficients(xp, mu, sigma, degree))",
            f"    around = xp.minimum(xp.maximum({DOMINANT} * sigma, {half}), {around})",
            f"    near = xp.flatnonzero((sigma <= {limit}) & (xp.abs(mu) <= around))",
            f"    return set_where(near, values, _raw_moments{_WITHIN}(xp, mu[near], sigma[near], degree))",
        ],
        [
            f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
            '    """``E[g^(k)(y)] = c_k / sigma^k``; at sigma = 0 the derivative."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "    at = mu[point]",
            f"    exact = _expected_derivatives{_WITHIN}(xp, _turned(xp, at)[0], sigma[point], degree)",
            "    return set_where(point, values, [_activation(xp, at), *exact[1:]])",
        ],
        [
            f"def _second_moment({SIGNATURE}) -> Any:",
            '    """``E[g(y)^2] = Var g + E[g]^2``."""',
            "    return _variance(xp, mu, sigma) + _hermite_coefficients(xp, mu, sigma, 0)[0] ** 2",
        ],
        [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: of g less its mean over a period under wide Gaussians."""',
            "",
            "    def narrow(mu: Any, sigma: Any) -> Any:",
            f"        return [_variance{_WITHIN}(xp, _turned(xp, mu)[0], sigma)]",
            "",
            "    def wide(mu: Any, sigma: Any) -> Any:",
            "        _, waves, square, square_waves = _harmonics(xp, 0)",
            "        deviation = _wave_sums(xp, mu, sigma, waves, 0)[0]",
            "        return [square + _wave_sums(xp, mu, sigma, square_waves, 0)[0] - deviation * deviation]",
            "",
            f"    return in_parts(xp, mu, sigma, {limit}, narrow, wide, 1)[0]",
        ],
    ]
    return ["\n".join(lines) for lines in texts]
