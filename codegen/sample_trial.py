"""A finished kernel without a closed form, held to its promise on a sample before it is handed out.

The reference is the activation alone, summed over short Gauss-Legendre panels that crowd towards every kink and every
structure; nothing of the kernel's own panels, windows and steps enters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from codegen.plan_check import Sample

__all__ = ["SampleTrial"]

Array = np.ndarray[Any, Any]

TOLERANCES = {"raw_moments": 1e-13, "hermite_coefficients": 2e-13, "second_moment": 1e-13, "variance": 2e-13}
ROUNDING = 4e-15
DEGREE = 8
_RULE = np.polynomial.legendre.leggauss(24)
_STEP = 1e-3
_LEAST_SIZE = 1e-200


class SampleTrial:
    """A kernel run once on its sample, to be held to several slacks.

    Raw moments are held relative to ``E|y^n g|``, coefficients to ``sd(g) sqrt(k!)``, second moment and variance to
    themselves, but for what rounded values of g leave of the latter.
    """

    def __init__(self, kernel: ModuleType, sample: Sample, degree: int):
        self._kernel, self._sample, self._highest = kernel, sample, min(degree, DEGREE)
        self._expected: list[dict[str, tuple[Array, Array, Array]]] = []

    @cached_property
    def _points_and_runs(self) -> tuple[Array, list[dict[str, Array]]]:
        points = self._sample.points(self._kernel.activation)
        return points, list(_runs(self._kernel, points, self._highest))

    @np.errstate(all="ignore")
    def first_miss(self, slack: int = 1) -> str | None:
        """What the kernel gets wrong first, in words; None if it keeps within ``slack`` times `TOLERANCES`."""
        points, runs = self._points_and_runs
        for row, (centre, spread) in enumerate(points):
            if row == len(self._expected):
                self._expected.append(_expected(self._kernel, self._sample, centre, spread, self._highest))
            for name, (wanted, scale, noise) in self._expected[row].items():
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
    kernel: ModuleType, sample: Sample, centre: float, spread: float, highest: int
) -> dict[str, tuple[Array, Array, Array]]:
    """What is wanted of each function, the scale errors are measured in, and what the reference itself rounds."""
    nodes, weights = _RULE
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
    powers, power = np.empty((highest + 1, y.size)), np.ones_like(y)
    for row in powers:
        np.multiply(term, power, out=row)
        power *= y
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
