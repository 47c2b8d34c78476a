"""Polynomials after an affine map of their inputs: ``Q(u) = P(A u + b)``."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_namespace
from polywick.shapes import checked_size, finite_array

if TYPE_CHECKING:
    from polywick.factored import FactoredPolynomial

__all__ = [
    "SUBSTITUTED",
    "checked_basis",
    "checked_map",
    "law_before",
    "recentred",
    "shifted_hermite",
    "substituted_tensors",
]

SUBSTITUTED = "substituted"  # in place of the formula of an activation: no kernel has the polynomial's fraction


def checked_map(A: Any, b: Any, inputs: Any) -> tuple[Any, Any]:
    """``A`` of shape ``(d, p)`` and ``b`` of shape ``(d,)``, zero if None, for inputs of dimension d.

    Raises
    ------
    ShapeError
        When they do not fit.
    """
    xp = array_namespace(inputs.mean)
    matrix = finite_array("A", A, 2, xp)
    d = int(inputs.d)
    if matrix.shape[0] != d or matrix.shape[1] == 0:
        raise ShapeError(f"A has shape {matrix.shape}; expected ({d}, p), p >= 1: A u + b is what the polynomial takes")
    offset = xp.zeros(d) if b is None else finite_array("b", b, 1, xp)
    if offset.shape != (d,):
        raise ShapeError(f"b has shape {offset.shape}; expected ({d},), one entry per row of A")
    return matrix, offset


def law_before(A: Any, b: Any, law: Any) -> Any:
    """The law of ``A^+ (x - b)``: of the u for which ``A u + b`` comes nearest to x, and is shortest."""
    inverse = array_namespace(A).linalg.pinv(A)
    return law.affine(inverse, -(inverse @ b))


def shifted_hermite(coefficients: Any, shift: Any) -> Any:
    """Coefficients of ``p(t + shift)`` where those of ``p(t)``, in ``he_k = He_k/sqrt(k!)``, are given.

    ``He_n(t + s) = sum_k binom(n, k) s^(n-k) He_k(t)``.

    Parameters
    ----------
    coefficients : array, shape (n + 1, h)
        One polynomial per column.
    shift : array, shape (h,)
        One shift per column.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 18.18.11 with one argument constant.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.substitution import shifted_hermite
    >>> shifted_hermite(np.array([[0.0], [1.0]]), np.array([3.0]))                # t + 3
    array([[3.],
           [1.]])
    """
    xp = array_namespace(coefficients)
    count = coefficients.shape[0]
    shifted = coefficients.copy()
    for k in range(count):
        factor = xp.ones_like(shift)  # sqrt(binom(l, k)/(l - k)!) shift^(l - k)
        for order in range(k + 1, count):
            factor = factor * shift * (order / (order - k) ** 2) ** 0.5
            shifted[k] = shifted[k] + factor * coefficients[order]
    return shifted


def recentred(polynomial: FactoredPolynomial, A: Any, shift: Any) -> dict[str, Any]:
    """The unit polynomials of ``P(m + A v + shift)`` as polynomials of ``w_j . A v`` and ``r_j . A v``."""
    xp = array_namespace(A)
    varies = polynomial.sigma > 0
    steps = (polynomial.W1 @ shift) * xp.where(varies, 1 / xp.where(varies, polynomial.sigma, 1.0), 0.0)
    parts: dict[str, Any] = {"coefficients": shifted_hermite(polynomial.coefficients, steps)}
    if polynomial.R is not None and polynomial.residual_coefficients is not None:
        residual = shifted_hermite(polynomial.residual_coefficients, steps)
        parts["coefficients"][:-1] += (polynomial.R @ shift) * residual
        parts |= {"R": polynomial.R @ A, "residual_coefficients": residual}
        parts |= {"value_mean": polynomial.value_mean, "value_slope": polynomial.value_slope}
    return parts


def substituted_tensors(tensors: tuple[Any, ...], A: Any, shift: Any, limit_bytes: int) -> list[Any]:
    """Tensors in v of the polynomial whose tensors in ``A v + shift`` are given.

    Raises
    ------
    SizeError
        When one of them would be larger than ``limit_bytes``.
    """
    degree, (o, p) = len(tensors) - 1, (tensors[0].shape[0], A.shape[1])
    results = []
    for k in range(degree + 1):
        checked_size(f"the coefficient tensor of order {k}", (o, *(p for _ in range(k))), limit_bytes)
        total = tensors[degree] * comb(degree, k)
        for order in range(degree - 1, k - 1, -1):
            total = total @ shift + comb(order, k) * tensors[order]
        for place in range(1, k + 1):
            total = (total.swapaxes(place, -1) @ A).swapaxes(place, -1)
        results.append(total)
    return results


def checked_basis(basis: Any, inputs: Any) -> Any:
    """A basis of a subspace as independent columns ``(d, p)``.

    Raises
    ------
    InputError
        When the columns are dependent.
    """
    columns, _ = checked_map(basis, None, inputs)
    rank = int(array_namespace(columns).linalg.matrix_rank(columns))
    if rank < columns.shape[1]:
        raise InputError(
            f"basis has {columns.shape[1]} columns and rank {rank}; expected independent columns. Drop the others, "
            "or pass the eigenvectors of eigh"
        )
    return columns
