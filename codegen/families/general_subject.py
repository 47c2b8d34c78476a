"""What the kernel of a function that no faster rule serves is written from."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.chebyshev_panels import ResolvedPanel, evaluator
from codegen.families.smooth_subject import written_density
from codegen.fused_functions import fused
from codegen.general_forms import at_end, rewritten
from codegen.kernel_plan import expression_text
from codegen.kink_limits import jumps_at
from codegen.kink_places import rough_places
from codegen.kink_steps import steps_at_kinks
from codegen.precise_arguments import with_precise_arguments
from codegen.removable_forms import removable_form
from codegen.resolved_panels import FARTHEST, resolved_panels
from codegen.roots import changes_sign_away_from_zero
from codegen.stable_forms import asymptote, derivative, stabilised
from codegen.structures import structures
from symbolic_moments.normal import Phi, phi

__all__ = ["GeneralSubject"]


@dataclass(frozen=True)
class End:
    """What g leaves of the line it approaches at one end, the slope of the line, and the panels of what is left."""

    rest: sp.Expr
    slope: sp.Expr
    panels: tuple[ResolvedPanel, ...]


class GeneralSubject:
    """A function, smooth between its kinks, and the panels of it and of its slope."""

    def __init__(self, expression: sp.Expr, variable: sp.Symbol):
        self.expression = expression
        self.variable = variable
        self.function = stabilised(rewritten(expression))
        kinks, self.singular = rough_places(rewritten(expression))
        self.kinks = kinks
        self.smooth_sided = tuple(kink for kink in kinks if kink not in self.singular)
        slope = derivative(self.function, variable).replace(phi, written_density)
        self.derivative = stabilised(steps_at_kinks(slope, variable, kinks))
        self.jumps = jumps_at(self.function, variable, self.smooth_sided)
        bends = {*structures(self.function, variable, kinks), *structures(self.derivative, variable, kinks)}
        self.structures = tuple(sorted(bends, key=lambda one: (one.centre, one.width)))
        functions = [evaluator(one, variable) for one in (self.function, self.derivative)]
        (self.value_panels, self.slope_panels), self.reach = resolved_panels(
            functions, self.structures, kinks, self.singular
        )
        self.ends = self._ends()
        self.filling = removable_form(self.function, variable)
        self.endless = self.reach < FARTHEST
        self.rooted = changes_sign_away_from_zero(self.function, variable)
        precise = with_precise_arguments(self.function, variable) != self.function
        self.precise = precise and not self.function.has(Phi)
        self.at_nodes = "_value" if self.precise else "_activation"

    def _ends(self) -> tuple[End, End] | None:
        """Both ends, if g approaches a line exponentially fast at each of them."""
        found = []
        width = max(one.width for one in self.structures)
        for side in (-1, 1):
            line = asymptote(at_end(self.function, self.variable, side), self.variable, side, self.middle, width)
            if line is None or sp.degree(line[0], self.variable) > 1:
                return None
            rest = stabilised(line[1])
            tables, _ = resolved_panels([evaluator(rest, self.variable)], self.structures, self.kinks, self.singular)
            found.append(End(rest, sp.diff(line[0], self.variable), tuple(tables[0])))
        return found[0], found[1]

    @property
    def middle(self) -> sp.Expr:
        """The middle of its structures."""
        return (self.structures[0].centre + self.structures[-1].centre) / 2

    @property
    def cuts(self) -> tuple[float, ...]:
        """Where panels of the function end."""
        return tuple(sorted({float(one.lower) for one in self.value_panels} | {float(self.value_panels[-1].upper)}))

    def value_text(self) -> str:
        """Kernel text of g at a node."""
        return self._filled(expression_text(fused(self.function)), 0)

    def slope_text(self) -> str:
        """Kernel text of g' at a node."""
        return self._filled(expression_text(fused(self.derivative)), 1)

    def _filled(self, plain: str, order: int) -> str:
        return plain if self.filling is None else self.filling.text(plain, order)

    def activation_text(self) -> str:
        """Text of ``_activation``."""
        text = self._filled(expression_text(fused(with_precise_arguments(self.function, self.variable))), 0)
        lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(self.expression)}``."""']
        return "\n".join([*lines, f"    return {text}"])
