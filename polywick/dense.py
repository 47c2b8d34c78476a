"""Dense coefficient tensors of a factored polynomial: monomials in x itself, not centred."""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial, sqrt
from typing import Any

from numeric_backend.namespaces import array_namespace
from polywick.shapes import checked_size

__all__ = ["DENSE_LIMIT_BYTES", "dense_tensor", "factored_norm", "gated_tensor", "monomial_weights"]

FloatArray = Any  # float64, of NumPy or CuPy

DENSE_LIMIT_BYTES = 4_000_000_000
_BLOCK_ENTRIES = 1 << 22
_GRAM_ROWS = 512


def monomial_weights(coefficients: FloatArray, image: FloatArray, sigma: FloatArray, k: int) -> FloatArray:
    """Coefficient of ``(w_j . x)^k`` in ``sum_l c_l/l! He_l((w_j . x - w_j . m)/sigma_j)``, per unit.

    The k-th Taylor coefficient at 0, ``1/(k! sigma^k) sum_{l>=k} c_l/(l-k)! He_{l-k}(-w.m/sigma)``.

    Parameters
    ----------
    coefficients : array, shape (n + 1, h)
        ``c_l/sqrt(l!)``.
    image : array, shape (h,)
        ``w_j . m``.
    sigma : array, shape (h,)
        Standard deviations; 0 marks a constant unit.
    k : int
        Power.

    Returns
    -------
    array, shape (h,)
    """
    xp = array_namespace(coefficients)
    degree = coefficients.shape[0] - 1
    varies = sigma > 0
    safe = xp.where(varies, sigma, 1.0)
    origin = xp.where(varies, -image / safe, 0.0)
    previous, hermite = xp.zeros_like(origin), xp.ones_like(origin)
    total = xp.zeros_like(origin)
    binomial = 1.0  # sqrt(binom(l, k))
    for step in range(max(degree - k, -1) + 1):
        total += binomial * coefficients[step + k] * hermite
        previous, hermite = hermite, (origin * hermite - sqrt(step) * previous) / sqrt(step + 1)
        binomial *= sqrt((step + 1 + k) / (step + 1))
    if k:
        # total/(sigma^k sqrt(k!)) with powers of two apart: neither sigma^k nor k! need be in range.
        mantissa, exponent = xp.frexp(safe)
        root, shift = _root_of_factorial(k)
        scaled = total / mantissa**k / root
        total = xp.where(varies, xp.ldexp(scaled, -(exponent.astype(xp.int64) * k + shift)), 0.0)
    return total


def _root_of_factorial(k: int) -> tuple[float, int]:
    """``sqrt(k!)`` as a float times a power of two."""
    whole = factorial(k)
    shift = max(0, whole.bit_length() - 1000) // 2
    return sqrt(float(whole >> 2 * shift)), shift


def dense_tensor(
    weights: FloatArray, W1: FloatArray, W2: FloatArray, k: int, limit_bytes: int = DENSE_LIMIT_BYTES
) -> FloatArray:
    """``T_o = sum_j W2_oj weights_j w_j (x) ... (x) w_j``, shape ``(o, d, ..., d)`` with k factors d.

    Parameters
    ----------
    weights : array, shape (h,)
        One weight per rank-one term.
    W1 : array, shape (h, d)
        Rows ``w_j``.
    W2 : array, shape (o, h)
        Output weights.
    k : int
        Order, at least 0.
    limit_bytes : int
        Largest size allowed.

    Raises
    ------
    SizeError
        When the tensor would be larger.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.dense import dense_tensor
    >>> dense_tensor(np.ones(1), np.array([[1.0, 2.0]]), np.ones((1, 1)), 2)
    array([[[1., 2.],
            [2., 4.]]])
    """
    o, d = W2.shape[0], W1.shape[1]
    checked_size(f"the coefficient tensor of order {k}", (o, *(d for _ in range(k))), limit_bytes)
    if k == 0:
        return W2 @ weights
    if k == 1:
        return (W2 * weights) @ W1 if o < d else W2 @ (weights[:, None] * W1)
    if k == 2:
        return _quadratic_forms(weights, W1, W2)
    amplitudes = W2 * weights
    half = (k + 1) // 2
    tensor = array_namespace(W1).zeros((o, d**half, d ** (k - half)))
    for part in _blocks(tensor, W1):
        left, right = _row_powers(W1[part], half), _row_powers(W1[part], k - half)
        for output in range(o):
            tensor[output] += (left.T * amplitudes[output, part]) @ right
    return tensor.reshape(o, *(d for _ in range(k)))


def _quadratic_forms(weights: FloatArray, W1: FloatArray, W2: FloatArray) -> FloatArray:
    """``W1' diag(W2_o weights) W1`` as a difference of two Gram matrices: exactly symmetric, at half a product's cost.

    Beside the result there is room for the rows of one sign.
    """
    xp, (o, d) = array_namespace(W1), (W2.shape[0], W1.shape[1])
    forms: FloatArray = xp.empty((o, d, d))
    for form, row in zip(forms, W2, strict=True):
        amplitudes = row * weights
        rows = _scaled_rows(W1, amplitudes, amplitudes > 0)
        xp.matmul(rows.T, rows, out=form)
        del rows
        rows = _scaled_rows(W1, amplitudes, amplitudes < 0)
        form -= rows.T @ rows
        del rows
    return forms


