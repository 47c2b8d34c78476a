"""What E[g^(k)] tends to at a kink when sigma falls to 0: the mean of both sides, until a derivative has jumped."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from codegen.panel_marks import NoPanelPlanError
from codegen.stable_functions import written_out
from symbolic_moments.folded_waves import folded_wave, line_around

HIGHEST = 12
SIMPLE = 10**20
DIGITS = 45
JUMP = sp.Rational(1, 10**30)
TINY = sp.Rational(1, 10**270)
SLIGHTLY = sp.Rational(1, 10**30)
BESIDE = sp.Rational(1, 2**60)
"""So far from a kink lies the branch next to it: nearer than another kink is, farther than its digits tell."""


def kink_limits(function: sp.Expr, variable: sp.Symbol, kink: sp.Expr) -> list[sp.Expr]:
    """Limits of ``E[g^(k)]`` at ``kink`` for k = 1, 2, ... up to the first order that jumps, at most 12.

    Above that order, or from where a side is infinite, the limit does not exist. At a kink known to many digits only,
    and where functions are left in them, limits are numbers of 45 digits.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> kink_limits(x / (1 + sp.Abs(x)), x, sp.Integer(0))
    [1, 0]
    """
    simplest = _simplest_at(kink)
    sides = [one_sided(function, variable, kink + side * BESIDE) for side in (-1, 1)]
    limits = []
    for _ in range(HIGHEST):
        sides = [sp.diff(side, variable) for side in sides]
        left, right = (simplest(written_out(side).subs(variable, kink)) for side in sides)
        if not (left.is_finite and right.is_finite):
            break
        limits.append(simplest((left + right) / 2))
        jump = simplest(left - right)
        if jump != 0 and not (jump.is_Rational and abs(jump) < JUMP * max(1, abs(left))):
            break
    return limits


def _is_approximate(kink: sp.Expr) -> bool:
    return isinstance(kink, sp.Rational) and bool(kink.q > SIMPLE)


def _simplest_at(kink: sp.Expr) -> Callable[[sp.Expr], sp.Expr]:
    """Values at a kink known to many digits, and of functions, are numbers: to simplify ``sin(100)`` takes for ever."""
    if _is_approximate(kink):
        return _number
    return lambda value: _number(value) if value.has(sp.Function) else sp.simplify(value)


def _number(expression: sp.Expr) -> sp.Expr:
    number = sp.N(written_out(expression), DIGITS)
    return sp.Rational(str(number)) if number.is_finite else number


def jumps_at(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> list[tuple[sp.Expr, sp.Expr]]:
    """Kinks at which the function itself jumps, and by how much.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> jumps_at(sp.Piecewise((sp.tanh(x), x > 0), (sp.exp(x), True)), x, (sp.Integer(0),))
    [(0, -1)]
    """
    found = []
    for kink in kinks:
        left, right = (one_sided(function, variable, kink + side * BESIDE).subs(variable, kink) for side in (-1, 1))
        jump = written_out(right - left)
        if jump.has(sp.nan, sp.zoo, sp.oo):
            raise NoPanelPlanError(f"its value beside x = {sp.sstr(kink)} is a limit that no panel rule covers")
        if abs(sp.N(jump, 40, maxn=400)) > JUMP * _size_beside(function, variable, kink):
            found.append((kink, _simplest_at(kink)(jump)))
    return found


def _size_beside(function: sp.Expr, variable: sp.Symbol, kink: sp.Expr) -> sp.Expr:
    """The larger of ``|g|`` on both sides, at least what is no double, and what the last digits of a kink do to it."""
    sizes = [TINY]
    for side in (-1, 1):
        value = one_sided(function, variable, kink + side * BESIDE)
        found = [value] if not _is_approximate(kink) else [value, sp.diff(value, variable) * SLIGHTLY]
        sizes += [abs(sp.N(written_out(one).subs(variable, kink), 15)) for one in found]
    return max(sizes)


def one_sided(function: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """The smooth function that agrees with ``function`` around ``place``."""

    def at_place(expression: sp.Basic) -> sp.Expr:
        return sp.N(written_out(expression).subs(variable, place), 30)

    def positive(argument: sp.Expr) -> bool:
        return bool(at_place(argument) > 0)

    chosen = function.replace(sp.Abs, lambda u: u if positive(u) else -u)
    chosen = chosen.replace(sp.sign, lambda u: sp.Integer(1 if positive(u) else -1))
    chosen = chosen.replace(sp.Heaviside, lambda u, half=sp.S.Half: sp.Integer(1 if positive(u) else 0))
    chosen = chosen.replace(sp.Max, lambda *terms: max(terms, key=at_place))
    chosen = chosen.replace(sp.Min, lambda *terms: min(terms, key=at_place))
    chosen = chosen.replace(lambda e: folded_wave(e) is not None, lambda e: line_around(e, variable, place))
    return chosen.replace(
        lambda e: isinstance(e, sp.Piecewise),
        lambda e: next(value for value, condition in e.args if _holds(condition, variable, place)),
    )


def _holds(condition: sp.Basic, variable: sp.Symbol, place: sp.Expr) -> bool:
    """Whether it does at the place: of functions of this package SymPy knows no values."""
    return bool(written_out(condition).subs(variable, place) == sp.true)
