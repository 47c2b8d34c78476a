"""Panels of an integral: where they are cut at first, their rules, and halving until the rules agree."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from symbolic_moments.quadrature_rules import double_exponential, gauss_legendre
from symbolic_moments.singular_points import SingularPoint

__all__ = ["MOST_PANELS", "Adapted", "Panel", "adapted", "first_panels"]

MOST_PANELS = 5000
"""Panels beyond twice those begun with: what oscillates faster is given up after some ten seconds."""
_DEEPEST = 40


@dataclass(frozen=True)
class Panel:
    """An interval, and whether its ends are singular beyond a kink."""

    low: Any
    high: Any
    at_low: bool = False
    at_high: bool = False

    @property
    def is_singular(self) -> bool:
        """Whether the double exponential rule is needed."""
        return self.at_low or self.at_high

    def halves(self) -> tuple[Panel, Panel]:
        """Left and right half."""
        middle = (self.low + self.high) / 2
        return Panel(self.low, middle, self.at_low, False), Panel(middle, self.high, False, self.at_high)

    def nodes(self, context: Any, digits: int, refinement: int) -> Iterator[tuple[Any, Any]]:
        """Nodes and weights of the panel's rule for ``digits`` digits, the nodes in ``context``."""
        low, high = context.mpf(self.low), context.mpf(self.high)
        if not self.is_singular:
            middle, half = (low + high) / 2, (high - low) / 2
            for node, weight in gauss_legendre(digits, refinement):
                yield middle + half * node, half * weight
            return
        width = high - low
        for distance, weight in double_exponential(digits, refinement):
            for y in (low + width * distance, high - width * distance):
                if low < y < high:
                    yield y, width * weight

    def integral(self, function: Callable[[Any], Any], context: Any, digits: int, refinement: int) -> Any:
        """The integral of ``function`` by the panel's rule."""
        return context.fsum(weight * function(y) for y, weight in self.nodes(context, digits, refinement))


@dataclass(frozen=True)
class Adapted:
    """Panels on which two rules agree, the integral over them, and roughly that of the absolute value."""

    panels: tuple[Panel, ...]
    total: Any
    size: Any


def adapted(function: Callable[[Any], Any], first: list[Panel], context: Any, digits: int, what: str) -> Adapted:
    """Halve panels until the rule on a panel and the rules on its halves agree.

    Parameters
    ----------
    function : callable
        From a number of ``context`` to a number.
    first : list of Panel
        To begin with; the function is analytic inside each.
    context : mpmath context
        The arithmetic of the places.
    digits : int
        What is asked of the rules; at most those of ``context``.
    what : str
        What is integrated, for the error message.

    Raises
    ------
    ArithmeticError
        More than ``MOST_PANELS`` panels beyond twice the first ones, or one halved 40 times.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import working_context
    >>> from symbolic_moments.panels import Panel, adapted
    >>> context = working_context(20)
    >>> found = adapted(lambda y: 1 / (1 + y * y), [Panel(context.zero, context.one)], context, 20, "an example")
    >>> print(context.nstr(4 * found.total, 15))
    3.14159265358979
    """
    waiting = [(panel, panel.integral(function, context, digits, 0), 0) for panel in first]
    most = MOST_PANELS + 2 * len(first)
    size = sum(abs(value) for _, value, _ in waiting)
    tolerance = size * context.mpf(10) ** (5 - digits)
    kept: list[Panel] = []
    total = [context.zero]
    while waiting:
        panel, value, depth = waiting.pop()
        if panel.is_singular:
            better = panel.integral(function, context, digits, 1)
            halves = []
        else:
            halves = [(half, half.integral(function, context, digits, 0), depth + 1) for half in panel.halves()]
            better = halves[0][1] + halves[1][1]
        if abs(better - value) <= tolerance:
            kept.append(panel)
            total.append(better)
        elif depth == _DEEPEST or len(kept) + len(waiting) > most:
            raise ArithmeticError(
                f"{what}: the quadrature does not converge next to x = {float(panel.low):.12g} with {most} "
                "panels or an interval halved 40 times; the function is not smooth there, or oscillates too often for "
                "this sigma"
            )
        else:
            waiting += halves or [
                (half, half.integral(function, context, digits, 0), depth + 1) for half in panel.halves()
            ]
    return Adapted(tuple(kept), context.fsum(total), size)


def first_panels(
    context: Any,
    points: tuple[SingularPoint, ...],
    marks: list[Any],
    grid: list[tuple[Any, Any]],
    low: Any,
    high: Any,
) -> list[Panel]:
    """Panels between the singular points, and geometrically finer towards each centre of the grid.

    Parameters
    ----------
    context : mpmath context
        Of the places.
    points : tuple of SingularPoint
        Inside ``(low, high)`` or not.
    marks : list of mpf
        Further ends.
    grid : list of (centre, width)
        The panels next to a centre are about as wide as said.
    low, high : mpf
        The window.
    """
    singular = {point.place: point.algebraic for point in points if low < point.place < high}
    cuts = sorted({low, high, *singular})
    candidates = [(mark, context.zero) for mark in marks]
    for centre, width in grid:
        candidates += [(centre, width)]
        while low < centre - width or centre + width < high:
            candidates += [(centre - width, width), (centre + width, width)]
            width = width * 4
    for place, scale in sorted(candidates, key=lambda candidate: candidate[1]):
        if low < place < high:
            after = bisect.bisect(cuts, place)
            if place - cuts[after - 1] > scale / 2 and cuts[after] - place > scale / 2:
                cuts.insert(after, place)
    return [Panel(a, b, singular.get(a, False), singular.get(b, False)) for a, b in itertools.pairwise(cuts) if a < b]
