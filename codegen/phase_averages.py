"""Averages over the phase of functions of waves whose phase only tends to a line, wherever the waves stand.

Beyond all that bends, ``sin(sqrt(1 + x^2))`` is a wave whose local frequency is nearly 1; ``softplus(x + sin(x))`` is
``F(x, t)`` at ``t = x`` with F periodic in t: a sum of ``F_k(x) exp(i k t)`` with envelopes ``F_k``. Wide Gaussians see
``F_0``, which is the mean over a few equally spaced phases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from sympy.simplify.fu import TR8

from codegen.chebyshev_panels import evaluator
from codegen.stable_forms import stabilised
from symbolic_moments.symbols import x

__all__ = ["PhaseAverage", "Wave", "asymptotic_waves", "phase_average", "settled_from"]

_FAR = 10**15
_LEVEL = 1e-9
_MOST_DENOMINATOR = 24
_DIGITS = 50
_BITS = 180
_SEEN = 128
_COUNTS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
_ALIASED = 1e-18
_BEYOND = (40, 47, 61, 97, 250, 1500, 10**5)
_DETUNED = 1 / 8
_STEPS = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 1000.0)


@dataclass(frozen=True)
class Wave:
    """``sin`` or ``cos`` of what approaches ``slope x`` and something slower, at one end; slope 0: no wave there."""

    wave: sp.Expr
    slope: float


@dataclass(frozen=True)
class PhaseAverage:
    """The mean over the phase, and the frequency of the slowest wave around it."""

    average: sp.Expr
    frequency: sp.Expr


def asymptotic_waves(expression: sp.Expr, side: int) -> list[Wave] | None:
    """Outermost sines and cosines with their frequencies at one end; None if one of them has none.

    Examples
    --------
    >>> phase = sp.log(1 + sp.exp(x))
    >>> [asymptotic_waves(sp.sin(phase), side)[0].slope for side in (-1, 1)], asymptotic_waves(sp.sin(x**2), 1)
    ([0.0, 1.0], None)
    """
    found = []
    for wave in sorted(expression.atoms(sp.sin, sp.cos), key=sp.default_sort_key):
        if not wave.has(x):
            continue
        slope = evaluator(stabilised(sp.diff(_still(wave.args[0]), x)), x)
        near, far = (float(slope(side * sp.Integer(distance))) for distance in (_FAR, _FAR**2))
        if not abs(near - far) <= _LEVEL * (1 + abs(far)):
            return None
        found.append(Wave(wave, 0.0 if abs(near) < _LEVEL else near))
    return found


def _still(phase: sp.Expr) -> sp.Expr:
    return phase.replace(lambda e: isinstance(e, sp.sin | sp.cos), lambda e: sp.S.Zero)


def phase_average(expression: sp.Expr, side: int, edge: float) -> PhaseAverage | None:
    """The mean of a function of waves that share one phase, beyond ``edge`` at one end.

    The phase of every wave must be the same but for a rational factor and a constant.

    Examples
    --------
    >>> phase_average(sp.sin(sp.sqrt(1 + x**2)) ** 2 / x, 1, 1.0).average
    1/(2*x)
    >>> phase_average(sp.sin(x) * sp.sin(sp.sqrt(1 + x**2)), 1, 1.0) is None
    True
    """
    waves = asymptotic_waves(expression, side)
    if waves is None:
        return None
    turning = [one for one in waves if one.slope]
    if not turning:
        return PhaseAverage(expression, sp.S.Zero)
    first = turning[0]
    ratios = [sp.Rational(one.slope / first.slope).limit_denominator(_MOST_DENOMINATOR) for one in turning]
    if any(abs(one.slope - float(r) * first.slope) > _LEVEL for one, r in zip(turning, ratios, strict=True)):
        return None
    share = sp.Rational(sp.igcd(*(r.p for r in ratios), 0), sp.ilcm(1, *(r.q for r in ratios)))
    phases: dict[sp.Expr, tuple[sp.Integer, sp.Expr]] = {}
    for one, ratio in zip(turning, ratios, strict=True):
        shift = sp.expand(one.wave.args[0] - ratio * first.wave.args[0])
        if shift.has(x):
            return None
        phases[one.wave] = sp.Integer(ratio / share), shift
    frequency = abs(first.slope) * float(share)
    average = _mean(expression, phases, [side * (abs(edge) + step / frequency) for step in _BEYOND])
    return None if average is None else PhaseAverage(average, sp.Rational(frequency))


def _mean(expression: sp.Expr, phases: dict[sp.Expr, Any], places: list[float]) -> sp.Expr | None:
    """Over as few phases as it takes at all of the places.

    An even number starts a quarter of a step from 0: sines and cosines take each value twice, and equal terms are one.
    """
    phase = sp.Dummy("phase", real=True)
    turned = expression.xreplace({w: w.func(factor * phase + shift) for w, (factor, shift) in phases.items()})
    constant, dependent = sp.expand(TR8(sp.expand(turned))).as_independent(phase, as_Add=True)
    simple = (term.as_independent(phase)[1] for term in sp.Add.make_args(dependent))
    if all(isinstance(wave, sp.sin | sp.cos) for wave in simple):
        return sp.expand(constant)
    seen = stabilised(turned)
    aliased = [0.0] * len(_COUNTS)
    for place in places:
        sizes = _harmonics(seen.subs(x, sp.Rational(place)), phase)
        for number, count in enumerate(_COUNTS):
            aliased[number] = max(aliased[number], float(sum(sizes[count::count]) / max(sizes)) if any(sizes) else 0.0)
    enough = [count for count, one in zip(_COUNTS, aliased, strict=True) if one < _ALIASED]
    if not enough:
        return None
    count = enough[0]
    total: sp.Expr = sp.S.Zero
    for j in range(count):
        at = sp.pi * (sp.Rational(4 * j + 1, 2 * count) if count % 2 == 0 else sp.Rational(2 * j, count))
        waves = [wave for wave in turned.atoms(sp.sin, sp.cos) if wave.has(phase)]
        total += turned.xreplace({wave: _number(wave.subs(phase, at)) for wave in waves})
    return total / count


def _number(value: sp.Expr) -> sp.Expr:
    """Rationals as they are, others to so many bits that they serve for the longest arithmetic."""
    if isinstance(value, sp.Rational):
        return value
    with mpmath.workprec(2 * _BITS):
        return sp.Rational(int(mpmath.nint(mpmath.mpf(sp.N(value, _DIGITS + 20)) * 2**_BITS)), 2**_BITS)


def _harmonics(function: sp.Expr, phase: sp.Symbol) -> list[Any]:
    """Sizes of the Fourier coefficients of a function of the phase."""
    context = mpmath.MPContext()
    context.dps = _DIGITS
    value = evaluator(function, phase, _DIGITS)
    step = 2 * context.pi / _SEEN
    values = [value(step * j) for j in range(_SEEN)]
    roots = [context.expj(-step * j) for j in range(_SEEN)]
    return [
        abs(context.fsum(v * roots[j * k % _SEEN] for j, v in enumerate(values)) / _SEEN) for k in range(_SEEN // 2)
    ]


def settled_from(expression: sp.Expr, side: int, edge: float, margin: float, reach: float) -> float:
    """How far beyond ``edge`` the local frequencies of all waves stay next to those at the end.

    At least ``margin``; infinity if that is not seen before ``reach``.

    Examples
    --------
    >>> settled_from(sp.sin(sp.sqrt(10**4 + x**2)), 1, 0.0, 40.0, 4800.0) > 180
    True
    """
    slopes = [
        (evaluator(stabilised(sp.diff(_still(one.wave.args[0]), x)), x, 30), one.slope)
        for one in asymptotic_waves(expression, side) or ()
        if one.slope and not one.wave.args[0].is_polynomial(x)
    ]
    while abs(edge) + margin < reach:
        places = [side * (side * edge + margin * step) for step in _STEPS]
        if all(
            abs(float(slope(sp.Rational(place))) / end - 1) <= _DETUNED for slope, end in slopes for place in places
        ):
            return margin
        margin *= 1.25
    return math.inf
