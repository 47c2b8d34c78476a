"""Circle moments from the definition: the integrand over panels that end at kinks, by two rules that agree.

Nothing of a kernel enters: neither its cuts nor its closed forms. All frequencies share the values of g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codegen.verify.definition import Definition
from codegen.verify.interval import ReferenceRefusesError
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.panels import Panel, first_panels
from symbolic_moments.quadrature_rules import gauss_legendre
from symbolic_moments.singular_points import SingularPoint

__all__ = ["CircleReference", "circle_reference"]

_GUARD_DIGITS = 12
_MOST_PANELS = 3000
_EIGHTH = 8
_FIXED_BITS = 24


@dataclass(frozen=True)
class CircleReference:
    """What is known at one point (A, b).

    Attributes
    ----------
    moments : tuple of raw mpf
        ``int g(A cos t + b) cos(r t) dt``, r = 0, 1, ...
    size : raw mpf
        ``int |g(A cos t + b)| dt``.
    slope : raw mpf
        How fast the moments may change with A or b: ``int |g'(A cos t + b)| dt``, jumps included.
    """

    moments: tuple[Any, ...]
    size: Any
    slope: Any


def circle_reference(definition: Definition, A: float, b: float, frequencies: int, digits: int) -> CircleReference:
    """Circle moments at (A, b) to ``digits`` digits of ``int |g| dt``.

    Raises
    ------
    ReferenceRefusesError
        The rules do not agree, or it would take too many panels.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> found = circle_reference(read_definition("Max(x, 0)"), 3.0, 0.0, 2, 20)
    >>> [float(working_context(20).make_mpf(one)) for one in found.moments]
    [6.0, 4.71238898038469, 2.0]
    """
    if A == 0:
        return _at_rest(definition, b, frequencies, digits)
    rough = _Integrand(definition, abs(A), b, frequencies, digits + _GUARD_DIGITS)
    panels = rough.resolved()
    coarse = rough.total(panels, 0)
    fine_integrand = _Integrand(definition, abs(A), b, frequencies, digits + 2 * _GUARD_DIGITS)
    fine = fine_integrand.total(panels, 1)
    context = fine_integrand.context
    size, slope = fine[-2], coarse[-1] + rough.jumps()
    unit = context.mpf(10) ** -digits * size
    for one, other in zip(coarse[:-2], fine[:-2], strict=True):
        if not abs(context.convert(one) - other) <= unit:
            raise ReferenceRefusesError(f"two resolutions at A = {A!r}, b = {b!r} do not agree to {digits} digits")
    moments = [(-2 if A < 0 and r % 2 else 2) * value for r, value in enumerate(fine[:-2])]
    return CircleReference(tuple(moment._mpf_ for moment in moments), (2 * size)._mpf_, (2 * slope)._mpf_)


def _at_rest(definition: Definition, b: float, frequencies: int, digits: int) -> CircleReference:
    """``2 pi g(b)`` for r = 0, and the activation's own value at a jump."""
    context = working_context(digits + _GUARD_DIGITS)
    value = 2 * context.pi * context.make_mpf(definition.value(context.mpf(b)._mpf_, context.prec))
    index, _ = definition.interval(context.mpf(b)._mpf_)
    slope = (
        2 * context.pi * context.make_mpf(definition.pieces[index].derivative(1)(context.mpf(b)._mpf_, context.prec))
    )
    zeros = (context.zero._mpf_,) * frequencies
    return CircleReference((value._mpf_, *zeros), abs(value)._mpf_, abs(slope)._mpf_)


