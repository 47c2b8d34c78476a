"""What rounds a smooth function that rises, or falls, between two limits: ``round(127*tanh(x))/127``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from codegen.mp_functions import mp_function
from codegen.rounded_arguments import with_ties
from codegen.rounded_polynomials import step
from codegen.rounding_forms import written_with_floors
from codegen.sided_rounding import only_line
from codegen.staircases import check_number_of_steps
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.monotone import slope_sign
from symbolic_moments.symbols import x

__all__ = ["CurvedSteps", "curved_steps"]

_DIGITS = 120
_FAR = 10**9
_PLACE_DIGITS = 80
_LARGEST = 10**9
"""Larger ends are not reached yet, but far out."""


@dataclass(frozen=True)
class CurvedSteps:
    """``h(floor(line))`` of a line in a function that only rises, or only falls.

    Attributes
    ----------
    core : sympy.Expr
        The function.
    number : sympy.Expr
        ``floor(line)`` with ``x`` for the core, at ties what the function takes there.
    height : sympy.Expr
        h, in ``step``.
    ends : tuple of int
        The least and the largest number: a core that has rounded to its limit may take another.
    places : tuple of sympy.Rational
        Where g jumps, increasing, to 80 digits.
    levels : tuple of sympy.Expr
        Before, between and after them.
    """

    core: Any
    number: Any
    height: Any
    ends: tuple[int, int]
    places: tuple[Any, ...]
    levels: tuple[Any, ...]


def curved_steps(expression: Any) -> CurvedSteps | None:
    """The steps of what rounds lines in one function with two limits; None of anything else.

    Raises
    ------
    NoPanelPlanError
        There are more than 1000.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = curved_steps(parse_expression("floor(50*tanh(x))"))
    >>> found.core, found.number, found.height, found.places[49], found.levels[::50]
    (tanh(x), floor(50*x), turns, 0, (-50, 0))
    >>> curved_steps(parse_expression("floor(50*x)")) is None
    True
    """
    parts = _core_and_inner(expression)
    if parts is None:
        return None
    core, inner = parts
    only = only_line(inner)
    saw_tooth = None if only is None else with_ties(inner, only[2])
    if only is None or saw_tooth is None:
        return None
    plain, part, line = only
    height = sp.powsimp(sp.expand(plain.xreplace({part: line - step}), power_base=False, log=False))
    sign = slope_sign(core)
    if height.free_symbols != {step} or sign == 0:
        return None
    context = mpmath.MPContext()
    context.dps = _DIGITS
    value = mp_function(context, core, x)
    numbers = _numbers_between(line, context, sorted(value(context.mpf(side * _FAR)) for side in (-1, 1)))
    if not numbers:
        return None
    places = [_place_of(value, context, (n - line.subs(x, 0)) / sp.diff(line, x), sign) for n in numbers][::sign]
    if None in places:
        return None
    levels = [height.subs(step, n) for n in (numbers[0] - 1, *numbers)][::sign]
    number = sp.expand(written_with_floors(line - saw_tooth))
    return CurvedSteps(core, number, height, (numbers[0] - 1, numbers[-1]), tuple(places), tuple(levels))


def _core_and_inner(expression: Any) -> tuple[Any, Any] | None:
    """The one function whose lines are rounded, and the expression with ``x`` for it; None of anything else."""
    cores = set()
    unknown = sp.Dummy(real=True)
    lines = {}
    for part in expression.atoms(fractional_part):
        constant, rest = part.args[0].as_independent(x, as_Add=True)
        factor, core = sp.factor_terms(rest).as_coeff_Mul()
        cores.add(core)
        lines[part] = fractional_part(constant + factor * unknown)
    if len(cores) != 1:
        return None
    (core,) = cores
    inner = expression.xreplace(lines).xreplace({core: unknown})
    return None if core.is_polynomial(x) or inner.has(x) else (core, inner.xreplace({unknown: x}))


def _numbers_between(line: Any, context: Any, ends: list[Any]) -> range:
    """Whole numbers that the line takes strictly between the ends, and that are told apart from those there."""
    rate, first = sp.diff(line, x), line.subs(x, 0)
    tiny = context.mpf(10) ** -_PLACE_DIGITS
    low, high = (end * rate.p / rate.q + context.mpf(first.p) / first.q for end in ends)
    if not max(map(abs, (low, high))) < _LARGEST:
        return range(0)
    numbers = range(int(context.floor(low + tiny)) + 1, int(context.ceil(high - tiny)))
    check_number_of_steps(len(numbers))
    return numbers


def _place_of(value: Callable[[Any], Any], context: Any, height: Any, sign: int) -> Any:
    """Where a function that rises (falls: ``sign`` is -1) is so high; None where the search is not sure of it."""
    level = context.mpf(height.p) / height.q

    def above(y: Any) -> Any:
        return sign * (value(y) - level)

    start = above(context.zero)
    if start == 0:
        return sp.S.Zero
    near, far = context.zero, context.mpf(-1 if start > 0 else 1)
    while above(far) * start > 0:
        near, far = far, 2 * far
    root = context.findroot(above, (near, far), solver="anderson", tol=context.eps**2, verify=False, maxsteps=200)
    margin = abs(root) * context.mpf(10) ** -_PLACE_DIGITS
    return sp.Rational(context.nstr(root, _PLACE_DIGITS)) if above(root - margin) < 0 < above(root + margin) else None
