"""Gaussian expectations by quadrature, to any number of digits, for what has no closed form.

The integrand is scaled by its own largest value before it is integrated (a stopping rule that is absolute would
otherwise call a tail integral of 1e-90 zero). The window is where an enclosure of the integrand exceeds the working
precision; every point in it at which the function is not smooth is located and becomes the end of a panel. Panels
are halved until Gauss-Legendre on a panel and on its halves agree; where a root or a logarithm vanishes at the end of
a panel, the double exponential rule takes over. The panels found are integrated again, with twice the nodes and ten
digits more, and only a value on which both agree is given. Polynomials times periodic functions wider than their
period go by Fourier series instead (:mod:`symbolic_moments.periodic_expectation`).
"""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

from symbolic_moments.cancellation import deepest_cancellation, height
from symbolic_moments.enclosures import Enclosure
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.integration_window import locate
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.panels import Adapted, Panel, adapted, first_panels
from symbolic_moments.periodic_expectation import periodic_expectation
from symbolic_moments.singular_points import features, kinks
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["GaussianIntegrand", "gaussian_expectation", "kinks"]

_FARTHEST_CANCELLATION = 100
"""Digits beyond twice those asked for, and those that the values may cancel, before a value counts as 0."""

_MOST_DIGITS = 2500


def gaussian_expectation(digits: int, function: sp.Expr, values: dict[Any, Any]) -> Any:
    """``E[f(y)]`` for ``y ~ N(mu, sigma^2)``, by quadrature at two resolutions that agree.

    Parameters
    ----------
    digits : int
        Decimal digits of the value; where the integral cancels, relative to the value all the same.
    function : sympy.Expr
        ``f`` in ``x``, possibly depending on ``mu``, ``sigma`` and parameters.
    values : dict from sympy.Symbol to Fraction
        ``mu``, ``sigma > 0`` and the parameters.

    Returns
    -------
    mpf
        Exactly 0 if the integrand is odd about ``mu``, or if the value stays below ``10^(-2 digits - 100 - d) sigma^k
        E|f(y)|``, ``sigma^-k`` being what stands in ``f`` and ``d`` the digits that the values may cancel.

    Raises
    ------
    ArithmeticError
        The resolutions do not agree, a value that small would take too many digits, or the function has too many
        kinks where the Gaussian reaches.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import sympy
    >>> from symbolic_moments.gaussian_quadrature import gaussian_expectation
    >>> from symbolic_moments.symbols import mu, sigma, x
    >>> print(gaussian_expectation(15, sympy.exp(x), {mu: Fraction(0), sigma: Fraction(1)}))
    1.64872127070013
    >>> print(gaussian_expectation(15, sympy.sqrt(sympy.Abs(x)), {mu: Fraction(0), sigma: Fraction(1)}))
    0.822178958662459
    """
    periodic = periodic_expectation(digits, function, values)
    if periodic is not None:
        return periodic
    farthest = digits + _FARTHEST_CANCELLATION + _cancellation(function, values[sigma])
    farthest += deepest_cancellation(function, values)
    extra, last = 15, 0
    while last < farthest:
        integrand = GaussianIntegrand(digits + extra, function, values)
        found = _adapted(integrand)
        if found is None:
            return working_context(digits).zero
        fine = _again(GaussianIntegrand(digits + extra + 10, function, values), found.panels)
        tolerance = mpmath.mpf(10) ** (-digits - 1)
        if abs(fine - found.total) <= tolerance * abs(fine):
            return working_context(digits).convert(fine) * 1
        if abs(fine) < tolerance * found.size * mpmath.mpf(10) ** (10 - extra) and integrand.is_odd():
            return working_context(digits).zero
        if extra >= farthest and abs(fine) < found.size * mpmath.mpf(10) ** (10 - digits - extra):
            return working_context(digits).zero
        last = extra
        extra = min(2 * extra + digits, farthest) if extra < farthest else extra
        if extra > digits + _MOST_DIGITS:
            break
    raise ArithmeticError(
        f"E[{function}]: two resolutions of the quadrature do not agree to {digits} digits at "
        + ", ".join(f"{symbol} = {float(value):g}" for symbol, value in values.items())
    )


def _cancellation(function: sp.Expr, deviation: Any) -> int:
    """Digits that ``sigma^-k`` in ``f`` may cancel where ``sigma`` is small: Hermite polynomials, mostly."""
    powers = [node.exp for node in function.atoms(sp.Pow) if node.base == sigma and node.exp.is_Integer]
    small = max(0, -mpmath.mag(mpmath.mpf(deviation.numerator) / deviation.denominator))
    return int(-min(powers, default=0) * small * 0.302) if powers else 0


