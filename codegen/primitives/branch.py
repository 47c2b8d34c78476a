"""Functions of few branches and many kinks: which branch holds is counted, and each branch is worked out once."""

from typing import Any


def branch(xp: Any, number: Any, values: Any) -> Any:
    """``values[number]``, for an array of whole numbers."""
    result = values[-1]
    for n, value in enumerate(values[:-1]):
        result = xp.where(number == n, value, result)
    return result


def signed_branch(xp: Any, number: Any, signs: Any, value: Any) -> Any:
    """``signs[number] value``, for an array of whole numbers and signs 1, 0 and -1."""
    result = value
    for n, sign in enumerate(signs):
        if sign != 1:
            result = xp.where(number == n, -value if sign else 0, result)
    return result
