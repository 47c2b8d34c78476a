"""Moments from the definition, certified by two Gauss-Legendre rules that must agree.

They agree relative to the integral of the absolute value, or no value is given. Nothing of this project's
derivations is used: the expression, the normal density, and quadrature. Inputs are converted exactly. Every
function of a kernel comes from the same nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mpmath import libmp

from codegen.gauss_legendre import gauss_legendre
from codegen.verify.definition import Definition
from codegen.verify.error_bounds import ErrorBounds, error_bounds, no_errors
from codegen.verify.panel_sums import PanelSums, integrate_panel
from codegen.verify.whole_line import growth_rates, oscillation
from codegen.verify.window import Interval, ReferenceRefusesError, panels

__all__ = ["Reference", "ReferenceRefusesError", "point_mass", "reference"]

Raw = Any
_DEEPEST = 60
_GUARD_DIGITS = 45
_FREE_BITS = 60
_STEP_BITS = 300
_MOST_CANCELLED_BITS = 1200


@dataclass(frozen=True)
class Reference:
    """What the definition says at one point (mu, sigma), as raw mpf.

    Attributes
    ----------
    mu, sigma : float
        The point.
    moments, magnitudes : tuple of raw mpf
        E[y^n g(y)] and E|y^n g(y)|, n = 0 .. degree.
    hermite : tuple of raw mpf
        E[g(mu + sigma z) He_k(z)], k = 0 .. degree + 2 (two more, to know how c_k answers to a change of
        sigma).
    second_moment, variance : raw mpf
        E[g^2] and Var g.
    digits : int
        Digits the two rules were required to agree to.
    agreement : float
        Largest disagreement of the two rules, relative to the scales.
    errors : ErrorBounds
        How far each value can be from the truth; often far below the digits asked, never assumed to be.
    """

    mu: float
    sigma: float
    moments: tuple[Raw, ...]
    magnitudes: tuple[Raw, ...]
    hermite: tuple[Raw, ...]
    second_moment: Raw
    variance: Raw
    digits: int
    agreement: float
    errors: ErrorBounds


def reference(definition: Definition, mu: float, sigma: float, degree: int, digits: int) -> Reference:
    """Moments, Hermite coefficients, second moment and variance of g(y), y ~ N(mu, sigma^2).

    Parameters
    ----------
    definition : Definition
        The activation.
    mu, sigma : float
        The point, taken as exact binary numbers; `sigma >= 0`. `sigma = 0` is the point mass g(mu).
    degree : int
        Highest power and order.
    digits : int
        Digits wanted, relative to E|y^n g|, sqrt(k!) sd(g), E[g^2] and Var g.

    Raises
    ------
    ReferenceRefusesError
        The two rules do not agree to `digits` digits: no value is given rather than a doubtful one.

    Examples
    --------
    >>> from mpmath.libmp import to_float
    >>> from codegen.verify.definition import read_definition
    >>> to_float(reference(read_definition("Max(x, 0)"), 0.0, 1.0, 2, 30).moments[1], rnd="n")
    0.5
    """
    if sigma == 0:
        return point_mass(definition, mu, degree, digits)
    degrees = (degree, degree + 2)
    precision = needed = _precision(digits, mu, sigma)
    orders = _orders(digits, degree, definition)
    while True:
        rules = tuple(gauss_legendre(order, precision, max(degrees)) for order in orders)
        parts = _first_parts(definition, mu, sigma, digits, rules, degrees, precision)
        raised = needed + _STEP_BITS * math.ceil(_cancelled_bits(parts, bool(definition.scales)) / _STEP_BITS)
        if raised <= precision or precision >= needed + _MOST_CANCELLED_BITS:
            return _settle(parts, mu, sigma, digits, rules, degrees, (precision, needed))
        precision = min(raised, needed + _MOST_CANCELLED_BITS)


def _first_parts(
    definition: Definition,
    mu: float,
    sigma: float,
    digits: int,
    rules: Any,
    degrees: tuple[int, int],
    precision: int,
) -> list[_Part]:
    parts = []
    intervals = _intervals(definition, mu, sigma, precision)
    scales, rates, longest = definition.raw_scales(precision), growth_rates(definition.expression), math.inf
    waves = oscillation(definition.expression)
    phases = 1
    if waves is not None and not definition.kinks and waves.is_uniform(sigma, digits):
        phases, scales = len(waves.phases), ()
        intervals = [replace(interval, evaluate=phase) for interval in intervals for phase in waves.phases]
    elif waves is not None:
        longest = waves.longest_panel(sigma)
    for interval in intervals:
        factor = libmp.mpf_div(_density(interval), libmp.from_int(phases), precision)
        ends = panels(interval, scales, digits, degrees, rates, longest)
        parts += [_Part.over(interval, panel, factor, rules, degrees) for panel in ends]
    return parts


def _cancelled_bits(parts: list[_Part], saturates: bool) -> int:
    """Bits that g(y) - g(mu) loses where g is nearly constant (a saturated erf): log2 of rms(g) over its deviation.

    Where g has scales and its deviation still vanishes, all that may be lost are; between kinks alone g is
    constant, and none are.
    """
    square = _add(part.fine.square for part in parts)
    spread = _add(part.fine.centred_square for part in parts)
    if not square[1]:
        return 0
    if not spread[1]:
        return _MOST_CANCELLED_BITS if saturates else 0
    lost = (square[2] + square[3] - spread[2] - spread[3]) // 2
    return int(max(0, lost - _FREE_BITS))


def point_mass(definition: Definition, mu: float, degree: int, digits: int) -> Reference:
    """Sigma = 0: g(mu) mu^n, c_0 = g(mu), and at a jump the expression's own value."""
    precision = _precision(digits, mu, 1.0)
    point = libmp.from_float(mu)
    value = definition.value(point, precision)
    moments = tuple(libmp.mpf_mul(value, libmp.mpf_pow_int(point, n, precision), precision) for n in range(degree + 1))
    hermite = (value, *([libmp.fzero] * (degree + 2)))
    magnitudes = tuple(libmp.mpf_abs(moment) for moment in moments)
    square = libmp.mpf_mul(value, value, precision)
    return Reference(mu, 0.0, moments, magnitudes, hermite, square, libmp.fzero, digits, 0.0, no_errors(degree))


