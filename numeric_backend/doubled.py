"""Arithmetic in twice the working precision: pairs of a double and what rounding took from it.

A normal density has condition ``x^2`` in its argument, so an argument rounded once costs it ``x^2`` ulp. The pairs
here carry enough of the argument to put that back. Products near overflow give a rest that is not a number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "doubled_line",
    "doubled_product",
    "doubled_quotient",
    "doubled_root",
    "doubled_square_plus_one",
    "doubled_sum",
]

FloatArray = npt.NDArray[np.float64]
Pair = tuple[FloatArray, FloatArray]

_SPLITTER = 134217729.0  # 2^27 + 1


def doubled_sum(a: FloatArray | float, b: FloatArray | float) -> Pair:
    """``a + b`` rounded, and the rounding error (Knuth).

    Examples
    --------
    >>> import numpy as np
    >>> total, rest = doubled_sum(np.ones(1), 1e-20)
    >>> float(total[0]), float(rest[0])
    (1.0, 1e-20)
    """
    total = np.asarray(a + b)
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def doubled_product(a: FloatArray | float, b: FloatArray | float) -> Pair:
    """``a b`` rounded, and the rounding error (Veltkamp's splitting, Dekker's product).

    Examples
    --------
    >>> import numpy as np
    >>> product, rest = doubled_product(np.array([1 + 2.0**-30]), np.array([1 + 2.0**-30]))
    >>> float(product[0] - 1) == 2.0**-29, float(rest[0]) == 2.0**-60
    (True, True)
    """
    product = np.asarray(a * b)
    shifted = _SPLITTER * a
    a_high = shifted - (shifted - a)
    a_low = a - a_high
    shifted = _SPLITTER * b
    b_high = shifted - (shifted - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def doubled_line(slope: tuple[float, float], x: FloatArray, offset: tuple[float, float]) -> Pair:
    """``slope x + offset``, both constants given as pairs."""
    product, product_error = doubled_product(slope[0], x)
    total, total_error = doubled_sum(product, offset[0])
    return total, total_error + (product_error + slope[1] * x + offset[1])


def doubled_square_plus_one(pair: Pair) -> Pair:
    """``1 + u^2``."""
    square, square_error = doubled_product(pair[0], pair[0])
    total, total_error = doubled_sum(square, 1.0)
    return total, total_error + (square_error + 2 * pair[0] * pair[1])


def doubled_root(pair: Pair) -> Pair:
    """``sqrt(u)``, u > 0."""
    root = np.sqrt(pair[0])
    square, square_error = doubled_product(root, root)
    return root, ((pair[0] - square) - square_error + pair[1]) / (2 * root)


def doubled_quotient(u: Pair, w: Pair) -> Pair:
    """``u / w``."""
    quotient = u[0] / w[0]
    product, product_error = doubled_product(quotient, w[0])
    return quotient, ((u[0] - product) - product_error + u[1] - quotient * w[1]) / w[0]
