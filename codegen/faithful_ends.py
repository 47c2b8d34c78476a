"""Functions that lose digits at one end of the line, written from that end."""

from __future__ import annotations

import sympy as sp

from codegen.algebraic_ends import from_algebraic_end, with_leading_arctangents
from codegen.asymptotes import asymptote
from codegen.chebyshev_panels import evaluator
from codegen.general_forms import at_end
from codegen.kink_limits import one_sided
from codegen.slopes_at_ends import keeps_more
from codegen.structures import structures
from codegen.touching_roots import roots_of_powers

__all__ = ["with_faithful_ends"]

_CLEAR = (0, 1, 3)
_STEPS = tuple(sp.Rational(n, 64) for n in (1, 7, 23, 61, 150, 400, 3000, 60000))
_AGREED = 1e-25
_DIGITS = 60
_FAR = 1000
_GROWN = 16
_BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)


def with_faithful_ends(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...] = ()) -> sp.Expr:
    """A function that loses its digits at an end, vanishing ones first, from there on as it is seen from that end.

    A power of a polynomial with a rational root is not multiplied out: next to the root its terms cancel.

    Examples
    --------
    >>> from codegen.stable_forms import stabilised
    >>> y = sp.Symbol("y", real=True)
    >>> with_faithful_ends(stabilised(sp.cos(sp.tanh(y) + 1) - sp.cos(2)), y).args[0]
    (-2*sin(sigmoid(-2*y) - 2)*sin(sigmoid(-2*y)), y > 1)
    >>> with_faithful_ends(y * (sp.atan(y) + sp.pi / 2), y).args[0]
    (-y*atan_rest(-1/y) - 1, y < -1)
    >>> with_faithful_ends(sp.Abs(y) + y + sp.exp(y), y, (sp.S.Zero,)).args[0]
    (exp(y), y < -2)
    >>> with_faithful_ends(sp.Abs(y + 1) - stabilised(sp.log(1 + sp.exp(y))), y, (-sp.S.One,)).args[0]
    (1 - softplus(-y), y > 2)
    """
    bends = structures(function, variable, kinks)
    width = max(one.width for one in bends)
    pieces = []
    for side in (-1, 1):
        last = max([*(one.centre for one in bends), *kinks], key=lambda place: side * float(place))
        place = sp.Rational(round(last)) + side * (width + 1) if kinks else last + side * width
        branch = one_sided(function, variable, place) if function.has(*_BRANCHES) else function
        if branch.has(*_BRANCHES):
            continue
        found = asymptote(at_end(branch, variable, side), variable, side)
        if found is not None and found[0] == 0 and found[1] != branch:
            multiple = roots_of_powers(branch, variable) and sp.expand(branch - found[1]) == 0
            rest = branch if multiple else found[1]
            pieces.append((rest, variable > place if side > 0 else variable < place))
            continue
        written = with_leading_arctangents(from_algebraic_end(branch, variable, side))
        starts = (place + side * clear * width for clear in _CLEAR)
        start = next((start for start in starts if _is_the_same(written, branch, variable, start, side * width)), None)
        if start is not None and written != branch and keeps_more(written, branch, variable, start, side * width):
            pieces.append((written, variable > start if side > 0 else variable < start))
        elif found is not None and _levels_off(found, branch, variable, place + side * _FAR * width):
            pieces.append((sp.Add(*found), variable > place if side > 0 else variable < place))
        elif branch != function and keeps_more(branch, function, variable, place, side * width):
            pieces.append((branch, variable > place if side > 0 else variable < place))
    return sp.Piecewise(*pieces, (function, True)) if pieces else function


def _levels_off(line: tuple[sp.Expr, sp.Expr], branch: sp.Expr, variable: sp.Symbol, far: sp.Expr) -> bool:
    """Whether a sum tends to a constant though its terms grow."""
    if not line[0].is_number or not isinstance(branch, sp.Add):
        return False
    return any(abs(evaluator(term, variable)(far)) > _GROWN * abs(line[0]) for term in branch.args)


def _is_the_same(one: sp.Expr, other: sp.Expr, variable: sp.Symbol, place: sp.Expr, unit: sp.Expr) -> bool:
    """Whether two ways to write a function agree from ``place`` on."""
    first, second = (evaluator(function, variable, _DIGITS) for function in (one, other))
    values = [(first(place + step * unit), second(place + step * unit)) for step in _STEPS]
    return all(abs(a - b) <= _AGREED * abs(b) for a, b in values)