class _Integrand:
    """``g(A cos t + b) (1, cos t, cos 2t, ...)``, ``|g|`` and ``|g'|`` on ``[0, pi]``, A > 0.

    Angles carry twice the digits, which a crossing next to a tangent halves.
    """

    def __init__(self, definition: Definition, A: float, b: float, frequencies: int, digits: int) -> None:
        self.definition, self.frequencies, self.digits = definition, frequencies, digits
        self.context = working_context(2 * digits)
        self.amplitude, self.offset = self.context.mpf(A), self.context.mpf(b)
        self.bits = working_context(digits).prec
        make = self.context.make_mpf
        self.kinks = [make(raw) for raw in definition.raw_kinks(self.context.prec)]
        self.scales = [(make(c), make(w)) for c, w in definition.raw_scales(self.context.prec)]
        self.slopes = [piece.derivative(1) for piece in definition.pieces]

    def first(self) -> list[Panel]:
        """Panels that end where a kink is crossed, finer towards what the definition says is narrow."""
        context = self.context
        eighth = context.pi / _EIGHTH
        grid = [(eighth * j, eighth) for j in range(_EIGHTH + 1)]
        crossings = [self._angle(kink) for kink in self.kinks if abs(kink - self.offset) < self.amplitude]
        grid += [self._angular(centre, width) for centre, width in self.scales]
        points = tuple(SingularPoint(crossing, False) for crossing in crossings)
        return first_panels(context, points, [], grid, context.zero, +context.pi)

    def _angle(self, y: Any) -> Any:
        cosine = (y - self.offset) / self.amplitude
        return self.context.acos(min(max(cosine, -self.context.one), self.context.one))

    def _angular(self, centre: Any, width: Any) -> tuple[Any, Any]:
        """A feature of g as one of the integrand: beyond the turn it counts from the nearer end."""
        cosine = (centre - self.offset) / self.amplitude
        inside = min(max(cosine, -self.context.one), self.context.one)
        reach = width / self.amplitude + abs(cosine - inside)
        sine = self.context.sqrt(1 - inside * inside)
        return self._angle(centre), 2 * reach / (sine + self.context.sqrt(sine * sine + 2 * reach))

    def resolved(self) -> list[Panel]:
        """Panels halved until the rule on each and on its halves agree."""
        waiting = [(panel, self.over(panel, 0)) for panel in self.first()]
        size = sum(value[-2] for _, value in waiting)
        tolerance = self.context.mpf(10) ** (_GUARD_DIGITS // 2 - self.digits) * size
        kept: list[Panel] = []
        while waiting:
            panel, value = waiting.pop()
            halves = [(half, self.over(half, 0)) for half in panel.halves()]
            pairs = zip(value[:-2], halves[0][1][:-2], halves[1][1][:-2], strict=True)
            if all(abs(one - left - right) <= tolerance for one, left, right in pairs):
                kept += [half for half, _ in halves]
            elif len(kept) + len(waiting) > _MOST_PANELS:
                raise ReferenceRefusesError(
                    f"more than {_MOST_PANELS} panels at A = {self.amplitude}, b = {self.offset}"
                )
            else:
                waiting += halves
        return sorted(kept, key=lambda panel: panel.low)

    def total(self, panels: Sequence[Panel], refinement: int) -> list[Any]:
        """The integrals over all panels."""
        parts = [self.over(panel, refinement) for panel in panels]
        return [self.context.fsum(column) for column in zip(*parts, strict=True)]

    def over(self, panel: Panel, refinement: int) -> list[Any]:
        """The integrals over one panel; that of ``|g'|`` only by the coarser rule."""
        context = self.context
        totals = [context.zero] * (self.frequencies + 3)
        low, high = context.mpf(panel.low), context.mpf(panel.high)
        middle, half = (low + high) / 2, (high - low) / 2
        index, _ = self.definition.interval(self._argument(context.cos(middle)))
        piece, slope = self.definition.pieces[index], self.slopes[index]
        if piece.is_zero:
            return totals
        cosines, values = [], []
        for node, weight in gauss_legendre(self.digits, refinement):
            cosines.append(context.cos(middle + half * node))
            argument = self._argument(cosines[-1])
            values.append(half * weight * context.make_mpf(piece.evaluate(argument, self.bits)))
            if not refinement:
                totals[-1] += abs(half * weight * context.make_mpf(slope(argument, 53)))
        totals[-2] = context.fsum(values, absolute=True)
        largest = max(map(abs, values))
        if largest:
            totals[: self.frequencies + 1] = self._waves(cosines, [value / largest for value in values], largest)
        return totals

    def _waves(self, cosines: list[Any], values: list[Any], unit: Any) -> list[Any]:
        """``unit sum_j values_j cos(r t_j)``, |values| <= 1, in fixed point: the recurrence is most of the work."""
        places = self.bits + _FIXED_BITS
        fixed = [[int(self.context.ldexp(one, places)) for one in row] for row in (cosines, values)]
        doubled = [2 * cosine for cosine in fixed[0]]
        wave = fixed[1]
        before = [(cosine * value) >> places for cosine, value in zip(*fixed, strict=True)]
        sums = []
        for _ in range(self.frequencies + 1):
            sums.append(unit * self.context.ldexp(self.context.mpf(sum(wave)), -places))
            turned = [((d * w) >> places) - v for d, w, v in zip(doubled, wave, before, strict=True)]
            before, wave = wave, turned
        return sums

    def _argument(self, cosine: Any) -> Any:
        return (self.amplitude * cosine + self.offset)._mpf_

    def jumps(self) -> Any:
        """What the jumps of g add to the change of the moments: each crossing moves by ``1/(A sin t)``."""
        context, total = self.context, self.context.zero
        for index, kink in enumerate(self.kinks):
            left, right = (
                context.make_mpf(self.definition.pieces[side].evaluate(kink._mpf_, self.bits))
                for side in (index, index + 1)
            )
            jump = abs(right - left)
            if jump > context.mpf(10) ** (8 - self.digits) and abs(kink - self.offset) < self.amplitude:
                total += jump / context.sqrt(self.amplitude**2 - (kink - self.offset) ** 2)
        return total
