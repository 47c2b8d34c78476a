"""Gaussian expectations by quadrature, to any number of digits, for what has no closed form.

The integrand is scaled by its own largest value before it is integrated (a stopping rule that is absolute would
otherwise call a tail integral of 1e-90 zero). The window is where an enclosure of the integrand exceeds the working
precision; every point in it at which the function is not smooth is located and becomes the end of a panel. Panels
are halved until Gauss-Legendre on a panel and on its halves agree; where a root or a logarithm vanishes at the end of
a panel, the double exponential rule takes over. The panels found are integrated again, with twice the nodes and ten
digits more, and only a value on which both agree is given.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from symbolic_moments.enclosures import Enclosure
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.integration_window import locate
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.quadrature_rules import double_exponential, gauss_legendre
from symbolic_moments.singular_points import SingularPoint, features, kinks
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["gaussian_expectation", "kinks"]

_MOST_PANELS = 3000
_DEEPEST = 40


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
        Exactly 0 if the value stays below ``10^(-2 digits) E|f(y)|``.

    Raises
    ------
    ArithmeticError
        The resolutions do not agree, or the function has too many kinks where the Gaussian reaches.

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
    extra = 15
    while extra <= digits + 60:
        panels, coarse, size = _adapted(_Integrand(digits + extra, function, values))
        if not panels:
            return working_context(digits).zero
        fine = _again(_Integrand(digits + extra + 10, function, values), panels)
        tolerance = mpmath.mpf(10) ** (-digits - 1)
        if abs(fine - coarse) <= tolerance * abs(fine):
            return working_context(digits).convert(fine) * 1
        if extra > digits and abs(fine) < tolerance**2 * size:
            return working_context(digits).zero
        extra += digits + 20
    raise ArithmeticError(
        f"E[{function}]: two resolutions of the quadrature do not agree to {digits} digits at "
        + ", ".join(f"{symbol} = {float(value):g}" for symbol, value in values.items())
    )


@dataclass(frozen=True)
class _Panel:
    """An interval, and whether its ends are singular beyond a kink."""

    low: Any
    high: Any
    at_low: bool = False
    at_high: bool = False

    def halves(self) -> tuple[_Panel, _Panel]:
        middle = (self.low + self.high) / 2
        return _Panel(self.low, middle, self.at_low, False), _Panel(middle, self.high, False, self.at_high)


class _Integrand:
    """``f(y) exp(-(y - mu)^2/(2 sigma^2))`` in a context of its own; ``f`` itself with the digits it needs."""

    def __init__(self, digits: int, function: sp.Expr, values: dict[Any, Any]) -> None:
        self.context = working_context(digits)
        self.function = function
        self.values = values
        self.evaluator = Evaluator(self.context, values)
        self.mean, self.deviation = (self.evaluator.real(values[symbol]) for symbol in (mu, sigma))
        needed = max(self._digits_at(self.mean + j * self.deviation) for j in range(-3, 4))
        self._f = Evaluator(working_context(needed), values).function_of(x, function)

    def _digits_at(self, y: Any) -> int:
        """Digits at which ``f(y)`` keeps those of the context: ``tanh(500) - 1`` cancels the first 434."""
        least = self.context.dps
        working = least + 5
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
        z = (y - self.mean) / self.deviation
        return self.context.exp(-z * z / 2) * self._f(y)

    def over(self, panel: _Panel, refinement: int) -> Any:
        """The integral over a panel by its rule."""
        context, low, high = self.context, self.context.mpf(panel.low), self.context.mpf(panel.high)
        if not (panel.at_low or panel.at_high):
            middle, half = (low + high) / 2, (high - low) / 2
            rule = gauss_legendre(context.dps, refinement)
            return half * context.fsum(weight * self(middle + half * node) for node, weight in rule)
        width, terms = high - low, []
        for distance, weight in double_exponential(context.dps, refinement):
            terms += [weight * self(y) for y in (low + width * distance, high - width * distance) if low < y < high]
        return width * context.fsum(terms)


def _adapted(integrand: _Integrand) -> tuple[list[_Panel], Any, Any]:
    """Panels on which the rules converge, the integral over them, and that of the absolute value, roughly."""
    context = integrand.context
    enclosure = Enclosure(working_context(25), integrand.values)
    scales = features(integrand.function, integrand.evaluator)
    centres = [centre for centre, _ in scales]
    found = locate(integrand, integrand.function, enclosure, integrand.evaluator, integrand.values, centres)
    if found is None:
        return [], context.zero, context.zero
    grid = [(integrand.mean, 2 * integrand.deviation), (context.zero, context.one)]
    grid += scales
    first = _first_panels(context, found.points, [found.peak, integrand.mean], grid, found.low, found.high)
    waiting = [(panel, integrand.over(panel, 0), 0) for panel in first]
    size = sum(abs(value) for _, value, _ in waiting)
    tolerance = size * context.mpf(10) ** (5 - context.dps)
    kept: list[_Panel] = []
    total = [context.zero]
    while waiting:
        panel, value, depth = waiting.pop()
        if panel.at_low or panel.at_high:
            better = integrand.over(panel, 1)
            halves = []
        else:
            halves = [(half, integrand.over(half, 0), depth + 1) for half in panel.halves()]
            better = halves[0][1] + halves[1][1]
        if abs(better - value) <= tolerance:
            kept.append(panel)
            total.append(better)
        elif depth == _DEEPEST or len(kept) + len(waiting) > _MOST_PANELS:
            raise ArithmeticError(
                f"E[{integrand.function}]: the quadrature does not converge next to x = {float(panel.low):.12g} with "
                f"{_MOST_PANELS} panels; the function is not smooth there, or oscillates too often for this sigma"
            )
        else:
            waiting += halves or [(half, integrand.over(half, 0), depth + 1) for half in panel.halves()]
    scale = integrand.deviation * context.sqrt(2 * context.pi)
    return kept, context.fsum(total) / scale, size / scale


def _again(integrand: _Integrand, panels: list[_Panel]) -> Any:
    """The integral over given panels with rules of twice the nodes."""
    context = integrand.context
    total = context.fsum(integrand.over(panel, 2 if panel.at_low or panel.at_high else 1) for panel in panels)
    return total / (integrand.deviation * context.sqrt(2 * context.pi))


def _first_panels(
    context: Any,
    points: tuple[SingularPoint, ...],
    marks: list[Any],
    grid: list[tuple[Any, Any]],
    low: Any,
    high: Any,
) -> list[_Panel]:
    """Panels between the singular points, and geometrically finer towards each centre of the grid."""
    singular = {point.place: point.algebraic for point in points if low < point.place < high}
    cuts = sorted({low, high, *singular})
    candidates = [(mark, context.zero) for mark in marks]
    for centre, width in grid:
        candidates += [(centre, width)]
        while low < centre - width or centre + width < high:
            candidates += [(centre - width, width), (centre + width, width)]
            width = width * 4
    for place, scale in sorted(candidates, key=lambda candidate: candidate[1]):
        if low < place < high and all(abs(place - cut) > scale / 2 for cut in cuts if cut != place):
            cuts.append(place)
    ends = sorted(set(cuts))
    return [_Panel(a, b, singular.get(a, False), singular.get(b, False)) for a, b in itertools.pairwise(ends)]
