"""Pieces of a definition so far from mu that nothing of them is seen beside nearer ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mpmath import libmp

from codegen.verify.interval import Interval
from codegen.verify.panel_sums import PanelSums

__all__ = ["MANY_PIECES", "is_out_of_sight", "nearest_first"]

_SPARE_DIGITS = 40
MANY_PIECES = 8
_NEVER = -math.inf


def nearest_first(pieces: Sequence[Interval]) -> list[Interval]:
    """The pieces by their distance from mu, where they are so many that it pays to leave some out."""
    if len(pieces) < MANY_PIECES:
        return list(pieces)
    return sorted(pieces, key=lambda piece: abs(piece.units(piece.gap)))


def is_out_of_sight(piece: Interval, seen: Sequence[PanelSums], degrees: tuple[int, int], digits: int) -> bool:
    """Whether every integral over a piece is less than ``10^-(digits + 40)`` of what nearer ones have.

    On a bounded piece of a polynomial, or one where g is 0, ``|y| <= Y``, ``|g| <= G``, and from ``z0 > 5 + k`` on
    ``int |He_k| phi <= (z0 + k)^k exp(-z0^2 / 2)``.
    """
    if piece.sizes is None or not seen:
        return False
    ends = (piece.left, piece.right) if any(piece.sizes) else ()
    if libmp.fninf in ends or libmp.finf in ends:
        return False
    z = abs(piece.units(piece.gap))
    if z < 5 + degrees[1]:
        return False
    reach = max((abs(libmp.to_float(end)) for end in ends), default=0.0) * (1 + 1e-9)
    height = sum(size * reach**power for power, size in enumerate(piece.sizes))
    height += abs(libmp.to_float(piece.centre_value)) * (1 + 1e-9)
    if height == 0:
        return True
    tail = math.log(height) - z * z / 2 + (digits + _SPARE_DIGITS) * math.log(10)
    far = math.log(max(reach, 1e-300))
    moments = [tail + n * far < _logarithm([one.magnitudes[n] for one in seen]) for n in range(degrees[0] + 1)]
    spread = _logarithm([one.centred_square for one in seen])
    square = _logarithm([one.square for one in seen])
    coefficients = tail + max(degrees[1] * math.log(z + degrees[1]), math.log(height)) < min(spread / 2, spread)
    return all(moments) and coefficients and tail + math.log(height) < square


def _logarithm(values: Sequence[Any]) -> float:
    """The logarithm of their sum, rounded down; of nothing, minus infinity."""
    largest = max((value[2] + value[3] for value in values if value[1]), default=_NEVER)
    return (largest - 1) * math.log(2)
