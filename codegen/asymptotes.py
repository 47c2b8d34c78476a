"""The line that a function approaches at one end, and what it leaves of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import sympy as sp

from codegen.algebraic_ends import from_algebraic_end, with_leading_arctangents
from codegen.composite_ends import with_limits
from codegen.end_forms import from_one_end
from codegen.powers_at_ends import power_at_end
from codegen.resolved_values import resolved_function
from codegen.sided_exponentials import line_at_end
from codegen.stable_functions import log_cosh, sigmoid, smoothed_relu, softplus, step_sum, tanh, tanh_rest, written_out

_LOST = 1e-3

__all__ = ["asymptote", "slanted_asymptote"]

_AGREED = 1e-25
_STEPS = tuple(sp.Rational(3, 2) ** j for j in range(16))


def asymptote(
    expression: sp.Expr, variable: sp.Symbol, side: int, middle: sp.Rational = sp.S.Zero, extent: sp.Rational = sp.S.One
) -> tuple[sp.Expr, sp.Expr] | None:
    """A polynomial and the small rest it leaves at one end (side = 1: at infinity, -1: at -infinity).

    ``expression`` is in stable functions; it bends around ``middle``, within ``extent``. The rest is
    exponentially small, or falls as a power of x beside a constant. None where no such polynomial shows.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> asymptote(softplus(x), x, 1), asymptote(tanh(x), x, -1)
    ((x, softplus(-x)), (-1, 2*sigmoid(2*x)))
    >>> asymptote(sp.atan(x), x, -1), asymptote(sp.sqrt(1 + x**2), x, 1)
    ((-pi/2, atan2(1, -x)), None)
    """
    return (
        power_at_end(expression, variable, side)
        or _asymptote(expression, variable, side, middle, extent)
        or line_at_end(expression, variable, side)
        or _slow_asymptote(expression, variable, side, middle, extent)
    )


def _slow_asymptote(
    expression: sp.Expr, variable: sp.Symbol, side: int, middle: sp.Rational, extent: sp.Rational
) -> tuple[sp.Expr, sp.Expr] | None:
    """The same where the rest falls as a power of x beside a constant that is not 0."""
    for one in _written_from_end(expression, variable, side, middle, extent):
        found = _asymptote(one, variable, side, middle, extent, None)
        if found is not None and found[0] != 0 and not found[0].has(variable):
            break
    else:
        return None
    value = resolved_function(found[1], variable)
    near, far = (abs(value(middle + n * extent * side)) for n in (60, 6000))
    return _on_its_side(expression, found, variable, side, middle, extent) if 2 * far <= near < 1 else None


def _written_from_end(
    expression: sp.Expr, variable: sp.Symbol, side: int, middle: sp.Rational, extent: sp.Rational
) -> Iterator[sp.Expr]:
    """Powers of x as a constant and what they leave; at last next to what steps and rounded corners tend to."""
    written = from_algebraic_end(expression, variable, side)
    yield from (written, with_leading_arctangents(written))
    decided = _decided(expression, variable, side, middle, extent)
    if decided is not None:
        yield from_algebraic_end(_expanded(decided, variable), variable, side)


def slanted_asymptote(
    expression: sp.Expr, variable: sp.Symbol, side: int, middle: sp.Rational = sp.S.Zero, extent: sp.Rational = sp.S.One
) -> tuple[sp.Expr, sp.Expr] | None:
    """A line that is not level, and a rest that falls as a power of x.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> slanted_asymptote(x / 2 + x * sp.atan(x) / sp.pi, x, 1)[0]
    x - 1/pi
    """
    written = from_algebraic_end(expression, variable, side)
    for one in (written, with_leading_arctangents(written)):
        found = _asymptote(one, variable, side, middle, extent, None)
        if found is None or sp.degree(found[0], variable) != 1:
            continue
        value = resolved_function(found[1], variable)
        near, far = (abs(value(middle + n * extent * side)) for n in (60, 6000))
        if 2 * far <= near:
            return _on_its_side(expression, found, variable, side, middle, extent)
    return None


def _on_its_side(
    expression: sp.Expr,
    found: tuple[sp.Expr, sp.Expr],
    variable: sp.Symbol,
    side: int,
    middle: sp.Rational,
    extent: sp.Rational,
) -> tuple[sp.Expr, sp.Expr] | None:
    """A rest that holds at its own end only, beside the plain difference elsewhere; None if not even that holds."""
    line, rest = found
    difference = expression - line
    both = [resolved_function(one, variable) for one in (rest, difference)]

    def holds(steps: sp.Rational) -> bool:
        left, exact = (value(middle + steps * extent) for value in both)
        return bool(abs(left - exact) <= _AGREED * abs(exact) < math.inf)

    agreed = [holds(side * steps) for steps in _STEPS]
    if all(agreed) and all(holds(-side * steps) for steps in _STEPS):
        return found
    first = len(agreed) - next((n for n, one in enumerate(reversed(agreed)) if not one), len(agreed))
    if first + 2 > len(agreed):
        return None
    beyond = side * (variable - middle) > _STEPS[first] * extent
    return line, sp.Piecewise((rest, beyond), (difference, True))


def _asymptote(
    expression: sp.Expr,
    variable: sp.Symbol,
    side: int,
    middle: sp.Rational,
    extent: sp.Rational,
    smallest: float | None = 1e-15,
) -> tuple[sp.Expr, sp.Expr] | None:
    written = _decided(expression, variable, side, middle, extent)
    if written is None:
        return None
    polynomial, rest = sp.Integer(0), sp.Integer(0)
    for term in sp.Add.make_args(_expanded(written, variable)):
        if term.is_polynomial(variable):
            polynomial += term
        else:
            rest += term
    far = written_out(rest).subs(variable, middle + 60 * extent * side)
    if rest == 0 or (smallest is not None and abs(sp.N(far, 60)) > smallest):
        return None if smallest is None else line_at_end(expression, variable, side)
    if _cancels(rest, variable, middle + 60 * extent * side):
        return line_at_end(expression, variable, side) or (polynomial, rest)
    return polynomial, rest


def _decided(
    expression: sp.Expr, variable: sp.Symbol, side: int, middle: sp.Rational, extent: sp.Rational
) -> sp.Expr | None:
    """Kinks, steps and rounded corners as what they tend to at one end and what they leave of it."""
    inner = sp.Function("kept")

    def end(argument: sp.Expr) -> int:
        """1 where the argument grows to infinity at that end, -1 where it falls to -infinity, else 0."""
        plain = argument.replace(inner, lambda u: sigmoid(-u))
        value = sp.N(written_out(plain).subs(variable, middle + 50 * extent * side))
        return 0 if abs(value) < 1 else int(sp.sign(value))

    def at_end(argument: sp.Expr) -> bool:
        return end(argument) > 0

    def hyperbolic(u: sp.Expr) -> sp.Expr:
        return {1: 1 - 2 * sigmoid(-2 * u), -1: 2 * sigmoid(2 * u) - 1, 0: tanh(u)}[end(u)]

    decided = from_one_end(expression, variable, side)
    if decided is None:
        return None
    written = decided.replace(step_sum, lambda u, v, _: tanh(u) + tanh(v))
    written = written.replace(tanh_rest, lambda u: u - tanh(u))
    written = written.replace(log_cosh, lambda u: _log_cosh_above(u if at_end(u) else -u))
    written = written.replace(tanh, hyperbolic)
    written = written.replace(
        lambda e: isinstance(e, sigmoid) and at_end(e.args[0]), lambda e: 1 - inner(e.args[0])
    ).replace(inner, lambda u: sigmoid(-u))
    return with_limits(_softplus_outside(written, at_end), variable, middle + 60 * extent * side)


def _cancels(total: sp.Expr, variable: sp.Symbol, far: sp.Expr) -> bool:
    """Whether the terms of a sum are far larger than it is."""
    sizes = [sp.N(written_out(term).subs(variable, far), 60) for term in sp.Add.make_args(total)]
    return len(sizes) > 1 and bool(abs(sp.Add(*sizes)) < _LOST * max(map(abs, sizes)))


def _expanded(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The expression as a sum; exponents are left whole, whose parts would overflow one by one or cancel."""
    kept = {e: sp.Dummy() for e in expression.atoms(sp.exp) if e.has(variable)}
    return sp.expand(expression.xreplace(kept)).xreplace({name: e for e, name in kept.items()})


def _log_cosh_above(u: sp.Expr) -> sp.Expr:
    return u - sp.log(2) + softplus(-2 * u)


def _softplus_outside(expression: sp.Expr, at_end: Any) -> sp.Expr:
    """``f(u) = u + f(-u)`` where u grows, f softplus or a smoothed relu, but not inside another function."""
    if isinstance(expression, softplus | smoothed_relu) and at_end(expression.args[0]):
        u = expression.args[0]
        return u + expression.func(-u)
    if isinstance(expression, sp.Add | sp.Mul):
        return expression.func(*(_softplus_outside(a, at_end) for a in expression.args))
    return expression
