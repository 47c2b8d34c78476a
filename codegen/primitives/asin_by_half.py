"""Arcsines of what may be near 1."""

from typing import Any


def asin_by_half(xp: Any, w: Any, half: Any) -> Any:
    """``asin(w)``, w >= 0, whose ``half = sqrt((1 - w)/2)`` is given without the rounding of that difference."""
    above = w > xp.rational(1, 2)
    near, away = xp.where(above, half, 0 * half), xp.where(above, 0 * w, w)
    complement = xp.arctan(near / xp.sqrt(1 - near * near))
    return xp.where(above, xp.pi / 2 - 2 * complement, xp.arctan(away / xp.sqrt(1 - away * away)))
