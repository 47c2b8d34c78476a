"""Functions ``a + u p`` of a wave p with kinks, and of what has no period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sympy as sp

from codegen.kink_places import rough_places
from codegen.panel_marks import NoPanelPlanError
from codegen.periodic_window import period_of
from codegen.sided_rounding import sided_rounding
from symbolic_moments.folded_waves import folded_wave
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.periodic_parts import least_period
from symbolic_moments.symbols import x

__all__ = ["EnvelopedWave", "enveloped_wave"]

_WAVES = (sp.sin, sp.cos, sp.tan, fractional_part)
_SWITCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside)
_MOST_TERMS = 40
_AROUND = sp.Rational(9, 8)
_DIGITS = 60


@dataclass(frozen=True)
class EnvelopedWave:
    """``base + envelope * wave``: the wave has a period and ``kinks`` in ``[0, period)``, the others no waves.

    Beside the wave stands a line of this ``slope``, if what it is multiplied by is constant between places.
    """

    base: sp.Expr
    envelope: sp.Expr
    wave: sp.Expr
    period: sp.Expr
    kinks: tuple[sp.Expr, ...]
    slope: sp.Expr = sp.S.Zero


def enveloped_wave(expression: sp.Expr) -> EnvelopedWave | None:
    """The parts of a function of one wave with kinks; None of any other.

    Examples
    --------
    >>> found = enveloped_wave(sp.tanh(x) + sp.Abs(sp.sin(x)) / (1 + x**2))
    >>> found.base, found.envelope, found.wave, found.kinks
    (tanh(x), 1/(x**2 + 1), Abs(sin(x)), (0,))
    >>> enveloped_wave(sp.sin(x) * sp.tanh(x)) is enveloped_wave(sp.Max(sp.sin(x), sp.tanh(x))) is None
    True
    """
    if not any(_is_rough(node) for node in sp.preorder_traversal(expression)):
        return None
    slope = sp.S.Zero
    if (sided := sided_rounding(expression)) is not None:
        base, envelope, wave = sided.base, sided.envelope, sided.wave
        slope = sp.diff(wave.replace(fractional_part, lambda u: sp.S.Zero), x) if sided.rises else slope
    else:
        parts = _parts(expression)
        if parts is None:
            return None
        base, envelope, wave = parts
    several = period_of(sp.expand(wave - slope * x))
    if several is None:
        return None
    period = least_period(sp.expand(wave - slope * x), several)
    try:
        kinks, vertical = rough_places(wave, _AROUND * period)
    except NoPanelPlanError:
        return None
    if vertical or not kinks:
        return None
    length = sp.Rational(str(sp.N(period, _DIGITS)))
    tiny = sp.Rational(1, 10**40)
    within = tuple(_exact(kink, period) for kink in kinks if -tiny < kink < length - tiny)
    return EnvelopedWave(base, envelope, wave, period, within, slope)


def _is_rough(node: sp.Basic) -> bool:
    return (isinstance(node, _SWITCHES) or folded_wave(node) is not None) and node.has(*_WAVES)


def _parts(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """Base, envelope and wave."""
    terms = sp.Add.make_args(sp.expand(expression, power_base=False, power_exp=False, log=False))
    if len(terms) > _MOST_TERMS:
        return None
    by_wave: dict[sp.Expr, sp.Expr] = defaultdict(lambda: sp.S.Zero)
    for term in terms:
        factors = sp.Mul.make_args(term)
        wave = sp.Mul(*(factor for factor in factors if factor.has(*_WAVES)))
        if wave.has(x) and period_of(wave) is None:
            return None
        by_wave[wave] += term / wave
    base = by_wave.pop(sp.S.One, sp.S.Zero)
    by_envelope: dict[sp.Expr, sp.Expr] = defaultdict(lambda: sp.S.Zero)
    for wave, envelope in by_wave.items():
        number, rest = envelope.as_independent(x, as_Add=False)
        by_envelope[rest] += number * wave
    if len(by_envelope) != 1:
        return None
    ((envelope, wave),) = by_envelope.items()
    return base, envelope, wave


def _exact(kink: sp.Expr, period: sp.Expr) -> sp.Expr:
    """A kink as a simple part of the period, where it is one."""
    part = sp.Rational(str(sp.N(kink / period, _DIGITS))).limit_denominator(48)
    return part * period if abs(sp.N(part * period - kink, _DIGITS)) < 10**-50 else kink
