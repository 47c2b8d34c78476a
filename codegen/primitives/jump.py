"""What a jump of the function adds to its Hermite coefficients."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_sum
from codegen.primitives.recurrences import hermite_times


def jump_shares(xp: Any, mu: Any, sigma: Any, place: Any, degree: int) -> Any:
    """``phi(t) He_(k-1)(t)``, k = 1 .. degree, at ``t = (place - mu) / sigma``; place is a number and its low part."""
    gap, gap_error = exact_sum(place[0], -mu)
    gap, gap_error = exact_sum(gap, gap_error + place[1])
    clipped = clip_to_density(xp, gap, sigma)
    top = density(xp, clipped, sigma) * (1 - (clipped / sigma) * (gap_error / sigma))
    return hermite_times(clipped / sigma, top, degree - 1)