@dataclass
class _Part:
    interval: Interval
    panel: tuple[Raw, Raw]
    factor: Raw
    coarse: PanelSums
    fine: PanelSums

    @classmethod
    def over(cls, interval: Interval, panel: Any, factor: Raw, rules: Any, degrees: tuple[int, int]) -> _Part:
        coarse, fine = (integrate_panel(interval, panel, factor, rule, degrees) for rule in rules)
        return cls(interval, panel, factor, coarse, fine)

    def halves(self, rules: Any, degrees: tuple[int, int]) -> list[_Part]:
        middle = libmp.mpf_shift(libmp.mpf_add(*self.panel, self.interval.precision), -1)
        pairs = ((self.panel[0], middle), (middle, self.panel[1]))
        return [_Part.over(self.interval, pair, self.factor, rules, degrees) for pair in pairs]


def _settle(
    parts: list[_Part],
    mu: float,
    sigma: float,
    digits: int,
    rules: Any,
    degrees: tuple[int, int],
    precisions: tuple[int, int],
) -> Reference:
    precision = precisions[0]
    floor = -2 * (precision - precisions[1] + _FREE_BITS)
    tolerance = libmp.mpf_pow_int(libmp.from_int(10), -digits, 60)
    for _ in range(_DEEPEST):
        scales = _scales([part.fine for part in parts], degrees, precision, floor)
        share = libmp.mpf_div(tolerance, libmp.from_int(2 * max(len(parts), 1)), 60)
        worst = [_disagreement(part, scales) for part in parts]
        doubtful = [libmp.mpf_gt(value, share) for value in worst]
        if not any(doubtful):
            total = libmp.mpf_sum(worst, 60)
            errors = error_bounds([(part.coarse, part.fine) for part in parts], degrees, digits, precision)
            return _total(
                [part.fine for part in parts], (mu, sigma), digits, libmp.to_float(total), errors, degrees, precision
            )
        if len(parts) > 400:
            break
        parts = [
            half
            for part, bad in zip(parts, doubtful, strict=True)
            for half in (part.halves(rules, degrees) if bad else [part])
        ]
    raise ReferenceRefusesError(
        f"at mu = {mu!r}, sigma = {sigma!r} two quadrature rules do not agree to {digits} digits of the "
        "integral of the absolute value; no reference is given there"
    )


