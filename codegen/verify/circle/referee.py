"""A second opinion on the reference: the formula of `symbolic_moments`, closed or by its own quadrature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.verify.circle.reference import CircleReference
from symbolic_moments import circle_moment
from symbolic_moments.mpmath_context import working_context

__all__ = ["Opinion", "second_opinion"]

_POINTS = 3
_SPARE_DIGITS = 8
_HIGHEST = 2


@dataclass(frozen=True)
class Opinion:
    """How many points were seen, what was found, and whether that is the reference."""

    points: int
    statement: str
    agrees: bool


def second_opinion(
    expression: str, references: Mapping[tuple[float, float], CircleReference], frequencies: int, digits: int
) -> Opinion:
    """Compare the reference with the formula, where it evaluates, at a few points, r up to 2.

    It is closed in more cases where b = 0.
    """
    context = working_context(digits)
    crossed = [(A, b) for A, b in references if A != 0 and abs(b) < 2 * abs(A) and 0.01 <= abs(A) <= 100]
    chosen = crossed[:: max(len(crossed) // _POINTS, 1)][:_POINTS]
    kinds: set[str] = set()
    compared = 0
    for r in range(min(frequencies, _HIGHEST) + 1):
        for A, b in chosen:
            formula = circle_moment(expression, r, offset=0 if b == 0 else None)
            found = references[A, b]
            try:
                value = context.convert(formula.evalf(digits, A=A, b=b))
            except ArithmeticError:  # a closed form that is 0 by symmetry cancels beyond every precision
                continue
            error = abs(value - context.make_mpf(found.moments[r]))
            if not error <= context.mpf(10) ** (_SPARE_DIGITS - digits) * context.make_mpf(found.size):
                place = f"r = {r} at A = {A!r}, b = {b!r}"
                return Opinion(compared, f"the formula of symbolic_moments contradicts the reference: {place}", False)
            kinds.add(formula.kind)
            compared += 1
    what = " and ".join(sorted(kinds))
    if not compared:
        return Opinion(0, "the formula of symbolic_moments was compared at none of these points", True)
    return Opinion(
        len(chosen),
        f"the formula of symbolic_moments ({what}) agrees in {compared} values of {len(chosen)} points",
        True,
    )
