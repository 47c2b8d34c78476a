"""A finished kernel without a closed form, held to its promise on a sample before it is handed out.

The sample lies where the function bends and all over the line. The reference is the activation alone, summed
over short Gauss-Legendre panels that crowd towards every kink and every structure; nothing of the kernel's own
panels, windows and steps enters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from codegen.nodes_beside import NodesBeside
from codegen.structures import Structure

__all__ = ["GrowthSample", "Sample", "first_miss"]

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
TOLERANCES = {"raw_moments": 1e-13, "hermite_coefficients": 2e-13, "second_moment": 1e-13, "variance": 2e-13}
ROUNDING = 4e-15
DEGREE = 8
_NODES = 24
_STEP = 1e-3
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


@np.errstate(all="ignore")
def first_miss(kernel: ModuleType, sample: Sample, degree: int, slack: int = 1) -> str | None:
    """What the kernel gets wrong first on the sample, in words; None if it keeps within ``slack`` times `TOLERANCES`.

    Raw moments are held relative to ``E|y^n g|``, coefficients to ``sd(g) sqrt(k!)``, second moment and variance to
    themselves, but for what rounded values of g leave of the latter.
    """
    points = sample.points(kernel.activation)
    highest = min(degree, DEGREE)
    runs = list(_runs(kernel, points, highest))
    rule = np.polynomial.legendre.leggauss(_NODES)
    for row, (centre, spread) in enumerate(points):
        expected = _expected(kernel, sample, rule, centre, spread, highest)
        for name, (wanted, scale, noise) in expected.items():
            told = (scale > _LEAST_SIZE) & (scale < np.inf) & (noise < np.inf)
            for found in (run[name][:, row] for run in runs):
                missed = told & ~(np.abs(found - wanted) <= slack * TOLERANCES[name] * scale + ROUNDING * noise)
                for n in np.flatnonzero(missed):
                    order = "" if len(wanted) == 1 else f"[{n}]"
                    place = f"{name}(mu={float(centre)!r}, sigma={float(spread)!r})"
                    return f"{place}{order} = {found[n]:.17g}, not {wanted[n]:.17g}"
    return None


def _runs(kernel: ModuleType, points: Array, degree: int) -> Iterator[dict[str, Array]]:
    """What the kernel gives at the points; where it shares nodes between rows also if every row has its own cell."""
    method = kernel.__dict__["METHOD"]
    for rows in [method["cell_rows"], 1] if "cell_rows" in method else [None]:
        if rows is not None:
            method["cell_rows"] = rows
        yield {
            "raw_moments": kernel.raw_moments(*points.T, degree),
            "hermite_coefficients": kernel.hermite_coefficients(*points.T, degree),
            "second_moment": kernel.second_moment(*points.T)[None],
            "variance": kernel.variance(*points.T)[None],
        }


def _expected(
    kernel: ModuleType, sample: Sample, rule: Any, centre: float, spread: float, highest: int
) -> dict[str, tuple[Array, Array, Array]]:
    """What is wanted of each function, the scale errors are measured in, and what the reference itself rounds."""
    nodes, weights = rule
    cuts = sample.cuts(centre, spread)
    half = np.diff(cuts)[:, None] / 2
    y = ((cuts[:-1] + cuts[1:])[:, None] / 2 + half * nodes).ravel()
    for place in map(float, sample.singular):
        y = np.where(y == place, np.nextafter(place, np.inf), y)
    rest = _rest_of_nodes(y, cuts, half * nodes, centre) if sample.rounded_nodes else np.zeros_like(y)
    z = ((y - centre) + rest) / spread
    weight = (half * weights).ravel()
    value = np.asarray(kernel.activation(y), dtype=float)
    if sample.rounded_nodes:
        step = max(_STEP * spread, _STEP**2 * abs(centre))
        value = value + rest * (kernel.activation(y + step) - kernel.activation(y - step)) / (2 * step)
    for one in sample.beside:
        reach, rows = one.within(spread / 2)
        farther = np.abs(y - one.place) > reach
        offsets = one.offsets[rows].ravel()
        y = np.append(y[farther], one.place + offsets)
        z = np.append(z[farther], ((one.place - centre) + one.rest + offsets) / spread)
        weight = np.append(weight[farther], one.weights[rows])
        value = np.append(value[farther], one.values[rows])
    share = weight / spread * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    term = share * value
    powers = term * np.cumprod(np.stack([np.ones_like(y), *[y] * highest]), axis=0)
    sizes = np.abs(powers).sum(axis=1)
    mean, size = term.sum(), np.abs(term).sum()
    deviation = share * (value - mean)
    hermite = [np.ones_like(z), z]
    for k in range(1, highest + 1):
        hermite.append(z * hermite[-1] - k * hermite[-2])
    roots = np.sqrt([math.factorial(k) for k in range(highest + 1)])
    *each, following = np.stack(hermite[: highest + 2]) @ deviation
    coefficients, moved = np.array(each), np.array([*each[1:], following])
    coefficients[0] = mean
    spreads = math.sqrt((deviation * (value - mean)).sum()) * roots
    spreads[0] = size
    square = np.array([(term * value).sum()])
    about_mean = value - mean / share.sum()
    squares = share * about_mean * about_mean
    variance = np.array([squares.sum()])
    rounded = 2 * np.abs(deviation * value).sum() + ROUNDING * size**2
    by_mu = 4 * np.spacing(abs(centre)) / spread / ROUNDING if sample.ends else 0.0
    of_square = by_mu * np.abs((term * value) @ z) if sample.rounded_nodes else 0.0
    return {
        "raw_moments": (powers.sum(axis=1), sizes, sizes + by_mu * np.abs(powers @ z)),
        "hermite_coefficients": (coefficients, spreads, size * roots + by_mu * np.abs(moved)),
        "second_moment": (square, square, square + of_square),
        "variance": (variance, variance, rounded + by_mu * np.abs(squares @ z)),
    }


def _rest_of_nodes(y: Array, cuts: Array, steps: Array, centre: float) -> Array:
    """What rounding took from nodes of which the distance to the centre has more digits than they have."""
    offset = (((cuts[:-1] - centre) + (cuts[1:] - centre))[:, None] / 2 + steps).ravel()
    return np.where(np.abs(y - centre) < abs(centre) / 2, offset - (y - centre), 0.0)
