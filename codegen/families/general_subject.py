"""What the kernel of a function that no faster rule serves is written from."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.algebraic_ends import without_common_power
from codegen.asymptotes import asymptote
from codegen.break_series import break_series
from codegen.chebyshev_panels import Function, ResolvedPanel, evaluator
from codegen.cut_slopes import without_overflow_beside_steps
from codegen.faithful_ends import with_faithful_ends
from codegen.families.tilted_ends import GrowingEnd, growing_ends, rates_of_overflow
from codegen.flat_exponentials import flat_kinks, is_flat
from codegen.fused_functions import fused
from codegen.general_forms import at_end, rewritten
from codegen.kernel_plan import expression_text
from codegen.kink_limits import jumps_at, one_sided
from codegen.kink_places import rough_places
from codegen.kink_root_forms import KinkRootForm, cancelling_form
from codegen.kink_steps import steps_at_kinks
from codegen.panel_marks import NoPanelPlanError, refuse_too_many
from codegen.plateaus import less_plateaus, less_values_at_kinks
from codegen.precise_arguments import with_precise_arguments, with_precise_distances
from codegen.removable_forms import removable_form
from codegen.resolved_panels import FARTHEST, resolved_panels
from codegen.roots import changes_sign_away_from_zero
from codegen.slanted_ends import slanted_ends
from codegen.slopes_at_ends import outermost, slope_at_ends, terms_lose_slope
from codegen.smoothed_relus import written_density
from codegen.softplus_products import with_ratios_where_they_fall
from codegen.stable_forms import derivative, stabilised
from codegen.stable_functions import written_out
from codegen.steps_apart import between_steps
from codegen.structures import structures
from codegen.touching_roots import touching_roots
from symbolic_moments.normal import Phi, phi

__all__ = ["GeneralSubject"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_FINEST = sp.Rational(2) ** -511
_NEARLY = 1e-16
_BESIDE = sp.Rational(1, 10**60)
_AS_FAST = 1.01


@dataclass(frozen=True)
class End:
    """What g leaves of the line it approaches at one end, the slope of the line, and the panels of what is left."""

    rest: sp.Expr
    slope: sp.Expr
    panels: tuple[ResolvedPanel, ...]
    form: KinkRootForm | None = None

    def text(self) -> str:
        """Kernel text of what is left."""
        plain = expression_text(fused(self.rest))
        return plain if self.form is None else self.form.text(plain)


def approaches_line(function: Function, middle: float, width: float) -> bool:
    """Whether second differences fall below what doubles see of the function, and are not 0.

    Examples
    --------
    >>> y = sp.Symbol("y", real=True)
    >>> [approaches_line(evaluator(g, y), 0.0, 1.0) for g in (sp.tanh(y), y / (1 + sp.Abs(y)), sp.Max(y, 0), sp.exp(y))]
    [True, False, False, False]
    """
    for distance in (2, 3, 4, 5, 10, 20, 40, 60):
        try:
            values = [function(middle + width * (distance + step)) for step in (0, 1, 2)]
        except ZeroDivisionError:
            continue
        bend, size = abs(values[0] - 2 * values[1] + values[2]), max(map(abs, values))
        if 0 < bend < _NEARLY * size:
            return True
    return False


class GeneralSubject:
    """A function, smooth between its kinks, and the panels of it and of its slope."""

    def __init__(self, expression: sp.Expr, variable: sp.Symbol):
        self.expression = expression
        self.variable = variable
        self.plain = stabilised(rewritten(expression.replace(phi, written_density)))
        kinks, self.singular = rough_places(written_out(rewritten(expression)))
        refuse_too_many(structures(self.plain, variable, kinks), kinks)
        whole = with_ratios_where_they_fall(between_steps(self.plain, variable), variable)
        self.function = with_faithful_ends(whole, variable, kinks)
        self.kinks = kinks
        flat = flat_kinks(self.function, variable, kinks) if expression.find(is_flat) else []
        left_out = {*self.singular, *flat}
        self.smooth_sided = tuple(kink for kink in kinks if kink not in left_out)
        slope = derivative(self.function, variable).replace(phi, written_density)
        self.derivative = stabilised(steps_at_kinks(slope, variable, kinks))
        plain = sp.diff(self.function, variable)
        self.cancelling_slope = without_common_power(plain, variable) != plain
        self.written_slope = self.derivative
        self.jumps = jumps_at(self.function, variable, self.smooth_sided)
        bends = {*structures(self.function, variable, kinks), *structures(self.derivative, variable, kinks)}
        self.structures = tuple(sorted(bends, key=lambda one: (one.centre, one.width)))
        self._refuse_too_fine()
        self._known_panels: dict[sp.Expr, tuple[ResolvedPanel, ...]] = {}
        try:
            (self.value_panels, self.slope_panels), self.reach = self._resolved(self.derivative)
            self.ends = self._ends()
        except NoPanelPlanError:
            self.ends = self._ends()
            if self.written_slope == self.derivative:
                raise
            (self.value_panels, self.slope_panels), self.reach = self._resolved(self.written_slope)
        self.plateaus = tuple(
            End(rest, sp.S.Zero, self._panels_of(rest)) for rest in less_plateaus(self.plain, variable, kinks)
        )
        jumping = [place for place, _ in self.jumps]
        self.plateaus += tuple(
            End(rest, sp.S.Zero, self._panels_of(rest), form)
            for rest, form in less_values_at_kinks(self.plain, variable, self.smooth_sided, jumping)
        )
        self.filling = removable_form(self.function, variable)
        self.touching = touching_roots(self.function, variable)
        self.root_form = None
        if self.filling is None and 0 not in self.singular:
            centres = {*(one.centre for one in self.structures), *self.touching} - {*self.singular}
            self.root_form = cancelling_form(self.plain, variable, self.smooth_sided, tuple(centres))
        self.breaks = break_series(self.plain, variable, kinks, self.smooth_sided)
        self.endless = self.reach < FARTHEST
        self.rooted = changes_sign_away_from_zero(self.function, variable)
        precise = with_precise_arguments(self.function, variable) != self.function
        self.precise = precise and not self.function.has(Phi)
        self.at_nodes = "_value" if self.precise else "_activation"
        self.growing: tuple[GrowingEnd, ...] = ()
        if any(self.overflowing):
            whole = expression.replace(phi, written_density)
            ends = self.value_panels[0], self.value_panels[-1]
            self.growing = growing_ends(whole, variable, ends, self.structures, kinks)

    def _resolved(self, slope: sp.Expr) -> tuple[list[list[ResolvedPanel]], float]:
        functions = [evaluator(one, self.variable) for one in (self.function, slope)]
        found = resolved_panels(functions, self.structures, self.kinks, self.singular)
        self._known_panels[self.function] = tuple(found[0][0])
        return found

    def _refuse_too_fine(self) -> None:
        finest = min(self.structures, key=lambda one: one.width)
        if finest.width < _FINEST:
            raise NoPanelPlanError(
                f"it bends within {float(finest.width):.1g} of x = {float(finest.centre):.6g}, "
                "and the square of a distance so small is no double"
            )

    def _ends(self) -> tuple[End | None, End | None]:
        """The ends at which g approaches a line exponentially fast."""
        left, right = (self._line_and_rest(side) for side in (-1, 1))
        span = max(one.width for one in self.structures) + self.structures[-1].centre - self.middle
        lines = (left, right)
        slanted = slanted_ends(lines, self.plain, self.variable, self.structures, self.kinks)
        self.written_slope = slope_at_ends(self.derivative, self.variable, lines, self.middle, span, slanted)
        frame = (self.variable, self.middle, span)
        self.cancelling_slope |= self.written_slope != self.derivative
        self.cancelling_slope |= terms_lose_slope(self.function, self.derivative, *frame)
        self.level = left is not None and right is not None and left[0] == right[0] and not left[0].has(self.variable)
        if left is not None and right is not None and left[0] == right[0]:
            both = sp.Piecewise((left[1], self.variable < self.middle), (right[1], True))
            end = self._end((left[0], both))
            return end, end
        return self._end(left), self._end(right)

    def _line_and_rest(self, side: int) -> tuple[sp.Expr, sp.Expr] | None:
        width = max(one.width for one in self.structures)
        if self.plain.has(*_BRANCHES) and self.kinks:
            return self._line_beyond_kinks(side, width)
        line = asymptote(at_end(self.plain, self.variable, side), self.variable, side, self.middle, width)
        if line is not None and sp.degree(line[0], self.variable) <= 1:
            return line[0], stabilised(line[1])
        self._refuse_unknown_line(self.plain, side)
        return None

    def _line_beyond_kinks(self, side: int, width: sp.Rational) -> tuple[sp.Expr, sp.Expr] | None:
        """The line that the outermost branch is or approaches."""
        kink = self.kinks[0] if side < 0 else self.kinks[-1]
        branch = stabilised(one_sided(self.plain, self.variable, kink + side * width))
        line = asymptote(at_end(branch, self.variable, side), self.variable, side, self.middle, width)
        if line is None and branch.is_polynomial(self.variable):
            line = branch, sp.S.Zero
        if line is None or sp.degree(line[0], self.variable) > 1:
            self._refuse_unknown_line(branch, side)
            return None
        first = kink + side * width if kink in self.singular else kink
        rest, place = outermost(line[1], self.variable, first, side)
        beyond = self.variable > place if side > 0 else self.variable < place
        return line[0], sp.Piecewise((stabilised(rest), beyond), (self.plain - line[0], True))

    def _refuse_unknown_line(self, function: sp.Expr, side: int) -> None:
        width = max(one.width for one in self.structures)
        if approaches_line(evaluator(function, self.variable), float(self.middle), side * float(width)):
            end = "left" if side < 0 else "right"
            raise NoPanelPlanError(
                f"it approaches a line at its {end} end, and what it leaves of it is not known: "
                "its variance there would be noise"
            )

    def _end(self, line: tuple[sp.Expr, sp.Expr] | None) -> End | None:
        if line is None:
            return None
        panels = self._panels_of(self.function if line[0] == 0 else line[1])
        return End(line[1], sp.diff(line[0], self.variable), panels)

    def _panels_of(self, rest: sp.Expr) -> tuple[ResolvedPanel, ...]:
        if rest not in self._known_panels:
            tables, _ = resolved_panels([evaluator(rest, self.variable)], self.structures, self.kinks, self.singular)
            self._known_panels[rest] = tuple(tables[0])
        return self._known_panels[rest]

    @property
    def middle(self) -> sp.Expr:
        """The middle of its structures."""
        return (self.structures[0].centre + self.structures[-1].centre) / 2

    @property
    def cuts(self) -> tuple[float, ...]:
        """Where panels of the function end."""
        return tuple(sorted({float(one.lower) for one in self.value_panels} | {float(self.value_panels[-1].upper)}))

    @property
    def overflowing(self) -> tuple[int, int]:
        """The signs of g at both ends, 0 where it stays within the doubles or another end grows faster."""
        left, right = self.value_panels[0], self.value_panels[-1]
        rates = rates_of_overflow(left, right)
        if self.endless or max(rates) <= 0:
            return 0, 0
        value = evaluator(self.function, self.variable)
        signs = [1 if value(place) > 0 else -1 for place in (left.lower, right.upper)]
        kept = [sign if _AS_FAST * rate > max(rates) else 0 for sign, rate in zip(signs, rates, strict=True)]
        return kept[0], kept[1]

    @property
    def vanishing(self) -> tuple[sp.Expr, ...]:
        """Places at which a product with a logarithm tends to 0, and its own text is 0 times infinity."""
        value = evaluator(self.function, self.variable)
        return tuple(
            place
            for place in self.singular
            if self.function.subs(self.variable, place) is sp.nan
            and all(abs(value(place + side * _BESIDE)) < _NEARLY for side in (-1, 1))
        )

    def value_text(self) -> str:
        """Kernel text of g at a node."""
        return self._filled(expression_text(fused(self.function)), 0)

    def slope_text(self) -> str:
        """Kernel text of g' at a node."""
        return self._filled(expression_text(fused(without_overflow_beside_steps(self.written_slope, self.variable))), 1)

    def _filled(self, plain: str, order: int) -> str:
        if self.root_form is not None:
            return (self.root_form.slope() if order else self.root_form).text(plain)
        return plain if self.filling is None else self.filling.text(plain, order)

    def activation_text(self) -> str:
        """Text of ``_activation``."""
        exact = with_precise_distances(self.function, self.variable, self.singular)
        text = self._filled(expression_text(fused(with_precise_arguments(exact, self.variable))), 0)
        for place in self.vanishing:
            written = expression_text(place)
            text = f"xp.where((x < {written}) | (x > {written}), {text}, 0)"
        lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(self.expression)}``."""']
        return "\n".join([*lines, f"    return {text}"])
