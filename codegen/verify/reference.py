"""Moments from the definition, certified by two Gauss-Legendre rules that must agree.

They agree relative to the integral of the absolute value, or no value is given. Nothing of this project's
derivations is used: the expression, the normal density, and quadrature. Inputs are converted exactly. Every
function of a kernel comes from the same nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.gauss_legendre import gauss_legendre
from codegen.verify.agreement import Settled, settled
from codegen.verify.averaged_waves import averaged, waves_are_many
from codegen.verify.definition import Definition
from codegen.verify.error_bounds import ErrorBounds, no_errors
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.parts import MOST_CANCELLED_BITS, cancelled_bits, first_parts, total
from codegen.verify.turned_paths import Turned, turned
from codegen.verify.whole_line import turns_too_fast

__all__ = ["Reference", "ReferenceRefusesError", "point_mass", "reference"]

Raw = Any
_GUARD_DIGITS = 45
_STEP_BITS = 300


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
    if not definition.serves(mu, sigma):
        far = f"farther than {definition.reach:.6g} from 0"
        raise ReferenceRefusesError(f"kinks of {definition.text} {far} are not looked for")
    if sigma == 0:
        return point_mass(definition, mu, degree, digits)
    degrees = (degree, degree + 2)
    if turns_too_fast(definition.expression, mu, sigma):
        return _found(turned(definition.expression, mu, sigma, degrees, digits), (mu, sigma), digits)
    if waves_are_many(definition.expression, sigma):
        return _found(averaged(definition, mu, sigma, degrees, digits), (mu, sigma), digits)
    precision = needed = _precision(digits, mu, sigma)
    orders = _orders(digits, degree, definition)
    while True:
        rules = tuple(gauss_legendre(order, precision, max(degrees)) for order in orders)
        parts = first_parts(definition, mu, sigma, digits, rules, degrees, precision)
        raised = needed + _STEP_BITS * math.ceil(cancelled_bits(parts, definition.saturates) / _STEP_BITS)
        if raised <= precision or precision >= needed + MOST_CANCELLED_BITS:
            found = settled(parts, (mu, sigma), digits, rules, degrees, (precision, needed))
            return _total(found, (mu, sigma), digits, degrees, precision)
        precision = min(raised, needed + MOST_CANCELLED_BITS)


def point_mass(definition: Definition, mu: float, degree: int, digits: int) -> Reference:
    """Sigma = 0: g(mu) mu^n, c_0 = g(mu), and at a jump the expression's own value."""
    precision = _precision(digits, mu, 1.0)
    point = libmp.from_float(mu)
    value = definition.value(point, precision)
    if value in (libmp.finf, libmp.fninf):
        raise ReferenceRefusesError(f"g is infinite at mu = {mu!r}, and sigma is 0")
    moments = tuple(libmp.mpf_mul(value, libmp.mpf_pow_int(point, n, precision), precision) for n in range(degree + 1))
    hermite = (value, *([libmp.fzero] * (degree + 2)))
    magnitudes = tuple(libmp.mpf_abs(moment) for moment in moments)
    square = libmp.mpf_mul(value, value, precision)
    return Reference(mu, 0.0, moments, magnitudes, hermite, square, libmp.fzero, digits, 0.0, no_errors(degree))


def _found(found: Turned, point: tuple[float, float], digits: int) -> Reference:
    values = (found.moments, found.magnitudes, found.hermite, found.second_moment, found.variance)
    return Reference(*point, *values, digits, found.agreement, found.errors)


def _total(
    found: Settled, point: tuple[float, float], digits: int, degrees: tuple[int, int], precision: int
) -> Reference:
    sums = found.sums

    def exact(values: Iterable[Raw]) -> Raw:
        return libmp.mpf_sum(list(values), precision)

    shift = exact(part.hermite[0] for part in sums)
    moments = tuple(exact(part.moments[n] for part in sums) for n in range(degrees[0] + 1))
    hermite = tuple(exact(part.hermite[k] for part in sums) for k in range(1, degrees[1] + 1))
    spread = exact(part.centred_square for part in sums)
    return Reference(
        *point,
        moments,
        tuple(total(part.magnitudes[n] for part in sums) for n in range(degrees[0] + 1)),
        (moments[0], *hermite),
        exact(part.square for part in sums),
        libmp.mpf_sub(spread, libmp.mpf_mul(shift, shift, precision), precision),
        digits,
        found.agreement,
        found.errors,
    )


def _precision(digits: int, mu: float, sigma: float) -> int:
    """Bits that leave `digits` digits where g(y) - g(mu) cancels; few values, so that few rules are made."""
    distance = math.log10(max(1.0, abs(mu) / sigma))
    return int((digits + _GUARD_DIGITS + 20 * math.ceil(distance / 20)) * 3.33)


def _orders(digits: int, degree: int, definition: Definition) -> tuple[int, int]:
    """Nodes of the two rules: a polynomial against the Gaussian needs fewer than a function with its own scale."""
    share = 2.2 if definition.scales else 1.5
    low = int(share * (digits + 8)) + degree + 8
    return low, low + low // 5