def _scaled_rows(W1: FloatArray, amplitudes: FloatArray, chosen: FloatArray) -> FloatArray:
    """``sqrt(|a_j|) w_j`` of the chosen rows."""
    rows = W1[chosen]
    rows *= array_namespace(W1).sqrt(abs(amplitudes[chosen]))[:, None]
    return rows


def gated_tensor(
    gated: FloatArray,
    R: FloatArray,
    W1: FloatArray,
    W2: FloatArray,
    k: int,
    weights: FloatArray | None = None,
    limit_bytes: int = DENSE_LIMIT_BYTES,
) -> FloatArray:
    """The symmetric part of ``sum_j W2_oj (gated_j r_j + weights_j w_j) (x) w_j (x) ... (x) w_j``, k factors, k >= 1.

    Parameters
    ----------
    gated, weights : arrays, shape (h,)
        Weights of the two terms of every unit; ``weights`` are 0 by default.
    R, W1 : arrays, shape (h, d)
        Rows ``r_j`` and ``w_j``.
    W2 : array, shape (o, h)
        Output weights.
    k : int
        Order, at least 1.
    limit_bytes : int
        Largest size allowed.

    Returns
    -------
    array, shape (o, d, ..., d)

    Raises
    ------
    SizeError
        When the tensor would be larger.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.dense import gated_tensor
    >>> one = np.ones(1)
    >>> gated_tensor(one, np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.ones((1, 1)), 2, one)
    array([[[0. , 0.5],
            [0.5, 1. ]]])
    """
    xp, o, d = array_namespace(W1), W2.shape[0], W1.shape[1]
    checked_size(f"the coefficient tensor of order {k}", (o, *(d for _ in range(k))), limit_bytes)
    mixed = W2 * gated
    own = xp.zeros_like(mixed) if weights is None else W2 * weights
    if k == 1:
        return own @ W1 + mixed @ R
    tensor = xp.zeros((o, d, d ** (k - 1)))
    for part in _blocks(tensor, W1):
        right = _row_powers(W1[part], k - 1)
        for output in range(o):
            left = W1[part].T * own[output, part] + R[part].T * mixed[output, part]
            tensor[output] += left @ right
    tensor = tensor.reshape(o, *(d for _ in range(k)))
    for form in tensor:
        total = form.copy()
        for place in range(1, k):  # symmetric in all places but the first already
            total += xp.moveaxis(form, 0, place)
        form[...] = total / k
    return tensor


def _blocks(tensor: FloatArray, rows: FloatArray) -> Iterator[slice]:
    """Parts of the rows whose powers take little memory."""
    size = max(1, _BLOCK_ENTRIES // max(tensor.shape[1:]))
    return (slice(start, start + size) for start in range(0, rows.shape[0], size))


def factored_norm(
    weights: FloatArray, gated: FloatArray | None, W1: FloatArray, R: FloatArray | None, W2: FloatArray, k: int
) -> float:
    """Frobenius norm of ``sum_j W2_j (weights_j w_j^k + gated_j r_j w_j^(k-1))``, symmetrised, k >= 2.

    From inner products: ``<w^k, v^k> = (w.v)^k``, ``<w^k, r v^(k-1)> = (w.r)(w.v)^(k-1)`` and, of the symmetric
    parts, ``<r w^(k-1), s v^(k-1)> = ((r.s)(w.v)^(k-1) + (k-1)(r.v)(w.s)(w.v)^(k-2))/k``.
    """
    plain = W2 * weights
    mixed = None if gated is None or R is None else W2 * gated
    sizes = [float(abs(part).max()) for part in (plain, mixed) if part is not None and part.size]
    size = max(sizes, default=0.0)
    if size == 0.0:
        return 0.0
    plain = plain / size
    total = 0.0
    for start in range(0, W1.shape[0], _GRAM_ROWS):
        part = slice(start, start + _GRAM_ROWS)
        gram = W1[part] @ W1.T
        total += float(((plain[:, part] @ gram**k) * plain).sum())
        if mixed is not None and R is not None:
            lower = gram ** (k - 2)
            cross, back = W1[part] @ R.T, R[part] @ W1.T
            both = ((R[part] @ R.T) * gram + (k - 1) * back * cross) * lower / k
            scaled = mixed / size
            total += 2 * float(((plain[:, part] @ (cross * gram * lower)) * scaled).sum())
            total += float(((scaled[:, part] @ both) * scaled).sum())
    return size * sqrt(max(total, 0.0))


def _row_powers(rows: FloatArray, order: int) -> FloatArray:
    """Row-wise tensor powers ``w (x) ... (x) w``, flattened."""
    power = rows
    for _ in range(order - 1):
        power = (power[:, :, None] * rows[:, None, :]).reshape(rows.shape[0], -1)
    return power
