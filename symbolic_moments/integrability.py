r"""Is ``E|y^n g(y)|`` finite for every Gaussian? A proof by bounds, node by node.

Each node of the expression gets an interval of values and a growth class, on the half line or interval where its
branch of a ``Piecewise`` applies: bounded, at most linear, at most polynomial, or at most ``C exp(c |x|)``. All
four are integrable against every Gaussian. What cannot be shown to be real, free of poles and of such growth is
refused: the bounds are sufficient, not necessary, so a refusal says "cannot be shown" where it is not a disproof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

__all__ = ["require_integrable"]


class _Growth(IntEnum):
    BOUNDED = 0
    LINEAR = 1
    POLYNOMIAL = 2
    EXPONENTIAL = 3


@dataclass(frozen=True)
class _Bound:
    low: float
    high: float
    growth: _Growth

    @property
    def apart_from_zero(self) -> bool:
        return self.low > 1e-9 or self.high < -1e-9


_EVERYTHING = (-math.inf, math.inf)


def require_integrable(expression: sp.Expr) -> None:
    """Refuse an activation that is not shown to be integrable against every Gaussian.

    Parameters
    ----------
    expression : sympy.Expr
        In ``x``; other symbols are constants.

    Raises
    ------
    ValueError
        With the offending part: a pole, a value that is not real, or growth like ``exp(x^2)``.

    Examples
    --------
    >>> from symbolic_moments.integrability import require_integrable
    >>> from symbolic_moments.language import parse_expression
    >>> require_integrable(parse_expression("x*tanh(log(1 + exp(x)))"))
    >>> require_integrable(parse_expression("1/x"))
    Traceback (most recent call last):
    ...
    ValueError: 1/x is not integrable against every Gaussian: 1/x cannot be bounded, as x is not kept away from 0
    """
    for part in sp.preorder_traversal(expression):
        if isinstance(part, sp.Expr) and not part.has(x) and part.is_real is False:
            _refuse(expression, f"{part} is not a real number")
    _bound(expression, _EVERYTHING, expression)


def _refuse(whole: Any, reason: str) -> None:
    raise ValueError(f"{str(whole)[:80]} is not integrable against every Gaussian: {reason}")


def _bound(node: Any, domain: tuple[float, float], whole: Any) -> _Bound:
    if node == x:
        finite = math.isfinite(domain[0]) and math.isfinite(domain[1])
        return _Bound(*domain, _Growth.BOUNDED if finite else _Growth.LINEAR)
    if not node.has(x):
        return _constant_bound(node, whole)
    polynomial = _polynomial_bound(node, domain)
    if polynomial is not None:
        return polynomial
    if isinstance(node, sp.Piecewise):
        return _piecewise_bound(node, domain, whole)
    parts = [_bound(argument, domain, whole) for argument in node.args]
    if isinstance(node, sp.Add):
        growth = max(part.growth for part in parts)
        return _Bound(sum(part.low for part in parts), sum(part.high for part in parts), growth)
    if isinstance(node, sp.Mul):
        result = parts[0]
        for part in parts[1:]:
            result = _product(result, part)
        return result
    if isinstance(node, sp.Pow):
        return _power_bound(node, parts[0], parts[1], whole)
    return _function_bound(node, parts, whole)


def _constant_bound(node: Any, whole: Any) -> _Bound:
    if node.is_number:
        if node.is_extended_real is False or not node.is_finite:
            _refuse(whole, f"{node} is not a finite real number")
        value = float(node)
        return _Bound(value, value, _Growth.BOUNDED)
    low = 1e-6 if node.is_positive else 0.0 if node.is_nonnegative else -math.inf
    return _Bound(low, -1e-6 if node.is_negative else math.inf, _Growth.BOUNDED)


def _polynomial_bound(node: Any, domain: tuple[float, float]) -> _Bound | None:
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
    unbounded = _Growth.LINEAR if degree == 1 else _Growth.POLYNOMIAL
    return _Bound(min(values), max(values), _Growth.BOUNDED if finite else unbounded)


def _limit(poly: sp.Poly, end: float) -> float:
    if math.isfinite(end):
        return float(poly.eval(sp.Rational(end)))
    sign = 1 if poly.LC() > 0 else -1
    return sign * (math.inf if end > 0 or poly.degree() % 2 == 0 else -math.inf)


def _product(left: _Bound, right: _Bound) -> _Bound:
    corners = [a * b if a != 0 and b != 0 else 0.0 for a in (left.low, left.high) for b in (right.low, right.high)]
    growth = max(left.growth, right.growth)
    if left.growth != _Growth.BOUNDED and right.growth != _Growth.BOUNDED:
        growth = max(growth, _Growth.POLYNOMIAL)
    return _Bound(min(corners), max(corners), growth)


def _power_bound(node: Any, base: _Bound, exponent: _Bound, whole: Any) -> _Bound:
    if not node.exp.is_Rational:
        return _exponential_bound(node, base, exponent, whole)
    power = node.exp
    if not power.is_Integer and base.low < 0:
        _refuse(whole, f"{node} is not real, or cannot be shown to be, where {node.base} is negative")
    if power.is_negative:
        if not base.apart_from_zero:
            _refuse(whole, f"{node} cannot be bounded, as {node.base} is not kept away from 0")
        base = _Bound(1 / base.high, 1 / base.low, _Growth.BOUNDED)
        power = -power
    exponent_value = float(power)
    corners = [_real_power(end, exponent_value) for end in (base.low, base.high)]
    if power.is_Integer and int(power) % 2 == 0 and base.low < 0 < base.high:
        corners.append(0.0)
    growth = base.growth
    if growth == _Growth.LINEAR and power > 1:
        growth = _Growth.POLYNOMIAL
    return _Bound(min(corners), max(corners), growth)


def _real_power(value: float, exponent: float) -> float:
    try:
        return value**exponent
    except OverflowError:
        return math.inf if value > 0 or exponent % 2 == 0 else -math.inf


def _exponential_bound(node: Any, base: _Bound, exponent: _Bound, whole: Any) -> _Bound:
    """``base**exponent`` with a constant positive base, ``exp`` included."""
    if base.low != base.high or base.low <= 0:
        _refuse(whole, f"{node} has neither a rational exponent nor a constant positive base")
    rate = math.log(base.low)
    ends = sorted(rate * end if rate else 0.0 for end in (exponent.low, exponent.high))
    low, high = (_increasing(math.exp, end) for end in ends)
    if exponent.growth == _Growth.BOUNDED or (math.isfinite(high) and high < 1e300):
        return _Bound(low, high, _Growth.BOUNDED)
    if exponent.growth == _Growth.LINEAR:
        return _Bound(low, high, _Growth.EXPONENTIAL)
    _refuse(whole, f"{node} grows, or cannot be shown not to grow, faster than every exp(c |x|)")
    raise AssertionError


def _increasing(function: Callable[[float], float], value: float) -> float:
    try:
        return function(value)
    except OverflowError:
        return math.copysign(math.inf, value) if value < 0 else math.inf


def _piecewise_bound(node: Any, domain: tuple[float, float], whole: Any) -> _Bound:
    branches = []
    left = [domain]
    for value, condition in node.args:
        remaining: list[tuple[float, float]] = []
        for interval in left:
            inside = _where(condition, interval)
            branches += [_bound(value, part, whole) for part in inside]
            remaining += _without(interval, inside) if condition != sp.true else []
        left = remaining if _is_exact(condition) else left
    return _Bound(
        min(part.low for part in branches),
        max(part.high for part in branches),
        max(part.growth for part in branches),
    )


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


_INCREASING: dict[Any, Callable[[float], float]] = {
    sp.tanh: math.tanh,
    sp.erf: math.erf,
    sp.atan: math.atan,
    sp.asinh: math.asinh,
    Phi: lambda u: (1 + math.erf(u / math.sqrt(2))) / 2,
    sp.sinh: math.sinh,
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


def _function_bound(node: Any, parts: list[_Bound], whole: Any) -> _Bound:
    first = parts[0]
    if isinstance(node, sp.exp):
        return _exponential_bound(node, _Bound(math.e, math.e, _Growth.BOUNDED), first, whole)
    if isinstance(node, sp.log):
        if not first.low > 1e-9:
            _refuse(whole, f"{node} is not real and bounded below unless {node.args[0]} is kept above 0")
        growth = min(first.growth, _Growth.LINEAR)
        return _Bound(math.log(first.low), math.log(first.high), growth)
    if isinstance(node, (sp.sinh, sp.cosh)):
        growth = _exponential_bound(node, _Bound(math.e, math.e, _Growth.BOUNDED), first, whole).growth
        mirrored = _Bound(-first.high, -first.low, first.growth)
        growth = max(growth, _exponential_bound(node, _Bound(math.e, math.e, _Growth.BOUNDED), mirrored, whole).growth)
        if isinstance(node, sp.cosh):
            return _Bound(1.0, math.inf, growth)
        return _Bound(_increasing(math.sinh, first.low), _increasing(math.sinh, first.high), growth)
    if isinstance(node, (sp.Max, sp.Min)):
        choose = max if isinstance(node, sp.Max) else min
        growth = max(part.growth for part in parts)
        return _Bound(choose(part.low for part in parts), choose(part.high for part in parts), growth)
    if isinstance(node, sp.Abs):
        low = 0.0 if first.low <= 0 <= first.high else min(abs(first.low), abs(first.high))
        return _Bound(low, max(abs(first.low), abs(first.high)), first.growth)
    if isinstance(node, sp.Heaviside):
        return _Bound(0.0, 1.0, _Growth.BOUNDED)
    if isinstance(node, sp.tan) and not (first.low > -1.57 and first.high < 1.57):
        _refuse(whole, f"{node} has poles")
    if isinstance(node, (sp.asin, sp.acos)) and not (first.low >= -1 and first.high <= 1):
        _refuse(whole, f"{node} is not real unless {node.args[0]} stays between -1 and 1")
    if isinstance(node, sp.tan):
        return _Bound(math.tan(first.low), math.tan(first.high), _Growth.BOUNDED)
    if node.func in _INCREASING:
        function = _INCREASING[node.func]
        growth = min(first.growth, _Growth.LINEAR) if isinstance(node, sp.asinh) else _Growth.BOUNDED
        return _Bound(function(first.low), function(first.high), growth)
    if node.func in _WITHIN:
        return _Bound(*_WITHIN[node.func], _Growth.BOUNDED)
    _refuse(whole, f"nothing is known about {node.func.__name__}")
    raise AssertionError
