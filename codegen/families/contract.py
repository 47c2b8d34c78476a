"""What the functions of every family share: their arguments, the order n, and the promise of closed forms."""

from __future__ import annotations

import sympy as sp

__all__ = ["PROMISE", "SEQUENCES", "SIGNATURE", "SINGLES", "SQUARE_OF_VARIANCE", "function_text", "n"]

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

SEQUENCES = {
    "_raw_moments": "``E[y^n g(y)]``, n = 0 .. degree",
    "_hermite_coefficients": "``c_k``, k = 0 .. degree",
    "_expected_derivatives": "``E[g^(k)(y)]``, k = 0 .. degree",
}
"""Functions of a plan that have a degree and return a list, with what they return."""
SINGLES = {"_second_moment": "``E[g(y)^2]``", "_variance": "``Var g(y)``"}
"""Those that return one value a row."""


def function_text(name: str, *body: str) -> str:
    """Text of one of these functions.

    Examples
    --------
    >>> function_text("_variance", "return mu * 0").splitlines()[::2]
    ['def _variance(xp: Any, mu: Any, sigma: Any) -> Any:', '    return mu * 0']
    """
    degree = ", degree: int" if name in SEQUENCES else ""
    what = {**SEQUENCES, **SINGLES}[name]
    lines = [f"def {name}({SIGNATURE}{degree}) -> Any:", f'    """{what}."""', *(f"    {line}" for line in body)]
    return "\n".join(lines)


SQUARE_OF_VARIANCE = function_text(
    "_second_moment",
    "mean = _hermite_coefficients(xp, mu, sigma, 0)[0]",
    "return _variance(xp, mu, sigma) + mean * mean",
)
"""Text of the second moment where the variance is known by itself."""
