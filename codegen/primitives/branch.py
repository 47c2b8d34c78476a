"""Functions of few branches and many kinks: which branch holds is counted, and each branch is worked out once."""

from typing import Any


def branch(xp: Any, number: Any, values: Any) -> Any:
    """``values[number]``, for an array of whole numbers."""
    result = values[-1]
    for n, value in enumerate(values[:-1]):
        result = xp.where(number == n, value, result)
    return result
