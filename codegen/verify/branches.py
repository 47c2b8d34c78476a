"""Where the branches of an activation change: the zeros of what its switches look at."""

from __future__ import annotations

import itertools

import sympy as sp

from codegen.envelopes import enveloped_wave
from codegen.kink_places import FARTHEST, real_zeros_of
from codegen.panel_marks import NoPanelPlanError
from codegen.periodic_window import period_and_slope
from codegen.rounded_arguments import rounded_argument
from codegen.rounded_polynomials import rounded_polynomial
from codegen.sided_rounding import bounded_steps
from codegen.verify.smooth import UnsupportedExpressionError
from symbolic_moments.folded_waves import breaks_of
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.symbols import x

__all__ = ["BRANCHING", "KINK_DIGITS", "branch_at", "kinks_of", "looked_at", "samples_between"]

BRANCHING = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise, fractional_part)
KINK_DIGITS = 150
_PERIODS = 8 + sp.Rational(1, 7)
"""To each side of 0, of a function with kinks in each; it is taken as 0 beyond, where no Gaussian is looked at.

The end is to be no kink: ``x % 1`` jumps after whole periods.
"""
_PARTS = 1024


def samples_between(kinks: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """A place in every open interval that they leave."""
    if not kinks:
        return [sp.Integer(1)]
    inner = [(left + right) / 2 for left, right in itertools.pairwise(kinks)]
    return [kinks[0] - 1, *inner, kinks[-1] + 1]


def branch_at(expression: sp.Expr, sample: sp.Expr) -> sp.Expr:
    """The expression with every branching function replaced by the branch it takes at `sample`."""
    if not expression.has(*BRANCHING) or not expression.has(x):
        return expression
    if isinstance(expression, sp.Piecewise):
        for value, condition in expression.args:
            if condition.subs(x, sample) == sp.true:
                return branch_at(value, sample)
        raise UnsupportedExpressionError(f"no branch of {expression} holds at {sample}")
    arguments = [branch_at(argument, sample) for argument in expression.args]
    if isinstance(expression, (sp.Max, sp.Min)):
        values = [sp.N(argument.subs(x, sample), 50) for argument in arguments]
        chosen = max(values) if isinstance(expression, sp.Max) else min(values)
        return arguments[values.index(chosen)]
    if isinstance(expression, (sp.Abs, sp.sign, sp.Heaviside)):
        positive = sp.N(arguments[0].subs(x, sample), 50) > 0
        if isinstance(expression, sp.Abs):
            return arguments[0] if positive else -arguments[0]
        if isinstance(expression, sp.sign):
            return sp.Integer(1 if positive else -1)
        return sp.Integer(1 if positive else 0)
    if isinstance(expression, fractional_part):
        return arguments[0] - sp.floor(sp.N(arguments[0].subs(x, sample), 50))
    return expression.func(*arguments)


def kinks_of(expression: sp.Basic, reach: sp.Expr | None) -> set[sp.Expr]:
    """Places at which a branch changes; those of a function with a period, or decided by a wave, within ``reach``."""
    found: set[sp.Expr] = set()
    for part in sp.preorder_traversal(expression):
        for argument in _switches(part):
            inner = kinks_of(argument, reach)
            found |= inner
            for sample in samples_between(tuple(sorted(inner, key=lambda kink: sp.N(kink, 50)))):
                found |= _real_roots(sp.expand(branch_at(argument, sample)), reach)
    return found


def _switches(part: sp.Basic) -> list[sp.Expr]:
    """The expressions whose sign decides the branch."""
    if isinstance(part, (sp.Abs, sp.sign, sp.Heaviside)):
        return [part.args[0]]
    if isinstance(part, (sp.Max, sp.Min)):
        arguments = sorted(part.args, key=sp.default_sort_key)
        return [a - b for i, a in enumerate(arguments) for b in arguments[i + 1 :]]
    if isinstance(part, sp.Piecewise):
        relations = [
            relation for _, condition in part.args for relation in condition.atoms(sp.core.relational.Relational)
        ]
        return [relation.lhs - relation.rhs for relation in relations]
    breaks = breaks_of(part)
    return [] if breaks is None else [breaks]


def _real_roots(argument: sp.Expr, reach: sp.Expr | None) -> set[sp.Expr]:
    if not argument.has(x):
        return set()
    if not argument.is_polynomial(x):
        try:
            return {_exact_zero(argument, root) for root in real_zeros_of(argument, KINK_DIGITS, reach or FARTHEST)}
        except ArithmeticError as error:
            raise UnsupportedExpressionError(
                f"the sign of {argument} decides a branch, and its zeros cannot be told apart: {error}"
            ) from error
    return set(sp.real_roots(sp.Poly(argument, x)))


def _exact_zero(argument: sp.Expr, root: sp.Expr) -> sp.Expr:
    """``root``, or 0 where that is a zero of the argument and the search came so near."""
    near = abs(root) < sp.Rational(1, 10 ** (KINK_DIGITS // 2))
    return sp.Integer(0) if near and argument.subs(x, 0) == 0 else root


def looked_at(expression: sp.Expr) -> tuple[sp.Expr | None, sp.Expr | None]:
    """Beyond what a function is taken as 0, and how far from 0 its kinks are looked for; None for no bound.

    What rounds a line between two places has no kinks beyond them.

    Raises
    ------
    UnsupportedExpressionError
        It has too many steps between them.
    """
    try:
        steps = bounded_steps(expression) if expression.has(fractional_part) else None
    except NoPanelPlanError as error:
        raise UnsupportedExpressionError(str(error)) from error
    if steps is not None and len(steps[0]) > 1:
        return None, max(abs(place) for place in steps[0]) + (steps[0][1] - steps[0][0]) / 2
    period = _repeated_after(expression)
    reach = None if period is None else sp.floor(_PERIODS * period * _PARTS) / _PARTS
    return reach, reach


def _repeated_after(expression: sp.Expr) -> sp.Expr | None:
    """The period of a function, beside a line, times or beside an envelope, or of what it rounds; None without one."""
    periodic = period_and_slope(expression)
    if periodic is not None:
        return periodic[0]
    found = enveloped_wave(expression) or rounded_polynomial(expression) or rounded_argument(expression)
    return None if found is None else found.period
