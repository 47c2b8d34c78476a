"""Where a finished kernel without a closed form is tried: where the function bends, and all over the line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from codegen.nodes_beside import NodesBeside
from codegen.structures import Structure

__all__ = ["GrowthSample", "Sample"]

Array = np.ndarray[Any, Any]

SEED = 20240229
POINTS = 40
RANDOM_POINTS = 40
WIDE_POINTS = 4
FAR = (30, 100, 300, 1000)
DEVIATIONS = 10
"""Far out, so many sigma away from 0, a wave that an average hides still counts in the variance."""
STEEP_WIDTHS = 6
BEYOND_TAIL = 2
_REACH = 38
_WIDE_REACH = 14
_FARTHEST_TAIL = 1e4
_CROWDING = 18
_LEAST_SIZE = 1e-200
_RADIANS = 8
_PARTS = 4
_RUNGS = 90
_MOST_TURNS = 200
_MOST_FOLDS = 200
_MOST_PHASE = 500
_MOST_DEVIATIONS = 10


@dataclass(frozen=True)
class GrowthSample:
    """The name and expression of what an end of g, or of its slope, leaves without its exponential, and where it is."""

    name: str
    rest: sp.Expr
    start: float
    side: int


@dataclass(frozen=True)
class Sample:
    """What a check needs to know of the function: where it bends, where it has kinks, how it grows and oscillates.

    Between two neighbouring ``ends``, where there are any, it bends about as often everywhere; there, what 4 ulp of mu
    change is no miss. Where the Gaussian goes beyond ``reach`` nothing is promised. A ``steep`` function decays faster
    than any exponential: narrow Gaussians beside its structures see that. With ``rounded_nodes``, next to kinks that
    are roots and no doubles, and beside waves, the nodes of the reference are rounded by what 4 ulp of mu change in the
    second moment, too. ``repeated`` are kinks in every period of a wave. Waves of a frequency up to ``waves`` go on
    beyond ``reach``; wide Gaussians are served there. ``beside`` are nodes next to where it is infinite, ``growing``
    the ends without their exponential.
    """

    structures: tuple[Structure, ...]
    kinks: tuple[sp.Expr, ...]
    growth: float = 0.0
    frequency: float = 0.0
    ends: tuple[float, ...] = ()
    reach: float = math.inf
    singular: tuple[sp.Expr, ...] = ()
    steep: bool = False
    rounded_nodes: bool = False
    waves: float = 0.0
    repeated: tuple[float, ...] = ()
    beside: tuple[NodesBeside, ...] = ()
    growing: tuple[GrowthSample, ...] = ()

    def points(self, value: Callable[[Array], Array]) -> Array:
        """Pairs (mu, sigma) at every scale, around every structure and anywhere; ``value`` is the function."""
        draw = np.random.default_rng(SEED)
        pairs: list[tuple[float, float]] = []
        for one in self.structures:
            centre, width = float(one.centre), float(one.width)
            count = max(POINTS // len(self.structures), 8)
            sigma = width * 2 ** draw.uniform(-5, 10, count)
            mu = centre + sigma * draw.uniform(-4, 4, count) + width * draw.uniform(-4, 4, count)
            pairs += zip(mu, sigma, strict=True)
        sigma = 10 ** draw.uniform(-2, 4, RANDOM_POINTS)
        mu = draw.choice([-1, 1], RANDOM_POINTS) * 10 ** draw.uniform(-2, 3, RANDOM_POINTS)
        pairs += zip(mu, sigma, strict=True)
        pairs += [(side * far, far / DEVIATIONS) for far in FAR if self.growth * far < 1 for side in (-1, 1)]
        for one in self.structures if self.steep else ():
            centre, width = float(one.centre), float(one.width)
            for side in (-1, 1):
                away = draw.uniform(0, BEYOND_TAIL * _tail(value, centre, side * width), 2 * POINTS)
                pairs += zip(centre + side * width * away, width * 2 ** draw.uniform(-5, 1, 2 * POINTS), strict=True)
        served = [pair for pair in pairs if self._serves(*pair)]
        if self.waves:
            mu = draw.uniform(-1, 1, WIDE_POINTS) * min(1000, self.reach / 2)
            served += zip(mu, (self.reach - np.abs(mu)) / 12 * draw.uniform(1, 1.5, WIDE_POINTS), strict=True)
        return np.array(served)

    def _serves(self, mu: float, sigma: float) -> bool:
        """Whether the reference can follow the function there, and doubles hold it."""
        within = 1e-9 < sigma < 1e6 and abs(mu) < 1e5 * sigma and abs(mu) + _REACH * sigma < self.reach
        turns = self.frequency * max(sigma, abs(mu) * _MOST_TURNS / _MOST_PHASE)
        folds = self.growth * max(sigma * _MOST_FOLDS / _MOST_DEVIATIONS, abs(mu))
        return bool(within and turns < _MOST_TURNS and folds < _MOST_FOLDS)

    def cuts(self, mu: float, sigma: float) -> Array:
        """Ends of panels at most half a sigma long, crowded towards every structure and kink within reach."""
        reach, frequency = _REACH, self.frequency
        if abs(mu) + reach * sigma > self.reach:
            reach, frequency = _WIDE_REACH, self.waves
        low, high = mu - reach * sigma, mu + reach * sigma
        panels = max(4 * _REACH, math.ceil((high - low) * frequency / _RADIANS))
        places: list[Array] = [np.linspace(low, high, panels + 1)]
        finest = min(float(one.width) for one in self.structures)
        marks = [(float(one.centre), float(one.width)) for one in self.structures]
        marks += [(float(kink), finest) for kink in self.kinks]
        marks += [(kink, finest) for kink in self.repeated if low < kink < high]
        for centre, width in marks:
            steps = width / 2 * np.arange(_CROWDING)
            rungs = max(2, math.ceil(3 * math.log(4 * _REACH * sigma / width + 2)))
            ladder = _CROWDING * width / 2 * 1.5 ** np.arange(rungs)
            places += [centre - steps, centre + steps, centre - ladder, centre + ladder]
        for centre in map(float, self.singular):
            steps = 0.5 ** np.arange(_RUNGS)
            places += [np.array([centre]), centre - steps, centre + steps]
        if self.ends:
            parts = np.linspace(self.ends[:-1], self.ends[1:], _PARTS, endpoint=False).ravel()
            places.append(np.append(parts, self.ends[-1]))
        every = np.unique(np.concatenate(places))
        return every[(every >= low) & (every <= high)]


def _tail(value: Callable[[Array], Array], centre: float, unit: float) -> float:
    """How many units out something is left of a function that decays; a few where it does not."""
    places = np.geomspace(1, _FARTHEST_TAIL, 400)
    left = np.abs(value(centre + unit * places)) > math.sqrt(_LEAST_SIZE)
    return STEEP_WIDTHS if left[-1] or not left.any() else float(places[left][-1])
