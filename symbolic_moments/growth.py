r"""Bounds of an expression, node by node: its values, its growth, and whether it has logarithmic singularities.

Each node gets an interval of values and a growth class, on the half line or interval where its branch of a
``Piecewise`` applies: bounded, at most linear, at most polynomial, at most ``C exp(c |x|)``, or beyond. The first four
are integrable against every Gaussian, a power of a logarithm at isolated points included. What is beyond may still be
tamed further up: ``1/(1 + exp(x^2))`` is bounded. The bounds are sufficient, not necessary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

__all__ = ["Bound", "Growth", "NoBoundError", "bound_of"]


class Growth(IntEnum):
    """How fast a function may grow with ``|x|``."""

    BOUNDED = 0
    LINEAR = 1
    POLYNOMIAL = 2
    EXPONENTIAL = 3
    BEYOND = 4


class NoBoundError(Exception):
    """A part has no bound: the reason, and whether it disproves that the function is real."""

    def __init__(self, reason: str, disproof: bool = False) -> None:
        super().__init__(reason)
        self.disproof = disproof


@dataclass(frozen=True)
class Bound:
    """Values between ``low`` and ``high``, almost everywhere.

    Attributes
    ----------
    low, high : float
        May be infinite.
    growth : Growth
        As ``|x|`` grows.
    falls, rises : bool
        Next to finite points it may fall to minus infinity, or rise to infinity, like a power of a logarithm.
    beyond : str
        For growth ``BEYOND``: the part it comes from.
    """

    low: float
    high: float
    growth: Growth
    falls: bool = False
    rises: bool = False
    beyond: str = ""

    @property
    def apart_from_zero(self) -> bool:
        """Whether 1 over it is bounded."""
        return self.low > 1e-9 or self.high < -1e-9

    def scaled(self, factor: float) -> Bound:
        """``factor`` times it."""
        ends = sorted(factor * end if factor else 0.0 for end in (self.low, self.high))
        falls, rises = (self.falls, self.rises) if factor > 0 else (self.rises, self.falls)
        return replace(self, low=ends[0], high=ends[1], falls=falls, rises=rises)


_EVERYTHING = (-math.inf, math.inf)
_E = Bound(math.e, math.e, Growth.BOUNDED)


def bound_of(node: Any, domain: tuple[float, float] = _EVERYTHING) -> Bound:
    """A bound of ``node`` over a domain.

    Raises
    ------
    NoBoundError
        None was found; the message names the part.

    Examples
    --------
    >>> from symbolic_moments.growth import bound_of
    >>> from symbolic_moments.language import parse_expression
    >>> bound_of(parse_expression("1/(1 + exp(x**2))")).growth.name, bound_of(parse_expression("log(x**2)")).falls
    ('BOUNDED', True)
    """
    if node == x:
        finite = math.isfinite(domain[0]) and math.isfinite(domain[1])
        return Bound(*domain, Growth.BOUNDED if finite else Growth.LINEAR)
    if not node.has(x):
        return _constant_bound(node)
    polynomial = _polynomial_bound(node, domain)
    if polynomial is not None:
        return polynomial
    if isinstance(node, sp.Piecewise):
        return _piecewise_bound(node, domain)
    if isinstance(node, sp.log):
        return _log_bound(node, domain)
    parts = [bound_of(argument, domain) for argument in node.args]
    if isinstance(node, sp.Add):
        return _joined(parts, sum(part.low for part in parts), sum(part.high for part in parts))
    if isinstance(node, sp.Mul):
        result = parts[0]
        for part in parts[1:]:
            result = _product(result, part)
        return result
    if isinstance(node, sp.Pow):
        return _power_bound(node, parts[0], parts[1], domain)
    return _function_bound(node, parts)


def _joined(parts: list[Bound], low: float, high: float) -> Bound:
    """A bound whose growth and singularities are those of its parts."""
    beyond = next((part.beyond for part in parts if part.beyond), "")
    falls, rises = any(part.falls for part in parts), any(part.rises for part in parts)
    return Bound(low, high, max(part.growth for part in parts), falls, rises, beyond)


def _constant_bound(node: Any) -> Bound:
    if node.is_number:
        if node.is_extended_real is False or not node.is_finite:
            raise NoBoundError(f"{node} is not a finite real number", disproof=True)
        value = float(node)
        return Bound(value, value, Growth.BOUNDED)
    low = 1e-6 if node.is_positive else 0.0 if node.is_nonnegative else -math.inf
    return Bound(low, -1e-6 if node.is_negative else math.inf, Growth.BOUNDED)


def _polynomial_bound(node: Any, domain: tuple[float, float]) -> Bound | None:
    """Range of a numeric polynomial of degree at most 8, from its critical points."""
    if node.free_symbols != {x} or not node.is_polynomial(x):
        return None
    poly = sp.Poly(node, x)
    degree = int(poly.degree())
    if degree < 1 or degree > 8:
        return None
    values = [_limit(poly, end) for end in domain]
    if degree > 1:
        for root in poly.diff(x).nroots(n=15, maxsteps=200):
            point = float(sp.re(root))
            if domain[0] < point < domain[1]:
                values.append(float(poly.eval(sp.Float(point, 30))))
    finite = math.isfinite(domain[0]) and math.isfinite(domain[1])
    unbounded = Growth.LINEAR if degree == 1 else Growth.POLYNOMIAL
    return Bound(min(values), max(values), Growth.BOUNDED if finite else unbounded)


def _limit(poly: sp.Poly, end: float) -> float:
    if math.isfinite(end):
        return float(poly.eval(sp.Rational(end)))
    sign = 1 if poly.LC() > 0 else -1
    return sign * (math.inf if end > 0 or poly.degree() % 2 == 0 else -math.inf)


def _product(left: Bound, right: Bound) -> Bound:
    corners = [a * b if a != 0 and b != 0 else 0.0 for a in (left.low, left.high) for b in (right.low, right.high)]
    result = _joined([left, right], min(corners), max(corners))
    singular = result.falls or result.rises
    growth = result.growth
    if left.growth != Growth.BOUNDED and right.growth != Growth.BOUNDED:
        growth = max(growth, Growth.POLYNOMIAL)
    return replace(result, growth=growth, falls=singular, rises=singular)


def _power_bound(node: Any, base: Bound, exponent: Bound, domain: tuple[float, float]) -> Bound:
    if not node.exp.is_Rational:
        return _exponential_bound(node, base, exponent)
    power = node.exp
    if not power.is_Integer and base.low < 0:
        if _is_exact_polynomial(node.base, domain):
            raise NoBoundError(f"{node} is not real where {node.base} is negative", disproof=True)
        raise NoBoundError(f"{node} is real only where {node.base} is not negative, which could not be shown")
    if power.is_negative:
        if not base.apart_from_zero:
            raise NoBoundError(f"{node} cannot be bounded, as {node.base} is not kept away from 0")
        base = Bound(1 / base.high, 1 / base.low, Growth.BOUNDED)
        power = -power
    exponent_value = float(power)
    corners = [_real_power(end, exponent_value) for end in (base.low, base.high)]
    singular = base.falls or base.rises
    falls, rises = base.falls, base.rises
    if power.is_Integer and int(power) % 2 == 0:
        falls, rises = False, singular
        if base.low < 0 < base.high:
            corners.append(0.0)
    growth = Growth.POLYNOMIAL if base.growth == Growth.LINEAR and power > 1 else base.growth
    return replace(base, low=min(corners), high=max(corners), growth=growth, falls=falls, rises=rises)


def _is_exact_polynomial(node: Any, domain: tuple[float, float]) -> bool:
    """Whether the range found for ``node`` is attained: a polynomial on the whole line."""
    return domain == _EVERYTHING and _polynomial_bound(node, domain) is not None


def _real_power(value: float, exponent: float) -> float:
    try:
        return value**exponent
    except OverflowError:
        return math.inf if value > 0 or exponent % 2 == 0 else -math.inf


def _exponential_bound(node: Any, base: Bound, exponent: Bound) -> Bound:
    """``base**exponent`` with a constant positive base, ``exp`` included."""
    if base.low != base.high or base.low <= 0:
        raise NoBoundError(f"{node} has neither a rational exponent nor a constant positive base")
    power = exponent.scaled(math.log(base.low))
    if power.rises:
        raise NoBoundError(f"{node} cannot be bounded, as its exponent rises to infinity like a logarithm, or faster")
    low, high = (_increasing(math.exp, end) for end in (power.low, power.high))
    if power.growth == Growth.BOUNDED or (math.isfinite(high) and high < 1e300):
        return Bound(low, high, Growth.BOUNDED)
    if power.growth == Growth.LINEAR:
        return Bound(low, high, Growth.EXPONENTIAL)
    beyond = power.beyond or f"{node} grows, or could not be shown not to grow, faster than every exp(c |x|)"
    return Bound(low, high, Growth.BEYOND, beyond=beyond)


def _increasing(function: Callable[[float], float], value: float) -> float:
    try:
        return function(value)
    except OverflowError:
        return math.copysign(math.inf, value) if value < 0 else math.inf


def _piecewise_bound(node: Any, domain: tuple[float, float]) -> Bound:
    branches = []
    left = [domain]
    for value, condition in node.args:
        remaining: list[tuple[float, float]] = []
        for interval in left:
            inside = _where(condition, interval)
            branches += [bound_of(value, part) for part in inside]
            remaining += _without(interval, inside) if condition != sp.true else []
        left = remaining if _is_exact(condition) else left
    return _joined(branches, min(part.low for part in branches), max(part.high for part in branches))


def _is_exact(condition: Any) -> bool:
    """Whether the condition is a single comparison of ``x`` with a number, whose intervals are exact."""
    return condition == sp.true or (
        condition.is_Relational
        and {condition.lhs, condition.rhs} & {x} != set()
        and all(side == x or side.is_number for side in (condition.lhs, condition.rhs))
        and not isinstance(condition, (sp.Eq, sp.Ne))
    )


def _where(condition: Any, interval: tuple[float, float]) -> list[tuple[float, float]]:
    """Intervals that cover the part of ``interval`` where ``condition`` holds."""
    if condition == sp.false:
        return []
    if isinstance(condition, sp.And):
        covered = [interval]
        for part in condition.args:
            covered = [piece for one in covered for piece in _where(part, one)]
        return covered
    if not _is_exact(condition) or condition == sp.true:
        return [interval]
    point = float(condition.rhs if condition.lhs == x else condition.lhs)
    below = isinstance(condition, (sp.Lt, sp.Le)) == (condition.lhs == x)
    low, high = (interval[0], min(interval[1], point)) if below else (max(interval[0], point), interval[1])
    return [(low, high)] if low < high else []


def _without(interval: tuple[float, float], inside: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if not inside:
        return [interval]
    low, high = inside[0]
    return [(a, b) for a, b in ((interval[0], low), (high, interval[1])) if a < b]


def _log_bound(node: Any, domain: tuple[float, float]) -> Bound:
    inner = node.args[0]
    values = bound_of(inner, domain)
    if values.low < 0:
        if _is_exact_polynomial(inner, domain):
            raise NoBoundError(f"{node} is not real where {inner} is negative", disproof=True)
        raise NoBoundError(f"{node} is real only where {inner} is positive, which could not be shown")
    return _log_of_size(inner, domain)


_LIKE_ITS_ARGUMENT = (sp.sin, sp.sinh, sp.tanh, sp.erf, sp.atan, sp.asinh, sp.cos)
"""Functions whose zeros, of a polynomial argument, are isolated and of finite order."""


def _log_of_size(node: Any, domain: tuple[float, float]) -> Bound:
    """A bound of ``log|node|``: the logarithm of a product is a sum, that of an exponential its exponent."""
    if isinstance(node, sp.exp):
        return bound_of(node.args[0], domain)
    if isinstance(node, sp.Abs):
        return _log_of_size(node.args[0], domain)
    if isinstance(node, sp.Mul):
        parts = [_log_of_size(factor, domain) for factor in node.args]
        return _joined(parts, sum(part.low for part in parts), sum(part.high for part in parts))
    if isinstance(node, sp.Pow) and node.exp.is_Rational:
        return _log_of_size(node.base, domain).scaled(float(node.exp))
    if isinstance(node, (sp.sech, Phi, sp.erfc)):
        argument = bound_of(node.args[0], domain)
        squared = Growth.POLYNOMIAL if argument.growth == Growth.LINEAR else argument.growth
        return Bound(-math.inf, 1.0, squared, falls=argument.falls or argument.rises, beyond=argument.beyond)
    values = bound_of(node, domain)
    largest = max(abs(values.low), abs(values.high))
    high = math.log(largest) if largest else -math.inf
    growth = Growth(min(int(values.growth), int(Growth.LINEAR)))
    if values.growth == Growth.BEYOND:
        if not isinstance(node, sp.Add):
            raise NoBoundError(f"log({node}) could not be bounded: {values.beyond}")
        parts = [_log_of_size(term, domain) for term in node.args]
        growth = Growth(max(int(part.growth) for part in parts))
    if values.apart_from_zero:
        return Bound(math.log(min(abs(values.low), abs(values.high))), high, growth, rises=values.rises or values.falls)
    polynomial = node.is_polynomial(x) and node.free_symbols == {x}
    if polynomial or (isinstance(node, _LIKE_ITS_ARGUMENT) and node.args[0].is_polynomial(x)):
        if isinstance(node, sp.sinh):
            growth = bound_of(node.args[0], domain).growth
        return Bound(-math.inf, high, growth, falls=True)
    if isinstance(node, sp.Add) and all(bound_of(term, domain).low >= 0 for term in node.args):
        for term in node.args:
            try:
                floor = _log_of_size(term, domain)
            except NoBoundError:
                continue
            return Bound(floor.low, high, max(floor.growth, growth), falls=floor.falls, rises=values.rises)
    raise NoBoundError(f"log({node}) could not be bounded below, as {node} is not kept away from 0")


_INCREASING: dict[Any, Callable[[float], float]] = {
    sp.tanh: math.tanh,
    sp.erf: math.erf,
    sp.atan: math.atan,
    sp.asinh: math.asinh,
    Phi: lambda u: (1 + math.erf(u / math.sqrt(2))) / 2,
    sp.sign: lambda u: float((u > 0) - (u < 0)),
}
_WITHIN: dict[Any, tuple[float, float]] = {
    sp.sin: (-1, 1),
    sp.cos: (-1, 1),
    sp.sech: (0, 1),
    sp.erfc: (0, 2),
    phi: (0, 0.4),
    sp.asin: (-1.6, 1.6),
    sp.acos: (0, 3.2),
}


def _function_bound(node: Any, parts: list[Bound]) -> Bound:
    first = parts[0]
    if isinstance(node, sp.exp):
        return _exponential_bound(node, _E, first)
    if isinstance(node, (sp.sinh, sp.cosh)):
        both = [_exponential_bound(node, _E, part) for part in (first, first.scaled(-1))]
        low, high = _increasing(math.sinh, first.low), _increasing(math.sinh, first.high)
        return _joined(both, *((1.0, math.inf) if isinstance(node, sp.cosh) else (low, high)))
    if isinstance(node, (sp.Max, sp.Min)):
        choose = max if isinstance(node, sp.Max) else min
        return _joined(parts, choose(part.low for part in parts), choose(part.high for part in parts))
    if isinstance(node, sp.Abs):
        low = 0.0 if first.low <= 0 <= first.high else min(abs(first.low), abs(first.high))
        high = max(abs(first.low), abs(first.high))
        return replace(first, low=low, high=high, falls=False, rises=first.falls or first.rises)
    if isinstance(node, sp.Heaviside):
        return Bound(0.0, 1.0, Growth.BOUNDED)
    if isinstance(node, sp.tan) and not (first.low > -1.57 and first.high < 1.57):
        raise NoBoundError(f"{node} has poles unless {node.args[0]} stays between -pi/2 and pi/2")
    if isinstance(node, (sp.asin, sp.acos)) and not (first.low >= -1 and first.high <= 1):
        exact = node.args[0].is_polynomial(x)
        raise NoBoundError(f"{node} is not real unless {node.args[0]} stays between -1 and 1", disproof=exact)
    if isinstance(node, sp.tan):
        return Bound(math.tan(first.low), math.tan(first.high), Growth.BOUNDED)
    if node.func in _INCREASING:
        function = _INCREASING[node.func]
        low, high = function(first.low), function(first.high)
        if isinstance(node, sp.asinh):
            growth = first.growth if first.growth == Growth.BEYOND else min(first.growth, Growth.LINEAR)
            return replace(first, low=low, high=high, growth=growth)
        return Bound(low, high, Growth.BOUNDED)
    if node.func in _WITHIN:
        return Bound(*_WITHIN[node.func], Growth.BOUNDED)
    raise NoBoundError(f"nothing is known about {node.func.__name__}")
