"""Places away from 0 at which a function only touches 0: what is left of its terms next to them is their rounding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import mpmath
import numpy as np
import sympy as sp

from codegen.kink_limits import one_sided
from codegen.mp_functions import mp_function
from codegen.stable_functions import written_out

__all__ = ["roots_of_powers", "touch_width", "touched_between", "touching_roots"]

_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_FARTHEST = 100.0
_PER_DECADE = 60
_MOST = 12
_DIGITS = 60
_ZERO = 1e-50
_SIMPLE = 1000
_WIDTHS = tuple(sp.Rational(2) ** n for n in range(-6, 4))
_LEFT = sp.Rational(1, 8)


def touching_roots(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Rational, ...]:
    """Rationals with denominators to 1000, between 1/1000 and 100 in size, at which g and g' vanish together.

    Of functions without kinks; found where |g| is smallest on a grid, if it is no more often than 12 times, and where
    powers of polynomials vanish by which it is a multiple, wherever that is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [touching_roots(g, x) for g in (sp.exp(x - 1) - x, sp.exp(x) - x - 1, sp.exp(x - 1) - x - 1)]
    [(1,), (), ()]
    """
    if expression.has(*_BRANCHES):
        return ()
    return tuple(sorted({*roots_of_powers(expression, variable), *_lowest_on_grid(expression, variable)}))


def touched_between(
    expression: sp.Expr, variable: sp.Symbol, breakpoints: Sequence[sp.Expr]
) -> tuple[tuple[sp.Rational, sp.Expr], ...]:
    """Rational places between the breakpoints at which g and g' vanish together, and the function around them.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> touched_between(sp.Max(x, 0) * (x - 4) ** 2, x, [sp.S.Zero])
    ((4, x*(x - 4)**2),)
    """
    ends = [breakpoints[0] - 1, *breakpoints, breakpoints[-1] + 1] if breakpoints else [-sp.S.One, sp.S.One]
    found: list[tuple[sp.Rational, sp.Expr]] = []
    for n, (low, high) in enumerate(pairwise(ends)):
        branch = one_sided(expression, variable, (low + high) / 2) if breakpoints else expression
        lower = -sp.oo if n == 0 else low
        upper = sp.oo if n == len(ends) - 2 else high
        found += [(place, branch) for place in touching_roots(branch, variable) if lower < place < upper]
    return tuple(found)


def roots_of_powers(expression: sp.Expr, variable: sp.Symbol) -> list[sp.Rational]:
    """Rational roots away from 0 of squares and higher powers of polynomials by which it is a multiple."""
    whole = sp.factor(expression) if expression.is_polynomial(variable) else expression
    powers = [one for one in sp.Mul.make_args(whole) if one.is_Pow and one.exp.is_Integer and one.exp > 1]
    bases = [one.base for one in powers if one.base.is_polynomial(variable) and one.base.has(variable)]
    return [root for base in bases for root in sp.roots(base, variable) if root.is_Rational and root != 0]


def _lowest_on_grid(expression: sp.Expr, variable: sp.Symbol) -> list[sp.Rational]:
    if expression.is_polynomial(variable):
        return []
    context = mpmath.MPContext()
    context.dps = _DIGITS
    value = mp_function(context, expression, variable)
    half = 10 ** np.arange(-3, np.log10(_FARTHEST), 1 / _PER_DECADE)
    grid = [*(-half[::-1]), *half]
    sizes = [float(abs(value(context.mpf(y)))) for y in grid]
    lowest = [n for n in range(1, len(grid) - 1) if 0 < sizes[n - 1] > sizes[n] < sizes[n + 1]]
    if not 0 < len(lowest) <= _MOST:
        return []
    slope = mp_function(context, written_out(sp.diff(expression, variable)), variable)
    found = []
    for n in lowest:
        low, high = context.mpf(grid[n - 1]), context.mpf(grid[n + 1])
        if slope(low) * slope(high) >= 0:
            continue
        place = context.findroot(slope, (low, high), solver="anderson", tol=_ZERO, verify=False)
        nearest = sp.Rational(context.nstr(place, _DIGITS)).limit_denominator(_SIMPLE)
        exact = context.mpf(int(nearest.p)) / int(nearest.q)
        if nearest and abs(place - exact) < 1e-20 and max(abs(value(exact)), abs(slope(exact))) < _ZERO:
            found.append(nearest)
    return found


def touch_width(expression: sp.Expr, variable: sp.Symbol, place: sp.Rational) -> sp.Rational | None:
    """How far from a place at which g touches 0 an eighth of its terms is left of it; None if that is farther than 8.

    Where c is the larger of that distance and sigma, ``E|g|`` is at least about an eighth of the terms' size, and so is
    what their rounding is measured in: closed forms lose three bits.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> touch_width(sp.exp(x - 1) - x, x, sp.Integer(1))
    1
    """
    expanded = sp.expand(expression, power_base=False, power_exp=False, log=False)

    def holds(y: sp.Expr) -> bool:
        terms = [abs(sp.N(term.subs(variable, y))) for term in sp.Add.make_args(expanded)]
        return bool(abs(sp.N(expression.subs(variable, y))) >= _LEFT * max(terms))

    def left(width: sp.Rational) -> bool:
        return all(holds(place + side * width) for side in (-1, 1))

    return next((width for n, width in enumerate(_WIDTHS) if all(map(left, _WIDTHS[n:]))), None)
