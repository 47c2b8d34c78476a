"""A function as a sum of waves times envelopes: ``g(x) = sum_w exp(i w x) u_w(x)``, finitely many frequencies w.

Sines and cosines of lines are replaced by exponentials, products multiplied out. No average is taken here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from symbolic_moments.bounds import Growth, NoBoundError
from symbolic_moments.growth import bound_of
from symbolic_moments.symbols import x

__all__ = ["Component", "WaveTerms", "fastest_wave", "slowest", "wave_terms"]

_MOST_TERMS = 40
_FAR_OUT = (1e3, math.inf)
_WAVES = (sp.sin, sp.cos)


@dataclass(frozen=True)
class Component:
    """``factor exp(i phase)`` times the product of some envelopes."""

    factor: tuple[Fraction, Fraction]
    phase: sp.Expr
    envelopes: tuple[int, ...]

    def times(self, other: Component) -> Component:
        """The product of two."""
        (a, b), (c, d) = self.factor, other.factor
        product = (a * c - b * d, a * d + b * c)
        return Component(product, self.phase + other.phase, tuple(sorted(self.envelopes + other.envelopes)))


@dataclass(frozen=True)
class WaveTerms:
    """Envelopes, real on the line and without waves, and what stands at each frequency of g and of its square."""

    envelopes: tuple[sp.Expr, ...]
    plain: Mapping[sp.Expr, tuple[Component, ...]]
    square: Mapping[sp.Expr, tuple[Component, ...]]


@lru_cache(maxsize=64)
def wave_terms(expression: sp.Expr) -> WaveTerms | None:
    """The terms of an expression in x; None if it has none with envelopes that grow like a polynomial to the right.

    Examples
    --------
    >>> found = wave_terms(sp.sin(x) * sp.tanh(x))
    >>> found.envelopes, sorted(found.plain), sorted(found.square)
    ((tanh(x),), [-1, 1], [-2, 0, 2])
    >>> wave_terms(sp.tanh(sp.sin(x))) is None
    True
    """
    expression = expression.replace(lambda part: isinstance(part, _WAVES), _by_addition)
    waves = sorted((wave for wave in expression.atoms(*_WAVES) if _is_line(wave)), key=sp.default_sort_key)
    symbols = [sp.Dummy(real=True) for _ in waves]
    replaced = expression.subs(dict(zip(waves, symbols, strict=True)))
    replaced = sp.expand(replaced, power_base=False, power_exp=False, log=False)
    if not replaced.is_polynomial(*symbols):
        return None
    powers = sp.Poly(replaced, *symbols, domain="EX").as_dict() if symbols else {(): replaced}
    powers = {exponents: envelope for exponents, envelope in powers.items() if envelope != 0}
    envelopes = tuple(dict.fromkeys(powers.values()))
    if not all(_is_envelope(one) for one in envelopes):
        return None
    plain: dict[sp.Expr, list[Component]] = {}
    for exponents, envelope in powers.items():
        start = Component((Fraction(1), Fraction(0)), sp.S.Zero, (envelopes.index(envelope),))
        product = {sp.S.Zero: [start]}
        for wave, exponent in zip(waves, exponents, strict=True):
            for _ in range(exponent):
                product = _multiplied(product, _exponentials(wave))
        for frequency, components in product.items():
            plain.setdefault(frequency, []).extend(components)
    if sum(map(len, plain.values())) > _MOST_TERMS:
        return None
    return WaveTerms(envelopes, _collected(plain), _collected(_multiplied(plain, plain)))


def fastest_wave(expression: sp.Expr) -> float:
    """The highest frequency of sines, cosines and tangents of a line, or of one and something bounded; 0 without.

    Examples
    --------
    >>> fastest_wave(sp.sin(3 * x + sp.tanh(x)) + sp.tanh(sp.cos(x)))
    3.0
    """
    found = [0.0]
    for wave in expression.atoms(sp.sin, sp.cos, sp.tan):
        line = sp.expand(_split(wave)[0])
        if line.has(x) and sp.degree(line, x) == 1:
            found.append(abs(float(line.coeff(x, 1))))
    return max(found)


def _split(wave: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """What is polynomial in the argument, and the rest."""
    terms = sp.Add.make_args(sp.expand(wave.args[0]))
    line = sp.Add(*(term for term in terms if term.is_polynomial(x)))
    return line, sp.Add(*(term for term in terms if not term.is_polynomial(x)))


def _by_addition(wave: sp.Expr) -> sp.Expr:
    line, rest = _split(wave)
    if not line.has(x) or rest == 0:
        return wave
    if isinstance(wave, sp.sin):
        return sp.sin(line) * sp.cos(rest) + sp.cos(line) * sp.sin(rest)
    return sp.cos(line) * sp.cos(rest) - sp.sin(line) * sp.sin(rest)


def _is_line(wave: sp.Expr) -> bool:
    argument = wave.args[0]
    return bool(argument.has(x) and argument.is_polynomial(x) and sp.degree(argument, x) == 1)


def _is_envelope(function: sp.Expr) -> bool:
    try:
        inner = [bound_of(wave.args[0], _FAR_OUT) for wave in function.atoms(sp.sin, sp.cos, sp.tan)]
        grown = bound_of(function, _FAR_OUT)
    except NoBoundError:
        return False
    return all(bound.growth == Growth.BOUNDED for bound in inner) and grown.growth <= Growth.POLYNOMIAL


def _exponentials(wave: sp.Expr) -> dict[sp.Expr, list[Component]]:
    """Euler's formulas."""
    slope, offset = sp.Poly(wave.args[0], x).all_coeffs()
    half, zero = Fraction(1, 2), Fraction(0)
    factors = ((zero, -half), (zero, half)) if isinstance(wave, sp.sin) else ((half, zero), (half, zero))
    return {sign * slope: [Component(factor, sign * offset, ())] for sign, factor in zip((1, -1), factors, strict=True)}


def _multiplied(
    left: Mapping[sp.Expr, list[Component]], right: Mapping[sp.Expr, list[Component]]
) -> dict[sp.Expr, list[Component]]:
    found: dict[sp.Expr, list[Component]] = {}
    for (one, first), (other, second) in itertools.product(left.items(), right.items()):
        products = [a.times(b) for a in first for b in second]
        found.setdefault(sp.expand(one + other), []).extend(products)
    return found


def _collected(terms: Mapping[sp.Expr, list[Component]]) -> dict[sp.Expr, tuple[Component, ...]]:
    """Components that differ in their factor alone as one; frequencies at which nothing is left dropped."""
    result = {}
    for frequency, components in terms.items():
        sums: dict[tuple[sp.Expr, tuple[int, ...]], tuple[Fraction, Fraction]] = {}
        for one in components:
            key = (one.phase, one.envelopes)
            sums[key] = tuple(map(sum, zip(sums.get(key, (Fraction(0),) * 2), one.factor, strict=True)))  # type: ignore[assignment]
        kept = tuple(Component(factor, *key) for key, factor in sums.items() if any(factor))
        if kept:
            result[frequency] = kept
    return result


def slowest(terms: WaveTerms) -> float:
    """The lowest frequency other than 0 of a function and its square; infinite where there is none."""
    found = [abs(float(w)) for w in (*terms.plain, *terms.square)]
    return min((w for w in found if w > 0), default=math.inf)
