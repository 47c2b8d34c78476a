"""What the functions of every family share: their arguments, the order n, and the promise of closed forms."""

from __future__ import annotations

import sympy as sp

__all__ = ["PROMISE", "SIGNATURE", "n"]

n = sp.Symbol("n", integer=True, nonnegative=True)
SIGNATURE = "xp: Any, mu: Any, sigma: Any"
PROMISE = {
    "activation": 4e-16,
    "raw_moments": 2e-14,
    "hermite_coefficients": 2e-14,
    "expected_derivatives": 2e-14,
    "second_moment": 2e-14,
    "variance": 2e-14,
}
