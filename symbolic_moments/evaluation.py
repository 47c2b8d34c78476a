"""Values of SymPy expressions in mpmath: exact rationals as long as possible, then any precision.

SymPy's own ``evalf`` guards single sums against cancellation; here the whole expression is evaluated at increasing
precision until two precisions agree, in a private context, with rational sub-expressions kept exact.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.mpmath_context import (
    MOST_MAGNITUDE,
    normal_cdf,
    normal_density,
    owens_t,
    without_astronomy,
    working_context,
)
from symbolic_moments.normal import OwenT, Phi, phi

__all__ = ["Evaluator", "agreeing_value"]

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sp.exp: lambda c, u: c.exp(u),
    sp.sin: lambda c, u: c.sin(u),
    sp.cos: lambda c, u: c.cos(u),
    sp.tan: lambda c, u: c.tan(u),
    sp.sinh: lambda c, u: c.sinh(u),
    sp.cosh: lambda c, u: c.cosh(u),
    sp.tanh: lambda c, u: c.tanh(u),
    sp.sech: lambda c, u: 1 / c.cosh(u),
    sp.asin: lambda c, u: c.asin(u),
    sp.acos: lambda c, u: c.acos(u),
    sp.atan: lambda c, u: c.atan(u),
    sp.asinh: lambda c, u: c.asinh(u),
    sp.erf: lambda c, u: c.erf(u),
    sp.erfc: lambda c, u: c.erfc(u),
    sp.gamma: lambda c, u: c.gamma(u),
    sp.uppergamma: lambda c, a, u: c.gammainc(a, u),
    Phi: normal_cdf,
    phi: normal_density,
    OwenT: owens_t,
}

_RELATIONS: dict[Any, Callable[[Any, Any], bool]] = {
    sp.StrictGreaterThan: operator.gt,
    sp.GreaterThan: operator.ge,
    sp.StrictLessThan: operator.lt,
    sp.LessThan: operator.le,
    sp.Equality: operator.eq,
    sp.Unequality: operator.ne,
}


@dataclass(frozen=True)
class _Split:
    """``exact + rest``, kept apart so that exact parts can cancel: ``Phi(u) = 1 - Phi(-u)`` for ``u > 0``."""

    exact: Fraction
    rest: Any


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
        if isinstance(value, _Split):
            return self.real(value.exact) + value.rest
        return self.context.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value

    def __call__(self, expression: Any) -> Any:
        """The value: a Fraction where everything is rational, a number of the context otherwise."""
        return self._plain(self._part(expression))

    def _plain(self, value: Any) -> Any:
        return self.real(value) if isinstance(value, _Split) else value

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
            return self._sum([self._part(argument) for argument in node.args])
        if node.is_Mul:
            return self._product([self._part(argument) for argument in node.args])
        if node.is_Pow:
            return self._power(self(node.base), self(node.exp))
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
            return _Split(Fraction(1), -normal_cdf(context, -u)) if u > 0 else normal_cdf(context, u)
        if isinstance(node, sp.log):
            return self._log(node.args[0])
        function = _FUNCTIONS.get(node.func)
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
            return self._scaled(self(argument.exp), self._log(argument.base))
        u = self._part(argument)
        near_one = isinstance(u, _Split) and u.exact == 1 and abs(u.rest) < 0.5
        return self.context.log1p(u.rest) if near_one else self.context.log(self.real(u))

    def _sum(self, terms: list[Any]) -> Any:
        exact, rest = Fraction(0), []
        for term in terms:
            if isinstance(term, Fraction):
                exact += term
            elif isinstance(term, _Split):
                exact += term.exact
                rest.append(term.rest)
            else:
                rest.append(term)
        if not rest:
            return exact
        total = self.context.fsum(rest)
        return _Split(exact, total) if exact else total

    def _product(self, factors: list[Any]) -> Any:
        exact, rest = Fraction(1), []
        for factor in factors:
            if isinstance(factor, Fraction):
                exact *= factor
            else:
                rest.append(factor)
        if not rest:
            return exact
        if len(rest) == 1 and isinstance(rest[0], _Split):
            return _Split(exact * rest[0].exact, self._scaled(exact, rest[0].rest)) if exact else exact
        product = self.real(rest[0])
        for factor in rest[1:]:
            product = product * self.real(factor)
        return self._scaled(exact, product) if exact or not self.context.isfinite(product) else exact

    @staticmethod
    def _scaled(exact: Fraction, value: Any) -> Any:
        return value * exact.numerator / exact.denominator

    def _power(self, base: Any, exponent: Any) -> Any:
        context = self.context
        if isinstance(exponent, Fraction) and exponent.denominator == 1:
            return base ** int(exponent)
        if isinstance(exponent, Fraction) and exponent.denominator == 2:
            return context.sqrt(self.real(base)) ** exponent.numerator
        return context.power(self.real(base), self.real(exponent))

    def _truth(self, condition: Any) -> bool:
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, (sp.And, sp.Or)):
            combine = all if isinstance(condition, sp.And) else any
            return combine(self._truth(argument) for argument in condition.args)
        if isinstance(condition, sp.Not):
            return not self._truth(condition.args[0])
        return _RELATIONS[condition.func](*self._comparable(condition.args))

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


def agreeing_value(digits: int, value_at: Callable[[Any], Any], what: str, most: int | None = None) -> Any:
    """A value computed at increasing precision until two precisions agree to ``digits`` digits of the value.

    Parameters
    ----------
    digits : int
        At least 1.
    value_at : callable
        From an mpmath context to the value in it (an mpf or a Fraction).
    what : str
        What is computed, for the error message.
    most : int, optional
        The working precision to give up at, in digits; by default about fifty times the digits.

    Returns
    -------
    mpf
        In a context of ``digits`` digits. A value that is 0 at three precisions is 0.

    Raises
    ------
    ArithmeticError
        No agreement below that precision.

    Examples
    --------
    >>> from symbolic_moments.evaluation import agreeing_value
    >>> print(agreeing_value(20, lambda context: context.exp(-100) + 1 - 1, "a test"))
    3.720075976020835963e-44
    """
    working, previous, zeros = digits + 15, None, 0
    while working < (50 * digits + 5000 if most is None else most):
        context = working_context(working)
        value = value_at(context)
        if isinstance(value, Fraction):
            return working_context(digits).mpf(value.numerator) / value.denominator
        if context.isnan(value):
            return working_context(digits).nan
        if hasattr(value, "imag") and value.imag != 0:
            raise ArithmeticError(f"{what} is not real at these values")
        zeros = zeros + 1 if value == 0 else 0
        if zeros == 3:
            return working_context(digits).zero
        if (
            previous is not None
            and value != 0
            and abs(value - previous) <= context.mpf(10) ** (-digits - 2) * abs(value)
        ):
            return working_context(digits).convert(value) * 1
        previous, working = value, 2 * working
    raise ArithmeticError(f"{what}: {digits} digits were not reached; its terms cancel beyond every precision tried")
