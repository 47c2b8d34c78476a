"""The regimes of the plane of (mu, sigma): where the Gaussian stands to what is delicate in a definition.

The table of a certificate has one row for each. They are read off the definition alone, not off the kernel's own
switches, so that the rows of two kernels, or of two versions of one, can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["FURTHEST_DENSITY", "REGIMES", "regime_of"]

FURTHEST_DENSITY = 37.6159
_NARROW = 1e-3
_WIDE = 100.0
_CENTRE = 1.0
_FLANK = 6.0

REGIMES = {
    "point mass": "sigma = 0",
    "beyond the density": "every kink and scale more than 37.6 deviations away: phi is no normal double",
    "narrow": "sigma below 1e-3 of the narrowest scale (of 1 where there are kinks alone)",
    "wide": "sigma above 100 times the widest scale (100 where there are kinks alone)",
    "centre": "the nearest kink or scale within 1 deviation",
    "flank": "within 6 deviations",
    "tail": "further away",
}


def regime_of(features: Sequence[tuple[float, float]], mu: float, sigma: float) -> str:
    """The first of `REGIMES` that holds at (mu, sigma).

    Parameters
    ----------
    features : sequence of (float, float)
        (centre, width) of every kink (width 0) and scale, as `points.smoothing` gives them. A deviation from one is
        the root of sigma^2 + width^2. Where there is none, 0 stands for them, as it does for the points chosen.
    mu, sigma : float
        The point.

    Examples
    --------
    >>> [regime_of([(0.0, 0.0)], mu, sigma) for mu, sigma in ((1, 0), (50, 1), (0, 1e-4), (0, 1e6), (0.5, 1), (9, 1))]
    ['point mass', 'beyond the density', 'narrow', 'wide', 'centre', 'tail']
    """
    if sigma == 0:
        return "point mass"
    distance = min(abs(mu - centre) / math.hypot(sigma, width) for centre, width in features or [(0.0, 0.0)])
    widths = [width for _, width in features if width > 0] or [1.0]
    if distance > FURTHEST_DENSITY:
        return "beyond the density"
    if sigma < _NARROW * min(widths):
        return "narrow"
    if sigma > _WIDE * max(widths):
        return "wide"
    return "centre" if distance <= _CENTRE else "flank" if distance <= _FLANK else "tail"
