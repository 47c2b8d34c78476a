"""Variances of gated units ``g(y) z``, one Gaussian integral each, for kernels without two-point integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import KernelError
from numeric_backend.quadrature import gauss_legendre

__all__ = ["gated_variances"]

FloatArray = npt.NDArray[np.float64]

_NODES = 12
_FARTHEST = 38.0  # deviations; the normal density is 0 beyond
_DEVIATIONS = np.concatenate([np.arange(-38.0, -9.0), np.arange(-9.0, 9.0, 0.5), np.arange(9.0, 39.0)])
_ARGUMENTS = np.concatenate([np.arange(-40.0, 41.0), [-0.5, -0.25, 0.25, 0.5]])  # where activations bend
_CHUNK = 256
_TOLERANCE = 1e-8
_ROUNDING = 1e-28  # of E g^2: a variance is a sum of squares of rounded numbers


def gated_variances(
    kernel: Any, mu: FloatArray, sigma: FloatArray, mean: FloatArray, slope: FloatArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """``Var(g(y) (mean + slope t + e))`` with ``y = mu + sigma t``, e independent of t with variance ``spread``.

    Gauss-Legendre panels in t, cut at the arguments up to 40 and the breakpoints of g. The same panels integrate
    the variance of g, which the kernel knows; the error reported is that disagreement, in units of ``E z^2``.

    Parameters
    ----------
    kernel : module
        Kernel of g.
    mu, sigma, mean, slope, spread : arrays, shape (h,)
        Of every unit; ``sigma = 0`` is allowed.

    Returns
    -------
    variance, error : arrays, shape (h,)
        The error is absolute.

    Raises
    ------
    KernelError
        When g varies too fast for the panels.

    Examples
    --------
    >>> import numpy as np
    >>> from numeric_backend import kernels
    >>> one = np.ones(1)
    >>> variance, error = gated_variances(kernels.load("identity"), 0 * one, one, 0 * one, one, one)
    >>> round(float(variance[0]), 12)                                         # Var(t^2) + Var(t e)
    3.0
    """
    known = np.where(sigma > 0, np.asarray(kernel.variance(mu, sigma), dtype=np.float64), 0.0)
    variance, plain, square = np.empty_like(mu), np.empty_like(mu), np.empty_like(mu)
    cuts = np.concatenate([_ARGUMENTS, (kernel.KERNEL.get("decomposition") or {}).get("breakpoints", [])])
    for start in range(0, mu.size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        t, weights = _nodes(mu[rows], sigma[rows], cuts)
        g = np.asarray(kernel.activation(mu[rows, None] + sigma[rows, None] * t), dtype=np.float64)
        z = mean[rows, None] + slope[rows, None] * t
        plain[rows] = _central(g, weights)
        with np.errstate(invalid="ignore"):
            square[rows] = np.sum(weights * g * g, axis=1)
            variance[rows] = _central(g * z, weights) + spread[rows] * square[rows]
    with np.errstate(invalid="ignore"):
        gap = np.abs(plain - known)
        wrong = ~((gap <= _TOLERANCE * known + _ROUNDING * square) & np.isfinite(variance))
    if wrong.any():
        i = np.flatnonzero(wrong)[0]
        raise KernelError(
            f"the variance of gated units of kernel {kernel.KERNEL.get('name')!r} cannot be integrated at "
            f"{np.count_nonzero(wrong)} of {mu.size} units, first at mu={mu[i]:g}, sigma={sigma[i]:g} (error "
            f"{gap[i]:.1g} of {known[i]:.1g}); expected an activation that bends at arguments of moderate size, no "
            "faster"
        )
    return variance, gap * (mean**2 + slope**2 + spread)


def _nodes(mu: FloatArray, sigma: FloatArray, cuts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points t and weights of the standard normal law, shape (units, points)."""
    safe = np.where(sigma > 0, sigma, 1.0)[:, None]
    own = np.clip((cuts - mu[:, None]) / safe, -_FARTHEST, _FARTHEST)
    edges = np.sort(np.concatenate([np.broadcast_to(_DEVIATIONS, (mu.size, _DEVIATIONS.size)), own], axis=1), axis=1)
    points, weights = gauss_legendre(_NODES)
    length = np.diff(edges)[:, :, None]
    t = (edges[:, :-1, None] + length * points).reshape(mu.size, -1)
    density = np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
    return t, (length * weights).reshape(mu.size, -1) * density


def _central(values: FloatArray, weights: FloatArray) -> FloatArray:
    mean = np.sum(weights * values, axis=1, keepdims=True)
    return np.asarray(np.sum(weights * (values - mean) ** 2, axis=1))
