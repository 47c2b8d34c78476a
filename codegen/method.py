"""Method constants of the kernels, derived from the digits and the degree they are to serve.

Every series length, seed depth, window and node count a kernel uses has a name here and a rule. The shipped
kernels carry the values for double precision and the degree they are emitted for; the mpmath run raises them for
the digits asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import mpmath

from codegen.quadrature import unit_interval_rule
from codegen.step_constants import box_terms, ripple_parts, ripple_window, step_rules
from codegen.tail_tables import CENTRE, tail_tables
from symbolic_moments.tails import seed_series

DOUBLE_DIGITS = 15
DOUBLE_BITS = 53
DEGREE = 8
_LEAST_NODES = 56
_NODES_PER_DEVIATION = 5
_ORDERS_ABOVE_DEGREE = 8
_KINK_TERMS = 12
_ROOT_TERMS = 32
_RESOLVED_DEGREE = 60
_GRADES = 6


def bits(digits: int) -> int:
    """Bits of the arithmetic that serves ``digits``: 53 for double precision."""
    return DOUBLE_BITS if digits <= DOUBLE_DIGITS else math.ceil(digits * math.log2(10)) + 16


def _sure_bits(digits: int) -> int:
    """Bits that any arithmetic of so many digits has: next to a place nodes are not to round to it."""
    return DOUBLE_BITS if digits <= DOUBLE_DIGITS else math.ceil(digits * math.log2(10))


def _splitter(digits: int) -> int:
    return (1 << ((bits(digits) + 1) // 2)) + 1


def _density_limit(digits: int) -> int:
    return 64 if digits <= DOUBLE_DIGITS else 10 ** (20 + digits)


def _exponent_limit(digits: int) -> int:
    return 700 if digits <= DOUBLE_DIGITS else 10 ** (20 + digits)


def _overflow_height(digits: int) -> int:
    """Above the logarithm of the largest double, 710, by more than bounds of panels are too high."""
    return 800 if digits <= DOUBLE_DIGITS else 10 ** (20 + digits)


def _tanh_terms(digits: int) -> int:
    """Terms ``2k / (2k + 1)!`` until one falls below the working precision of the first, 1/3."""
    return next(k for k in range(1, digits + 20) if 6 * k * 10 ** (digits + 3) < math.factorial(2 * k + 1))


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


def _drop(digits: int, degree: int) -> int:
    """Exponent up to which the windows of ``panel.py`` and ``smooth_panel.py`` reach: ``y^n`` moves the weight out."""
    return _panel_window(digits) + 2 * max(degree - DEGREE, 0)


def panel_nodes(digits: int, degree: int) -> int:
    """Nodes for ``E[y^n g]`` on a panel, n to ``degree``: five a standard deviation of the half window.

    A Gaussian over a window of L deviations to a side takes 4.2 L nodes for 1e-13 and 4.6 L for what rounding leaves.
    """
    if digits > DOUBLE_DIGITS:
        return 10 * digits + 60 + degree
    return max(_LEAST_NODES, math.ceil(_NODES_PER_DEVIATION * math.sqrt(2 * _drop(digits, degree))))


def hermite_nodes(digits: int, degree: int) -> int:
    """Nodes for ``E[g He_k]`` on a panel, k to 8 above ``degree``.

    ``He_k(z) phi(z)`` has the spectrum ``w^k exp(-w^2 / 2)``, which relative to ``sqrt(k!)`` falls below 1e-16 at about
    ``w^2 = 74 + 2.6 k``; m nodes resolve w to 2 m over the half window.
    """
    order = degree + _ORDERS_ABOVE_DEGREE
    if digits > DOUBLE_DIGITS:
        return 4 * digits + 60 + order
    return math.ceil(math.sqrt(2 * _drop(digits, order) * (74 + 2.6 * order)) / 2)


def enveloped_nodes(digits: int, degree: int) -> int:
    """Nodes for ``E[g He_k]`` on a panel on which g itself has the degree of ``resolved_panels.DEGREE``.

    That is enough for 17 digits of g; with more digits the degree grows in proportion.
    """
    of_function = _RESOLVED_DEGREE // 2 if digits <= DOUBLE_DIGITS else math.ceil(digits * _RESOLVED_DEGREE / 32)
    return hermite_nodes(digits, degree) + of_function


def _graded_rules(digits: int, degree: int) -> tuple[Any, ...]:
    """Rules to choose from, the last for ``enveloped_nodes``."""
    count = enveloped_nodes(digits, degree)
    parts = _GRADES if digits <= DOUBLE_DIGITS else 2 * _GRADES
    return tuple(unit_interval_rule(math.ceil(count * part / parts), digits) for part in range(1, parts + 1))


def _graded_need(digits: int) -> tuple[int, ...]:
    """Nodes for a short panel, the square of the highest frequency of phi, nodes for a degree of g, its least degree.

    The degrees of ``chebyshev_panels`` are those for 17 digits; those for more digits are not known.
    """
    if digits <= DOUBLE_DIGITS:
        return 9, 74, 1, 2, 0
    return digits, 5 * digits + 20, digits, 32, _RESOLVED_DEGREE


def _trapezoid_window(digits: int) -> int:
    return 56 if digits <= DOUBLE_DIGITS else math.ceil(math.log(10) * digits) + 20


def _trapezoid_refinement(digits: int) -> int:
    """Parts a step is cut into: the error is exponential in their number, and one part serves 13 digits at least.

    A certificate asks for 15 digits fewer than its arithmetic carries.
    """
    return 1 if digits <= DOUBLE_DIGITS else math.ceil((digits - 10) / 13)


def _slope_at_start(digits: int) -> tuple[Any, Any]:
    """``Phi(c) + c phi(c)``, the slope of ``u Phi(u)``, at c = -3/4, and what rounding takes from it."""
    context = mpmath.MPContext()
    context.dps = 2 * DOUBLE_DIGITS + digits
    start = context.mpf(-0.75)
    slope = context.ncdf(start) + start * context.npdf(start)
    if digits > DOUBLE_DIGITS:
        return slope, context.mpf(0)
    return float(slope), float(slope - float(slope))


def _kink_reciprocal(digits: int) -> int:
    """The part of its radius in which a Taylor series of 12 terms is as good as the arithmetic."""
    return math.ceil(10 ** ((digits + 3) / _KINK_TERMS))


def _taper_width(digits: int) -> int:
    """Of the normal step that ends a wave, in units of 1 / w: its spectrum at w is ``exp(-width^2 / 2)``."""
    return 10 if digits <= DOUBLE_DIGITS else math.ceil(math.sqrt(2 * math.log(10) * (digits + 8)))


def _root_reciprocal(digits: int) -> int:
    """The part of its radius in which a Taylor polynomial of 32 terms is as good as the arithmetic."""
    return math.ceil(10 ** ((digits + 3) / _ROOT_TERMS))


def _middle_terms(digits: int) -> int:
    """Terms ``r^k / k!``, r = 2^-16, until one falls below the working precision."""
    return next(k for k in range(1, digits + 20) if 2 ** (16 * k) * math.factorial(k) > 10 ** (digits + 3))


def _increment_terms(digits: int) -> int:
    """Terms ``r^k / k!``, r = 1/2, until one falls below the working precision of the second."""
    return next(k for k in range(1, digits + 20) if 2 ** (k - 2) * math.factorial(k) > 10 ** (digits + 3))


def _middle_orders(digits: int) -> int:
    """Terms ``r^m / m!``, r = 1/16, until one falls below the working precision."""
    return next(m for m in range(1, digits + 20) if 16**m * math.factorial(m) > 10 ** (digits + 3))


def _harmonics(digits: int) -> int:
    """Waves m whose factor between two Gaussians, an eighth and half that of a period wide, is not nothing."""
    return 16 if digits <= DOUBLE_DIGITS else math.ceil(math.sqrt(10 * (digits + 10)))


def _circle_panel_nodes(digits: int) -> int:
    """Nodes on a panel of a circle: 56 resolve a panel eight times as long as its distance from a singularity."""
    return 64 if digits <= DOUBLE_DIGITS else 6 * digits + 60


RULES: dict[str, Callable[[int, int], Any]] = {
    "splitter": lambda digits, degree: _splitter(digits),
    "density_limit": lambda digits, degree: _density_limit(digits),
    "exponent_limit": lambda digits, degree: _exponent_limit(digits),
    "atan_terms": lambda digits, degree: math.ceil(digits * math.log(10, 4)) + 1,
    "tanh_terms": lambda digits, degree: _tanh_terms(digits),
    "seed_depth": lambda digits, degree: _seed_depth(digits),
    "seed_series": lambda digits, degree: _seed_series(digits),
    "tail_centre": lambda digits, degree: CENTRE,
    "tail_tables": lambda digits, degree: tail_tables(digits),
    "variance_window": lambda digits, degree: _variance_window(digits),
    "overflow_height": lambda digits, degree: _overflow_height(digits),
    "panel_window": lambda digits, degree: _panel_window(digits),
    "panel_rule": lambda digits, degree: unit_interval_rule(panel_nodes(digits, degree), digits),
    "hermite_rule": lambda digits, degree: unit_interval_rule(hermite_nodes(digits, degree), digits),
    "graded_rules": lambda digits, degree: _graded_rules(digits, degree),
    "graded_need": lambda digits, degree: _graded_need(digits),
    "projected_nodes": lambda digits, degree: 10**9 if digits <= DOUBLE_DIGITS else 0,
    "cell_rows": lambda digits, degree: 32 if digits <= DOUBLE_DIGITS else 1,
    "singular_power": lambda digits, degree: 8 if digits <= DOUBLE_DIGITS else digits // 2,
    "trapezoid_window": lambda digits, degree: _trapezoid_window(digits),
    "trapezoid_refinement": lambda digits, degree: _trapezoid_refinement(digits),
    "narrow_pairs": lambda digits, degree: 6 if digits <= DOUBLE_DIGITS else math.ceil(digits / 3) + 2,
    "noise_reciprocal": lambda digits, degree: 1 << (bits(digits) - 3),
    "nearest_reciprocal": lambda digits, degree: 1 << (_sure_bits(digits) - 1),
    "near_reciprocal": lambda digits, degree: 4,
    "taylor_terms": lambda digits, degree: 40 if digits <= DOUBLE_DIGITS else 2 * digits + 20,
    "slope_terms": lambda digits, degree: 14 if digits <= DOUBLE_DIGITS else digits + 10,
    "slope_at_start": lambda digits, degree: _slope_at_start(digits),
    "kink_terms": lambda digits, degree: _KINK_TERMS,
    "root_reciprocal": lambda digits, degree: _root_reciprocal(digits),
    "break_pieces": lambda digits, degree: 8 if digits <= DOUBLE_DIGITS else 0,
    "kink_reciprocal": lambda digits, degree: _kink_reciprocal(digits),
    "circle_arc_rule": lambda digits, degree: unit_interval_rule(
        24 if digits <= DOUBLE_DIGITS else digits + 30, digits
    ),
    "circle_panel_rule": lambda digits, degree: unit_interval_rule(_circle_panel_nodes(digits), digits),
    "circle_intervals": lambda digits, degree: 48 if digits <= DOUBLE_DIGITS else 4 * digits,
    "circle_margins": lambda digits, degree: (digits, digits + 10),
    "taper_width": lambda digits, degree: _taper_width(digits),
    "taper_reach": lambda digits, degree: 9 if digits <= DOUBLE_DIGITS else _taper_width(digits),
    "taper_sigma": lambda digits, degree: 4 * _taper_width(digits),
    "wide_sigma": lambda digits, degree: 20 if digits <= DOUBLE_DIGITS else math.ceil(5 * _taper_width(digits) / 2),
    "envelope_terms": lambda digits, degree: 26 if digits <= DOUBLE_DIGITS else 3 * digits,
    "harmonics": lambda digits, degree: _harmonics(digits),
    "rest_reciprocal": lambda digits, degree: 2 ** (bits(digits) - 3),
    "flatness_reciprocal": lambda digits, degree: 4096,
    "increment_terms": lambda digits, degree: _increment_terms(digits),
    "middle_terms": lambda digits, degree: _middle_terms(digits),
    "middle_orders": lambda digits, degree: _middle_orders(digits),
    "short_series_order": lambda digits, degree: 20,
    "long_series_order": lambda digits, degree: 96 if digits <= DOUBLE_DIGITS else 6 * digits + 60,
    "softplus_terms": lambda digits, degree: math.ceil(bits(digits) / 2) + 2,
    "series_order": lambda digits, degree: 12,
    "flat_series_order": lambda digits, degree: 32,
    "guard_reciprocal": lambda digits, degree: 1 if digits <= DOUBLE_DIGITS else 10**300,
    "stair_jumps": lambda digits, degree: 48 if digits <= DOUBLE_DIGITS else 10**9,
    "stair_terms": lambda digits, degree: 50,
    "step_rules": lambda digits, degree: step_rules(digits),
    "box_terms": box_terms,
    "ripple_window": lambda digits, degree: ripple_window(digits),
    "ripple_parts": lambda digits, degree: ripple_parts(digits),
    "series_reciprocal": lambda digits, degree: 10 ** (digits + 1),
}


def method_constants(names: Iterable[str], digits: int, degree: int = DEGREE) -> dict[str, Any]:
    """Values of the named method constants for an arithmetic of ``digits`` decimal digits and orders to ``degree``.

    Numbers are Python integers, or (quadrature nodes and weights) floats at 15 digits and ``mpf`` beyond.

    Examples
    --------
    >>> method_constants(["seed_depth"], 15)
    {'seed_depth': 48}
    """
    unknown = sorted(set(names) - set(RULES))
    if unknown:
        raise KeyError(f"unknown method constants {unknown}; known are {sorted(RULES)}")
    return {name: RULES[name](digits, degree) for name in names}
