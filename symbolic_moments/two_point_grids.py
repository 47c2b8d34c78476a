r"""Nodes for one of two correlated Gaussian variables: a uniform grid where the function is smooth, else panels."""

from __future__ import annotations

import itertools
import math
from typing import Any

import sympy as sp

from symbolic_moments.enclosures import Enclosure
from symbolic_moments.gaussian_quadrature import GaussianIntegrand
from symbolic_moments.integration_window import locate
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.panels import Panel, first_panels
from symbolic_moments.singular_points import features, singular_points, switches

__all__ = ["MOST_NODES", "Grid"]

MOST_NODES = 200_000
"""Nodes of one variable: beyond, the correlation is too near 1 or the function too rough."""


class Grid:
    """The nodes of ``g(y)``, ``y ~ N(mean, deviation^2)``, in ``u = (y - mean)/deviation``.

    Outside the window ``g(y)^2`` times the density is below ``10^(20 - 2 digits)`` of its largest value, so that by
    Cauchy and Schwarz what it leaves out of ``E[g1 g2]`` is about ``10^(10 - digits)`` of ``sqrt(E[g1^2] E[g2^2])``.

    Parameters
    ----------
    digits : int
        Of the arithmetic.
    function : sympy.Expr
        ``g`` in ``x``.
    values : dict from sympy.Symbol to Fraction
        ``mu``, ``sigma`` and the parameters.
    spacing : mpf
        The width, in ``u``, on which the density itself varies.
    """

    def __init__(self, digits: int, function: sp.Expr, values: dict[Any, Any], spacing: Any) -> None:
        self.digits = digits
        self.spacing = spacing
        self.integrand = GaussianIntegrand(digits, function, values)
        square = GaussianIntegrand(2 * digits - 30, function**2, values)
        scales = features(function, square.evaluator)
        enclosure = Enclosure(working_context(25), values)
        found = locate(square, function**2, enclosure, square.evaluator, values, [centre for centre, _ in scales])
        self.is_zero = found is None
        if found is None:
            return
        self.low, self.high = found.low, found.high
        unit = min(square.context.one, square.deviation)
        points = singular_points(switches(function), square.evaluator, values, (self.low, self.high), unit)
        self.is_smooth = not any(self.low < point.place < self.high for point in points)
        grid = [(square.mean, 2 * square.deviation), *scales]
        marks = [found.peak, square.mean]
        self._panels = first_panels(square.context, points, marks, grid, self.low, self.high)

    def step(self, level: int) -> Any:
        """The distance of the nodes of a uniform grid."""
        return self.spacing / 2 / self.integrand.context.sqrt(2) ** level

    def uniform(self, level: int) -> tuple[int, list[Any]]:
        """The index ``j`` of the first node ``u = j step`` in the window, and the values of ``g`` from there."""
        integrand, step = self.integrand, self.step(level)
        first, last = (int((end - integrand.mean) / integrand.deviation / step) for end in (self.low, self.high))
        self._require(last - first)
        places = range(first, last + 1)
        return first, [integrand.value(integrand.mean + integrand.deviation * (j * step)) for j in places]

    def panels(self, level: int) -> list[tuple[Any, Any, Any]]:
        """``(u, weight, g)`` on panels no wider than four times the spacing, the narrower the higher the level."""
        integrand = self.integrand
        widest = 8 * self.step(level) * integrand.deviation
        parts = [math.ceil((panel.high - panel.low) / widest) for panel in self._panels]
        self._require(sum(parts))
        nodes = [
            ((y - integrand.mean) / integrand.deviation, weight / integrand.deviation, integrand.value(y))
            for panel, count in zip(self._panels, parts, strict=True)
            for part in _cut(panel, count)
            for y, weight in part.nodes(integrand.context, self.digits, 0)
        ]
        self._require(len(nodes))
        return nodes

    def _require(self, nodes: int) -> None:
        if nodes > MOST_NODES:
            raise ArithmeticError(
                f"E[g1 g2] with {self.integrand.function}: more than {MOST_NODES} nodes would be needed; the "
                "correlation is too near 1 or -1 for these digits; give 1 or -1, or fewer digits"
            )


def _cut(panel: Panel, count: int) -> list[Panel]:
    """A panel in equal parts, the singular ends staying where they are."""
    places = [panel.low + (panel.high - panel.low) * j / count for j in range(count + 1)]
    return [
        Panel(low, high, panel.at_low and index == 0, panel.at_high and index == count - 1)
        for index, (low, high) in enumerate(itertools.pairwise(places))
    ]
