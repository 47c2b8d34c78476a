"""sigma = 0: the Gaussian is a point mass and every formula is replaced by its limit."""

from typing import Any


def split_point_mass(xp: Any, sigma: Any) -> Any:
    """The rows of sigma = 0, and sigma with 1 in those places."""
    is_zero = sigma == 0
    return xp.flatnonzero(is_zero), sigma + is_zero


def set_where(rows: Any, values: Any, replacements: Any) -> Any:
    """``values`` with those rows of each array replaced (in place: the arrays are the kernel's own)."""
    for value, replacement in zip(values, replacements, strict=True):
        value[rows] = replacement
    return values
