"""Method constants of steps without number: averages over a step, and what they miss where a function bends."""

from __future__ import annotations

import math
from typing import Any

from codegen.quadrature import DOUBLE_DIGITS, unit_interval_rule

__all__ = ["STEP_NODES", "STEP_RATES", "box_terms", "ripple_parts", "ripple_window", "step_rules"]

STEP_NODES = (4, 6, 9, 12, 16)
"""Nodes on a step, grade by grade."""
STEP_RATES = (0.25, 1.0, 4.0, 9.5)
"""How fast logarithms change from step to step, class by class."""
_FARTHEST_SEEN = 38


def box_terms(digits: int, degree: int) -> tuple[tuple[int, int], ...]:
    """Terms ``(step/sigma)^(2j) c_(k + 2j) / (4^j (2j + 1)!)`` until nothing is left, sigma from 64 steps on, or four.

    ``c_(k + 2j)`` is at most ``sqrt((k + 2j)!)`` of the deviation or, in a tail, ``(rate sigma/step)^(2j)`` of means:
    for each of the `STEP_RATES`, of which Gaussians no farther than 38 sigma away see less the wider they are.
    """

    def count(steps: int, rate: float) -> int:
        rate = min(rate, _FARTHEST_SEEN / steps)
        for j in range(1, 8 * digits):
            growth = (math.lgamma(degree + 2 * j + 1) - math.lgamma(degree + 1)) / 2 - 2 * j * math.log(steps)
            size = max(growth, 2 * j * math.log(rate)) - 2 * j * math.log(2) - math.lgamma(2 * j + 2)
            if size < -(digits + 2) * math.log(10):
                return j - 1
        raise AssertionError("terms fall faster than geometrically")

    return tuple((count(64, rate), count(4, rate)) for rate in STEP_RATES)


def step_rules(digits: int) -> tuple[Any, ...]:
    """Rules for functions that bend within many steps, or few."""
    factor = 1 if digits <= DOUBLE_DIGITS else math.ceil((digits + 3) / DOUBLE_DIGITS)
    return tuple(unit_interval_rule(count * factor, digits) for count in STEP_NODES)


def ripple_window(digits: int) -> tuple[int, int, int]:
    """How smooth the ends of a window are, in steps, p / q: ``exp(-2 pi^2 / (q^2/p^2 + 1/16))``; and its deviations."""
    if digits <= DOUBLE_DIGITS:
        return 3, 2, 10
    left = 2 * math.pi**2 / ((digits + 3) * math.log(10)) - 1 / 16
    return math.ceil(1 / math.sqrt(left)), 1, math.ceil(math.sqrt(2 * math.log(10) * (digits + 5)))


def ripple_parts(digits: int) -> int:
    """Times as many parts of a step as doubles take."""
    return 1 if digits <= DOUBLE_DIGITS else math.ceil((digits + 3) / DOUBLE_DIGITS)
