"""A finished kernel of circle moments without a closed form, held to its promise on a sample before it is handed out.

The reference is the activation alone, summed over short panels that crowd towards kinks and structures; nothing of the
kernel's own cuts enters.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from codegen.plan_check import Sample

__all__ = ["first_miss_on_circles"]

TOLERANCE = 2e-13
FREQUENCIES = 8
_POINTS = 30
_FARTHEST = 1e3
_REACH = 38.001
_NODES = 24
_INPUT_ULPS = 8


def first_miss_on_circles(kernel: ModuleType, sample: Sample) -> str | None:
    """What the kernel gets wrong first, in words; None if it keeps within 2e-13 of ``int |g|``."""
    points = [
        (2 * sigma, mu)
        for mu, sigma in sample.points(kernel.activation)
        if 2 * sigma <= _FARTHEST and abs(mu) <= _FARTHEST
    ]
    points = points[:: max(len(points) // _POINTS, 1)]
    A, b = np.array(points).T
    got = kernel.circle_moments(A, b, FREQUENCIES)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    for column, (amplitude, offset) in enumerate(points):
        places = sample.cuts(offset, amplitude / _REACH)
        crossings = np.arccos(np.clip((places - offset) / amplitude, -1, 1))
        cuts = np.unique([*crossings, *np.linspace(0, np.pi, 33)])
        half = np.diff(cuts)[:, None] / 2
        t = ((cuts[:-1] + cuts[1:])[:, None] / 2 + half * nodes).ravel()
        y = amplitude * np.cos(t) + offset
        value = np.asarray(kernel.activation(y), dtype=float)
        share = 2 * (half * weights).ravel()
        step = _INPUT_ULPS * (np.spacing(amplitude) + np.spacing(abs(offset)))
        change = share @ np.abs(np.asarray(kernel.activation(y + step), dtype=float) - value)
        allowed = TOLERANCE * (share @ np.abs(value)) + change + np.finfo(float).tiny
        for r in range(FREQUENCIES + 1):
            wanted = share @ (value * np.cos(r * t))
            if np.isfinite(allowed) and not abs(got[r, column] - wanted) <= allowed:
                place = f"circle_moments(A={float(amplitude)!r}, b={float(offset)!r})[{r}]"
                return f"{place} = {got[r, column]:.17g}, not {wanted:.17g}"
    return None
