"""Method constants of the kernels, derived from the number of digits they are to serve.

Every series length, seed depth, window and node count a kernel uses has a name here and a rule. The shipped
kernels carry the values for double precision; the mpmath run raises them for the digits asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from codegen.quadrature import unit_interval_rule
from symbolic_moments.tails import seed_series

DOUBLE_DIGITS = 15
DOUBLE_BITS = 53


def bits(digits: int) -> int:
    """Bits of the arithmetic that serves ``digits``: 53 for double precision."""
    return DOUBLE_BITS if digits <= DOUBLE_DIGITS else math.ceil(digits * math.log2(10)) + 16


def _splitter(digits: int) -> int:
    return (1 << ((bits(digits) + 1) // 2)) + 1


def _density_limit(digits: int) -> int:
    return 64 if digits <= DOUBLE_DIGITS else 10 ** (20 + digits)


def _seed_depth(digits: int) -> int:
    return 48 if digits <= DOUBLE_DIGITS else 5 * digits + 40


def _seed_series(digits: int) -> tuple[tuple[int, ...], ...]:
    """P_K .. P_0, each with its highest power first: the order of Horner's rule."""
    last = 8 if digits <= DOUBLE_DIGITS else digits // 2 + 12
    return tuple(tuple(reversed(polynomial)) for polynomial in reversed(seed_series(last)))


def _variance_window(digits: int) -> int:
    return 60 if digits <= DOUBLE_DIGITS else math.ceil(2.5 * digits) + 30


def _panel_window(digits: int) -> int:
    return 60 if digits <= DOUBLE_DIGITS else math.ceil(2.5 * digits) + 40


def _panel_rule(digits: int) -> tuple[tuple[Any, Any], ...]:
    return unit_interval_rule(56 if digits <= DOUBLE_DIGITS else 10 * digits + 60, digits)


def _taylor_terms(digits: int) -> int:
    """Terms of a series whose terms fall at least fourfold each."""
    return 5 * digits // 3 + 2


RULES: dict[str, Callable[[int], Any]] = {
    "splitter": _splitter,
    "density_limit": _density_limit,
    "seed_depth": _seed_depth,
    "seed_series": _seed_series,
    "variance_window": _variance_window,
    "panel_window": _panel_window,
    "panel_rule": _panel_rule,
    "noise_reciprocal": lambda digits: 1 << (bits(digits) - 3),
    "near_reciprocal": lambda digits: 4,
    "taylor_terms": _taylor_terms,
    "series_order": lambda digits: 12,
    "series_reciprocal": lambda digits: 10 ** (digits + 1),
}


def method_constants(names: Iterable[str], digits: int) -> dict[str, Any]:
    """Values of the named method constants for an arithmetic of ``digits`` decimal digits.

    Numbers are Python integers, or (quadrature nodes and weights) floats at 15 digits and ``mpf`` beyond.

    Examples
    --------
    >>> method_constants(["seed_depth"], 15)
    {'seed_depth': 48}
    """
    unknown = sorted(set(names) - set(RULES))
    if unknown:
        raise KeyError(f"unknown method constants {unknown}; known are {sorted(RULES)}")
    return {name: RULES[name](digits) for name in names}
