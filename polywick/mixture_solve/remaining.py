"""How much error conjugate gradients have left, from what their steps have taken away so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

__all__ = ["remaining"]

_FEWEST = 12
_PARTS = (3, 4)
_SAFETY = 10.0
_FLATTEST, _STEEPEST = 1e-6, 200.0


def remaining(drops: Sequence[float]) -> float:
    """Estimate, with a margin, of ``sum_{j >= n} drops_j`` from the first n, infinite where they are too few.

    The squared energy norm of the error is the sum of all drops to come. They are taken to fall off no faster than the
    power of the step number that fits the last third and the third before it, or the last quarters, whichever leaves
    more; ten times the sum of that power is returned. An error that falls off geometrically, or faster, is
    overestimated. A bound it is not: no finite number of steps can exclude that the drops stall and then resume.

    Parameters
    ----------
    drops : sequence of float
        By how much each step lowered the squared energy norm.

    Examples
    --------
    >>> from polywick.mixture_solve.remaining import remaining
    >>> falling = [1 / j**4 for j in range(1, 30)]         # those to come add up to about 1 / (3 * 29.5^3)
    >>> 8 < remaining(falling) * 3 * 29.5**3 < 16
    True
    """
    if len(drops) < _FEWEST:
        return float("inf")
    return _SAFETY * max(_power_tail(np.asarray(drops), len(drops) // parts) for parts in _PARTS)


def _power_tail(drops: npt.NDArray[np.float64], width: int) -> float:
    """The sum to come of the power that fits the last two windows of this width."""
    n = drops.size
    late, before = float(drops[n - width :].sum()), float(drops[n - 2 * width : n - width].sum())
    if late == 0.0:
        return 0.0
    # Sums of a power over [n - 2 width, n - width] and [n - width, n], in units of its sum over [n, inf).
    b, a = n / (n - width), n / (n - 2 * width)

    def mismatch(s: float) -> float:
        return float((b**s - 1) / (a**s - b**s) - late / before)

    if not late < before or mismatch(_FLATTEST) < 0:
        return float("inf")
    s = _STEEPEST if mismatch(_STEEPEST) > 0 else float(brentq(mismatch, _FLATTEST, _STEEPEST))
    return float(late / (b**s - 1))
