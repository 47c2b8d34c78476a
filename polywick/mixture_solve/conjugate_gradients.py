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
_ROUNDING = 1e-28  # squared: a residual this far below the right-hand side is rounding


@dataclass(frozen=True)
class Solution:
    """Where conjugate gradients stopped.

    Attributes
    ----------
    x : array, shape (q, ...)
        The approximate solutions.
    drops : tuple of float
        By how much each step lowered the squared energy norm of the error, all right-hand sides together.
    error : float
        Estimate from above of that squared norm at the end.
    """

    x: FloatArray
    drops: tuple[float, ...]
    error: float


def conjugate_gradients(
    operator: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    start: FloatArray,
    scale: FloatArray,
    enough: Callable[[FloatArray, FloatArray], float],
    steps: int,
    progress: Callable[[int, float, float], None] | None = None,
) -> Solution:
    """``A x = right`` for all right-hand sides at once, until ``sum <x - x*, A (x - x*)>`` is small enough.

    The search directions of one step are those of all right-hand sides together, made A-orthogonal: the error of each
    is smallest over a Krylov space that all of them span. Dependent directions are dropped.

    Parameters
    ----------
    operator : callable
        A, symmetric positive semi-definite, on stacks of shape ``(q, ...)``.
    right, start : arrays, shape (q, ...)
        Right-hand sides, and where to begin.
    scale : array, shape (...)
        The preconditioner divides by it.
    enough : callable
        The squared energy norm allowed, from x and the residual.
    steps : int
        Largest number of steps.
    progress : callable, optional
        Told the number of steps done, the estimated error and the error allowed.

    References
    ----------
    D. O'Leary, "The block conjugate gradient algorithm and related methods", Linear Algebra Appl. 29 (1980) 293-322.
    M. Hestenes, E. Stiefel, J. Res. Nat. Bur. Standards 49 (1952), theorem 6:1: the drops add up to the error.
    """
    shape, count = right.shape, right.shape[0]
    x = start.reshape(count, -1).copy()
    residual = (right - operator(start)).reshape(count, -1)
    drops: list[float] = []
    allowed, error = enough(x.reshape(shape), residual.reshape(shape)), np.inf
    inverse = 1 / scale.ravel()
    rounding = _ROUNDING * float(np.sum(right.reshape(count, -1) ** 2 @ inverse))
    directions = residual * inverse
    while True:
        if float(np.sum(residual**2 @ inverse)) <= rounding:
            error = 0.0
        if progress is not None:
            progress(len(drops), error, allowed)
        if error <= allowed or len(drops) >= steps:
            return Solution(x.reshape(shape), tuple(drops), error)
        directions = _independent(directions, scale.ravel())
        images = operator(directions.reshape(-1, *shape[1:])).reshape(directions.shape)
        gram = directions @ images.T
        lengths, basis = np.linalg.eigh((gram + gram.T) / 2)
        kept = lengths > _DEPENDENT * max(float(lengths[-1]), 0.0)
        if not kept.any():
            return Solution(x.reshape(shape), tuple(drops), 0.0)
        turn = (basis[:, kept] / np.sqrt(lengths[kept])).T
        directions, images = turn @ directions, turn @ images  # A-orthonormal
        along = residual @ directions.T
        x += along @ directions
        residual -= along @ images
        drops.append(float(np.sum(along**2)))
        error = remaining(drops)
        allowed = enough(x.reshape(shape), residual.reshape(shape))
        ahead = residual * inverse
        directions = ahead - (ahead @ images.T) @ directions


def _independent(directions: FloatArray, scale: FloatArray) -> FloatArray:
    """An orthonormal basis, in the preconditioner's product, of what the directions span."""
    gram = (directions * scale) @ directions.T
    lengths = np.sqrt(np.diag(gram))
    alive = lengths > 0
    if not alive.any():
        return directions[:0]
    directions, lengths = directions[alive], lengths[alive]
    values, basis = np.linalg.eigh(gram[np.ix_(alive, alive)] / lengths[:, None] / lengths)
    kept = values > _DEPENDENT * values[-1]
    return np.asarray((basis[:, kept] / np.sqrt(values[kept])).T @ (directions / lengths[:, None]))
