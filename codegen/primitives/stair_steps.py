"""Bumps of steps under Gaussians: sums over the steps that are seen, each a panel; no jumps that cancel each other."""

from typing import Any

from codegen.primitives.panel import panel_hermite, panel_moments
from codegen.primitives.stair_table import jumps_below, seen_in_squares


def add_steps(xp: Any, table: Any, mu: Any, sigma: Any, spare: int, share: Any, values: Any) -> None:
    """Add ``share(step, height, mu, sigma)`` of every step seen to ``values``; a step is its two ends, pairs each."""
    places, lows, _, _, levels = table
    anchor = jumps_below(table, mu)
    first, last = seen_in_squares(xp, table, mu, sigma, spare)
    for n in range(len(places) - 1):
        rows = xp.flatnonzero(((first <= n + 1) & (n < last)) | (anchor == n + 1))
        if len(rows):
            ends = (places[n], lows[n]), (places[n + 1], lows[n + 1])
            for value, part in zip(values, share(ends, levels[n + 1], mu[rows], sigma[rows]), strict=True):
                value[rows] += part


def step_moments(xp: Any, table: Any, mu: Any, sigma: Any, spare: int, degree: int, power: int = 1) -> Any:
    """``E[y^n g^power]``, n = 0 .. degree, of a bump."""
    one = (0, 0, (xp.rational(1, 1),))

    def share(ends: Any, height: Any, mu: Any, sigma: Any) -> Any:
        return [height**power * part for part in panel_moments(xp, mu, sigma, ends[0], ends[1], [one], degree)[0]]

    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    add_steps(xp, table, mu, sigma, spare, share, values)
    return values


def step_coefficients(xp: Any, table: Any, mu: Any, sigma: Any, spare: int, degree: int) -> Any:
    """``c_k = E[g He_k(z)]``, k = 0 .. degree, of a bump, from the definition."""
    one = (0, 0, (xp.rational(1, 1),))

    def share(ends: Any, height: Any, mu: Any, sigma: Any) -> Any:
        return [height * part for part in panel_hermite(xp, mu, sigma, ends[0], ends[1], one, degree)]

    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    add_steps(xp, table, mu, sigma, spare, share, values)
    return values
