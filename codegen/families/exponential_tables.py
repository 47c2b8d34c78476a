"""Text of the pieces a kernel integrates, in coordinates that start at each of its kinks, and of their panels."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.exponential_pieces import ExponentialPieces, Panels
from codegen.kernel_plan import exact_pair, expression_text, tuple_text
from codegen.root_forms import root_form
from codegen.smoothed_relus import written_density
from codegen.stable_forms import stabilised
from codegen.stable_functions import expm1
from symbolic_moments.decomposition import Term
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

SHIFT = sp.Symbol("shift", real=True)


class PlaceTable:
    """What a kernel knows of g around one place: ``g(place + v) = base + rise(v)``."""

    def __init__(self, pieces: ExponentialPieces, place: sp.Expr, number: int, whole: sp.Expr | None):
        self.place, self.number = place, number
        self.pieces = pieces.shifted(place)
        self.whole = whole
        self.grows = pieces.grows()
        first, last = (_adjacent(self.pieces.kinks)[n] for n in (0, -1))
        flat = not self.pieces.piece(first).has(x) and self.pieces.piece(last).has(x)
        values = [_at_zero(self.pieces, index) for index in (first, last)]
        self.base, self.other = values if flat else values[::-1]
        self.other_side = ">" if flat else "<"
        self.slope_form = None
        if whole is not None:
            self.base = self.other = sp.Integer(0)
            self.slope_form = root_form(sp.diff(whole, x).replace(phi, written_density), x, ())

    def lines(self) -> list[str]:
        """The functions of this place."""
        number, slope = self.number, self.pieces.derivative()
        slope_text = full(joined(slope) if self.whole is not None else with_roots(slope))
        value = stabilised(self.whole) if self.whole is not None else with_roots(self.pieces)
        rise = stabilised(self.whole) if self.whole is not None else self._rise(self.base)
        lines = [
            f"def _value_{number}(xp: Any, x: Any) -> Any:",
            f'    """``g(x + {sp.sstr(self.place)})``."""',
            f"    return {full(value)}",
            "",
            "",
            f"def _rise_{number}(xp: Any, x: Any) -> Any:",
            f'    """``g(x + {sp.sstr(self.place)}) - ({sp.sstr(self.base)})``, a sum that keeps its root at 0."""',
            f"    return {full(rise)}",
            "",
            "",
            f"def _slope_{number}(xp: Any, x: Any) -> Any:",
            f'    """``g\'(x + {sp.sstr(self.place)})``."""',
            f"    return {self.slope_form.text(slope_text) if self.slope_form else slope_text}",
            "",
            "",
        ]
        if self.grows:
            for name, what in ((f"_scaled_{number}", self.pieces), (f"_scaled_slope_{number}", slope)):
                lines += [
                    f"def {name}(xp: Any, x: Any, shift: Any) -> Any:",
                    f'    """``exp(-shift)`` times ``{"_value" if what is not slope else "_slope"}_{number}``."""',
                    f"    return {full(scaled(what))}",
                    "",
                    "",
                ]
        return [
            *lines,
            *panel_lines(f"_panels_{number}", "g", self.pieces.panels()),
            *panel_lines(f"_slope_panels_{number}", "g'", slope.panels()),
            *panel_lines(f"_rise_panels_{number}", "g less its value there", self.pieces.less(self.base).panels()),
        ]

    def entry(self) -> list[str]:
        """The entry of ``_places``."""
        number = self.number
        scales = f"_scaled_{number}, _scaled_slope_{number}" if self.grows else "None, None"
        return [
            "        (",
            f"            {exact_pair(self.place)},",
            f"            (_panels_{number}(xp), _slope_panels_{number}(xp), _rise_panels_{number}(xp))[which],",
            f"            ({expression_text(self.base)}, _value_{number}, _rise_{number}, _slope_{number}, {scales}),",
            "        ),",
        ]

    @property
    def jumps(self) -> bool:
        """Whether g jumps here: either side then has a value of its own to be less of."""
        return bool(self.base != self.other)

    def other_lines(self) -> list[str]:
        """The function of the side whose value is not the base."""
        number = self.number
        return [
            f"def _other_rise_{number}(xp: Any, x: Any) -> Any:",
            f'    """``g(x + {sp.sstr(self.place)}) - ({sp.sstr(self.other)})``."""',
            f"    return {full(self._rise(self.other))}",
            "",
            "",
            *panel_lines(f"_other_panels_{number}", "that", self.pieces.less(self.other).panels()),
        ]

    def other_entry(self) -> tuple[str, str]:
        """Its entry of the list of places, and the rows it serves."""
        number, place = self.number, expression_text(self.place)
        scaled_name = f"_scaled_{number}" if self.grows else "None"
        functions = f"({expression_text(self.other)}, None, _other_rise_{number}, None, {scaled_name}, None)"
        return (
            f"({exact_pair(self.place)}, _other_panels_{number}(xp), {functions})",
            f"(number == {number}) & (mu {self.other_side} {place})",
        )

    def _rise(self, base: sp.Expr) -> sp.Expr:
        errors = sp.Add(*(part.as_expr() for part in self.pieces.errors))
        errors = errors - errors.subs(x, 0)
        near = _adjacent(self.pieces.kinks)
        parts = []
        for index, one in enumerate(self.pieces.sums):
            if index in near:
                rest = sp.simplify(_at_zero(self.pieces, index) - base)
                parts.append(sp.Add(*(_risen(term) for term in one.terms), errors, rest))
            else:
                parts.append(self.pieces.piece(index) - base)
        return pieced(parts, self.pieces.kinks)


