"""sigma = 0: the Gaussian is a point mass and every formula is replaced by its limit."""

from typing import Any


def split_point_mass(xp: Any, sigma: Any) -> Any:
    """The mask of sigma = 0, and sigma with 1 in those places."""
    point = sigma == 0
    return point, xp.where(point, 1, sigma)


def set_where(mask: Any, values: Any, replacements: Any) -> Any:
    """``values`` with each array's masked entries replaced (in place: the arrays are the kernel's own)."""
    for value, replacement in zip(values, replacements, strict=True):
        value[mask] = replacement
    return values
