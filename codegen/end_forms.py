"""Kinks and error functions written from one end of the line: what they tend to there, plus what vanishes there."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import written_out
from symbolic_moments.normal import Phi

_FAR = 10**6
_FAR_OF_FUNCTIONS = 1000
_APART = sp.Rational(1, 1000)


def from_one_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr | None:
    """``Max``, ``Abs``, ``Piecewise``, ``erf`` and the like as their limit at one end (side = 1: infinity) and a rest.

    The rest is exactly 0 there or falls off like a normal tail. None where it is not clear which branch is the largest.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> from_one_end(sp.Max(x, 0), x, 1), from_one_end(sp.erf(x), x, -1)
    (x + Max(0, -x), 2*Phi(sqrt(2)*x) - 1)
    >>> from_one_end(sp.Max(sp.tanh(x), sp.S.Half), x, 1), from_one_end(sp.Max(sp.tanh(x), sp.erf(x)), x, 1)
    (tanh(x) + Max(0, 1/2 - tanh(x)), None)
    """
    switches = expression.atoms(sp.Max, sp.Min, sp.Abs, sp.Piecewise, sp.sign, sp.Heaviside)
    if not all(_is_decided(switch, variable, side) for switch in switches):
        return None

    def largest(*arguments: sp.Expr) -> sp.Expr:
        first = max(arguments, key=lambda a: _far(a, variable, side))
        return first + sp.Max(0, *(sp.expand(b - first) for b in arguments if b != first))

    def positive(u: sp.Expr) -> bool:
        return bool(_far(u, variable, side) > 0)

    def normal(u: sp.Expr) -> sp.Expr:
        if not u.is_polynomial(variable):
            return Phi(u)
        return 1 - Phi(sp.expand(-u)) if u.subs(variable, side * _FAR) > 0 else Phi(u)

    written = expression.replace(lambda e: isinstance(e, sp.Piecewise), lambda e: _outermost(e, variable, side))
    written = written.replace(
        sp.Heaviside, lambda u, at: 1 - sp.Heaviside(-u, 1 - at) if positive(u) else sp.Heaviside(u, at)
    )
    written = written.replace(
        sp.sign, lambda u: sp.sign(_far(u, variable, side)) * (1 - 2 * sp.Heaviside(-u if positive(u) else u))
    )
    written = written.replace(sp.Abs, lambda u: sp.Max(u, -u, evaluate=False)).replace(sp.Max, largest)
    written = written.replace(sp.Min, lambda *arguments: -largest(*(-b for b in arguments)))
    return written.replace(Phi, normal).replace(sp.erf, lambda u: 2 * normal(sp.expand(sp.sqrt(2) * u)) - 1)


def _far(argument: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr:
    if argument.is_polynomial(variable):
        return argument.subs(variable, side * _FAR)
    return sp.N(written_out(argument).subs(variable, side * _FAR_OF_FUNCTIONS))


def _is_decided(switch: sp.Expr, variable: sp.Symbol, side: int) -> bool:
    """Whether one argument is by far the largest, or smallest, at that end for good, or one piece holds there."""
    if isinstance(switch, sp.Piecewise):
        return _branch(switch, variable, side) is not None
    if all(argument.is_polynomial(variable) for argument in switch.args):
        return True
    if switch.has(sp.sin, sp.cos, sp.tan):
        return False
    if isinstance(switch, sp.sign | sp.Heaviside):
        return bool(abs(_far(switch.args[0], variable, side)) > _APART)
    arguments = (switch.args[0], -switch.args[0]) if isinstance(switch, sp.Abs) else switch.args
    values = sorted(_far(argument, variable, side) for argument in arguments)
    gap = values[1] - values[0] if isinstance(switch, sp.Min) else values[-1] - values[-2]
    return bool(gap > _APART)


def _branch(pieces: sp.Piecewise, variable: sp.Symbol, side: int) -> sp.Expr | None:
    """The piece that holds at one end; None where a condition is not about the place alone."""
    place = side * (_FAR if all(piece.is_polynomial(variable) for piece, _ in pieces.args) else _FAR_OF_FUNCTIONS)
    conditions = [written_out(condition).subs(variable, place) for _, condition in pieces.args]
    if not all(condition in (sp.true, sp.false) for condition in conditions):
        return None
    return next((piece for (piece, _), holds in zip(pieces.args, conditions, strict=True) if holds == sp.true), None)


def _outermost(pieces: sp.Piecewise, variable: sp.Symbol, side: int) -> sp.Expr:
    outer = _branch(pieces, variable, side)
    rest = [(sp.Integer(0) if piece == outer else piece - outer, condition) for piece, condition in pieces.args]
    return outer + sp.Piecewise(*rest)
