"""Functions of one kernel inside another: under names of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["renamed"]

_DEFINED = re.compile(r"^def (_\w+)\(", re.MULTILINE)


def renamed(texts: Sequence[str], suffix: str) -> list[str]:
    """The texts, every function that one of them defines called by its name and ``suffix``.

    Examples
    --------
    >>> renamed(["def _one(xp):", "def _two(xp): return _one(xp) + _activation(xp, 0)"], "_near")
    ['def _one_near(xp):', 'def _two_near(xp): return _one_near(xp) + _activation(xp, 0)']
    """
    names = sorted({name for text in texts for name in _DEFINED.findall(text)})
    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return [known.sub(rf"\1{suffix}", text) for text in texts]
