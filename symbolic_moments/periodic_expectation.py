r"""Gaussian expectations of polynomials times periodic functions, by the Fourier series of these.

For ``g`` of period ``2 pi/w``, ``g(y) = sum_m gamma_m exp(i m w y)``, and

    E[p(y) g(y)] = sum_m gamma_m E[p(y) e^(i m w y)],

where completing the square gives ``e^(i m w mu - (m w sigma)^2/2) E[p(mu + i m w sigma^2 + sigma z)]``. As soon as
``sigma`` is a period or more the factor falls like ``e^(-19 m^2)``, or faster: the cost does not depend on how many
periods, and kinks, the Gaussian reaches. The coefficients ``gamma_m`` are integrals over one period, by panels
between the kinks in it, at two resolutions that agree.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.cancellation import deepest_cancellation
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.panels import adapted, first_panels
from symbolic_moments.periodic_parts import PeriodicParts, periodic_parts
from symbolic_moments.singular_points import singular_points, switches
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["periodic_expectation"]

_MOST_REFINEMENTS = 4
_MOST_DIGITS = 500
_EDGE = Fraction(137, 1000)


def periodic_expectation(digits: int, function: sp.Expr, values: dict[Any, Any]) -> Any | None:
    """``E[f(y)]`` for a polynomial combination ``f`` of periodic functions under a Gaussian wider than their period.

    Parameters
    ----------
    digits : int
        Decimal digits of the value.
    function : sympy.Expr
        ``f`` in ``x``.
    values : dict from sympy.Symbol to Fraction
        ``mu``, ``sigma > 0`` and the parameters.

    Returns
    -------
    mpf or None
        None if ``f`` is something else, or ``sigma`` is below the period. A Fourier coefficient below
        ``10^(-2 digits - d) E|g|``, ``d`` the digits that the values may cancel, counts as 0; the value is 0 if the
        first eight, or more, all do.

    Raises
    ------
    ArithmeticError
        Two resolutions of a Fourier coefficient do not agree.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.periodic_expectation import periodic_expectation
    >>> from symbolic_moments.symbols import mu, sigma
    >>> values = {mu: Fraction(1, 2), sigma: Fraction(1000)}
    >>> print(periodic_expectation(20, parse_expression("abs(sin(x))"), values))  # 2/pi
    0.63661977236758134308
    """
    parts = periodic_parts(function)
    if parts is None:
        return None
    rough = Evaluator(working_context(15), values)
    if rough.real(rough(parts.frequency)) * rough.real(values[sigma]) < 2 * rough.context.pi:
        return None
    working = 2 * digits + 20
    conclusive = working + deepest_cancellation(function, values)
    most = max(2**_MOST_REFINEMENTS * working, min(conclusive, _MOST_DIGITS))
    while working <= most:
        series = _Series(working, parts, values)
        total, error, size = series.summed()
        if total != 0 and error <= abs(total) * series.context.mpf(10) ** (-digits - 1):
            return working_context(digits).convert(total) * 1
        if working >= conclusive and abs(total) <= size * series.context.mpf(10) ** (20 - working):
            return working_context(digits).zero
        working = 2 * working if working >= conclusive else min(2 * working, conclusive)
    raise ArithmeticError(f"E[{function}]: its Fourier series does not settle to {digits} digits")


class _Series:
    """The Fourier series of every part about ``mu``, to ``digits`` digits."""

    def __init__(self, digits: int, parts: PeriodicParts, values: dict[Any, Any]) -> None:
        self.digits = digits
        self.parts = parts
        self.values = values
        self.context = working_context(digits + 10)
        self.evaluator = Evaluator(self.context, values)
        self.mean, self.deviation = (self.evaluator.real(values[symbol]) for symbol in (mu, sigma))
        self.frequency = self.evaluator.real(self.evaluator(parts.frequency))
        self.highest = 8 + math.isqrt(digits // 8)
        """The last harmonic: ``exp(-(2 pi m)^2/2)`` is below ``10^-digits`` far before it."""

    def summed(self) -> tuple[Any, Any, Any]:
        """The expectation, a bound of its error, and the size of its largest term."""
        context = self.context
        total, error, size = context.zero, context.zero, context.zero
        for coefficients, g in self.parts.parts:
            polynomial = self._about_mean({power: self.evaluator(c) for power, c in coefficients.items()})
            harmonics, accuracy, norm = self._fourier(g)
            for m, harmonic in enumerate(harmonics):
                moment = self._wave_moment(polynomial, m)
                term = (1 if m == 0 else 2) * (harmonic * moment).real
                total += term
                error += 2 * accuracy * abs(moment) if harmonic else context.zero
                size = max(size, norm * abs(moment))
            error += self._tail(polynomial, norm)
        return total, error, size

    def _about_mean(self, coefficients: dict[int, Any]) -> list[Any]:
        """Coefficients of ``p(mu + t)`` in powers of ``t``, exact where those of ``p`` are."""
        highest = max(coefficients)
        mean, result = self.values[mu], [Fraction(0)] * (highest + 1)
        for power, coefficient in coefficients.items():
            for j in range(power + 1):
                shifted = math.comb(power, j) * mean ** (power - j)
                exact = isinstance(coefficient, Fraction)
                product = coefficient * shifted if exact else coefficient * self.evaluator.real(shifted)
                result[j] = _added(self.evaluator, result[j], product)
        return result

    def _wave_moment(self, polynomial: list[Any], m: int) -> Any:
        """``E[p(y) exp(i m w (y - mu))]``."""
        context, exact = self.context, self.evaluator.real
        if m == 0:
            # exactly 0 for a Hermite polynomial
            even: Any = Fraction(0)
            for j in range(0, len(polynomial), 2):
                moment = math.prod(range(1, j, 2)) * self.values[sigma] ** j
                coefficient = polynomial[j]
                term = coefficient * moment if isinstance(coefficient, Fraction) else coefficient * exact(moment)
                even = _added(self.evaluator, even, term)
            return context.mpc(exact(even))
        rate = m * self.frequency * self.deviation
        shift = context.mpc(0, rate)
        before, current, total = context.mpc(0), context.mpc(1), context.mpc(0)
        for j, coefficient in enumerate(polynomial):
            total += exact(coefficient) * self.deviation**j * current
            before, current = current, shift * current + j * before
        return context.exp(-rate * rate / 2) * total

    def _tail(self, polynomial: list[Any], norm: Any) -> Any:
        """A bound of all terms beyond the last harmonic: ``|E (i r + z)^j| <= (r + sqrt(j))^j``."""
        context = self.context

        def bound(m: int) -> Any:
            rate = m * self.frequency * self.deviation
            sizes = (
                abs(self.evaluator.real(c)) * (self.deviation * (rate + context.sqrt(j))) ** j
                for j, c in enumerate(polynomial)
            )
            return 2 * norm * context.exp(-rate * rate / 2) * context.fsum(sizes)

        m, total = self.highest + 1, context.zero
        # the ratio of successive bounds falls: once it is below 1/2 the rest is at most the last term
        while bound(m + 1) > bound(m) / 2:
            total += bound(m)
            m += 1
        return total + 2 * bound(m)

    def _fourier(self, g: sp.Expr) -> tuple[list[Any], Any, Any]:
        """Coefficients of ``exp(i m w (x - mu))`` in ``g``, its error, the mean of ``|g|``."""
        context = self.context
        period = 2 * context.pi / self.frequency
        if not g.has(x):
            constant = self.evaluator.real(self.evaluator(g))
            return [context.mpc(constant)], abs(constant) * context.mpf(10) ** -self.digits, abs(constant)
        low = self.mean - period * self.evaluator.real(Fraction(1, 2) + _EDGE)
        function = Evaluator(working_context(2 * self.digits + 10), self.values).function_of(x, g)
        points = singular_points(switches(g), self.evaluator, self.values, (low, low + period), period)

        def swiftest(y: Any) -> Any:
            angle = self.highest * self.frequency * (y - self.mean)
            return function(y) * (1 + context.cos(angle) + context.sin(angle))

        grid = [(self.mean, period / 8)]
        first = first_panels(context, points, [], grid, low, low + period)
        panels = adapted(swiftest, first, context, self.digits, f"Fourier coefficients of {g}").panels
        rough, fine = ([context.zero] * (self.highest + 1) for _ in range(2))
        norm = context.zero
        for panel in panels:
            for sums, refinement in ((rough, 1), (fine, 2)) if panel.is_singular else ((rough, 0), (fine, 1)):
                for y, weight in panel.nodes(context, self.digits, refinement):
                    value = weight * function(y) / period
                    turn, wave = context.expj(-self.frequency * (y - self.mean)), context.mpc(1)
                    for m in range(self.highest + 1):
                        sums[m] += value * wave
                        wave *= turn
                    norm += abs(value) if sums is fine else context.zero
        accuracy = max(abs(a - b) for a, b in zip(rough, fine, strict=True))
        accuracy += norm * context.mpf(10) ** (5 - self.digits)
        if accuracy > norm * context.mpf(10) ** (10 - self.digits):
            raise ArithmeticError(f"two resolutions of the Fourier coefficients of {g} do not agree")
        return [_without_noise(context, coefficient, accuracy) for coefficient in fine], accuracy, norm


def _added(evaluator: Evaluator, left: Any, right: Any) -> Any:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left + right
    return evaluator.real(left) + evaluator.real(right)


def _without_noise(context: Any, coefficient: Any, accuracy: Any) -> Any:
    real, imaginary = (part if abs(part) > accuracy else context.zero for part in (coefficient.real, coefficient.imag))
    return context.mpc(real, imaginary)
