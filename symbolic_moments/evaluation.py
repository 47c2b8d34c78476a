"""Values of SymPy expressions in mpmath: exact rationals as long as possible, then any precision.

SymPy's own ``evalf`` guards single sums against cancellation; here the whole expression is evaluated in a private
context, with rational sub-expressions kept exact, and :mod:`symbolic_moments.agreement` raises its precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments import exact_arithmetic
from symbolic_moments.exact_arithmetic import Split
from symbolic_moments.mpmath_context import (
    MOST_MAGNITUDE,
    normal_cdf,
    without_astronomy,
)
from symbolic_moments.normal import Phi
from symbolic_moments.numeric_functions import FUNCTIONS, RELATIONS

__all__ = ["Evaluator"]


class Evaluator:
    """Evaluates expressions at given values of their symbols, in one mpmath context.

    Parameters
    ----------
    context : mpmath context
        The arithmetic of everything irrational.
    values : mapping from sympy.Symbol to Fraction or mpf
        Fractions are kept exact.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments.evaluation import Evaluator
    >>> from symbolic_moments.mpmath_context import working_context
    >>> from symbolic_moments.symbols import x
    >>> Evaluator(working_context(20), {x: Fraction(1, 3)})(x**2 - x / 3)
    Fraction(0, 1)
    """

    def __init__(self, context: Any, values: Mapping[Any, Any]) -> None:
        self.context = context
        self._known: dict[Any, Any] = dict(values)
        self._constants: dict[Any, Any] = {}

    def real(self, value: Any) -> Any:
        """``value`` as a number of the context."""
        return exact_arithmetic.real(self.context, value)

    def __call__(self, expression: Any) -> Any:
        """The value: a Fraction where everything is rational, a number of the context otherwise."""
        return self._plain(self._part(expression))

    def _plain(self, value: Any) -> Any:
        return self.real(value) if isinstance(value, Split) else value

    def _part(self, expression: Any) -> Any:
        found = self._known.get(expression)
        if found is None:
            found = self._value(expression)
            self._known[expression] = found
        return found

    def function_of(self, variable: sp.Symbol, expression: Any) -> Callable[[Any], Any]:
        """``expression`` as a function of ``variable``, everything free of it computed once."""
        fixed = {
            node: self(node)
            for node in _largest_parts_without(expression, variable)
            if isinstance(node, sp.Expr) and not node.has(sp.nan)
        }

        def value(point: Any) -> Any:
            inner = Evaluator(self.context, fixed)
            inner._known[variable] = point
            return inner.real(inner(expression))

        return value

    def _value(self, node: Any) -> Any:
        if node.is_Rational:
            return Fraction(int(node.p), int(node.q))
        if node.is_Symbol:
            raise KeyError(node.name)
        if node.is_Add:
            return exact_arithmetic.total(self.context, [self._part(argument) for argument in node.args])
        if node.is_Mul:
            return exact_arithmetic.product(self.context, [self._part(argument) for argument in node.args])
        if node.is_Pow:
            return exact_arithmetic.power(self.context, self(node.base), self(node.exp))
        if isinstance(node, sp.Piecewise):
            for value, condition in node.args:
                if self._truth(condition):
                    return self._part(value)
            return self.context.nan
        return self._other(node)

    def _other(self, node: Any) -> Any:
        context = self.context
        if node is sp.pi:
            return +context.pi
        if node is sp.E:
            return +context.e
        if node is sp.nan:
            return context.nan
        if isinstance(node, (sp.Max, sp.Min)):
            return (max if isinstance(node, sp.Max) else min)(self._comparable(node.args))
        if isinstance(node, sp.Abs):
            return abs(self(node.args[0]))
        if isinstance(node, (sp.sign, sp.Heaviside)):
            u = self(node.args[0])
            if isinstance(node, sp.sign):
                return Fraction((u > 0) - (u < 0))
            return self(node.args[1]) if u == 0 else Fraction(int(u > 0))
        if isinstance(node, Phi):
            u = self.real(self(node.args[0]))
            return Split(Fraction(1), -normal_cdf(context, -u)) if u > 0 else normal_cdf(context, u)
        if isinstance(node, sp.log):
            return self._log(node.args[0])
        function = FUNCTIONS.get(node.func)
        if function is not None:
            arguments = [without_astronomy(context, self.real(self(argument))) for argument in node.args]
            value = function(context, *arguments)
            if context.isnan(value) and not any(context.isnan(argument) for argument in arguments):
                raise ArithmeticError(f"{node} has no value where its argument exceeds 2^{MOST_MAGNITUDE}")
            return value
        if node.is_number:
            return context.convert(node.evalf(context.dps + 10)._to_mpmath(context.prec + 30))
        raise TypeError(f"no numerical value is known for {node.func.__name__} in {node}")

    def _log(self, argument: Any) -> Any:
        if argument.is_Pow and argument.exp.is_Rational and argument.exp.is_negative:
            # log(1/(1 + e)) = -log1p(e): the rounded reciprocal would have lost a small e
            return exact_arithmetic.scaled(self(argument.exp), self._log(argument.base))
        u = self._part(argument)
        near_one = isinstance(u, Split) and u.exact == 1 and abs(u.rest) < 0.5
        return self.context.log1p(u.rest) if near_one else self.context.log(self.real(u))

    def _truth(self, condition: Any) -> bool:
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, (sp.And, sp.Or)):
            combine = all if isinstance(condition, sp.And) else any
            return combine(self._truth(argument) for argument in condition.args)
        if isinstance(condition, sp.Not):
            return not self._truth(condition.args[0])
        return RELATIONS[condition.func](*self._comparable(condition.args))

    def _comparable(self, expressions: Any) -> list[Any]:
        """Values that can be compared: all exact, or all numbers of the context."""
        values = [self(expression) for expression in expressions]
        if all(isinstance(value, Fraction) for value in values):
            return values
        return [self.real(value) for value in values]


def _largest_parts_without(expression: Any, variable: sp.Symbol) -> list[Any]:
    parts: list[Any] = []
    seen, waiting = set(), [expression]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if variable not in node.free_symbols:
            parts.append(node)
        else:
            waiting.extend(node.args)
    return parts
