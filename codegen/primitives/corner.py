"""Moments of a Gaussian beyond a corner that is not 0; a corner is a pair (number, what rounding took from it)."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum
from codegen.primitives.half_line import half_line_with, tail_moments


def distance_to(mu: Any, corner: Any) -> Any:
    """``mu - corner`` rounded, and the rounding error."""
    distance, error = exact_sum(mu, -corner[0])
    return exact_sum(distance, error - corner[1])


def corner_density(xp: Any, mu: Any, sigma: Any, corner: Any) -> Any:
    """``mu - corner`` and ``phi((mu - corner) / sigma)``, the rounding of the difference put back."""
    distance, error = distance_to(mu, corner)
    clipped = clip_to_density(xp, distance, sigma)
    return distance, density(xp, clipped, sigma) * (1 - (clipped / sigma) * (error / sigma))


def corner_moments(xp: Any, mu: Any, sigma: Any, corner: Any, degree: int) -> Any:
    """``E[(y - corner)^k; y > corner]``, k = 0 .. degree; the rounding of ``mu - corner`` put back to first order."""
    distance, error = distance_to(mu, corner)
    peak = density(xp, clip_to_density(xp, distance, sigma), sigma)
    moments = half_line_with(xp, distance, sigma, peak, degree)
    return moved_on(moments, peak * (error / sigma), error)


def shifted(values: Any, corner: Any) -> Any:
    """``E[(v + corner)^n f]``, n = 0 .. len(values) - 1, from ``values_i = E[v^i f]``; positive for corner >= 0."""
    results = [values[0]]
    for last in range(len(values) - 1, 0, -1):
        values = [values[i + 1] + corner * values[i] for i in range(last)]
        results.append(values[0])
    return results


def crossing(xp: Any, mu: Any, sigma: Any, corner: Any, degree: int) -> Any:
    """``mu - corner``, ``phi`` there, and ``E[(y - corner)^k ([y > corner] - [mu > corner])]``, k = 0 .. degree.

    What lies across the corner from mu: a tail, without subtraction, however far mu is on either side.
    """
    distance, error = distance_to(mu, corner)
    clipped = clip_to_density(xp, distance, sigma)
    peak = density(xp, clipped, sigma)
    tails = tail_moments(xp, -xp.abs(clipped), sigma, peak, degree)
    sign = 1 - 2 * (distance > 0)
    across = [tail if k % 2 else sign * tail for k, tail in enumerate(tails)]
    step = error / sigma
    return distance, peak * (1 - (clipped / sigma) * step), moved_on(across, peak * step, error)


def moved_on(moments: Any, first: Any, step: Any) -> Any:
    """``E[(v + step)^k f]`` to first order, from ``moments``, ``E[v^k f]``; ``first`` is what that of k = 0 gains."""
    return [moments[0] + first] + [moments[k] + step * (k * moments[k - 1]) for k in range(1, len(moments))]
