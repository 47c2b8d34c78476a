"""A function next to a kink at which several terms cancel: on each side its Taylor polynomial there."""

from typing import Any

from codegen.primitives.near_root import near_root


def near_kink(xp: Any, x: Any, plain: Any, sides: Any) -> Any:
    """``near_root`` of ``side x`` where that is positive, ``plain`` elsewhere; ``sides`` are (side, its arguments)."""
    value = plain
    for side, radius, order, coefficients in sides:
        value = xp.where(side * x > 0, near_root(xp, side * x, value, radius, order, coefficients), value)
    return value


def from_nearest(xp: Any, x: Any, places: Any) -> Any:
    """``x`` less the nearest of some places."""
    offset = x - places[0]
    for place in places[1:]:
        other = x - place
        offset = xp.where(xp.abs(other) < xp.abs(offset), other, offset)
    return offset
