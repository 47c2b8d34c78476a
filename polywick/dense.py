"""Dense coefficient tensors of a factored polynomial: monomials in x itself, not centred."""

from __future__ import annotations

from math import factorial

import numpy as np
import numpy.typing as npt

from polywick.shapes import checked_size

__all__ = ["DENSE_LIMIT_BYTES", "dense_tensor", "monomial_weights"]

FloatArray = npt.NDArray[np.float64]

DENSE_LIMIT_BYTES = 4_000_000_000
_BLOCK_ENTRIES = 1 << 22


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
    degree = coefficients.shape[0] - 1
    varies = sigma > 0
    safe = np.where(varies, sigma, 1.0)
    origin = np.where(varies, -image / safe, 0.0)
    previous, hermite = np.zeros_like(origin), np.ones_like(origin)
    total = np.zeros_like(origin)
    binomial = 1.0  # sqrt(binom(l, k))
    for step in range(max(degree - k, -1) + 1):
        total += binomial * coefficients[step + k] * hermite
        previous, hermite = hermite, (origin * hermite - np.sqrt(step) * previous) / np.sqrt(step + 1)
        binomial *= np.sqrt((step + 1 + k) / (step + 1))
    if k:
        # total/(sigma^k sqrt(k!)) with powers of two apart: neither sigma^k nor k! need be in range.
        mantissa, exponent = np.frexp(safe)
        root, shift = _root_of_factorial(k)
        scaled = total / mantissa**k / root
        total = np.where(varies, np.ldexp(scaled, -(exponent.astype(np.int64) * k + shift)), 0.0)
    return total


def _root_of_factorial(k: int) -> tuple[float, int]:
    """``sqrt(k!)`` as a float times a power of two."""
    whole = factorial(k)
    shift = max(0, whole.bit_length() - 1000) // 2
    return float(np.sqrt(float(whole >> 2 * shift))), shift


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
    (o, h), d = W2.shape, W1.shape[1]
    checked_size(f"the coefficient tensor of order {k}", (o, *(d for _ in range(k))), limit_bytes)
    amplitudes = W2 * weights
    if k < 2:
        return np.asarray(amplitudes @ W1 if k else amplitudes.sum(axis=1))
    left_order = (k + 1) // 2
    tensor = np.zeros((o, d**left_order, d ** (k - left_order)))
    block = max(1, _BLOCK_ENTRIES // d**left_order)
    for start in range(0, h, block):
        rows = W1[start : start + block]
        left, right = _row_powers(rows, left_order), _row_powers(rows, k - left_order)
        for output in range(o):
            tensor[output] += (left.T * amplitudes[output, start : start + block]) @ right
    tensor = tensor.reshape(o, *(d for _ in range(k)))
    return (tensor + tensor.transpose(0, 2, 1)) / 2 if k == 2 else tensor


def _row_powers(rows: FloatArray, order: int) -> FloatArray:
    """Row-wise tensor powers ``w (x) ... (x) w``, flattened."""
    power = rows
    for _ in range(order - 1):
        power = (power[:, :, None] * rows[:, None, :]).reshape(rows.shape[0], -1)
    return power
