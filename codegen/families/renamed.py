"""Functions of one kernel inside another: under names of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["referring", "renamed"]

_DEFINED = re.compile(r"^def (_\w+)\(", re.MULTILINE)


def renamed(texts: Sequence[str], suffix: str) -> list[str]:
    """The texts, every function that one of them defines called by its name and ``suffix``.

    Examples
    --------
    >>> renamed(["def _one(xp):", "def _two(xp): return _one(xp) + _activation(xp, 0)"], "_near")
    ['def _one_near(xp):', 'def _two_near(xp): return _one_near(xp) + _activation(xp, 0)']
    """
    return [referring(text, texts, suffix) for text in texts]


def referring(text: str, texts: Sequence[str], suffix: str) -> str:
    """A text that calls functions of ``texts`` by the names that ``renamed`` gives them.

    Examples
    --------
    >>> referring("def _activation(xp): return _one(xp)", ["def _one(xp):"], "_near")
    'def _activation(xp): return _one_near(xp)'
    """
    names = sorted({name for one in texts for name in _DEFINED.findall(one)})
    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return known.sub(rf"\1{suffix}", text) if names else text
