"""The end of a function with waves, from a place on where nothing bends: integrals along paths that leave the line.

``exp(i w y)`` falls off upwards. From c to infinity an integrand that is analytic in the quarter strip above has the
same integral as up from c (Cauchy): the way back down at infinity and along the top is nothing there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from codegen.gauss_legendre import Rule
from codegen.verify.quarter_strips import Strip
from codegen.verify.wave_terms import Component, WaveTerms, slowest

__all__ = ["Sums", "Tail", "spread_over"]

_TURNS_A_PANEL = 30.0
_DEVIATIONS_A_PANEL = 4.0
_SAMPLES = 512
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass
class Sums:
    """What has been integrated so far: of ``y^n g``, ``He_k(z) g``, ``g^2`` and, to a few digits, ``|y^n g|``."""

    moments: list[Any]
    hermite: list[Any]
    square: Any
    magnitudes: list[Any]

    @classmethod
    def none(cls, context: Any, degrees: tuple[int, int]) -> Sums:
        """Nothing so far."""
        zero = context.mpf(0)
        return cls([zero] * (degrees[0] + 1), [zero] * (degrees[1] + 1), zero, [zero] * (degrees[0] + 1))

    def take(self, y: Any, z: Any, value: Any) -> None:
        """Real parts of ``value`` times powers of y and Hermite polynomials of z."""
        power = value
        for n in range(len(self.moments)):
            self.moments[n] += power.real
            power *= y
        before, current = 0, value
        for k in range(len(self.hermite)):
            self.hermite[k] += current.real
            before, current = current, z * current - k * before

    def take_mirrored(self, other: Sums) -> None:
        """What another says of the function of -y."""
        for n, value in enumerate(other.moments):
            self.moments[n] += (-1) ** n * value
            self.magnitudes[n] += other.magnitudes[n]
        for k, value in enumerate(other.hermite):
            self.hermite[k] += (-1) ** k * value
        self.square += other.square


@dataclass(frozen=True)
class Tail:
    """A function beyond ``start``, in terms of waves, and the rule and the digits it is integrated with."""

    terms: WaveTerms
    start: Any
    context: Any
    rule: Rule
    drop: float

    def height(self, frequency: float, sigma: float) -> float:
        """How high a path of this frequency goes: ``exp(-w t + t^2 / (2 sigma^2))`` has fallen by ``drop``."""
        if math.isinf(frequency):
            return 0.0
        turns = (frequency * sigma) ** 2
        return frequency * sigma**2 * (1 - math.sqrt(max(1 - 2 * self.drop / turns, 0)))

    def add_to(self, sums: Sums, mu: Any, sigma: Any, furthest: float) -> None:
        """The integrals from ``start`` on against the density; the line is followed to ``furthest``."""
        context = self.context
        waves = sorted((w for w in {*self.terms.plain, *self.terms.square} if w >= 0), key=float)
        strip = Strip(float(self.start), self.height(slowest(self.terms), float(sigma)), context)
        functions = [strip.continued(envelope) for envelope in self.terms.envelopes]
        weights = {
            w: [_coefficients(context, t.get(w, ())) for t in (self.terms.plain, self.terms.square)] for w in waves
        }
        for w in waves:
            rate = context.mpf(sp.N(w, context.dps + 15)._mpf_) if w != 0 else 0
            for y, weight in self._line(float(sigma), furthest) if w == 0 else self._up(float(w), float(sigma)):
                z = (y - mu) / sigma
                values = [function(y) for function in functions]
                share = weight * context.exp((context.mpc(0, 1) * rate * y if w else 0) - z * z / 2)
                plain, square = (_combined(one, values) for one in weights[w])
                if plain is not None:
                    sums.take(y, z, share * plain)
                if square is not None:
                    sums.square += (share * square).real
        self._measure(sums, functions, float(mu), float(sigma), furthest)

    def _up(self, frequency: float, sigma: float) -> Iterator[tuple[Any, Any]]:
        """Nodes on the way up, their weights twice: for the conjugate wave, too."""
        height = self.height(frequency, sigma)
        count = max(2, math.ceil(height * frequency / _TURNS_A_PANEL))
        step = self.context.mpf(height) / count
        for part in range(count):
            for t, weight in spread_over(self.context, self.rule, step * part, step * (part + 1)):
                yield self.start + self.context.mpc(0, t), self.context.mpc(0, 2 * weight)

    def _line(self, sigma: float, furthest: float) -> Iterator[tuple[Any, Any]]:
        for left, right in itertools.pairwise(self._cuts(sigma, furthest)):
            yield from spread_over(self.context, self.rule, left, right)

    def _cuts(self, sigma: float, furthest: float) -> list[Any]:
        """From ``start`` on, each panel twice as long as it is far from 0, but no longer than a few sigma."""
        cuts = [self.start]
        while cuts[-1] < furthest:
            cuts.append(cuts[-1] + min(2 * cuts[-1], self.context.mpf(_DEVIATIONS_A_PANEL * sigma)))
        return cuts

    def _measure(self, sums: Sums, functions: list[Any], mu: float, sigma: float, furthest: float) -> None:
        """``E|y^n g|`` over the phases of its waves, to a few digits."""
        if not self.terms.plain:
            return
        nodes, weights = np.polynomial.legendre.leggauss(12)
        waves = [w for w in self.terms.plain if w >= 0]
        least = min((float(w) for w in waves if w > 0), default=1.0)
        shifts = 2 * math.pi / least * 97 * _GOLDEN * np.arange(_SAMPLES)
        turning = np.exp(1j * np.outer([float(w) for w in waves], shifts)) * [[1.0 if w == 0 else 2.0] for w in waves]
        weighted = [_coefficients(self.context, self.terms.plain[w]) for w in waves]
        for left, right in itertools.pairwise(float(cut) for cut in self._cuts(sigma, furthest)):
            for node, weight in zip(nodes, weights, strict=True):
                y = (left + right) / 2 + (right - left) / 2 * node
                values = [function(self.context.mpf(y)) for function in functions]
                heights = np.array([complex(_combined(one, values) or 0) for one in weighted])
                size = float(np.abs((heights @ turning).real).mean()) * math.exp(-(((y - mu) / sigma) ** 2) / 2)
                for n in range(len(sums.magnitudes)):
                    sums.magnitudes[n] += (
                        self.context.mpf(size * weight * (right - left) / 2) * self.context.mpf(y) ** n
                    )


def spread_over(context: Any, rule: Rule, left: Any, right: Any) -> Iterator[tuple[Any, Any]]:
    """Nodes and weights of a rule from ``left`` to ``right``."""
    middle, half = (left + right) / 2, (right - left) / 2
    for node, weight in zip(rule.nodes, rule.weights, strict=True):
        yield middle + half * context.ldexp(node, -rule.bits), half * context.ldexp(weight, -rule.bits)


def _coefficients(context: Any, components: tuple[Component, ...]) -> list[tuple[Any, tuple[int, ...]]]:
    found = []
    for one in components:
        real, imaginary = (context.mpf(part.numerator) / part.denominator for part in one.factor)
        phase = context.mpf(sp.Float(sp.N(one.phase, context.dps + 15), context.dps + 15)._mpf_)
        found.append((context.mpc(real, imaginary) * context.expj(phase), one.envelopes))
    return found


def _combined(weighted: list[tuple[Any, tuple[int, ...]]], values: list[Any]) -> Any:
    """The sum of coefficients times products of values; None where there is none."""
    total = None
    for coefficient, envelopes in weighted:
        for one in envelopes:
            coefficient = coefficient * values[one]
        total = coefficient if total is None else total + coefficient
    return total
