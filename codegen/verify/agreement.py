"""Two rules that must agree, relative to the integral of the absolute value, or no value is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.verify.error_bounds import ErrorBounds, error_bounds
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.panel_sums import PanelSums
from codegen.verify.parts import FREE_BITS, Part, total

__all__ = ["Settled", "settled"]

Raw = Any
_DEEPEST = 60
_MOST_PARTS = 400


@dataclass(frozen=True)
class Settled:
    """The sums of the finer rule, panel by panel, the largest disagreement, and bounds on the errors."""

    sums: list[PanelSums]
    agreement: float
    errors: ErrorBounds


def settled(
    parts: list[Part],
    point: tuple[float, float],
    digits: int,
    rules: Any,
    degrees: tuple[int, int],
    precisions: tuple[int, int],
) -> Settled:
    """The sums, once both rules agree to `digits` digits; panels on which they do not are halved.

    Raises
    ------
    ReferenceRefusesError
        They never do.
    """
    precision = precisions[0]
    floor = -2 * (precision - precisions[1] + FREE_BITS)
    tolerance = libmp.mpf_pow_int(libmp.from_int(10), -digits, 60)
    for _ in range(_DEEPEST):
        scales = _scales([part.fine for part in parts], degrees, precision, floor)
        share = libmp.mpf_div(tolerance, libmp.from_int(2 * max(len(parts), 1)), 60)
        worst = [_disagreement(part, scales) for part in parts]
        doubtful = [libmp.mpf_gt(value, share) for value in worst]
        if not any(doubtful):
            total_gap = libmp.mpf_sum(worst, 60)
            errors = error_bounds([(part.coarse, part.fine) for part in parts], degrees, digits, precision)
            return Settled([part.fine for part in parts], libmp.to_float(total_gap), errors)
        if len(parts) > _MOST_PARTS:
            break
        parts = [
            half
            for part, bad in zip(parts, doubtful, strict=True)
            for half in (part.halves(rules, degrees) if bad else [part])
        ]
    raise ReferenceRefusesError(
        f"at mu = {point[0]!r}, sigma = {point[1]!r} two quadrature rules do not agree to {digits} digits of the "
        "integral of the absolute value; no reference is given there"
    )


def _scales(sums: Sequence[PanelSums], degrees: tuple[int, int], precision: int, floor: int) -> list[Raw]:
    """What each integral is measured against, in the order of `_values`."""
    magnitudes = [total(part.magnitudes[n] for part in sums) for n in range(degrees[0] + 1)]
    spread = total(part.centred_square for part in sums)
    mean = total(part.hermite[0] for part in sums)
    variance = libmp.mpf_sub(spread, libmp.mpf_mul(mean, mean, precision), precision)
    square = total(part.square for part in sums)
    least = libmp.mpf_shift(square, floor)
    if not libmp.mpf_gt(variance, least):
        variance = least if libmp.mpf_gt(least, spread) else spread
    hermite = [
        libmp.mpf_sqrt(libmp.mpf_mul_int(variance, math.factorial(k), 60, "n"), 60) for k in range(degrees[1] + 1)
    ]
    return [*magnitudes, *hermite, square, variance]


def _values(sums: PanelSums) -> list[Raw]:
    return [*sums.moments, *sums.hermite, sums.square, sums.centred_square]


def _disagreement(part: Part, scales: list[Raw]) -> Raw:
    worst = libmp.fzero
    for coarse, fine, scale in zip(_values(part.coarse), _values(part.fine), scales, strict=True):
        difference = libmp.mpf_abs(libmp.mpf_sub(coarse, fine, 60))
        if not difference[1]:
            continue
        ratio = libmp.mpf_div(difference, scale, 60) if scale[1] else libmp.finf
        if libmp.mpf_gt(ratio, worst):
            worst = ratio
    return worst
