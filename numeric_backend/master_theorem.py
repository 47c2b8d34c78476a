"""The master theorem's coefficients: many Gaussian variables down to one, batched, any number of factors."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from numeric_backend.errors import ShapeError
from numeric_backend.namespaces import array_namespace, as_float64

__all__ = ["master_coefficients"]

_CHUNK = 4096


def master_coefficients(mu_x: Any, var_x: Any, mu_y: Any, cov_y: Any, cov_xy: Any) -> Any:
    """Coefficients ``a_0 .. a_n`` of ``E[g(X) Y_1 ... Y_n] = sum_k a_k E[g(X) X^k]``, the same for all g.

    With ``beta_i = Cov(X, Y_i)/Var X``, ``alpha_i = E Y_i - beta_i E X`` and
    ``C_ij = Cov(Y_i, Y_j) - Cov(X, Y_i) Cov(X, Y_j)/Var X``, ``a_k`` is the coefficient of ``X^k`` in the
    noncentral Isserlis moment of mean ``alpha + beta X`` and covariance ``C``. Where ``Var X = 0`` everything
    is in ``a_0``: the moment ``E[Y_1 ... Y_n]`` itself.

    Parameters
    ----------
    mu_x, var_x : array_like, shape (...)
        Mean and variance of X.
    mu_y : array_like, shape (..., n)
        Means of the Y.
    cov_y : array_like, shape (..., n, n)
        Covariance of the Y; only the entries off the diagonal are used.
    cov_xy : array_like, shape (..., n)
        ``Cov(X, Y_i)``. All leading dimensions broadcast.

    Returns
    -------
    array, shape (n + 1, ...)
        float64. NaN where ``var_x`` is negative or NaN, or where ``var_x = 0`` with a non-zero ``cov_xy``:
        no such Gaussian exists.

    Raises
    ------
    ShapeError
        When the shapes do not agree.

    References
    ----------
    arXiv 2502.01032, Eq. 9, with the sum running to n (the printed n - 1 omits a term).

    Examples
    --------
    With X = Y_1 the product ``E[g(X) Y_1 Y_2]`` for independent Y_2 of mean 3 is ``3 E[g(X) X]``:

    >>> from numeric_backend import master_coefficients
    >>> master_coefficients(0.5, 2.0, [0.5, 3.0], [[2.0, 0.0], [0.0, 1.0]], [2.0, 0.0])
    array([0., 3., 0.])
    """
    xp = array_namespace(mu_x, var_x, mu_y, cov_y, cov_xy)
    mu_x = as_float64(xp, "mu_x", mu_x)
    var_x = as_float64(xp, "var_x", var_x)
    mu_y = as_float64(xp, "mu_y", mu_y)
    cov_y = as_float64(xp, "cov_y", cov_y)
    cov_xy = as_float64(xp, "cov_xy", cov_xy)
    n = mu_y.shape[-1] if mu_y.ndim else -1
    if n < 0 or cov_xy.shape[-1:] != (n,) or cov_y.shape[-2:] != (n, n):
        raise ShapeError(
            f"mu_y has shape {mu_y.shape}, cov_y {cov_y.shape} and cov_xy {cov_xy.shape}; "
            "expected (..., n), (..., n, n) and (..., n) with the same n"
        )
    leading = (mu_x.shape, var_x.shape, mu_y.shape[:-1], cov_y.shape[:-2], cov_xy.shape[:-1])
    try:
        batch = np.broadcast_shapes(*leading)
    except ValueError as error:
        raise ShapeError(
            f"the leading dimensions of mu_x, var_x, mu_y, cov_y and cov_xy are {leading}; "
            "expected shapes that broadcast"
        ) from error
    size = prod(batch)
    mu_x = xp.broadcast_to(mu_x, batch).reshape(size)
    var_x = xp.broadcast_to(var_x, batch).reshape(size)
    mu_y = xp.broadcast_to(mu_y, (*batch, n)).reshape(size, n)
    cov_y = xp.broadcast_to(cov_y, (*batch, n, n)).reshape(size, n, n)
    cov_xy = xp.broadcast_to(cov_xy, (*batch, n)).reshape(size, n)
    result = xp.empty((n + 1, size))
    for start in range(0, size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        result[:, rows] = _coefficients(
            xp,
            mu_x[rows],
            var_x[rows],
            xp.ascontiguousarray(mu_y[rows].T),
            xp.ascontiguousarray(xp.moveaxis(cov_y[rows], 0, -1)),
            xp.ascontiguousarray(cov_xy[rows].T),
        )
    return result.reshape(n + 1, *batch)


def _coefficients(xp: Any, mu_x: Any, var_x: Any, mu_y: Any, cov_y: Any, cov_xy: Any) -> Any:
    n = mu_y.shape[0]
    constant = var_x == 0
    beta = xp.where(constant, 0.0, cov_xy / xp.where(constant, 1.0, var_x))
    alpha = mu_y - beta * mu_x
    conditional = cov_y - beta[:, None] * cov_xy[None, :]
    impossible = ~(var_x >= 0) | (constant & (cov_xy != 0).any(axis=0))
    polynomials: dict[int, Any] = {0: xp.ones((1, mu_x.size))}
    for subset in _subsets_met(n):
        first = (subset & -subset).bit_length() - 1
        rest = subset ^ (1 << first)
        inner = polynomials[rest]
        size = inner.shape[0]
        total = xp.empty((size + 1, mu_x.size))
        total[:size] = alpha[first] * inner
        total[size] = 0.0
        total[1:] += beta[first] * inner
        for j in range(first + 1, n):
            if rest >> j & 1:
                total[: size - 1] += conditional[first, j] * polynomials[rest ^ (1 << j)]
        polynomials[subset] = total
    return xp.where(impossible, xp.nan, polynomials[(1 << n) - 1])


def _subsets_met(n: int) -> list[int]:
    """Non-empty subsets (as bit masks) met when the lowest factor is peeled off, smallest first."""
    met: set[int] = set()
    frontier = [(1 << n) - 1]
    while frontier:
        subset = frontier.pop()
        if subset == 0 or subset in met:
            continue
        met.add(subset)
        rest = subset & (subset - 1)
        frontier.append(rest)
        frontier.extend(rest ^ (1 << j) for j in range(n) if rest >> j & 1)
    return sorted(met, key=int.bit_count)
