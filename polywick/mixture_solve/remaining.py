"""How much error conjugate gradients have left, from what their steps have taken away so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

__all__ = ["remaining"]

_FEWEST = 6
_SAFETY = 2.0
_STEEPEST = 200.0


def remaining(drops: Sequence[float]) -> float:
    """Estimate from above of ``sum_{j >= n} drops_j`` from the first n, infinite where they are too few.

    The squared energy norm of the error is the sum of all drops to come. They are taken to fall off no faster than the
    power of the step number that fits the last third and the third before it; the sum of that power is doubled.
    An error that falls off geometrically, or faster, is overestimated.

    Parameters
    ----------
    drops : sequence of float
        By how much each step lowered the squared energy norm.

    Examples
    --------
    >>> from polywick.mixture_solve.remaining import remaining
    >>> falling = [0.5**j for j in range(30)]         # those to come add up to 2 * 0.5^30
    >>> 1 < remaining(falling) / (2 * 0.5**30) < 100
    True
    """
    n = len(drops)
    if n < _FEWEST:
        return float("inf")
    third = n // 3
    late, before = float(np.sum(drops[n - third :])), float(np.sum(drops[n - 2 * third : n - third]))
    if late == 0.0:
        return 0.0
    if not late < before:
        return float("inf")

    # Sums of a power over [a, b] and [b, n], in units of its sum x^-s over [x, inf) at x = n.
    b, a = n / (n - third), n / (n - 2 * third)

    def mismatch(s: float) -> float:
        return float((b**s - 1) / (a**s - b**s) - late / before)

    flattest = 1e-6
    if mismatch(_STEEPEST) > 0:
        s = _STEEPEST
    elif mismatch(flattest) < 0:
        return float("inf")
    else:
        s = float(brentq(mismatch, flattest, _STEEPEST))
    return float(_SAFETY * late / (b**s - 1))