class RestTable:
    """What g leaves of a constant it approaches at one end: the variance there is made of that."""

    def __init__(self, pieces: ExponentialPieces, side: int, constant: sp.Expr):
        self.name = "left" if side < 0 else "right"
        self.rest, self.constant, self.grows = pieces.less(constant), constant, pieces.grows()
        end = pieces.ends()[0 if side < 0 else 1]
        self.mask = f"{'-' if side > 0 else ''}({expression_text(end - sp.Symbol('mu'))}) > xp.maximum(4 * sigma, 1)"

    def lines(self) -> list[str]:
        """The functions of this end."""
        lines = [
            f"def _rest_{self.name}(xp: Any, x: Any) -> Any:",
            f'    """``g(x) - ({sp.sstr(self.constant)})``."""',
            f"    return {full(joined(self.rest))}",
            "",
            "",
        ]
        if self.grows:
            lines += [
                f"def _scaled_rest_{self.name}(xp: Any, x: Any, shift: Any) -> Any:",
                f'    """``exp(-shift)`` times ``_rest_{self.name}``."""',
                f"    return {full(scaled(self.rest))}",
                "",
                "",
            ]
        return [
            *lines,
            *panel_lines(f"_rest_{self.name}_panels", f"g - ({sp.sstr(self.constant)})", self.rest.panels()),
        ]

    def entry(self) -> tuple[str, str]:
        """The entry of the list of places, and the rows it serves."""
        scaled_name = f"_scaled_rest_{self.name}" if self.grows else "None"
        entry = f"((0, 0), _rest_{self.name}_panels(xp), (0, None, _rest_{self.name}, None, {scaled_name}, None))"
        return entry, self.mask


def _adjacent(kinks: Sequence[sp.Expr]) -> list[int]:
    """The intervals that touch 0."""
    below = sum(bool(kink < 0) for kink in kinks)
    return [below, below + 1] if 0 in kinks else [below]


def _at_zero(pieces: ExponentialPieces, index: int) -> sp.Expr:
    return sp.simplify(pieces.piece(index).subs(x, 0))


def _risen(term: Term) -> sp.Expr:
    """``f(x) - f(0)`` of a term without a Gaussian, each of its parts small where x is."""
    first = term.polynomial.subs(x, 0)
    wave, growth = sp.cos(term.w * x), sp.exp(term.c * x)
    risen = first * (expm1(term.c * x) * wave if term.c != 0 else 0)
    risen += first * (-2 * sp.sin(term.w * x / 2) ** 2 if term.w != 0 else 0)
    return sp.expand(term.polynomial - first) * growth * wave + term.sine * growth * sp.sin(term.w * x) + risen


def with_roots(pieces: ExponentialPieces) -> sp.Expr:
    """The pieces as one expression; those that vanish at 0 keep their root there as a factor of every part."""
    near = _adjacent(pieces.kinks)
    parts = []
    for index, one in enumerate(pieces.sums):
        rooted = (
            index in near and not pieces.errors and all(t.q == 0 for t in one.terms) and not _at_zero(pieces, index)
        )
        parts.append(sp.Add(*(_risen(term) for term in one.terms)) if rooted else pieces.piece(index))
    return pieced(parts, pieces.kinks)


def joined(pieces: ExponentialPieces) -> sp.Expr:
    """The pieces as one expression."""
    return pieced([pieces.piece(index) for index in range(len(pieces.sums))], pieces.kinks)


def scaled(pieces: ExponentialPieces) -> sp.Expr:
    """``exp(-shift)`` times the pieces, without a factor that overflows."""
    errors = sp.Add(
        *(part.polynomial * sp.exp(part.c * x - SHIFT) * Phi(part.slope * x + part.offset) for part in pieces.errors)
    )
    parts = [
        sp.Add(
            *(
                (term.polynomial * sp.cos(term.w * x) + term.sine * sp.sin(term.w * x))
                * sp.exp(term.c * x - term.q * x**2 - SHIFT)
                for term in one.terms
            ),
            errors,
        )
        for one in pieces.sums
    ]
    return pieced(parts, pieces.kinks)


def pieced(parts: Sequence[sp.Expr], kinks: Sequence[sp.Expr]) -> sp.Expr:
    """``parts[i]`` between ``kinks[i-1]`` and ``kinks[i]``."""
    pairs = [(part, sp.StrictLessThan(x, kink)) for part, kink in zip(parts, kinks, strict=False)]
    return sp.Piecewise(*pairs, (parts[-1], True), evaluate=False) if pairs else parts[-1]


def full(expression: sp.Expr) -> str:
    """Kernel text, an array even where the expression is a constant."""
    text = expression_text(expression)
    return text if expression.has(x) else f"{text} + xp.zeros_like(x)"


def end_text(place: sp.Expr) -> str:
    """Kernel text of a place or of an infinity."""
    return expression_text(place) if place.is_finite else "xp.inf" if place > 0 else "-xp.inf"


def panel_lines(name: str, what: str, panels: Panels) -> list[str]:
    """Lines of the function ``name``: the panels of ``what``."""
    growths = ", ".join(f"({expression_text(rate)}, {expression_text(place)})" for rate, place in panels.growths)
    first, last = (end_text(place) for place in panels.bounds[2:])
    longest = ", ".join(map(end_text, panels.longest))
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Breakpoints of {what}, rates of decay, of growth and where it is 1, bounds, longest parts."""',
        "    breakpoints: Any = [",
        *(f"        {exact_pair(cut)}," for cut in panels.cuts),
        "    ]",
        f"    growths = ({growths})",
        f"    bounds = ({', '.join(map(expression_text, panels.bounds[:2]))}, {first}, {last})",
        f"    return breakpoints, {tuple_text(panels.decays)}, growths, bounds, ({longest})",
        "",
        "",
    ]
