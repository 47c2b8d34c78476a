"""Panels of a definition, each integrated by two rules, and what cancels between them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from mpmath import libmp

from codegen.verify.bends import crowded, widened
from codegen.verify.definition import Definition
from codegen.verify.interval import Interval, intervals
from codegen.verify.out_of_sight import MANY_PIECES, is_out_of_sight, nearest_first
from codegen.verify.panel_sums import PanelSums, integrate_panel
from codegen.verify.whole_line import longest_quickened, oscillation, outward_rates
from codegen.verify.window import panels

__all__ = ["FREE_BITS", "MOST_CANCELLED_BITS", "Part", "cancelled_bits", "first_parts", "total"]

Raw = Any
FREE_BITS = 60
MOST_CANCELLED_BITS = 1200
_BITS = 80


@dataclass
class Part:
    """A panel, offsets from the peak of its interval, and the sums of both rules over it."""

    interval: Interval
    panel: tuple[Raw, Raw]
    factor: Raw
    coarse: PanelSums
    fine: PanelSums

    @classmethod
    def over(cls, interval: Interval, panel: Any, factor: Raw, rules: Any, degrees: tuple[int, int]) -> Part:
        """The part over one panel, times `factor`."""
        coarse, fine = (integrate_panel(interval, panel, factor, rule, degrees) for rule in rules)
        return cls(interval, panel, factor, coarse, fine)

    def halves(self, rules: Any, degrees: tuple[int, int]) -> list[Part]:
        """The two parts over its halves."""
        middle = libmp.mpf_shift(libmp.mpf_add(*self.panel, self.interval.precision), -1)
        pairs = ((self.panel[0], middle), (middle, self.panel[1]))
        return [Part.over(self.interval, pair, self.factor, rules, degrees) for pair in pairs]


def first_parts(
    definition: Definition,
    mu: float,
    sigma: float,
    digits: int,
    rules: Any,
    degrees: tuple[int, int],
    precision: int,
) -> list[Part]:
    """The panels that hold every integrand, each integrated by both rules."""
    parts: list[Part] = []
    pieces = intervals(definition, mu, sigma, precision)
    scales: list[tuple[Raw, Raw]] = [*definition.raw_scales(precision), *widened(definition.bends, sigma)]
    scales += crowded(definition.raw_vertical(precision), sigma)
    rates, longest = outward_rates(definition), math.inf
    waves = oscillation(definition.expression)
    phases = 1
    if waves is not None and not definition.kinks and waves.is_uniform(sigma, digits):
        phases, scales = len(waves.phases), []
        pieces = [replace(interval, evaluate=phase) for interval in pieces for phase in waves.phases]
    elif waves is not None:
        longest = waves.longest_panel(sigma)
    longest = min(longest, longest_quickened(definition.expression, mu, sigma))
    for interval in nearest_first(pieces):
        if len(pieces) >= MANY_PIECES and is_out_of_sight(interval, [part.fine for part in parts], degrees, digits):
            continue
        factor = libmp.mpf_div(interval.density(), libmp.from_int(phases), precision)
        ends = panels(interval, scales, digits, degrees, rates, longest)
        parts += [Part.over(interval, panel, factor, rules, degrees) for panel in ends]
    return parts


def cancelled_bits(parts: list[Part], saturates: bool) -> int:
    """Bits that g(y) - g(mu) loses where g is nearly constant (a saturated erf): log2 of rms(g) over its deviation.

    Where g has scales and its deviation still vanishes, all that may be lost are; between kinks alone g is
    constant, and none are.
    """
    square = total(part.fine.square for part in parts)
    spread = total(part.fine.centred_square for part in parts)
    if not square[1]:
        return 0
    if not spread[1]:
        return MOST_CANCELLED_BITS if saturates else 0
    lost = (square[2] + square[3] - spread[2] - spread[3]) // 2
    return int(max(0, lost - FREE_BITS))


def total(values: Iterable[Raw]) -> Raw:
    """A sum good enough for a scale."""
    return libmp.mpf_sum(list(values), _BITS)
