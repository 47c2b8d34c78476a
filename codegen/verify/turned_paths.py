"""Definitions of quadratic phase under wide Gaussians: their integrals along lines turned into the complex plane.

``exp(i a y^2)`` turns ever faster along the real line and falls off like a Gaussian along a turned one. An entire
integrand has the same integral along both (Cauchy). Read off the definition's text, in exponentials; two lines through
places of their own, of different angle and step, must agree.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from codegen.verify.error_bounds import ErrorBounds
from codegen.verify.interval import ReferenceRefusesError
from symbolic_moments.symbols import x

__all__ = ["Turned", "agreed", "exponentials", "fastest_turning", "turned"]

_REACH = 16
_SAMPLES = 40001
_SPARE_DIGITS = 25
_STEP, _FURTHER = 2.85, 1.3
"""The trapezoidal rule for ``exp(-t^2)``: its step times its reach, pi at most, and more reach for powers."""
_LINES = ((0.0, 0.0, 1.0), (0.3, 0.11, 0.6))
"""Of two lines: by how much of what is possible it is turned from the steepest direction, by how many widths it passes
beside the highest place, and its step in units of what should serve on the steepest."""


@dataclass(frozen=True)
class Turned:
    """Values, sizes and bounds on the errors, as raw mpf, and the largest disagreement of two lines."""

    moments: tuple[Any, ...]
    magnitudes: tuple[Any, ...]
    hermite: tuple[Any, ...]
    second_moment: Any
    variance: Any
    errors: ErrorBounds
    agreement: float


def fastest_turning(expression: sp.Expr, mu: float, sigma: float) -> float:
    """The largest angle a standard deviation within 16 of them, of sines and cosines of quadratic phase; 0 without.

    Examples
    --------
    >>> fastest_turning(sp.sin(x**2), 10.0, 0.5)
    18.0
    """
    found = [0.0]
    for part in expression.atoms(sp.sin, sp.cos):
        if part.args[0].is_polynomial(x) and sp.degree(part.args[0], x) == 2:
            square, linear, _ = (float(c) for c in sp.Poly(part.args[0], x).all_coeffs())
            ends = (mu - _REACH * sigma, mu + _REACH * sigma)
            found.append(max(abs(2 * square * end + linear) for end in ends) * sigma)
    return max(found)


@lru_cache(maxsize=64)
def exponentials(expression: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...] | None:
    """``(P, u)`` of ``P(x) exp(u(x))``, u complex of degree 2, the real part of whose sum the expression is; or None.

    Examples
    --------
    >>> exponentials(sp.cos(x**2))
    ((1, -I*x**2), (0, I*x**2))
    """
    written = expression.rewrite([sp.sin, sp.cos, sp.sinh, sp.cosh], sp.exp)
    written = sp.expand(written, power_exp=False, power_base=False)
    found: dict[sp.Expr, sp.Expr] = {}
    for addend in sp.Add.make_args(written):
        factor, exponent = sp.S.One, sp.S.Zero
        for part in sp.Mul.make_args(addend):
            base, power = part.as_base_exp()
            if isinstance(part, sp.exp):
                exponent += part.args[0]
            elif isinstance(base, sp.exp) and power.is_Integer:
                exponent += power * base.args[0]
            else:
                factor *= part
        exponent = sp.expand(exponent)
        if not (factor.is_polynomial(x) and exponent.is_polynomial(x) and sp.Poly(exponent, x).degree() <= 2):
            return None
        found[exponent] = found.get(exponent, sp.S.Zero) + factor
    kept = {exponent: sp.expand(factor) for exponent, factor in found.items() if sp.expand(factor) != 0}
    return tuple(_once(kept, *pair) for pair in sorted(kept.items(), key=lambda pair: sp.default_sort_key(pair[0])))


def _once(found: dict[sp.Expr, sp.Expr], exponent: sp.Expr, factor: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The factor twice for one of a conjugate pair, 0 for the other: their real parts are the same."""
    mirrored = sp.expand(sp.conjugate(exponent))
    if mirrored == exponent or sp.expand(found.get(mirrored, 0) - sp.conjugate(factor)) != 0:
        return factor, exponent
    is_first = sp.default_sort_key(exponent) < sp.default_sort_key(mirrored)
    return (sp.expand(2 * factor) if is_first else sp.S.Zero), exponent


def turned(expression: sp.Expr, mu: float, sigma: float, degrees: tuple[int, int], digits: int) -> Turned:
    """What the definition says at one point.

    Raises
    ------
    ReferenceRefusesError
        The lines do not agree to ``digits`` digits of the scales, or there are none.
    """
    plain, square = exponentials(expression), exponentials(sp.expand(expression**2))
    if plain is None or square is None:
        raise ReferenceRefusesError(f"the phase of {expression} turns too fast, and it is no sum of exponentials")
    context = mpmath.MPContext()
    context.dps = digits + _SPARE_DIGITS
    runs = [_values(context, (plain, square), (mu, sigma), degrees, line) for line in _LINES]
    magnitudes = _magnitudes(context, plain, (mu, sigma), degrees[0])
    return agreed(
        context, runs, magnitudes, degrees, digits, (f"at mu = {mu!r}, sigma = {sigma!r}", "two turned lines")
    )


