"""Noncentral Isserlis moments of a Gaussian vector, batched, of any order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_namespace, as_float64

__all__ = ["isserlis_moment"]

MultiIndex = tuple[int, ...]

_CHUNK = 8192


def isserlis_moment(mean: Any, cov: Any, multi_index: Sequence[int]) -> Any:
    """Noncentral moment ``E[X_1^k_1 ... X_d^k_d]`` of ``X ~ N(mean, cov)``.

    One factor at a time is peeled off by Stein's lemma, ``E[X_i P(X)] = m_i E[P] + sum_j S_ij E[dP/dX_j]``,
    and every multi-index met on the way is evaluated once for the whole batch.

    Parameters
    ----------
    mean : array_like, shape (..., d)
        Mean vectors.
    cov : array_like, shape (..., d, d)
        Covariance matrices; leading dimensions broadcast with those of ``mean``.
    multi_index : sequence of int, length d
        The exponents ``k``, non-negative.

    Returns
    -------
    array, shape (...)
        float64, in the array library of the arguments.

    Raises
    ------
    ShapeError
        When the shapes and the length of the multi-index do not agree.
    InputError
        When an exponent is negative or not an integer.

    References
    ----------
    Stein's lemma: C. Stein, *Annals of Statistics* 9 (1981), lemma 1; the central case is L. Isserlis,
    *Biometrika* 12 (1918).

    Examples
    --------
    >>> from numeric_backend import isserlis_moment
    >>> float(isserlis_moment([0.0, 0.0], [[2.0, 1.0], [1.0, 3.0]], (2, 2)))    # 2 * 3 + 2 * 1^2
    8.0
    >>> isserlis_moment([[1.0], [2.0]], [[1.0]], (3,))                          # m^3 + 3 m S
    array([ 4., 14.])
    """
    xp = array_namespace(mean, cov)
    mean = as_float64(xp, "mean", mean)
    cov = as_float64(xp, "cov", cov)
    exponents = _checked_exponents(multi_index)
    d = len(exponents)
    if mean.ndim < 1 or mean.shape[-1] != d or cov.ndim < 2 or cov.shape[-2:] != (d, d):
        raise ShapeError(
            f"multi_index has length {d}, mean has shape {mean.shape} and cov has shape {cov.shape}; "
            "expected mean (..., d) and cov (..., d, d) with d the length of multi_index"
        )
    try:
        batch = np.broadcast_shapes(mean.shape[:-1], cov.shape[:-2])
    except ValueError as error:
        raise ShapeError(f"the leading dimensions of mean {mean.shape} and cov {cov.shape} do not broadcast") from error
    size = prod(batch)
    mean = xp.broadcast_to(mean, (*batch, d)).reshape(size, d)
    cov = xp.broadcast_to(cov, (*batch, d, d)).reshape(size, d, d)
    plan = _peeling_order(exponents)
    result = xp.empty(size)
    for start in range(0, size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        result[rows] = _moment(
            xp, xp.ascontiguousarray(mean[rows].T), xp.ascontiguousarray(xp.moveaxis(cov[rows], 0, -1)), plan
        )
    return result.reshape(batch)


def _checked_exponents(multi_index: Sequence[int]) -> MultiIndex:
    try:
        exponents = tuple(index(k) for k in multi_index)
    except TypeError as error:
        raise InputError(f"multi_index is {multi_index!r}; expected a sequence of integers") from error
    if any(k < 0 for k in exponents):
        raise InputError(f"multi_index is {exponents}; expected exponents of at least 0")
    return exponents


def _lowered(exponents: MultiIndex, i: int) -> MultiIndex:
    return (*exponents[:i], exponents[i] - 1, *exponents[i + 1 :])


def _peeling_order(exponents: MultiIndex) -> list[MultiIndex]:
    """Multi-indices that peeling the first remaining factor meets, lowest total order first."""
    met = {exponents}
    frontier = [exponents]
    while frontier:
        k = frontier.pop()
        i = next((i for i, power in enumerate(k) if power), None)
        if i is None:
            continue
        rest = _lowered(k, i)
        for following in [rest, *(_lowered(rest, j) for j, power in enumerate(rest) if power)]:
            if following not in met:
                met.add(following)
                frontier.append(following)
    return sorted(met, key=sum)


def _moment(xp: Any, mean: Any, cov: Any, plan: list[MultiIndex]) -> Any:
    moments: dict[MultiIndex, Any] = {}
    for k in plan:
        i = next((i for i, power in enumerate(k) if power), None)
        if i is None:
            moments[k] = xp.ones(mean.shape[-1])
            continue
        rest = _lowered(k, i)
        total = mean[i] * moments[rest]
        for j, power in enumerate(rest):
            if power:
                total += power * cov[i, j] * moments[_lowered(rest, j)]
        moments[k] = total
    return moments[plan[-1]]
