"""Sums of steps far from each other, whose limits cancel between two of them: there the sum of what each leaves."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from codegen.stable_functions import sigmoid, tanh
from symbolic_moments.normal import Phi

__all__ = ["between_steps"]

_STEPS = (sp.erf, Phi, tanh, sigmoid)

Step = tuple[sp.Expr, sp.Expr, sp.Expr]
"""The factor of a step, the step itself, and where it is."""


def between_steps(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression with every sum of steps that vanishes between two neighbours as what is left of each there.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> between_steps(sp.erf(x) + sp.erf(x - 10), x).args[1]
    (-2*Phi(-sqrt(2)*x) + 2*Phi(sqrt(2)*(x - 10)), x <= 10)
    >>> between_steps(tanh(x) + 2 * tanh(x - 10), x)
    tanh(x) + 2*tanh(x - 10)
    """
    return expression.replace(lambda e: isinstance(e, sp.Add) and e.has(*_STEPS), lambda e: _between(e, variable))


def _between(total: sp.Add, variable: sp.Symbol) -> sp.Expr:
    steps: list[Step] = []
    level, others = sp.S.Zero, sp.S.Zero
    for term in total.args:
        found = _step(term, variable)
        if found is not None:
            steps.append(found)
        elif term.is_polynomial(variable):
            level += term
        else:
            others += term
    places = sorted({place for _, _, place in steps}, key=float)
    pieces: list[tuple[sp.Expr, sp.Basic]] = []
    for low, high in pairwise(places):
        split = [(factor, *_limit_and_rest(step, variable, (low + high) / 2)) for factor, step, _ in steps]
        if sp.expand(level + sp.Add(*(factor * limit for factor, limit, _ in split))) != 0:
            continue
        if not pieces or pieces[-1][1].rhs != low:
            pieces.append((total, variable < low))
        pieces.append((others + sp.Add(*(factor * rest for factor, _, rest in split)), variable <= high))
    return sp.Piecewise(*pieces, (total, True)) if pieces else total


def _step(term: sp.Expr, variable: sp.Symbol) -> Step | None:
    """A term with one step of a line."""
    steps = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, _STEPS)]
    if len(steps) != 1:
        return None
    u = steps[0].args[0]
    if not u.is_polynomial(variable) or sp.degree(u, variable) != 1:
        return None
    slope, offset = sp.Poly(u, variable).all_coeffs()
    place = -offset / slope
    return term / steps[0], steps[0], place if place.is_Rational else sp.Rational(float(place))


def _limit_and_rest(step: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """What a step tends to on the side on which a place lies, and what it leaves."""
    u = step.args[0]
    side = 1 if u.subs(variable, place) > 0 else -1
    falling = -side * u
    if isinstance(step, tanh):
        return sp.Integer(side), -2 * side * sigmoid(2 * falling)
    if isinstance(step, sp.erf):
        return sp.Integer(side), -2 * side * Phi(sp.sqrt(2) * falling)
    return sp.Integer(side + 1) / 2, -side * step.func(falling)
