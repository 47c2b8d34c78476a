"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["edits", "nearest_name"]


def edits(left: str, right: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from one word to another, each letter used once.

    References
    ----------
    F. J. Damerau, Commun. ACM 7 (1964) 171-176.

    Examples
    --------
    >>> from symbolic_moments.names import edits
    >>> edits("rleu", "relu"), edits("rleu", "repu")
    (1, 2)
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left):
        above, row, before = row, [i + 1], before or row
        for j, other in enumerate(right):
            cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != other))
            if i and j and letter == right[j - 1] and left[i - 1] == other:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before = above
    return row[-1]


def nearest_name(name: str, known: Iterable[str], furthest: int) -> str | None:
    """The known name with the fewest edits from ``name``, at most ``furthest``; the first of several."""
    ranked = sorted((edits(name, one), abs(len(one) - len(name)), index, one) for index, one in enumerate(known))
    return ranked[0][3] if ranked and ranked[0][0] <= furthest else None
