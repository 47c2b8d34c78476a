"""Expectations of what is one power series on each side of a place, under Gaussians that see nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SidedSeries"]

_LEAST = 1e-280
_SIGMAS = tuple(10.0**-n for n in range(3, 10))
_REACH = 16
_NOTHING = 1e-13


@dataclass(frozen=True)
class SidedSeries:
    """``g(place + v) = sum_j left_j v^j`` for v < 0, ``right`` for v > 0; numbers of an mpmath context."""

    context: Any
    place: Any
    left: tuple[Any, ...]
    right: tuple[Any, ...]

    def coefficients(self, mu: float, sigma: float, degree: int) -> list[Any]:
        """``E[g(mu + sigma z) He_k(z)]``, k = 0 .. degree.

        With ``t = (mu - place) / sigma``: integration by parts leaves ``E[(t + z)_+^j]`` and powers at the place.

        Examples
        --------
        >>> import mpmath
        >>> one, nothing = mpmath.mpf(1), mpmath.mpf(0)
        >>> relu = SidedSeries(mpmath.mp, one, (nothing, nothing), (nothing, one))
        >>> [float(c) for c in relu.coefficients(1.0, 2.0, 2)]
        [0.7978845608028654, 1.0, 0.7978845608028654]
        """
        return [left + right for left, right in zip(*self._sides(mu, sigma, degree), strict=True)]

    def widest(self) -> float:
        """The largest sigma, of some powers of 10, at which the last terms count for nothing within 16 deviations."""
        return next((s for s in _SIGMAS if all(_ends(side, _REACH * s) for side in (self.left, self.right))), 0.0)

    def _sides(self, mu: float, sigma: float, degree: int) -> tuple[list[Any], list[Any]]:
        spread = self.context.mpf(sigma)
        t = (self.context.mpf(mu) - self.place) / spread
        left = [(-1) ** j * a * spread**j for j, a in enumerate(self.left)]
        right = [a * spread**j for j, a in enumerate(self.right)]
        mirrored = self._half(left, -t, degree)
        return [(-1) ** k * c for k, c in enumerate(mirrored)], self._half(right, t, degree)

    def _half(self, series: list[Any], t: Any, degree: int) -> list[Any]:
        """``E[sum_j series_j (t + z)_+^j He_k(z)]``."""
        context = self.context
        density, share = context.npdf(t), context.ncdf(t)
        powers = [share, t * share + density]
        for n in range(1, len(series) - 1):
            powers.append(t * powers[-1] + n * powers[-2])
        edges = [context.one, -t]
        for k in range(1, degree):
            edges.append(-t * edges[-1] - k * edges[-2])
        rows = [powers[: len(series)]]
        for k in range(1, degree + 1):
            last = rows[-1]
            rows.append([edges[k - 1] * density, *(j * last[j - 1] for j in range(1, len(series)))])
        return [context.fdot(series, row) for row in rows]

    def variance(self, mu: float, sigma: float) -> Any:
        """``Var g``."""
        level = self.left[0]
        about = [(side[0] - level, *side[1:]) for side in (self.left, self.right)]
        squares = SidedSeries(self.context, self.place, *(_square(side) for side in about))
        mean = SidedSeries(self.context, self.place, *about).coefficients(mu, sigma, 1)[0]
        return squares.coefficients(mu, sigma, 1)[0] - mean**2

    def limits(
        self, mu: float, sigma: float, degree: int, promise: Mapping[str, float], root_ulps: int, ulps: int
    ) -> list[tuple[Any, Any, Any]] | None:
        """Value, scale and largest error of ``c_0 .. c_degree``, the variance and the second moment.

        None where doubles hold no scale. As in ``docs/accuracy.md``: what ``ulps`` ulp of mu or sigma change is
        allowed, of c_0 and the second moment what ``root_ulps`` do.
        """
        sides = self._sides(mu, sigma, degree + 2)
        values = [left + right for left, right in zip(*sides, strict=True)]
        variance = self.variance(mu, sigma)
        magnitude = abs(sides[0][0]) + abs(sides[1][0])
        if not (variance > _LEAST and magnitude > _LEAST):
            return None
        deviation = self.context.sqrt(variance)
        by_mu, by_sigma = (ulps * self.context.mpf(math.ulp(one)) / sigma for one in (mu, sigma))
        found = []
        for k in range(degree + 1):
            scale = deviation * self.context.sqrt(math.factorial(k)) if k else magnitude
            change = max(abs(values[k + 1]) * by_mu, abs(k * values[k] + values[k + 2]) * by_sigma)
            allowed = change if k else change * root_ulps / ulps
            found.append((values[k], scale, max(promise["hermite_coefficients"] * scale, allowed)))
        moved = turned = curved = self.context.zero
        for k in range(1, degree + 1):
            weight = 2 * values[k] / math.factorial(k)
            moved += weight * values[k + 1]
            turned += weight * (k * values[k] + values[k + 2])
            curved += values[k + 1] ** 2 / math.factorial(k)
        change = max(abs(moved) * by_mu, abs(turned) * by_sigma) + curved * by_mu**2
        found.append((variance, variance, max(promise["variance"] * variance, change)))
        by_roots = max(abs(values[1]) * by_mu, abs(values[2]) * by_sigma) * root_ulps / ulps
        change = (change + (2 * abs(values[0]) + by_roots) * by_roots) if root_ulps else self.context.zero
        square = variance + values[0] ** 2
        found.append((square, square, max(promise["second_moment"] * square, change)))
        return found


def _square(series: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        sum(series[i] * series[n - i] for i in range(max(0, n - len(series) + 1), min(n, len(series) - 1) + 1))
        for n in range(2 * len(series) - 1)
    )


def _ends(series: tuple[Any, ...], distance: float) -> bool:
    """Whether the last term of a series is nothing beside the others."""
    *others, last = (abs(a) * distance**j for j, a in enumerate(series[1:], 1))
    return bool(last <= _NOTHING * max(others))
