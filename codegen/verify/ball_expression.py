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
