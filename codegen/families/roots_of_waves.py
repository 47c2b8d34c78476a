"""A wave that is 0 at several kinks of a period: next to each in coordinates that start there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy as sp

from codegen.chebyshev_panels import evaluator
from codegen.families import joined, moved_origin
from codegen.families.periodic import head_of
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from symbolic_moments.symbols import x

__all__ = ["at_its_roots"]

_DIGITS = 80
_BESIDE = sp.Rational(1, 10**60)
_ZERO = 1e-40
_MOST = 2

_Planned = Callable[[sp.Expr], tuple[KernelPlan, str]]


def at_its_roots(wave: sp.Expr, period: sp.Expr, kinks: Sequence[sp.Expr], planned: _Planned) -> tuple[KernelPlan, str]:
    """The plan of a periodic function and the text of its activation.

    Its kernel knows multiples of the period to the last digit. Other kinks at which it vanishes have kernels of
    their own.
    """
    value = evaluator(wave, x)
    places = {kink: sp.Rational(str(sp.N(kink, _DIGITS))) for kink in kinks}
    roots = [kink for kink, place in places.items() if all(abs(value(place + d)) < _ZERO for d in (-_BESIDE, _BESIDE))]
    found, text = planned(wave)
    elsewhere = [kink for kink in roots if kink != 0]
    if len(elsewhere) > _MOST:
        return found, text
    for kink in elsewhere:
        near, own = planned(moved_origin.moved(wave, x, kink))
        there = moved_origin.from_there(near, own, kink)
        kept = [one for one in there.functions if "def _offset(" not in one]
        there = replace(there, functions=[*kept, _offset(period, kink)])
        turn = expression_text(2 * sp.pi / period)
        nearer = f"xp.cos({turn} * (mu - {expression_text(kink)})) > xp.cos({turn} * mu)"
        described = f"mu nearer to a kink at {sp.sstr(kink)} than to multiples of {sp.sstr(period)}: from there"
        found = joined.plan(there, replace(found, functions=[*found.functions], activation=text), nearer, described)
        text = found.activation or text
    return found, text


def _offset(period: sp.Expr, kink: sp.Expr) -> str:
    """Text of ``_offset``: both subtracted at once, so that next to a kink nothing is rounded twice."""
    return "\n".join(
        [
            "def _offset(xp: Any, mu: Any) -> Any:",
            '    """``mu`` less a multiple of the period and the place, and what rounding takes from it."""',
            f"    period, head = {exact_pair(period)}, {expression_text(head_of(period))}",
            f"    start, error = {exact_pair(kink)}",
            "    count = xp.floor((mu - start) / period[0] + xp.rational(1, 2))",
            "    offset, rest = exact_sum(mu - count * head, -count * ((period[0] - head) + period[1]))",
            "    offset, lost = exact_sum(offset, -start)",
            "    return exact_sum(offset, (rest + lost) - error)",
        ]
    )
