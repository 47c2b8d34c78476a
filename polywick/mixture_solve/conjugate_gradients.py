"""Preconditioned conjugate gradients for several right-hand sides that share one Krylov space.

Long vectors stay in the library they came in; matrices with a row per right-hand side are diagonalised on the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.mixture_solve.remaining import remaining

__all__ = ["Solution", "conjugate_gradients"]

HostArray = npt.NDArray[np.float64]
FloatArray = Any  # float64, of NumPy or CuPy

_DEPENDENT = 1e-13  # of squared lengths: directions closer to the span of the others are dropped
_OUTPUTS = 1e-14  # of squared lengths: right-hand sides closer to the span of the others are their combinations
_ROUNDING = 1e-22  # squared: a residual so far below what it is a difference of is rounding
_APART = 1e-2  # of the squared residual: how far that of the recursion may be from the true one
_ATTEMPTS = 4


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
        Estimate of that squared norm at the end, with a margin; 0 at rounding, infinite where the residual that was
        carried along was found to be wrong.
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
    size: float | None = None,
) -> Solution:
    """``A x = right`` for all right-hand sides at once, until ``sum <x - x*, A (x - x*)>`` is small enough.

    Begins at 0. The search directions of one step are those of all right-hand sides together, made A-orthogonal: the
    error of each is smallest over a Krylov space that all of them span. Dependent directions are dropped. In the end
    the residual is computed anew; where it is not the one carried along, the iteration goes on from there, each
    right-hand side with directions of its own.

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
    size : float, optional
        Squared length, in the preconditioner's inverse, of what ``right`` is a difference of; its own by default.

    References
    ----------
    D. O'Leary, "The block conjugate gradient algorithm and related methods", Linear Algebra Appl. 29 (1980) 293-322.
    M. Hestenes, E. Stiefel, J. Res. Nat. Bur. Standards 49 (1952), theorem 6:1: the drops add up to the error.
    """
    xp, weights, shape = array_namespace(right), scale.ravel(), right.shape[1:]

    def applied(stack: FloatArray) -> FloatArray:
        return operator(stack.reshape(-1, *shape)).reshape(stack.shape)

    residual = right.reshape(len(right), -1).copy()
    rounding = _ROUNDING * (_squared(residual, weights) if size is None else size)
    x = xp.zeros_like(residual)
    drops: list[float] = []
    error, wasted = np.inf, 0
    for attempt in range(_ATTEMPTS):
        descent = (_together if attempt == 0 else _apart)(applied, residual, weights)
        taken, before = xp.zeros_like(x), len(drops)
        carried, error = residual, np.inf
        while True:
            if _squared(carried, weights) <= rounding:
                error = 0.0
            progress(len(drops), error, sum(drops))
            if len(drops) + wasted >= steps or error <= allowed(sum(drops)):
                break
            step = next(descent, None)
            if step is None:  # no direction is left
                break
            taken, carried, drop = step
            drops.append(drop)
            error = remaining(drops[before:])
        true = residual - applied(taken)
        if not bool(xp.isfinite(true).all()) or _squared(true, weights) > _squared(residual, weights) > rounding:
            wasted += len(drops) - before  # they made nothing better
            del drops[before:]
            error = np.inf
            if wasted + before >= steps:
                break
            continue
        gap = _squared(true - carried, weights)
        x, residual = x + taken, true
        if gap <= _APART * _squared(carried, weights) or gap <= rounding:
            break
        error = np.inf
        if len(drops) + wasted >= steps:
            break
    return Solution(x.reshape(right.shape), residual.reshape(right.shape), tuple(drops), error)


Step = tuple[FloatArray, FloatArray, float]


def _together(operator: Callable[[FloatArray], FloatArray], right: FloatArray, weights: FloatArray) -> Iterator[Step]:
    """Solution, residual and drop of step after step, the directions shared; ends where there is none left."""
    # Right-hand sides are brought to one length, whatever their units; a rotation lets dependent ones go.
    xp = array_namespace(right)
    gram = as_numpy((right / weights) @ right.T)
    lengths = np.sqrt(np.maximum(np.diag(gram), 0.0))
    counts = lengths > 0
    inverse = np.where(counts, 1 / np.where(counts, lengths, 1.0), 0.0)
    values, vectors = np.linalg.eigh(inverse[:, None] * gram * inverse)
    basis = vectors[:, values > _OUTPUTS * values[-1]]
    residual = xp.asarray((inverse[:, None] * basis).T) @ right
    rotation = xp.asarray(lengths[:, None] * basis)
    x = xp.zeros_like(residual)
    directions = residual / weights
    while directions.size:
        directions = _independent(directions, weights)
        images = operator(directions)
        gram = as_numpy(directions @ images.T)
        curvatures, basis = np.linalg.eigh((gram + gram.T) / 2)
        kept = curvatures > _DEPENDENT * max(float(curvatures[-1]), 0.0)
        if not kept.any():
            return
        turn = xp.asarray((basis[:, kept] / np.sqrt(curvatures[kept])).T)
        directions, images = turn @ directions, turn @ images  # A-orthonormal
        along = residual @ directions.T
        x += along @ directions
        residual -= along @ images
        yield rotation @ x, rotation @ residual, float(((rotation @ along) ** 2).sum())
        ahead = residual / weights
        directions = ahead - (ahead @ images.T) @ directions


def _apart(operator: Callable[[FloatArray], FloatArray], right: FloatArray, weights: FloatArray) -> Iterator[Step]:
    """The same, every right-hand side by itself: slower, and nothing of one spoils another."""
    xp = array_namespace(right)
    x, residual = xp.zeros_like(right), right.copy()
    ahead = residual / weights
    directions, products = ahead.copy(), _products(ahead, residual)
    while products.any():
        images = operator(directions)
        curvature = _products(directions, images)
        moving = (products > 0) & (curvature > 0)
        if not moving.any():
            return
        length = np.where(moving, products / np.where(moving, curvature, 1.0), 0.0)
        x += xp.asarray(length)[:, None] * directions
        residual -= xp.asarray(length)[:, None] * images
        yield x, residual, float(length @ products)
        ahead = residual / weights
        updated = np.where(moving, _products(ahead, residual), 0.0)
        directions = ahead + xp.asarray(updated / np.where(moving, products, 1.0))[:, None] * directions
        products = updated


def _products(first: FloatArray, second: FloatArray) -> HostArray:
    """``<first_q, second_q>``, on the host."""
    products: HostArray = as_numpy(array_namespace(first).einsum("qi,qi->q", first, second))
    return products


def _squared(residual: FloatArray, weights: FloatArray) -> float:
    """``sum <r, W^-1 r>``."""
    return float(array_namespace(residual).einsum("qi,qi,i->", residual, residual, 1 / weights))


def _independent(directions: FloatArray, weights: FloatArray) -> FloatArray:
    """A basis, orthonormal in the preconditioner's product, of what the directions span."""
    xp = array_namespace(directions)
    gram = as_numpy((directions * weights) @ directions.T)
    lengths = np.sqrt(np.diag(gram))
    alive = np.flatnonzero(lengths > 0)
    if alive.size == 0:
        return directions
    directions, lengths = directions[xp.asarray(alive)], lengths[alive]
    values, basis = np.linalg.eigh(gram[np.ix_(alive, alive)] / lengths[:, None] / lengths)
    kept = values > _DEPENDENT * values[-1]
    turn = xp.asarray((basis[:, kept] / np.sqrt(values[kept])).T)
    return turn @ (directions / xp.asarray(lengths)[:, None])
