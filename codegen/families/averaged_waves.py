"""Text for Gaussians wider than the period of undamped waves: steady parts as they are, waves tapered off."""

from __future__ import annotations

import sympy as sp

from codegen.exponential_pieces import ExponentialPieces
from codegen.families.exponential_tables import end_text, full, joined, panel_lines
from codegen.kernel_plan import expression_text
from codegen.panel_marks import NoPanelPlanError
from codegen.precise_arguments import with_precise_arguments
from symbolic_moments.symbols import x

_MOST_RADIANS = 40_000
_TAPERED = 360
_RADIANS = 40
_FASTEST_FADE = sp.Rational(1, 5)


MEAN = sp.Symbol("mean", real=True)


def turned(expression: sp.Expr) -> sp.Expr:
    """The expression at ``mean + x``, its waves by the addition theorem."""
    moved = expression.subs(x, MEAN + x)
    return moved.replace(lambda e: isinstance(e, sp.sin | sp.cos), lambda e: _added(e))


def _added(wave: sp.Expr) -> sp.Expr:
    frequency = sp.diff(wave.args[0], x)
    own, other = (sp.expand(part) for part in (wave.args[0].subs(x, 0), frequency * x))
    if isinstance(wave, sp.sin):
        return sp.sin(own) * sp.cos(other) + sp.cos(own) * sp.sin(other)
    return sp.cos(own) * sp.cos(other) - sp.sin(own) * sp.sin(other)


class AveragedWaves:
    """The waves of a function that nothing damps, and what stands beside them, of g and of its square."""

    def __init__(self, pieces: ExponentialPieces):
        if pieces.errors:
            raise NoPanelPlanError("waves beside Phi have no kernel")
        self.pieces = pieces
        constants = [one.polynomial.as_coeff_Add()[0] for one in (pieces.sums[0], pieces.sums[-1])]
        self.constant = sp.Add(*constants) / 2 if all(c.is_Rational for c in constants) else sp.Integer(0)
        self.squares = pieces.square(), pieces.less(self.constant).square()
        every = (pieces, *self.squares)
        slowest = min((w for one in every for w in one.undamped()), key=float)
        highest = max((w for one in every for w in one.frequencies()), key=float)
        self.unit, self.longest = 1 / slowest, _RADIANS / highest
        self.ends = pieces.ends()
        extent = (float(self.ends[1] - self.ends[0]) + _TAPERED * float(self.unit)) * float(highest)
        if extent > _MOST_RADIANS:
            raise NoPanelPlanError("its frequencies or its kinks are too far apart")
        fades = [abs(t.c) for one in pieces.sums for t in one.terms if t.c != 0]
        if any(rate < _FASTEST_FADE * slowest for rate in fades):
            raise NoPanelPlanError("an exponential much slower than the waves beside it")

    def lines(self) -> list[str]:
        """Text of ``_averaged``, ``_averaged_square`` and ``_averaged_panels``."""
        lines = ["", "", *self._function("_averaged", "g", self.pieces)]
        lines += [
            "def _averaged_square(xp: Any, x: Any, which: int) -> Any:",
            f'    """``g^2`` (0) or ``(g - {sp.sstr(self.constant)})^2`` (1), its waves tapered."""',
            "    return (_square, _centred_square)[which](xp, x)",
            "",
            "",
            *self._function("_square", "g^2", self.squares[0]),
            *self._function("_centred_square", f"(g - {sp.sstr(self.constant)})^2", self.squares[1]),
            *panel_lines("_steady_panels", "what is left without waves", self.pieces.steady().panels()),
            "def _averaged_panels(xp: Any) -> Any:",
            '    """The panels of g, with equally spaced ones where waves are not yet tapered off."""',
            "    breakpoints, _, growths, bounds, longest = _steady_panels(xp)",
            f"    breakpoints = tapered_breakpoints(xp, breakpoints, {self._ends()}, {expression_text(self.longest)})",
            f"    support = {self._support()}",
            "    return breakpoints, (0, 0), growths, (*bounds[:2], *support), longest",
        ]
        return lines

    def turned_lines(self) -> list[str]:
        """Text of ``_turned`` and ``_turned_slope``: g and g' beyond all kinks, of the distance from mu and of mu."""
        lines = []
        for name, what, pieces in (("_turned", "g", self.pieces), ("_turned_slope", "g'", self.pieces.derivative())):
            sides = [turned(pieces.piece(index)) for index in (0, -1)]
            middle = expression_text((self.ends[0] + self.ends[1]) / 2)
            texts = [expression_text(with_precise_arguments(side, MEAN)) for side in sides]
            lines += [
                "",
                "",
                f"def {name}(xp: Any, x: Any, mean: Any) -> Any:",
                f'    """``{what}(mean + x)`` where no kink is near."""',
                f"    return xp.where(mean < {middle}, {texts[0]}, {texts[1]}) + xp.zeros_like(x)",
            ]
        return lines

    def _function(self, name: str, what: str, pieces: ExponentialPieces) -> list[str]:
        steady = pieces.steady()
        rest = tuple(one - other for one, other in zip(pieces.sums, steady.sums, strict=True))
        waves = ExponentialPieces(pieces.kinks, rest)
        return [
            f"def {name}(xp: Any, x: Any) -> Any:",
            f'    """``{what}``, its waves tapered."""',
            f"    steady = {full(joined(steady))}",
            f"    waves = {full(joined(waves))}",
            f"    return steady + tapered(xp, x, {self._ends()}) * waves",
            "",
            "",
        ]

    def _ends(self) -> str:
        first, last = (expression_text(end) for end in self.ends)
        return f"({first}, {last}), {expression_text(self.unit)}"

    def _support(self) -> str:
        return f"({', '.join(map(end_text, self.pieces.panels().bounds[2:]))})"