def _scales(sums: Sequence[PanelSums], degrees: tuple[int, int], precision: int, floor: int) -> list[Raw]:
    """What each integral is measured against, in the order of `_values`."""
    magnitudes = [_add(part.magnitudes[n] for part in sums) for n in range(degrees[0] + 1)]
    spread = _add(part.centred_square for part in sums)
    mean = _add(part.hermite[0] for part in sums)
    variance = libmp.mpf_sub(spread, libmp.mpf_mul(mean, mean, precision), precision)
    square = _add(part.square for part in sums)
    least = libmp.mpf_shift(square, floor)
    if not libmp.mpf_gt(variance, least):
        variance = least if libmp.mpf_gt(least, spread) else spread
    hermite = [
        libmp.mpf_sqrt(libmp.mpf_mul_int(variance, math.factorial(k), 60, "n"), 60) for k in range(degrees[1] + 1)
    ]
    return [*magnitudes, *hermite, square, variance]


def _values(sums: PanelSums) -> list[Raw]:
    return [*sums.moments, *sums.hermite, sums.square, sums.centred_square]


def _disagreement(part: _Part, scales: list[Raw]) -> Raw:
    worst = libmp.fzero
    for coarse, fine, scale in zip(_values(part.coarse), _values(part.fine), scales, strict=True):
        difference = libmp.mpf_abs(libmp.mpf_sub(coarse, fine, 60))
        if not difference[1]:
            continue
        ratio = libmp.mpf_div(difference, scale, 60) if scale[1] else libmp.finf
        if libmp.mpf_gt(ratio, worst):
            worst = ratio
    return worst


def _total(
    sums: Sequence[PanelSums],
    point: tuple[float, float],
    digits: int,
    agreement: float,
    errors: ErrorBounds,
    degrees: tuple[int, int],
    precision: int,
) -> Reference:
    def total(values: Iterable[Raw]) -> Raw:
        return libmp.mpf_sum(list(values), precision)

    shift = total(part.hermite[0] for part in sums)
    moments = tuple(total(part.moments[n] for part in sums) for n in range(degrees[0] + 1))
    hermite = tuple(total(part.hermite[k] for part in sums) for k in range(1, degrees[1] + 1))
    spread = total(part.centred_square for part in sums)
    return Reference(
        *point,
        moments,
        tuple(_add(part.magnitudes[n] for part in sums) for n in range(degrees[0] + 1)),
        (moments[0], *hermite),
        total(part.square for part in sums),
        libmp.mpf_sub(spread, libmp.mpf_mul(shift, shift, precision), precision),
        digits,
        agreement,
        errors,
    )


def _add(values: Any) -> Raw:
    return libmp.mpf_sum(list(values), 80)


def _precision(digits: int, mu: float, sigma: float) -> int:
    """Bits that leave `digits` digits where g(y) - g(mu) cancels; few values, so that few rules are made."""
    distance = math.log10(max(1.0, abs(mu) / sigma))
    return int((digits + _GUARD_DIGITS + 20 * math.ceil(distance / 20)) * 3.33)


def _orders(digits: int, degree: int, definition: Definition) -> tuple[int, int]:
    """Nodes of the two rules: a polynomial against the Gaussian needs fewer than a function with its own scale."""
    share = 2.2 if definition.scales else 1.5
    low = int(share * (digits + 8)) + degree + 8
    return low, low + low // 5


def _density(interval: Interval) -> Raw:
    """phi(gap / sigma) / sigma, with as many extra bits as the exponent has before its point."""
    extra = max(0, 2 * math.frexp(interval.units(interval.gap))[1])
    precision = interval.precision + extra
    z = libmp.mpf_div(interval.gap, interval.sigma, precision)
    value = libmp.mpf_exp(libmp.mpf_neg(libmp.mpf_shift(libmp.mpf_mul(z, z, precision), -1)), interval.precision)
    root = libmp.mpf_sqrt(libmp.mpf_shift(libmp.mpf_pi(interval.precision), 1), interval.precision)
    return libmp.mpf_div(value, libmp.mpf_mul(root, interval.sigma, interval.precision), interval.precision)


def _intervals(definition: Definition, mu: float, sigma: float, precision: int) -> list[Interval]:
    kinks = definition.raw_kinks(precision)
    ends = [libmp.fninf, *kinks, libmp.finf]
    centre, spread = libmp.from_float(mu), libmp.from_float(sigma)
    centre_value = definition.value(centre, precision)
    result = []
    for piece, left, right in zip(definition.pieces, ends, ends[1:], strict=False):
        if piece.is_zero and not centre_value[1]:
            continue
        peak = centre
        if libmp.mpf_lt(centre, left):
            peak = left
        elif libmp.mpf_gt(centre, right):
            peak = right
        gap = libmp.mpf_sub(peak, centre)
        result.append(Interval(piece.evaluate, left, right, peak, gap, spread, centre_value, precision))
    return result
