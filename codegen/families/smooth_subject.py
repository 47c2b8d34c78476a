"""What the kernel of a function without a closed form is written from: its slope, its panels, its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.asymptotes import asymptote
from codegen.break_series import break_series
from codegen.cut_slopes import without_overflow_beside_steps
from codegen.families.kink_variance import cancelling_kinks
from codegen.fused_functions import fused
from codegen.kernel_plan import expression_text
from codegen.kink_limits import jumps_at
from codegen.kink_root_forms import cancelling_form
from codegen.kink_steps import steps_at_kinks
from codegen.panel_marks import NoPanelPlanError, SteepSaturationError, refuse_too_many
from codegen.panel_plan import PanelPlan, panel_plan, vanishes
from codegen.precise_arguments import with_precise_arguments, with_precise_tails
from codegen.root_forms import RootForm, root_form
from codegen.roots import changes_sign_away_from_zero
from codegen.shared_terms import shared_terms_text
from codegen.slanted_ends import slanted_ends
from codegen.slopes_at_ends import Line, slope_at_ends, terms_lose_slope
from codegen.smoothed_relus import written_density
from codegen.stable_forms import derivative, stabilised
from codegen.stable_functions import written_out
from codegen.structures import structures
from codegen.trapezoid_plan import trapezoid_plan
from codegen.valleys import has_valley
from codegen.vanishing_ends import vanishing_at_both_ends
from codegen.vanishing_factors import with_zeros_apart
from symbolic_moments.normal import Phi, phi

FINEST_CHEAP_STEP = sp.Rational(1, 4)
"""The finest step of the trapezoid that costs less than panels whose nodes serve all rows."""


FAR = 1000
"""Beyond every kink."""


@dataclass(frozen=True)
class End:
    """The line a function approaches at one end, what it leaves, and the panels of that."""

    polynomial: sp.Expr
    rest: sp.Expr
    slope: sp.Expr
    plan: PanelPlan


class SmoothSubject:
    """A function, smooth between its kinks, and what was found out about it."""

    def __init__(
        self, expression: sp.Expr, kinks: tuple[sp.Expr, ...], variable: sp.Symbol, steep: bool = True
    ) -> None:
        self.expression = expression
        self.function = stabilised(expression)
        self.sided = vanishing_at_both_ends(self.function, variable, kinks)
        self.function = self.function if self.sided is None else self.sided
        slope = derivative(self.function, variable).replace(phi, written_density)
        self.derivative = stabilised(steps_at_kinks(slope, variable, kinks))
        self.variable = variable
        self.kinks = kinks
        precise = with_precise_arguments(self.function, variable) != self.function
        self.precise = precise and not self.function.has(Phi)
        self.at_nodes = "_value" if self.precise else "_activation"
        self.jumps = jumps_at(self.function, variable, kinks)
        self.structures = structures(self.function, variable, kinks)
        refuse_too_many(self.structures, kinks)
        centres = tuple(one.centre for one in self.structures)
        self.root_form = root_form(self.function, variable, kinks) or cancelling_form(
            self.function, variable, kinks, centres
        )
        self.value_plan = panel_plan(self.function, variable, kinks, self.structures)
        self.slope_plan = panel_plan(self.derivative, variable, kinks, self.structures)
        if not steep and self._saturates_steeply():
            raise SteepSaturationError("it saturates faster than any exponential")
        self.middle = (self.structures[0].centre + self.structures[-1].centre) / 2
        self.extent = (self.structures[-1].centre - self.structures[0].centre) + max(s.width for s in self.structures)
        ends = [asymptote(self.function, variable, side, self.middle, self.extent) for side in (-1, 1)]
        lines = (ends[0], ends[1])
        slanted = slanted_ends(lines, self.function, variable, self.structures, kinks)
        self.written_slope = slope_at_ends(self.derivative, variable, lines, self.middle, self.extent, slanted)
        frame = (variable, self.middle, self.extent)
        self.cancelling_slope = self.written_slope != self.derivative or terms_lose_slope(
            self.function, self.derivative, *frame
        )
        self.cancelling = cancelling_kinks(self.function, variable, kinks)
        self.breaks = break_series(self.function, variable, kinks, [place for place, _ in self.jumps])
        self.vanishes = vanishes(self.function, variable)
        plans = (self.value_plan, self.slope_plan)
        self.trapezoids = trapezoid_plan((self.function, self.derivative), variable, plans, kinks)
        self.wide = self._wide()
        self.asymptotes = self._asymptotes(ends, kinks)
        self.level = self._level(kinks)
        self._refuse_valleys()
        self.rooted = changes_sign_away_from_zero(self.function, variable)
        self.square = "_integrated_square" if self.rooted else "_second_moment"

    def value_text(self) -> str:
        """Kernel text of g at a node."""
        plain = expression_text(fused(with_zeros_apart(self.function)))
        return plain if self.root_form is None else self.root_form.text(plain)

    def slope_text(self) -> str:
        """Kernel text of g' at a node."""
        slope = without_overflow_beside_steps(with_zeros_apart(self.written_slope), self.variable)
        plain = expression_text(fused(with_precise_tails(slope, self.variable)))
        return plain if self.root_form is None else self.root_form.slope().text(plain)

    def shared_terms(self) -> list[str]:
        """Lines that make g and g' at a node at once."""
        return shared_terms_text(
            tuple(
                with_precise_tails(with_zeros_apart(one), self.variable) for one in (self.function, self.written_slope)
            )
        )

    def activation_text(self) -> str | None:
        """Text of ``_activation`` where the terms of g cancel."""
        if self.root_form is None and self.sided is None:
            return None
        plain = expression_text(fused(with_precise_arguments(self.function, self.variable)))
        if self.root_form is None:
            described = f"``{sp.sstr(self.expression)}``, on each side without what cancels there."
            return f'def _activation(xp: Any, x: Any) -> Any:\n    """{described}"""\n    return {plain}'
        place = "next to 0" if isinstance(self.root_form, RootForm) else "where its terms cancel"
        return "\n".join(
            [
                "def _activation(xp: Any, x: Any) -> Any:",
                f'    """``{sp.sstr(self.expression)}``; {place} by its Taylor polynomial."""',
                f"    return {self.root_form.text(plain)}",
            ]
        )

    def _saturates_steeply(self) -> bool:
        """Whether g' vanishes faster than any exponential, but not at once, where g does not vanish."""
        ends = zip((-1, 1), self.value_plan.frame.faster, self.slope_plan.frame.faster, strict=True)
        return any(
            slope and not value and written_out(self.derivative).subs(self.variable, side * FAR) != 0
            for side, value, slope in ends
        )

    def _refuse_valleys(self) -> None:
        parts = [(self.function, self.value_plan), (self.derivative, self.slope_plan)]
        parts += [(end.rest, end.plan) for end in self.asymptotes or ()]
        if any(has_valley(function, self.variable, plan.frame) for function, plan in parts):
            raise NoPanelPlanError("it is very small beside where it is large")

    def _wide(self) -> tuple[sp.Rational, sp.Rational]:
        """The place around which, and the sigma from which on, panels shared by all rows are the cheapest rule."""
        place = min((one.centre for one in self.structures), key=lambda centre: abs(centre - self.middle))
        if self.trapezoids is None:
            return place, max(one.width for one in self.structures)
        return place, self.trapezoids.limit(FINEST_CHEAP_STEP)

    def _asymptotes(self, lines: Sequence[Line], kinks: tuple[sp.Expr, ...]) -> tuple[End, End] | None:
        """Both ends, if the function approaches a line exponentially fast at each of them."""
        ends = []
        for found in lines:
            if found is None or sp.degree(found[0], self.variable) > 1:
                return None
            polynomial, rest = found
            plan = panel_plan(rest, self.variable, kinks, self.structures)
            ends.append(End(polynomial, rest, sp.diff(polynomial, self.variable), plan))
        faster = any(any(end.plan.frame.faster) for end in ends)
        if faster and (kinks or not any(end.polynomial.is_number and end.polynomial != 0 for end in ends)):
            return None
        return ends[0], ends[1]

    def _level(self, kinks: tuple[sp.Expr, ...]) -> End | None:
        """What g leaves of one constant that it approaches at both ends; None where it is 0 or there is none."""
        if self.asymptotes is None:
            return None
        left, right = self.asymptotes
        if left.polynomial != right.polynomial or left.polynomial == 0 or not left.polynomial.is_number:
            return None
        both = sp.Piecewise((left.rest, self.variable < self.middle), (right.rest, True))
        return End(left.polynomial, both, sp.S.Zero, panel_plan(both, self.variable, kinks, self.structures))