def agreed(
    context: Any,
    runs: list[list[Any]],
    magnitudes: list[Any],
    degrees: tuple[int, int],
    digits: int,
    said: tuple[str, str],
) -> Turned:
    """What two ways agree on: moments, Hermite coefficients, second moment and variance in one row for each.

    Raises
    ------
    ReferenceRefusesError
        They do not, to ``digits`` digits of the scales; ``said`` is where, and what did not agree.
    """
    place, ways = said
    spread = context.sqrt(abs(runs[0][-1]))
    hermite = [spread * context.sqrt(context.factorial(k)) for k in range(degrees[1] + 1)]
    scales = [*magnitudes, *hermite, *runs[0][-2:]]
    if not min(scales) > 0:
        raise ReferenceRefusesError(f"{place} the sizes of the integrals are not known")
    agreement = max(abs(a - b) / scale for a, b, scale in zip(*runs, scales, strict=True))
    least = context.mpf(10) ** -digits
    if not agreement < least:
        raise ReferenceRefusesError(f"{place} {ways} do not agree to {digits} digits")
    values = [value._mpf_ for value in runs[0]]
    gaps = [(least * scale)._mpf_ for scale in scales]
    cut = degrees[0] + 1
    return Turned(
        tuple(values[:cut]),
        tuple(size._mpf_ for size in magnitudes),
        tuple(values[cut:-2]),
        values[-2],
        values[-1],
        ErrorBounds(tuple(gaps[:cut]), tuple(gaps[cut:-2]), gaps[-2], gaps[-1]),
        float(agreement),
    )


def _values(
    context: Any, terms: tuple[Any, Any], point: tuple[float, float], degrees: tuple[int, int], line: Any
) -> list[Any]:
    """``E[y^n g]``, ``E[He_k(z) g]``, ``E[g^2]`` and ``Var g`` along one kind of line, in one row."""
    moments, hermite = _along(context, terms[0], point, degrees, line)
    (second,), _ = _along(context, terms[1], point, (0, 0), line)
    return [*moments, *hermite, second, second - moments[0] ** 2]


def _along(
    context: Any, terms: Any, point: tuple[float, float], degrees: tuple[int, int], line: Any
) -> tuple[list[Any], list[Any]]:
    """``E[y^n g]`` and ``E[He_k(z) g]`` by the trapezoidal rule, each exponential along a line of its own."""
    mu, sigma = (context.mpf(value) for value in point)
    moments, hermite = [context.mpf(0)] * (degrees[0] + 1), [context.mpf(0)] * (degrees[1] + 1)
    for polynomial, exponent in terms:
        factors = _coefficients(context, polynomial)
        rates = ([context.mpc(0)] * 2 + _coefficients(context, exponent))[-3:]
        for z, weight in _nodes(context, rates, mu, sigma, line):
            y = mu + sigma * z
            value = weight * context.polyval(factors, y) * context.exp(context.polyval(rates, y) - z * z / 2)
            power = value
            for order in range(degrees[0] + 1):
                moments[order] += power.real
                power *= y
            before, current = context.mpf(0), value
            for k in range(degrees[1] + 1):
                hermite[k] += current.real
                before, current = current, z * current - k * before
    return moments, hermite


def _nodes(context: Any, rates: list[Any], mu: Any, sigma: Any, line: Any) -> Iterator[tuple[Any, Any]]:
    """Places z on a line past the highest place of ``exp(u(mu + sigma z) - z^2 / 2)``, with their weights.

    Place and direction are rounded: any line serves on which the integrand falls off.
    """
    turned_by, beside, share = line
    curve = complex(0.5 - rates[0] * sigma**2)
    top = complex((2 * rates[0] * mu + rates[1]) * sigma) / (2 * curve)
    angle = -cmath.phase(curve) / 2 + turned_by * (math.pi / 2 - abs(cmath.phase(curve))) / 2
    width = 1 / math.sqrt((curve * cmath.exp(2j * angle)).real)
    reach = math.sqrt((context.dps + 8) * math.log(10))
    start, step = context.mpc(top + beside * width), context.mpc(cmath.exp(1j * angle) * width)
    spacing = context.mpf(share * _STEP / reach)
    count = int(_FURTHER * reach / float(spacing)) + 4
    weight = spacing * step / context.sqrt(2 * context.pi)
    for n in range(-count, count + 1):
        yield start + n * spacing * step, weight


def _coefficients(context: Any, polynomial: sp.Expr) -> list[Any]:
    """Highest power first."""
    found = [sp.N(c, context.dps + 10).as_real_imag() for c in sp.Poly(polynomial, x).all_coeffs()]
    return [context.mpc(*(sp.Float(part, context.dps + 10)._mpf_ for part in pair)) for pair in found]


def _magnitudes(context: Any, terms: Any, point: tuple[float, float], degree: int) -> list[Any]:
    """``E|y^n g|`` to a few digits: a scale. The phase at the samples is rounded, and as good as any."""
    mu, sigma = point
    units = np.linspace(-12, 12, _SAMPLES)
    grids, waves = [mu + sigma * units], []
    for factor, exponent in terms:
        rates = [complex(sp.Poly(exponent, x).coeff_monomial(x**n)) for n in (2, 1, 0)]
        scale = 1 - 2 * rates[0].real * sigma**2
        grids.append((mu + rates[1].real * sigma**2) / scale + sigma / math.sqrt(scale) * units)
        waves.append(([complex(c) for c in sp.Poly(factor, x).all_coeffs()], rates))
    y = np.unique(np.concatenate(grids))
    z = (y - mu) / sigma
    exponents = [np.polyval(rates, y) - z * z / 2 for _, rates in waves]
    top = max(float(one.real.max()) for one in exponents)
    value = sum(np.polyval(factor, y) * np.exp(one - top) for (factor, _), one in zip(waves, exponents, strict=True))
    weight = np.abs(value.real) * np.gradient(z) / math.sqrt(2 * math.pi)
    furthest = float(np.abs(y).max())
    sums = [float((weight * np.abs(y / furthest) ** n).sum()) for n in range(degree + 1)]
    return [context.exp(top) * context.mpf(total) * context.mpf(furthest) ** n for n, total in enumerate(sums)]
