"""Gauss-Legendre rules on [0, 1], correctly rounded.

``numpy.polynomial.legendre.leggauss`` loses up to four digits in the end weights from about 32 nodes on, so
the rules are made here by Newton's iteration in 50-digit decimal arithmetic and rounded once.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["gauss_legendre"]

_DIGITS = 50


@lru_cache(maxsize=64)
def gauss_legendre(m: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Nodes and weights of the ``m``-point rule ``int_0^1 f = sum_i w_i f(x_i)``, exact to degree 2m - 1.

    Parameters
    ----------
    m : int
        Number of nodes, at least 1.

    Returns
    -------
    nodes, weights : arrays, shape (m,)
        Read-only, nodes increasing, each entry the double nearest to its exact value.

    References
    ----------
    Golub and Welsch, *Mathematics of Computation* 23 (1969); the Newton iteration on the three-term
    recurrence is in Press et al., *Numerical Recipes*, section 4.6.

    Examples
    --------
    >>> from numeric_backend.quadrature import gauss_legendre
    >>> nodes, weights = gauss_legendre(2)
    >>> round(float(weights @ nodes**3), 15)
    0.25
    """
    with localcontext() as context:
        context.prec = _DIGITS
        pairs = [_node_and_weight(m, i) for i in range(m)]
    nodes = np.array([float(x) for x, _ in pairs])
    weights = np.array([float(w) for _, w in pairs])
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights


def _node_and_weight(m: int, i: int) -> tuple[Decimal, Decimal]:
    """The i-th node from the left and its weight on [0, 1], in the precision of the decimal context."""
    x = Decimal(-math.cos(math.pi * (i + 0.75) / (m + 0.5)))
    for _ in range(8):
        value, slope = _legendre(m, x)
        step = value / slope
        x -= step
        if abs(step) < Decimal(10) ** (-_DIGITS // 2 - 8):
            break
    _, slope = _legendre(m, x)
    return (1 + x) / 2, 1 / ((1 - x * x) * slope * slope)


def _legendre(m: int, x: Decimal) -> tuple[Decimal, Decimal]:
    """``P_m(x)`` and ``P_m'(x)`` by the three-term recurrence."""
    previous, current = Decimal(1), x
    for k in range(2, m + 1):
        previous, current = current, ((2 * k - 1) * x * current - (k - 1) * previous) / k
    return current, m * (x * current - previous) / (x * x - 1)
