"""A SymPy expression without kinks as a function of python-flint's complex balls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from codegen.verify.smooth import UnsupportedExpressionError

__all__ = ["BallFunction", "compile_balls"]

BallFunction = Callable[[Any, bool], Any]
_MEROMORPHIC = ("exp", "erf", "erfc", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech")


def compile_balls(expression: sp.Expr, variable: sp.Symbol, flint: Any) -> BallFunction:
    """The map (ball, analytic) -> enclosure of g; not finite where g must be analytic but is not.

    Raises
    ------
    UnsupportedExpressionError
        Something the second referee has no enclosure for.
    """
    if expression == variable:
        return lambda ball, analytic: ball
    constant = _constant(expression, flint)
    if constant is not None:
        return lambda ball, analytic: constant
    grown = _exponential_inside(expression)
    if grown is not None:
        inner, wrap = compile_balls(grown[0], variable, flint), grown[1]
        return lambda ball, analytic: wrap(inner(ball, analytic), analytic)
    parts = [compile_balls(part, variable, flint) for part in expression.args]
    if expression.is_Add:
        return lambda ball, analytic: sum((part(ball, analytic) for part in parts), flint.acb(0))
    if expression.is_Mul:
        return lambda ball, analytic: _product([part(ball, analytic) for part in parts], flint)
    if expression.is_Pow and expression.args[1].is_Integer:
        exponent = int(expression.args[1])
        return lambda ball, analytic: parts[0](ball, analytic) ** exponent
    if expression.is_Pow and expression.args[1] == sp.S.Half:
        return lambda ball, analytic: parts[0](ball, analytic).sqrt(analytic=analytic)
    name = expression.func.__name__
    if name in _MEROMORPHIC:
        return lambda ball, analytic: getattr(parts[0](ball, analytic), name)()
    if name == "log":
        return lambda ball, analytic: parts[0](ball, analytic).log(analytic=analytic)
    if name == "Phi":
        return lambda ball, analytic: (-parts[0](ball, analytic) / flint.arb(2).sqrt()).erfc() / 2
    if name == "phi":
        return lambda ball, analytic: (-(parts[0](ball, analytic) ** 2) / 2).exp() / (2 * flint.arb.pi()).sqrt()
    raise UnsupportedExpressionError(f"no enclosure for {name}")


def _exponential_inside(expression: sp.Expr) -> tuple[sp.Expr, BallFunction] | None:
    """The u of log(1 + exp(u)) or log(cosh(u)), and the function of it that meets no branch cut away from Re u = 0."""
    if not isinstance(expression, sp.log):
        return None
    inside = expression.args[0]
    if isinstance(inside, sp.cosh):
        return inside.args[0], _log_cosh
    if inside.is_Add and len(inside.args) == 2 and inside.args[0] == 1 and isinstance(inside.args[1], sp.exp):
        return inside.args[1].args[0], _softplus
    return None


def _softplus(u: Any, analytic: bool) -> Any:
    """log(1 + exp(u)); for Re u > 0 its continuation u + log(1 + exp(-u)), whose logarithm stays right of its cut.

    In each half plane the exponential is below 1, so balls of any height are enclosed; only those that straddle
    Re u = 0 have to be small.
    """
    if u.real.lower() > 0:
        return u + _log_of_one_and((-u).exp(), analytic)
    return _log_of_one_and(u.exp(), analytic)


def _log_cosh(u: Any, analytic: bool) -> Any:
    """log(cosh(u)), even; for Re u > 0 its continuation u - log 2 + log(1 + exp(-2 u))."""
    if u.real.upper() < 0:
        return _log_cosh(-u, analytic)
    if u.real.lower() > 0:
        return u - type(u)(2).log() + _log_of_one_and((-2 * u).exp(), analytic)
    return u.cosh().log(analytic=analytic)


def _log_of_one_and(v: Any, analytic: bool) -> Any:
    """log(1 + v), with v's own digits where 1 + v keeps clear of the cut."""
    return v.log1p() if (1 + v).real.lower() > 0 else (1 + v).log(analytic=analytic)


def _product(values: list[Any], flint: Any) -> Any:
    result = flint.acb(1)
    for value in values:
        result = result * value
    return result


def _constant(expression: sp.Expr, flint: Any) -> Any:
    if expression.is_Rational:
        return flint.acb(flint.fmpq(int(expression.p), int(expression.q)))
    if expression == sp.pi:
        return flint.acb(flint.arb.pi())
    if expression == sp.E:
        return flint.acb(flint.arb(1).exp())
    return None
