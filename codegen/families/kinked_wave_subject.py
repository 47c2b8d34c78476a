"""What a kernel of a wave with kinks, beside what has no period, is written from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import mpmath
import sympy as sp

from codegen.chebyshev_panels import NEGLIGIBLE, Function, ResolvedPanel, evaluator, resolved
from codegen.envelopes import EnvelopedWave
from codegen.kink_places import rough_places
from codegen.kink_root_forms import KinkRootForm, kink_root_form
from codegen.panel_marks import NoPanelPlanError
from codegen.resolved_panels import outward_panels, panels_between
from codegen.rounding_forms import written_with_floors
from codegen.smoothed_relus import written_density
from codegen.stable_forms import derivative, stabilised
from codegen.structures import Structure, structures
from symbolic_moments.normal import phi
from symbolic_moments.symbols import x

__all__ = ["KinkedWaveSubject", "Side"]

_DIGITS = 80
_BITS = 180
_MOST_PERIODS = 700
_MOST_INNER = 60
_SETTLED = 3
_SAMPLES = 64
_HARDLY = 0.05
_LEAST_DEGREE = 2
"""Of pieces on which g is constant, and its average, or that squared, is not."""


@dataclass(frozen=True)
class Side:
    """The periods of one side from number ``first`` on: bounds of the function there, and whether nothing follows."""

    first: int
    levels: tuple[int, ...]
    ends: bool


class KinkedWaveSubject:
    """``base + envelope wave``, the panels of it, and its average.

    Raises
    ------
    NoPanelPlanError
        Base or envelope are vertical somewhere, grow exponentially, or panels do not resolve them.
    """

    def __init__(self, parts: EnvelopedWave):
        self.parts = parts
        both = parts.base, parts.envelope
        self.base, self.envelope = (stabilised(one.replace(phi, written_density)) for one in both)
        slopes = (derivative(one, x).replace(phi, written_density) for one in (self.base, self.envelope))
        self.slopes = tuple(map(stabilised, slopes))
        self.simple = all(one.is_polynomial(x) for one in (parts.base, parts.envelope))
        self.length = sp.Rational(str(sp.N(parts.period, _DIGITS)))
        kinks: set[sp.Expr] = set()
        bends: set[Structure] = set()
        for one in (parts.base, parts.envelope):
            if one.is_polynomial(x):
                continue
            places, vertical = rough_places(one)
            if vertical:
                raise NoPanelPlanError("it has waves with kinks beside a root or a logarithm of what vanishes")
            kinks |= {*places}
            bends |= {*structures(stabilised(one), x, places)}
        self.kinks = tuple(sorted(kinks, key=float))
        self.structures = tuple(sorted(bends, key=lambda one: (one.centre, one.width)))
        self.value = self.base + self.envelope * parts.wave
        self.exact = self.base + self.envelope * written_with_floors(parts.wave) if parts.slope != 0 else self.value
        self.sharp = [(one.centre, one.width) for one in self.structures] + [(kink, sp.S.Zero) for kink in self.kinks]
        self.root_form = self._root_form()
        if self._vanishes_beside_zero() or self.root_form is not None:
            self.sharp.append((sp.S.Zero, sp.S.Zero))
        self.unit = sp.Integer(2) ** math.ceil(math.log2(float(parts.period) / (2 * math.pi)) - 1e-9)
        if not self.simple:
            self._find_panels()

    def _root_form(self) -> KinkRootForm | None:
        """Where base and wave cancel next to a kink at 0: what is left of them."""
        if self.parts.base == 0 or self.parts.slope != 0 or 0 not in {*self.parts.kinks, *self.kinks}:
            return None
        return kink_root_form(self.value, x, [sp.S.Zero])

    def _vanishes_beside_zero(self) -> bool:
        """Whether the wave is 0 on one side of 0, and with it the function at 0."""
        value = evaluator(self.exact, x, 30)
        wave = evaluator(self.parts.wave, x, 30)
        beside = [wave(side * sp.Rational(1, 1000)) for side in (-1, 1)]
        return bool(value(sp.S.Zero) == 0 and (beside[0] == 0) != (beside[1] == 0))

    @property
    def flat(self) -> bool:
        """Whether the wave is anywhere constant, or nearly, and not 0: there it varies by less than sigma squared."""
        smooth = (sp.diff(self.parts.wave, x, n).replace(sp.DiracDelta, lambda *_: sp.S.Zero) for n in range(3))
        wave, slope, bend = (evaluator(one, x, 30) for one in smooth)
        for low, high in pairwise([sp.S.Zero, *(k for k in self.parts.kinks if k != 0), self.parts.period]):
            for n in range(1, _SAMPLES):
                place = low + (high - low) * n / _SAMPLES
                varies = abs(slope(place)) + abs(bend(place)) * self.unit
                if varies * self.unit < _HARDLY * abs(wave(place)):
                    return True
        return False

    def _find_panels(self) -> None:
        function = evaluator(self.exact, x)
        found = self.structures or (Structure(sp.S.Zero, self.unit),)
        marks = sorted({*self.kinks, *(one.centre for one in found)}, key=float)
        low = math.floor(float(marks[0]) / float(self.length))
        high = math.ceil(float(marks[-1]) / float(self.length))
        low, high = min(low, -1), max(high, 1)
        self._numbers = self._all(low, high)
        while not self._is_plain(function, high, 1):
            high += 1
        while not self._is_plain(function, low - 1, -1):
            low -= 1
        self._numbers = self._all(low, high)
        ends = [place for place in self._numbers if low * self.length <= place <= high * self.length]
        ends = sorted({*ends, low * self.length, high * self.length, *marks}, key=float)
        self.inner = self._written(panels_between(function, found, ends))
        degrees = self._degrees(function, high)
        cuts = [sp.S.Zero, *(kink for kink in self.parts.kinks if kink != 0), self.parts.period]
        self.pieces = [(*pair, degree) for pair, degree in zip(pairwise(cuts), degrees, strict=True)]
        self.right = self._side(function, high, 1)
        self.left = self._side(function, -low, -1)
        self._find_averages(found)

    def _all(self, low: int, high: int) -> dict[sp.Rational, sp.Expr]:
        """Kinks of the wave and starts of its periods: in many digits, and exactly."""
        kinks = {sp.S.Zero, *self.parts.kinks}
        turns = range(low, high + 1)
        return {self.number(turn, kink): turn * self.parts.period + kink for turn in turns for kink in kinks}

    def number(self, turn: int, kink: sp.Expr) -> sp.Rational:
        """A kink of one period in many digits."""
        part = kink if isinstance(kink, sp.Rational) else sp.Rational(str(sp.N(kink, _DIGITS)))
        return turn * self.length + part

    def _panels_of(self, function: Function, turn: int) -> list[ResolvedPanel | None]:
        cuts = [self.number(turn, kink) for kink in (sp.S.Zero, *(k for k in self.parts.kinks if k != 0))]
        return [resolved(function, *pair) for pair in pairwise([*cuts, (turn + 1) * self.length])]

    def _is_plain(self, function: Function, turn: int, side: int) -> bool:
        """Whether panels from kink to kink serve from a period on outwards."""
        if abs(turn) > _MOST_INNER + len(self._numbers):
            raise NoPanelPlanError("what stands beside its waves bends too slowly for panels as long as their period")
        return all(None not in self._panels_of(function, turn + side * n) for n in range(_SETTLED))

    def _degrees(self, function: Function, turn: int) -> list[int]:
        """Degrees of the pieces of a period, 0 of those on which it is 0."""
        found = [self._panels_of(function, one) for one in (turn, turn + 5)]
        wave = evaluator(self.parts.wave, x)
        degrees = []
        for each in zip(*found, strict=True):
            one = each[0]
            assert one is not None
            of_wave = resolved(wave, one.lower, one.upper)
            zero = (
                self.parts.base == self.parts.slope == 0
                and of_wave is not None
                and of_wave.level < math.log(NEGLIGIBLE)
            )
            degrees.append(0 if zero else max(_LEAST_DEGREE, *(panel.degree for panel in each if panel is not None)))
        return degrees

    def _written(self, panels: list[ResolvedPanel]) -> list[ResolvedPanel]:
        """The panels with multiples of the period for ends."""
        names = {**self._numbers}
        return [
            ResolvedPanel(
                names.get(one.lower, one.lower), names.get(one.upper, one.upper), one.level, one.slope, 0, one.degree
            )
            for one in panels
        ]

    def _side(self, function: Function, first: int, side: int) -> Side:
        """Bounds of the periods from one on, until they stay the same or nothing is left."""
        levels: list[int] = []
        for number in range(_MOST_PERIODS):
            turn = first + number if side > 0 else -1 - first - number
            found = self._panels_of(function, turn)
            if None in found:
                raise NoPanelPlanError("it bends too often far from 0")
            sizes = [one.level + abs(one.slope) * float(one.upper - one.lower) / 2 for one in found if one is not None]
            levels.append(math.ceil(max(sizes) - 1e-9) + 1)
            if levels[-1] < math.log(NEGLIGIBLE) + 2:
                return Side(first, tuple(levels[:-1]) or (levels[0],), True)
            last = levels[-_SETTLED - 1 :]
            if number >= _SETTLED and max(last) - min(last) <= 1:
                highest = max(last) + self._growth(function, turn, side)
                return Side(first, (*levels[:-1], highest), False)
            if levels[-1] > levels[0] + 60:
                break
        raise NoPanelPlanError("what stands beside its waves with kinks grows exponentially or decays too slowly")

    def _growth(self, function: Function, turn: int, side: int) -> int:
        """What a power of x may add to the bound as far as the periods are followed."""
        far = self._panels_of(function, turn + side * _MOST_PERIODS)
        near = self._panels_of(function, turn)
        sizes = [max(one.level for one in each if one is not None) for each in (near, far) if None not in each]
        return max(0, math.ceil(sizes[-1] - sizes[0])) if len(sizes) == 2 else 0

    def _find_averages(self, found: tuple[Structure, ...]) -> None:
        """Means of the wave and of its square, and panels of the average far out."""
        self.mean, self.mean_square = (self._mean(power) for power in (1, 2))
        base = self.parts.base + self.parts.envelope * self.parts.slope * x
        average = base + self.parts.envelope * self.mean
        self.constant = sp.expand(average).as_coeff_Add()[0] if self.parts.slope == 0 else sp.S.Zero
        self.average = stabilised(average - self.constant)
        centred = base - self.constant
        square = centred**2 + 2 * centred * self.parts.envelope * self.mean
        self.average_square = stabilised(square + self.parts.envelope**2 * self.mean_square)
        self.outer = []
        for one in (self.average, self.average_square):
            ends = [(-1, (-self.left.first) * self.length), (1, self.right.first * self.length)]
            self.outer.append(
                [() if one == 0 else tuple(outward_panels(evaluator(one, x), found, end, side)) for side, end in ends]
            )

    def _mean(self, power: int) -> sp.Rational:
        cuts = [sp.S.Zero, *(kink for kink in self.parts.kinks if kink != 0), self.parts.period]
        with mpmath.workdps(_DIGITS):
            function = evaluator(sp.expand(self.parts.wave - self.parts.slope * x), x)
            places = [mpmath.mpf(str(sp.N(cut, _DIGITS))) for cut in cuts]
            total = mpmath.quad(lambda y: function(y) ** power, places) / places[-1]
            return sp.Rational(int(mpmath.nint(total * 2**_BITS)), 2**_BITS)

    @property
    def extent(self) -> sp.Integer:
        """How far from 0 it bends."""
        return sp.Integer(math.ceil(max([0.0, *(abs(float(place)) + float(width) for place, width in self.sharp)])))
