"""Panels of a definition, each integrated by two rules, and what cancels between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from mpmath import libmp

from codegen.verify.bends import widened
from codegen.verify.constant_pieces import constant_sums, is_constant
from codegen.verify.definition import Definition
from codegen.verify.graded_panels import LADDER, BesideEnd, integrate_graded
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
_CLOSED_FROM = 8
"""Pieces of a definition from which on those that are constant are integrated in closed form."""


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
        pairs = _halved(self.panel, self.interval.precision)
        return [Part.over(self.interval, pair, self.factor, rules, degrees) for pair in pairs]


@dataclass
class _GradedPart(Part):
    beside: BesideEnd

    @classmethod
    def along(cls, beside: BesideEnd, panel: Any, factor: Raw, rules: Any, degrees: tuple[int, int]) -> Part:
        """The part over a panel in t, times `factor`."""
        coarse, fine = (integrate_graded(beside, panel, factor, rule, degrees) for rule in rules)
        return cls(beside.interval, panel, factor, coarse, fine, beside)

    def halves(self, rules: Any, degrees: tuple[int, int]) -> list[Part]:
        pairs = _halved(self.panel, self.interval.precision)
        return [_GradedPart.along(self.beside, pair, self.factor, rules, degrees) for pair in pairs]


@dataclass
class _ConstantPart(Part):
    over_panels: Callable[[], list[Part]]

    def halves(self, rules: Any, degrees: tuple[int, int]) -> list[Part]:
        return self.over_panels()


def _halved(panel: tuple[Raw, Raw], precision: int) -> list[tuple[Raw, Raw]]:
    middle = libmp.mpf_shift(libmp.mpf_add(*panel, precision), -1)
    return [(panel[0], middle), (middle, panel[1])]


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
    vertical = definition.raw_vertical(precision)
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
        window = (scales, digits, degrees, rates, longest)
        over_panels = partial(_over_panels, interval, factor, rules, window, vertical)
        closed = len(pieces) >= _CLOSED_FROM and is_constant(interval)
        parts += [_constant(interval, degrees, over_panels)] if closed else over_panels()
    return parts


def _over_panels(
    interval: Interval, factor: Raw, rules: Any, window: tuple[Any, ...], vertical: Sequence[Raw]
) -> list[Part]:
    """The parts over the panels of an interval; graded towards an end that is vertical."""
    _, _, degrees, _, _ = window
    parts: list[Part] = []
    graded = partial(_graded, interval, (factor, rules, degrees))
    for panel in panels(interval, *window):
        ends = [
            near
            for near, end in ((0, interval.left), (1, interval.right))
            if end in vertical and panel[near] == libmp.mpf_sub(end, interval.peak, interval.precision, "n")
        ]
        halves = _halved(panel, interval.precision) if len(ends) == 2 else [panel]
        parts += [part for near, half in zip(ends, halves, strict=False) for part in graded(half, near)]
        if not ends:
            parts.append(Part.over(interval, panel, factor, rules, degrees))
    return parts


def _graded(interval: Interval, shared: tuple[Any, ...], panel: tuple[Raw, Raw], near: int) -> list[Part]:
    """Parts in ``t``, and what is nearer to the end than they go."""
    precision = interval.precision
    beside = BesideEnd(interval, panel[near], libmp.mpf_sub(panel[1 - near], panel[near], precision))
    last, _ = beside.offset(libmp.from_int(LADDER[-1]))
    inner = (panel[near], last) if near == 0 else (last, panel[near])
    rungs = [libmp.from_int(rung) for rung in LADDER]
    graded = [_GradedPart.along(beside, pair, *shared) for pair in pairwise(rungs)]
    return [*graded, Part.over(interval, inner, *shared)]


def _constant(interval: Interval, degrees: tuple[int, int], over_panels: Callable[[], list[Part]]) -> Part:
    """A whole interval on which g is constant, in closed form; where too much cancels in that, over panels."""
    whole = (libmp.mpf_sub(interval.left, interval.peak), libmp.mpf_sub(interval.right, interval.peak))
    return _ConstantPart(interval, whole, libmp.fone, *constant_sums(interval, degrees), over_panels)


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
