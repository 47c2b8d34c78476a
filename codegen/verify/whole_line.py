"""Definitions that oscillate or grow exponentially on the whole line: where and how their integrals can be had.

Read off the definition's text, as its kinks and scales are; no moment is known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from codegen.verify.definition import Definition
from codegen.verify.smooth import SmoothFunction, compile_smooth
from codegen.verify.turned_paths import exponentials, fastest_turning
from symbolic_moments.symbols import x

__all__ = ["Oscillation", "growth_rates", "is_gaussian", "oscillation", "outward_rates", "resolvable", "turns_too_fast"]

_PERIODS_A_PANEL = 6
_MOST_PERIODS = 300
_MOST_QUICKENED = 40
_FAR = 300
_SLOW = 0.03


@dataclass(frozen=True)
class Oscillation:
    """Sines and cosines of ``w x + b`` in a definition that nothing damps.

    Attributes
    ----------
    highest : float
        The largest frequency.
    phases : tuple of callable
        G(y, theta_j) for theta_j evenly spread over a period, where g(y) = G(y, w_0 y) with G a polynomial in y and a
        trigonometric polynomial in theta; empty where g is not of that form.
    lowest : float
        The frequency w_0, of which all others are multiples.
    """

    highest: float
    phases: tuple[SmoothFunction, ...]
    lowest: float

    def is_uniform(self, sigma: float, digits: int) -> bool:
        """Whether ``w_0 y`` is uniform on the circle and independent of y, to far more than the digits asked.

        Every Fourier mode of the joint law is at most ``exp(-(w_0 sigma)^2 / 2)`` times a polynomial in
        ``w_0 sigma`` (the characteristic function of the normal law): nothing below is left of it.
        """
        turns = self.lowest * sigma
        return bool(self.phases) and turns * turns / 2 > 2.4 * (digits + 40) + 40 * math.log(1 + turns)

    def longest_panel(self, sigma: float) -> float:
        """Standard deviations a panel may span so that its rule resolves g."""
        return _PERIODS_A_PANEL * 2 * math.pi / (self.highest * sigma)


def longest_quickened(expression: sp.Expr, mu: float, sigma: float) -> float:
    """The same for waves of quadratic phase, infinite where there are none."""
    turning = fastest_turning(expression, mu, sigma)
    return _PERIODS_A_PANEL * 2 * math.pi / turning if turning else math.inf


@lru_cache(maxsize=64)
def oscillation(expression: sp.Expr) -> Oscillation | None:
    """The undamped oscillation of an expression in x, None where it has none."""
    waves = sorted(
        (part for part in expression.atoms(sp.sin, sp.cos) if part.args[0].is_polynomial(x)), key=sp.default_sort_key
    )
    linear = [sp.Poly(part.args[0], x).all_coeffs() for part in waves if sp.degree(part.args[0], x) == 1]
    if not linear or any(is_gaussian(part) for part in expression.atoms(sp.exp)):
        return None
    frequencies = [abs(slope) for slope, _ in linear]
    ratios = [sp.radsimp(w / frequencies[0]) for w in frequencies]
    highest = max(float(w) for w in frequencies)
    if len(linear) < len(waves) or not all(ratio.is_Rational for ratio in ratios):
        return Oscillation(highest, (), 0.0)
    base = frequencies[0] / sp.ilcm(1, *[ratio.q for ratio in ratios]) * sp.igcd(0, *[int(r.p) for r in ratios])
    symbols = [sp.Dummy(real=True) for _ in waves]
    replaced = expression.subs(dict(zip(waves, symbols, strict=True)))
    if not sp.expand(replaced).is_polynomial(x, *symbols):
        return Oscillation(highest, (), 0.0)
    degree = int(sp.Poly(sp.expand(replaced), *symbols).total_degree())
    count = 2 * degree * round(highest / float(base)) + 5
    phases = []
    for j in range(count):
        theta = sp.Rational(6 * j + 1, 6 * count) * 2 * sp.pi
        values = [part.func(slope / base * theta + offset) for part, (slope, offset) in zip(waves, linear, strict=True)]
        phases.append(compile_smooth(replaced.subs(dict(zip(symbols, values, strict=True))), x))
    return Oscillation(highest, tuple(phases), float(base))


def turns_too_fast(expression: sp.Expr, mu: float, sigma: float) -> bool:
    """Whether a wave of quadratic phase makes more turns within the Gaussian than are followed along the line."""
    return fastest_turning(expression, mu, sigma) > _MOST_QUICKENED


def resolvable(expression: sp.Expr, mu: float, sigma: float) -> bool:
    """Whether the reference can follow the waves of the function over the width of the Gaussian."""
    if turns_too_fast(expression, mu, sigma):
        return exponentials(expression) is not None
    waves = oscillation(expression)
    return waves is None or bool(waves.phases) or waves.highest * sigma <= _MOST_PERIODS


def outward_rates(definition: Definition) -> tuple[float, ...]:
    """``growth_rates`` of the expression, or where it shows none those of its outermost branches that grow outward."""
    outer = ((definition.pieces[0].expression, -_FAR), (definition.pieces[-1].expression, _FAR))
    found = growth_rates(definition.expression) or [rate for one, end in outer for rate in growth_rates(one, (end,))]
    return tuple(sorted(set(found)))


@lru_cache(maxsize=64)
def growth_rates(expression: sp.Expr, places: tuple[int, ...] = (_FAR, -_FAR)) -> tuple[float, ...]:
    """The rates c of every ``exp(c x + b)`` in an expression that grows exponentially; none where it does not.

    Growth is looked for at ``places``; ``(1 + exp(x))**a`` grows at a rate of its own.
    """
    rates: set[float] = set()
    for part in expression.atoms(sp.exp, sp.sinh, sp.cosh):
        argument = part.args[0]
        if argument.is_polynomial(x) and sp.degree(argument, x) == 1:
            slope = float(sp.diff(argument, x))
            rates |= {slope} if isinstance(part, sp.exp) else {slope, -slope}
    ends = [abs(sp.N(expression.subs(x, place))) for place in places] if rates else []
    fastest = max((abs(rate) for rate in rates), default=0.0)
    grown = any(bool(end.is_finite) and end > sp.exp(fastest * _FAR / 2) for end in ends)
    for place, end in zip(places, ends, strict=False):
        beyond = abs(sp.N(expression.subs(x, 2 * place)))
        rate = float(sp.log(beyond / end)) / place if end.is_positive and beyond.is_positive else 0.0
        slowest = math.copysign(max(_SLOW * fastest, _SLOW), place)
        if rate / slowest > 1 and all(abs(rate - known) > _SLOW * fastest for known in rates):
            rates, grown = rates | {rate}, True
    return tuple(sorted(rates)) if grown else ()


def is_gaussian(part: sp.exp) -> bool:
    """Whether an exponential has an argument of degree 2."""
    return bool(part.args[0].is_polynomial(x) and sp.degree(part.args[0], x) == 2)
