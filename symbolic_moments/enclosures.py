r"""Enclosures: the range of an expression and of its derivative over an interval, by interval arithmetic.

A pair of intervals is carried through the expression, ``(f, f')``, as in forward differentiation. Endpoints are mpmath
numbers, whose exponents have no limit. Every operation widens by a few units in the last place, relatively, so that an
exact 0 stays 0. Jumps (of a sign, between the branches of a ``Piecewise``) do not enter the derivative: it bounds
``f'`` where ``f`` is differentiable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symbolic_moments.evaluation import Evaluator
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.mpmath_context import normal_cdf, normal_density, without_astronomy
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

__all__ = ["Enclosure"]

_Interval = tuple[Any, Any]


class Enclosure:
    """Ranges of expressions in ``x`` over intervals.

    Parameters
    ----------
    context : mpmath context
        Its precision is that of the endpoints.
    values : mapping from sympy.Symbol to Fraction or mpf
        Of the symbols other than ``x``.

    Examples
    --------
    >>> from symbolic_moments.enclosures import Enclosure
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.mpmath_context import working_context
    >>> over = Enclosure(working_context(15), {})
    >>> value, derivative = over(parse_expression("x - tanh(x)"), 1, 2)
    >>> bool(value[0] > 0 and derivative[0] > 0 and derivative[1] < 1)
    True
    """

    def __init__(self, context: Any, values: Mapping[Any, Any]) -> None:
        self.context = context
        self._evaluator = Evaluator(context, values)
        self._constants: dict[Any, Any] = {}
        self._everything = (-context.inf, context.inf)
        self._zero = (context.zero, context.zero)
        self._slack = context.mpf(2) ** (6 - context.prec)

    def __call__(self, expression: Any, low: Any, high: Any) -> tuple[_Interval, _Interval]:
        """Enclosures of ``expression`` and of its derivative over ``[low, high]``; the ends may be infinite."""
        one = self.context.one
        known = {x: ((self.context.mpf(low), self.context.mpf(high)), (one, one))}
        return self._part(expression, known)

    def _part(self, node: Any, known: dict[Any, Any]) -> tuple[_Interval, _Interval]:
        if node not in known:
            known[node] = self._constant(node) if not node.has(x) else self._value(node, known)
        return known[node]

    def _constant(self, node: Any) -> tuple[_Interval, _Interval]:
        if node not in self._constants:
            value = self._evaluator.real(self._evaluator(node))
            self._constants[node] = self._wide((value, value)), self._zero
        return self._constants[node]

    def _wide(self, interval: _Interval) -> _Interval:
        low, high = interval
        if low != low or high != high or low == self.context.inf or high == -self.context.inf:
            return self._everything
        return low - abs(low) * self._slack, high + abs(high) * self._slack

    def _sum(self, left: _Interval, right: _Interval) -> _Interval:
        return self._wide((left[0] + right[0], left[1] + right[1]))

    def _product(self, left: _Interval, right: _Interval) -> _Interval:
        if left == self._zero or right == self._zero:
            return self._zero
        corners = [a * b if a and b else self.context.zero for a in left for b in right]
        return self._wide((min(corners), max(corners)))

    def _value(self, node: Any, known: dict[Any, Any]) -> tuple[_Interval, _Interval]:
        if isinstance(node, sp.Piecewise):
            return self._piecewise(node, known)
        parts = [self._part(argument, known) for argument in node.args]
        if node.is_Add:
            value, slope = parts[0]
            for part in parts[1:]:
                value, slope = self._sum(value, part[0]), self._sum(slope, part[1])
            return value, slope
        if node.is_Mul:
            value, slope = parts[0]
            for part in parts[1:]:
                slope = self._sum(self._product(slope, part[0]), self._product(value, part[1]))
                value = self._product(value, part[0])
            return value, slope
        if node.is_Pow:
            return self._power(node, *parts)
        if isinstance(node, (sp.Max, sp.Min)):
            return self._extremum(parts, 1 if isinstance(node, sp.Max) else -1)
        value, slope = parts[0]
        if isinstance(node, sp.Abs):
            return self._even(abs, value), self._product(self._sign(value), slope)
        if isinstance(node, (sp.sign, sp.Heaviside)):
            sign = self._sign(value)
            return (sign if isinstance(node, sp.sign) else ((sign[0] + 1) / 2, (sign[1] + 1) / 2)), self._zero
        own, derivative = self._function(node.func, value)
        return own, self._product(derivative, slope)

    def _sign(self, value: _Interval) -> _Interval:
        one = self.context.one
        if value == self._zero:
            return self._zero
        return (one if value[0] >= 0 else -one), (-one if value[1] <= 0 else one)

    def _even(self, function: Callable[[Any], Any], value: _Interval) -> _Interval:
        """An even function, monotone on either side of 0."""
        ends = [function(end) for end in value]
        if value[0] < 0 < value[1]:
            ends.append(function(self.context.zero))
        return self._wide((min(ends), max(ends)))

    def _monotone(self, function: Callable[[Any], Any], value: _Interval) -> _Interval:
        low, high = sorted(function(end) for end in value)
        return self._wide((low, high))

    def _extremum(self, parts: list[tuple[_Interval, _Interval]], sign: int) -> tuple[_Interval, _Interval]:
        ordered = [part if sign > 0 else ((-part[0][1], -part[0][0]), part[1]) for part in parts]
        floor = max(value[0] for value, _ in ordered)
        slopes = [slope for value, slope in ordered if value[1] >= floor]
        top = (floor, max(value[1] for value, _ in ordered))
        slope = (min(one[0] for one in slopes), max(one[1] for one in slopes))
        return (top if sign > 0 else (-top[1], -top[0])), slope

    def _power(self, node: Any, base: Any, exponent: Any) -> tuple[_Interval, _Interval]:
        context = self.context
        value, slope = base
        power = node.exp
        if not power.is_Rational:
            rate = self._monotone(self._log, value)
            grown = self._monotone(context.exp, self._product(rate, exponent[0]))
            return grown, self._product(self._product(grown, rate), exponent[1])
        q = context.mpf(int(power.p)) / int(power.q)

        def raised(interval: _Interval, by: Any, integer: int | None) -> _Interval:
            if integer is None:
                interval = max(interval[0], context.zero), max(interval[1], context.zero)
            if by < 0:
                if interval[0] <= 0 <= interval[1]:
                    return self._everything
                interval = self._wide(tuple(sorted((1 / interval[0], 1 / interval[1]))))
                by, integer = -by, (None if integer is None else -integer)
            if integer is None:
                return self._monotone(lambda end: end if end == context.inf else context.power(end, by), interval)
            if integer == 0:
                return context.one, context.one
            return (self._even if integer % 2 == 0 else self._monotone)(lambda end: end**integer, interval)

        whole = int(power) if power.is_Integer else None
        factor = raised(value, q - 1, None if whole is None else whole - 1)
        return raised(value, q, whole), self._product(self._product((q, q), factor), slope)

    def _piecewise(self, node: Any, known: dict[Any, Any]) -> tuple[_Interval, _Interval]:
        possible = []
        for value, condition in node.args:
            verdict = self._truth(condition, known)
            if verdict is not False:
                possible.append(self._part(value, known))
            if verdict is True:
                break
        lows, highs = ([[part[i][j] for part in possible] for i in (0, 1)] for j in (0, 1))
        return (min(lows[0]), max(highs[0])), (min(lows[1]), max(highs[1]))

    def _truth(self, condition: Any, known: dict[Any, Any]) -> bool | None:
        """Whether a condition holds on the whole interval (True), nowhere (False), or it is not known (None)."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, sp.Not):
            inner = self._truth(condition.args[0], known)
            return None if inner is None else not inner
        if isinstance(condition, (sp.And, sp.Or)):
            verdicts = [self._truth(argument, known) for argument in condition.args]
            decisive = isinstance(condition, sp.Or)
            if decisive in verdicts:
                return decisive
            return None if None in verdicts else not decisive
        left, right = (self._part(side, known)[0] for side in condition.args)
        if left[0] > right[1] or left[1] < right[0]:
            above = bool(left[0] > right[1])
            return {
                sp.StrictGreaterThan: above,
                sp.GreaterThan: above,
                sp.StrictLessThan: not above,
                sp.LessThan: not above,
                sp.Equality: False,
                sp.Unequality: True,
            }[condition.func]
        return None

    def _log(self, value: Any) -> Any:
        return self.context.log(value) if value > 0 else -self.context.inf

    def _function(self, function: Any, value: _Interval) -> tuple[_Interval, _Interval]:
        """``f(u)`` and ``f'(u)`` over an interval of ``u``."""
        context, one = self.context, self.context.one
        value = without_astronomy(context, value[0]), without_astronomy(context, value[1])
        if function is sp.exp:
            grown = self._monotone(context.exp, value)
            return grown, grown
        if function is sp.log:
            positive = max(value[0], context.zero), max(value[1], context.zero)
            slope = (1 / positive[1] if positive[1] else context.inf, 1 / positive[0] if positive[0] else context.inf)
            return self._monotone(self._log, positive), self._wide(slope)
        if function in (sp.sin, sp.cos):
            quarter = context.pi / 2
            start = 0 if function is sp.sin else 1
            return self._wave(value, start * quarter), self._wave(value, (start + 1) * quarter)
        if function is sp.tan:
            if self._between_poles(value):
                tangent = self._monotone(context.tan, value)
                return tangent, self._sum((one, one), self._even(lambda u: u * u, tangent))
            return self._everything, self._everything
        if function is fractional_part:
            return (context.zero, one), self._everything
        if function is sp.sinh:
            return self._monotone(context.sinh, value), self._even(context.cosh, value)
        if function is sp.cosh:
            return self._even(context.cosh, value), self._monotone(context.sinh, value)
        if function is sp.sech:
            own, tangent = self._even(context.sech, value), self._monotone(context.tanh, value)
            return own, self._product((-one, -one), self._product(own, tangent))
        if function is phi:
            own = self._even(lambda u: normal_density(context, u), value)
            return own, self._product((-value[1], -value[0]), own)
        if function in (sp.asin, sp.acos):
            inside = max(value[0], -one), min(value[1], one)
            inverse = self._even(lambda u: 1 / context.sqrt(1 - u * u) if abs(u) < 1 else context.inf, inside)
            if function is sp.asin:
                return self._monotone(context.asin, inside), inverse
            return self._monotone(context.acos, inside), (-inverse[1], -inverse[0])
        rules: dict[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
            sp.tanh: (context.tanh, lambda u: context.sech(u) ** 2),
            sp.atan: (context.atan, lambda u: 1 / (1 + u * u)),
            sp.asinh: (context.asinh, lambda u: 1 / context.sqrt(1 + u * u)),
            sp.erf: (context.erf, lambda u: 2 * context.exp(-u * u) / context.sqrt(context.pi)),
            sp.erfc: (context.erfc, lambda u: -2 * context.exp(-u * u) / context.sqrt(context.pi)),
            Phi: (lambda u: normal_cdf(context, u), lambda u: normal_density(context, u)),
        }
        if function not in rules:
            return self._everything, self._everything
        own_rule, slope_rule = rules[function]
        return self._monotone(own_rule, value), self._even(slope_rule, value)

    def _between_poles(self, value: _Interval) -> bool:
        """Whether a tangent has none on the interval, by more than rounding."""
        context = self.context
        if not value[1] - value[0] < context.pi:
            return False
        pole = (context.floor(value[0] / context.pi + context.mpf(1) / 2) - context.mpf(1) / 2) * context.pi
        slack = self._slack * (1 + abs(value[0]) + abs(value[1]))
        return bool(value[0] > pole + slack and value[1] < pole + context.pi - slack)

    def _wave(self, value: _Interval, shift: Any) -> _Interval:
        """``sin(u + shift)``."""
        context, one = self.context, self.context.one
        low, high = value[0] + shift, value[1] + shift
        if not (high - low < 2 * context.pi):
            return -one, one
        ends = [context.sin(low), context.sin(high)]
        slack = self._slack * (1 + abs(low) + abs(high))

        def reaches(place: Any) -> bool:
            turn = 2 * context.pi
            return bool(context.floor((high + slack - place) / turn) >= context.ceil((low - slack - place) / turn))

        bottom = -one if reaches(-context.pi / 2) else max(-one, min(ends) - slack)
        top = one if reaches(context.pi / 2) else min(one, max(ends) + slack)
        return bottom, top
