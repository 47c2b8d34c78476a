"""Points (mu, sigma) chosen by an adversary: tails, seams, kinks, roots, extrema, extremes, worst cases, random."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Any

from codegen.verify.definition import Definition
from codegen.verify.special_places import roots_and_extrema

__all__ = ["DENSITY_LIMIT", "MU_LIMIT", "Point", "choose_points", "smoothing"]

DENSITY_LIMIT = 37.5
MU_LIMIT = 1e3
MOST_CENTRES = 8
"""Kinks and scales that get ladders of their own."""
_SMALLEST = 2.2250738585072014e-308
_RUNGS = (1e-12, 1e-4, 1.0, 25.0, 1e6)
_ROOT_SIGMAS = (0.0, 1e-12, 1e-8, 1e-3, 0.3)
_LEFT_LADDER = (37.5, 33.3, 20.0, 10.0, 5.0, 3.0, 2.0, 1.0, 0.5, 0.1)
_RIGHT_LADDER = (0.1, 1.0, 3.0, 6.0, 20.0, 37.5)


@dataclass(frozen=True)
class Point:
    """One point, and why it was chosen."""

    mu: float
    sigma: float
    why: str


def choose_points(
    definition: Definition, seams: Sequence[Mapping[str, Any]] = (), seed: int = 0, random_points: int = 30
) -> list[Point]:
    """Points for one kernel; the same for the same arguments.

    Parameters
    ----------
    definition : Definition
        The activation: its kinks and scales say where it is delicate.
    seams : sequence of mappings
        `{"variable": "t" | "h" | "mu" | "sigma", "value": number}`: where the kernel changes its form. t
        and h are the distance of mu from the kinks or scales in standard deviations.
    seed : int
        Seed of the random points.
    random_points : int
        How many of them.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> chosen = choose_points(read_definition("Max(x, 0)"), [{"variable": "t", "value": 0.0}])
    >>> {0.0, 1e-12, 1e6} <= {point.sigma for point in chosen}
    True
    """
    found: dict[tuple[float, float], Point] = {}
    for candidate in _candidates(definition, seams, random.Random(seed), random_points):
        inside = math.isfinite(candidate.mu) and abs(candidate.mu) <= MU_LIMIT and candidate.sigma >= 0
        if inside:
            found.setdefault((candidate.mu, candidate.sigma), candidate)
    return list(found.values())


def smoothing(definition: Definition) -> list[tuple[float, float]]:
    """(centre, width) of everything the density is taken at: kinks have width 0, scales their own."""
    kinks = [(kink, 0.0) for kink in definition.kink_floats()]
    return kinks + [(float(centre), float(width)) for centre, width in definition.scales]


def _candidates(
    definition: Definition, seams: Sequence[Mapping[str, Any]], source: random.Random, count: int
) -> Iterator[Point]:
    centres = smoothing(definition) or [(0.0, 0.0)]
    yield from _remembered()
    for centre, width in _some(centres):
        yield from _ladder(centre, width)
        yield from _kink(centre)
    for kind, place in roots_and_extrema(definition):
        for sigma in _ROOT_SIGMAS:
            for mu in _around(place):
                yield Point(mu, sigma, f"{kind}, and its neighbours")
    for seam in seams:
        yield from _seam(seam, centres)
    yield from _extremes()
    for _ in range(count):
        centre, width = source.choice(centres)
        sigma = 10.0 ** source.uniform(-12, 6)
        distance = source.choice((source.uniform(-37.5, 10), source.gauss(0, 2)))
        yield Point(centre + distance * math.hypot(sigma, width), sigma, "random")
        yield Point(source.gauss(0, 2), source.uniform(0.1, 3), "random, ordinary")


def _some(centres: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Of many centres, as stairs have them, as many from one end to the other; all places that are random see all."""
    if len(centres) <= MOST_CENTRES:
        return centres
    ordered = sorted(centres)
    nearest = min(ordered, key=lambda centre: abs(centre[0]))
    even = {round(n * (len(ordered) - 1) / (MOST_CENTRES - 2)) for n in range(MOST_CENTRES - 1)}
    return sorted({nearest, *(ordered[place] for place in even)})


def _remembered() -> Iterator[Point]:
    text = resources.files("codegen.verify").joinpath("worst_cases.json").read_text(encoding="utf-8")
    for case in json.loads(text):
        yield Point(case["mu"], case["sigma"], f"worst case: {case['found']}")


def _ladder(centre: float, width: float) -> Iterator[Point]:
    """Tails at every distance, each distance with sigmas of its own between the rungs: no decade is left out."""
    sides = [(-steps, "left tail") for steps in _LEFT_LADDER] + [(steps, "right tail") for steps in _RIGHT_LADDER]
    for rung, above in pairwise((*_RUNGS, _RUNGS[-1])):
        for place, (steps, why) in enumerate(sides):
            sigma = rung * (above / rung) ** _radical_inverse(place)
            mu = centre + steps * math.hypot(sigma, width)
            yield Point(min(max(mu, -MU_LIMIT), MU_LIMIT), sigma, why)


def _radical_inverse(n: int) -> float:
    """The binary digits of n behind the point in reverse order: 0, 1/2, 1/4, 3/4, 1/8, ... (van der Corput)."""
    return math.fsum(int(digit) * 0.5**place for place, digit in enumerate(reversed(f"{n:b}"), 1))


def _kink(centre: float) -> Iterator[Point]:
    for sigma in (0.0, 1e-12, 1e-3, 1.0, 1e6):
        for mu in _around(centre):
            yield Point(mu, sigma, "kink or centre, and its neighbours")


def _seam(seam: Mapping[str, Any], centres: Sequence[tuple[float, float]]) -> Iterator[Point]:
    variable, value = seam["variable"], float(seam["value"])
    why = f"seam {variable} = {value!r}, both sides"
    if variable == "mu":
        for mu in _around(value):
            for sigma in (1e-12, 1e-3, 1.0, 1e6):
                yield Point(mu, sigma, why)
    elif variable == "sigma":
        for sigma in _around(value):
            for mu in (-3.0, -0.5, 0.5, 3.0):
                yield Point(mu, sigma, why)
    elif variable in ("t", "h"):
        for centre, width in _some(centres):
            for sigma in (1e-12, 0.3, 1.0, 7.0, 1e6):
                for mu in _around(centre + value * math.hypot(sigma, width)):
                    yield Point(mu, sigma, why)
    else:
        raise ValueError(f"seam variable {variable!r} given; expected one of t, h, mu, sigma")


def _extremes() -> Iterator[Point]:
    for mu in (-MU_LIMIT, -100.0, -1e-6, 1e-6, MU_LIMIT):
        for sigma in (0.0, 1e-12, 1e-3, 1.0, 27.0, 1e6):
            yield Point(mu, sigma, "extreme")
    for mu in (-20.0, -0.7, 0.7, 20.0):
        yield Point(mu, 0.0, "point mass")
    for sigma in (1e-12, 1e6):
        yield Point(0.0, sigma, "extreme")


def _around(value: float) -> tuple[float, ...]:
    if value == 0:
        return (0.0, -_SMALLEST, _SMALLEST)
    return (value, math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
