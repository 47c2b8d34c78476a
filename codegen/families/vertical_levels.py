"""Functions that are vertical at a place without being 0 there: next to it that value, and what is left of g, apart."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from codegen.families import general, moved_origin, raised
from codegen.families.joined import plan as joined
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.module_text import activation_text
from codegen.small_rests import without_their_constant
from codegen.stable_functions import written_out

__all__ = ["beside", "less_level"]

_SHORT = 128
"""How many times narrower than the distance to the next kink a row is that sees none but this."""
LEVELS = 4.0
"""How many times ``2^-52 |E[g]| / sd(g)`` coefficients may err where a level is not taken out; variances twice that."""
_AROUND_ZERO = sp.Rational(1, 1024)
"""The widest row at 0, where nodes are exact and only the level is in the way."""


def beside(elsewhere: KernelPlan, expression: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> KernelPlan:
    """The kernel of a function that is vertical at ``place``: next to it in coordinates and about a level of its own.

    Beside a constant the rule at the vertical place, and rounding, would leave ``1e-13 |g|``; sd(g) is little there.
    """
    inner = moved_origin.moved(expression, variable, place)
    parts = less_level(inner, variable)
    if parts is None:
        found = elsewhere if place == 0 else moved_origin.beside(elsewhere, expression, variable, place)
        return _on_record(found, sp.N(written_out(inner).subs(variable, 0)), place)
    level, rest = parts
    near = general.plan(rest, variable)
    assert near.sample is not None
    assert near.activation is not None
    if 0 not in near.sample.singular:
        return elsewhere
    found = raised.plan(near, near.activation, activation_text(inner), level)
    assert found.activation is not None
    distances = [abs(one) for one in near.sample.kinks if one != 0]
    widest = min([sp.oo, *(sp.Rational(sp.floor(one * 64), 64) for one in distances)]) / _SHORT
    if place != 0:
        return moved_origin.next_to(elsewhere, found, found.activation, place, widest)
    most = min(_AROUND_ZERO, widest)
    limit = expression_text(most)
    condition = f"(sigma > 0) & (sigma <= {limit}) & (xp.abs(mu) <= {moved_origin.FELT} * sigma)"
    described = f"sigma <= {most} within {moved_origin.FELT} sigma of x = 0, about the value there"
    return joined(replace(found, activation=None), elsewhere, condition, described)


def _on_record(found: KernelPlan, level: sp.Expr, place: sp.Expr) -> KernelPlan:
    """The kernel; if g is vertical there beside a value that was not taken out, its record says what that costs."""
    if not level.is_finite or level == 0:
        return found
    said = f"next to x = {place}, where g is vertical and not 0: c_k and variances keep a few ulp of g over sd(g)"
    there = {"place": float(place), "levels": LEVELS}
    return replace(found, regimes=[*found.regimes, said], near_places=[*found.near_places, there])


def less_level(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """The value at 0 and the expression less it, in which the constant is no longer to be found; None if it is 0.

    Examples
    --------
    >>> v = sp.Symbol("v", real=True)
    >>> less_level(1 + sp.sqrt(sp.Abs(v)), v)
    (1, sqrt(Abs(v)))
    >>> less_level(sp.sqrt(2 + sp.sqrt(sp.Abs(v))), v)
    (sqrt(2), sqrt(2)*expm1(log1p(sqrt(Abs(v))/2)/2))
    >>> less_level(sp.Piecewise((sp.pi, v <= 0), (sp.acos(v - 1), True)), v)
    (pi, Piecewise((0, v <= 0), (-acos(1 - v), True)))
    >>> less_level(sp.sqrt(sp.Abs(v)) + sp.tanh(v + 1), v) is None
    True
    """
    written = expression.replace(lambda e: isinstance(e, sp.asin | sp.acos), lambda e: _from_its_end(e, variable))
    level = written.subs(variable, 0)
    if level == 0 or not level.is_finite:
        return None
    rest = _less(written, level)
    if written_out(rest).subs(variable, 0) != 0:
        return None
    branches = [value for value, _ in rest.args] if isinstance(rest, sp.Piecewise) else [rest]
    vanishing = [value for value in branches if written_out(value).subs(variable, 0) == 0]
    constants = [value.as_independent(variable, as_Add=True)[0] for value in vanishing]
    return (level, rest) if all(one == 0 for one in constants) else None


def _less(expression: sp.Expr, level: sp.Expr) -> sp.Expr:
    if isinstance(expression, sp.Piecewise):
        return sp.Piecewise(*((sp.expand(value - level), condition) for value, condition in expression.args))
    if isinstance(expression, sp.Mul):
        factors = [one for one in expression.args if isinstance(one, sp.Piecewise)]
        if len(factors) == 1:
            others = sp.Mul(*(one for one in expression.args if one is not factors[0]))
            pairs = [(sp.expand(value * others - level), condition) for value, condition in factors[0].args]
            return sp.Piecewise(*pairs)
    found = sp.expand(expression - level)
    return without_their_constant(found) if isinstance(found, sp.Add) else found


def _from_its_end(inverse: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``asin(u)`` or ``acos(u)`` as a constant and what vanishes at 0, if u is 1 or -1 there."""
    u = inverse.args[0]
    if u.subs(variable, 0) not in (1, -1):
        return inverse
    side = u.subs(variable, 0)
    of_asin = sp.pi / 2 - sp.acos(u) if side == 1 else sp.acos(-u) - sp.pi / 2
    return of_asin if isinstance(inverse, sp.asin) else sp.expand(sp.pi / 2 - of_asin)
