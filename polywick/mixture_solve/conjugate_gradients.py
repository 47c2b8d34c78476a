"""Preconditioned conjugate gradients for several right-hand sides that share one Krylov space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from polywick.mixture_solve.remaining import remaining

__all__ = ["Solution", "conjugate_gradients"]

FloatArray = npt.NDArray[np.float64]

_DEPENDENT = 1e-13  # of squared lengths: directions closer to the span of the others are dropped
_ROUNDING = 1e-26  # squared: what is this far below the largest residual is rounding


@dataclass(frozen=True)
class Solution:
    """Where conjugate gradients stopped.

    Attributes
    ----------
    x, residual : arrays, shape (q, ...)
        The approximate solutions and what is left of the right-hand sides.
    drops : tuple of float
        By how much each step lowered the squared energy norm of the error, all right-hand sides together.
    error : float
        Estimate from above of that squared norm at the end; 0 at rounding.
    """

    x: FloatArray
    residual: FloatArray
    drops: tuple[float, ...]
    error: float


def conjugate_gradients(
    operator: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    scale: FloatArray,
    allowed: Callable[[float], float],
    steps: int,
    progress: Callable[[int, float, float], None],
) -> Solution:
    """``A x = right`` for all right-hand sides at once, until ``sum <x - x*, A (x - x*)>`` is small enough.

    Begins at 0. The search directions of one step are those of all right-hand sides together, made A-orthogonal: the
    error of each is smallest over a Krylov space that all of them span. Dependent directions are dropped.

    Parameters
    ----------
    operator : callable
        A, symmetric positive semi-definite, on stacks of shape ``(q, ...)``.
    right : array, shape (q, ...)
        Right-hand sides.
    scale : array, shape (...)
        The preconditioner divides by it.
    allowed : callable
        The squared energy norm of the error that is small enough, given the sum of all drops so far.
    steps : int
        Largest number of steps.
    progress : callable
        Told the number of steps done, the estimated error and the sum of all drops.

    References
    ----------
    D. O'Leary, "The block conjugate gradient algorithm and related methods", Linear Algebra Appl. 29 (1980) 293-322.
    M. Hestenes, E. Stiefel, J. Res. Nat. Bur. Standards 49 (1952), theorem 6:1: the drops add up to the error.
    """
    whole = right.reshape(len(right), -1)
    weights = scale.ravel()
    # A rotation of the outputs leaves the sum of their errors alone and lets dependent ones go.
    values, rotation = np.linalg.eigh((whole / weights) @ whole.T)
    rotation = rotation[:, values > _ROUNDING * values[-1]]
    residual = rotation.T @ whole
    x = np.zeros_like(residual)
    rounding = _ROUNDING * max(float(values.sum()), 0.0)
    drops: list[float] = []
    directions, error = residual / weights, np.inf
    while True:
        if float(np.sum(residual**2 / weights)) <= rounding:
            error = 0.0
        progress(len(drops), error, sum(drops))
        if len(drops) >= steps or error <= allowed(sum(drops)):
            break
        directions = _independent(directions, weights)
        images = operator(directions.reshape(-1, *right.shape[1:])).reshape(directions.shape)
        gram = directions @ images.T
        lengths, basis = np.linalg.eigh((gram + gram.T) / 2)
        kept = lengths > _DEPENDENT * max(float(lengths[-1]), 0.0)
        if not kept.any():
            error = 0.0
            break
        turn = (basis[:, kept] / np.sqrt(lengths[kept])).T
        directions, images = turn @ directions, turn @ images  # A-orthonormal
        along = residual @ directions.T
        x += along @ directions
        residual -= along @ images
        drops.append(float(np.sum(along**2)))
        error = remaining(drops)
        ahead = residual / weights
        directions = ahead - (ahead @ images.T) @ directions
    back = (rotation @ x).reshape(right.shape), (rotation @ residual).reshape(right.shape)
    return Solution(*back, tuple(drops), error)


def _independent(directions: FloatArray, weights: FloatArray) -> FloatArray:
    """A basis, orthonormal in the preconditioner's product, of what the directions span."""
    gram = (directions * weights) @ directions.T
    lengths = np.sqrt(np.diag(gram))
    alive = lengths > 0
    if not alive.any():
        return directions
    directions, lengths = directions[alive], lengths[alive]
    values, basis = np.linalg.eigh(gram[np.ix_(alive, alive)] / lengths[:, None] / lengths)
    kept = values > _DEPENDENT * values[-1]
    return np.asarray((basis[:, kept] / np.sqrt(values[kept])).T @ (directions / lengths[:, None]))