class GaussianIntegrand:
    """``f(y) exp(-(y - mu)^2/(2 sigma^2))`` in a context of its own; ``f`` itself with the digits it needs.

    Places carry the digits that ``y - mu`` loses beyond the ``digits`` of the integral.
    """

    def __init__(self, digits: int, function: sp.Expr, values: dict[Any, Any]) -> None:
        self.digits = digits
        lost = mpmath.mag(abs(mpmath.mpf(values[mu].numerator) / values[mu].denominator)) if values[mu] else 0
        lost -= mpmath.mag(mpmath.mpf(values[sigma].numerator) / values[sigma].denominator)
        self.context = working_context(digits + max(0, int(lost * 0.302) + 1))
        self.function = function
        self.values = values
        self.evaluator = Evaluator(self.context, values)
        self.mean, self.deviation = (self.evaluator.real(values[symbol]) for symbol in (mu, sigma))
        needed = max(self._digits_at(self.mean + j * self.deviation) for j in range(-3, 4))
        self._needed = max(needed, digits)
        if function.has(sp.Equality):  # a limit: next to it the quotient cancels
            self._needed = 2 * self._needed + 20
        self._f = Evaluator(working_context(self._needed), values).function_of(x, function)

    @property
    def scale(self) -> Any:
        """What the density is divided by."""
        return self.deviation * self.context.sqrt(2 * self.context.pi)

    def _digits_at(self, y: Any) -> int:
        """Digits at which ``f(y)`` keeps those of the integral: ``tanh(500) - 1`` cancels the first 434."""
        least = self.digits
        working = max(least, self.context.dps) + 5
        while working <= 16 * least + 600:
            rough, finer = (
                Evaluator(working_context(digits), self.values).function_of(x, self.function)(y)
                for digits in (working, 2 * working)
            )
            if finer == 0:
                resolved = Enclosure(working_context(2 * working), self.values)(self.function, y, y)[0] == (0, 0)
            else:
                resolved = abs(rough - finer) <= abs(finer) * self.context.mpf(10) ** -least
            if resolved:
                return working
            working *= 2
        return least + 5

    def __call__(self, y: Any) -> Any:
        """``f(y)`` times the density, unscaled."""
        z = (y - self.mean) / self.deviation
        return self.context.exp(-z * z / 2) * self._f(y)

    def value(self, y: Any) -> Any:
        """``f(y)``."""
        return self._f(y)

    def is_odd(self) -> bool:
        """Whether ``f(mu + t) = -f(mu - t)`` at a few dozen places, to more digits than the values have."""
        beyond = 2 * height(self.values.values())
        context = working_context(self._needed + beyond)
        if context.dps > _MOST_DIGITS:
            return False
        evaluator = Evaluator(context, self.values)
        f = evaluator.function_of(x, self.function)
        mean, deviation = (evaluator.real(self.values[symbol]) for symbol in (mu, sigma))
        for j in range(1, 40):
            t = deviation * context.mpf(j * j) / 97
            above, below = f(mean + t), f(mean - t)
            if abs(above + below) > abs(above) * context.mpf(10) ** (5 - self.digits - beyond):
                return False
        return True


def _adapted(integrand: GaussianIntegrand) -> Adapted | None:
    """Panels on which the rules converge, with the expectation and that of the absolute value; None for 0."""
    context = integrand.context
    enclosure = Enclosure(working_context(25), integrand.values)
    scales = features(integrand.function, integrand.evaluator)
    centres = [centre for centre, _ in scales]
    found = locate(integrand, integrand.function, enclosure, integrand.evaluator, integrand.values, centres)
    if found is None:
        return None
    grid = [(integrand.mean, 2 * integrand.deviation), (context.zero, context.one), *scales]
    first = first_panels(context, found.points, [found.peak, integrand.mean], grid, found.low, found.high)
    result = adapted(integrand, first, context, integrand.digits, f"E[{integrand.function}]")
    return Adapted(result.panels, result.total / integrand.scale, result.size / integrand.scale)


def _again(integrand: GaussianIntegrand, panels: tuple[Panel, ...]) -> Any:
    """The expectation over given panels with rules of twice the nodes."""
    context, digits = integrand.context, integrand.digits
    refined = (panel.integral(integrand, context, digits, 2 if panel.is_singular else 1) for panel in panels)
    return context.fsum(refined) / integrand.scale
