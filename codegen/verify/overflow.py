"""Where a function that grows leaves the doubles next to its weight: a kernel may say that it is infinite there.

Read off the definition: how fast log |g| grows far out moves the weight of ``|y|^n |g|^p`` by ``p rate sigma^2``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mpmath import libmp

from codegen.verify.definition import Definition
from codegen.verify.expectations import Expectation

__all__ = ["end_growth", "infinite_where_beyond"]

_FAR = 300
_STEADY = 0.75
_BITS = 80
_REACH = 13
_LARGEST = 709
_SQUARED = ("second_moment", "variance")

Expected = Mapping[tuple[float, float], dict[str, list[Expectation]]]


@lru_cache(maxsize=64)
def end_growth(definition: Definition, side: int) -> float:
    """The c of ``|g(x)| ~ exp(c |x|)`` at one end (side = -1 or 1), 0 where it grows no faster than a power.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> grown = read_definition("x**2*sqrt(1 + exp(x))")
    >>> end_growth(grown, -1), round(end_growth(grown, 1), 2)
    (0.0, 0.5)
    """
    near, middle, far = (_logarithm(definition, side * _FAR * step) for step in (1, 2, 4))
    first, second = (middle - near) / _FAR, (far - middle) / (2 * _FAR)
    return second if second > 0 and second > _STEADY * first else 0.0


def infinite_where_beyond(definition: Definition, expected: Expected) -> dict[Any, dict[str, list[Expectation]]]:
    """What is expected, with an infinity allowed where ``|y^n g|``, or g^2, overflows within 13 sigma of its weight."""
    rates = [(side, rate) for side in (-1, 1) if (rate := end_growth(definition, side)) > 0]

    def beyond(point: tuple[float, float], name: str, order: int) -> bool:
        (mu, sigma), power = point, 2 if name in _SQUARED else 1
        ends = [mu + side * sigma * (power * rate * sigma + _REACH) for side, rate in rates]
        return any(power * _logarithm(definition, y) + order * math.log(max(abs(y), 1.0)) > _LARGEST for y in ends)

    return {
        point: {
            name: [replace(one, infinite=point[1] > 0 and beyond(point, name, n)) for n, one in enumerate(row)]
            for name, row in rows.items()
        }
        for point, rows in expected.items()
    }


def _logarithm(definition: Definition, place: float) -> float:
    value = definition.value(libmp.from_float(float(place)), _BITS)
    return math.log(int(value[1])) + int(value[2]) * math.log(2) if value[1] else -math.inf
