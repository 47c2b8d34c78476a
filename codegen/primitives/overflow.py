"""Values whose terms have left the doubles, although they may not."""

from typing import Any


def infinite_beyond(xp: Any, mu: Any, row: Any, order: int, signs: Any) -> Any:
    """The row; infinite where a term of it is: what overflows next to a weight of 0 is not a number.

    ``signs`` are those of g at its left and its right end, 0 where it does not grow fastest; the infinity has that of
    ``y^order g``.
    """
    left, right = signs[0] * (-1) ** order, signs[1]
    sign = xp.where(mu < 0, left or right, right or left)
    return xp.where((xp.abs(row) < xp.inf) | ~(xp.abs(mu) < xp.inf), row, sign * xp.inf)
