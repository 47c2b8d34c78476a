"""Integrals over the correlation ``t = tanh v`` of two pinned Gaussians, by Gauss-Legendre panels in v."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from numeric_backend.exponential_integrand import Node, PinnedPairs
from numeric_backend.quadrature import gauss_legendre

__all__ = ["LATEST_ONSET", "NEGLIGIBLE", "Integrand", "artanh_of_complement", "integral", "last_of_remainder"]

FloatArray = npt.NDArray[np.float64]
Integrand = Callable[[Node, FloatArray, npt.NDArray[np.intp]], FloatArray]

NEGLIGIBLE = 36.0  # e-folds beyond which nothing is left
LATEST_ONSET = 4.0  # of the decay in v, for every x with a normal density
# Longest stretch of v, panels, nodes in a panel: of densities and Mills ratios, and where a weight has a layer as well.
_SMOOTH = ((0.8, 1, 14), (1.6, 1, 20), (3.2, 2, 20), (6.4, 4, 20), (12.8, 8, 20), (25.6, 16, 20))
_LAYERED = ((1.6, 1, 24), (3.2, 2, 24), (6.4, 4, 24), (12.8, 8, 24), (25.6, 16, 24), (51.2, 32, 24))


def integral(
    pairs: PinnedPairs, low: FloatArray, high: FloatArray, integrand: Integrand, *, layered: bool = False
) -> FloatArray:
    """The integral of ``integrand(node, v, rows)`` over v from ``low`` to ``high``, 0 where they are not in order."""
    total, length = np.zeros_like(low), high - low
    waiting = length > 0
    for longest, panels, nodes in _LAYERED if layered else _SMOOTH:
        rows = np.flatnonzero(waiting & (length <= longest))
        waiting[rows] = False
        if rows.size == 0:
            continue
        points, weights = gauss_legendre(nodes)
        part = pairs.take(rows)
        for panel in range(panels):
            v = low[rows] + length[rows] * ((panel + points[:, None]) / panels)
            total[rows] += weights @ integrand(Node(part, v), v, rows)
        total[rows] *= length[rows] / panels
    return total


def last_of_remainder(pairs: PinnedPairs) -> FloatArray:
    """Where to end an integral over v up to rho whose weight vanishes at rho: all decays like ``exp(-3 v)``."""
    return np.minimum(pairs.v_end, NEGLIGIBLE / 3 + LATEST_ONSET)


def artanh_of_complement(gap: FloatArray) -> FloatArray:
    """``artanh(1 - gap)``, 0 < gap <= 1."""
    return 0.5 * (np.log(2 - gap) - np.log(gap))
