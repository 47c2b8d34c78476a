"""Bounds of powers, exponentials and other functions from those of their arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from symbolic_moments.bounds import Bound, Growth, NoBoundError, increasing, joined
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.normal import Phi, phi
from symbolic_moments.polynomial_bounds import is_exact_polynomial
from symbolic_moments.separated_bounds import separated
from symbolic_moments.symbols import x

__all__ = ["function_bound", "power_bound"]

_E = Bound(math.e, math.e, Growth.BOUNDED)


def power_bound(node: Any, base: Bound, exponent: Bound, domain: tuple[float, float]) -> Bound:
    """A bound of a power from those of base and exponent."""
    if not node.exp.is_Rational:
        return exponential_bound(node, base, exponent)
    power = node.exp
    if not power.is_Integer and base.low < 0:
        if is_exact_polynomial(node.base, domain):
            raise NoBoundError(f"{node} is not real where {node.base} is negative", disproof=True)
        raise NoBoundError(f"{node} is real only where {node.base} is not negative, which could not be shown")
    if power.is_negative:
        if not base.apart_from_zero:
            base = separated(node.base, base, domain)
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


def _real_power(value: float, exponent: float) -> float:
    try:
        return value**exponent
    except OverflowError:
        return math.inf if value > 0 or exponent % 2 == 0 else -math.inf


def exponential_bound(node: Any, base: Bound, exponent: Bound) -> Bound:
    """``base**exponent`` with a constant positive base, ``exp`` included."""
    if base.low != base.high or base.low <= 0:
        raise NoBoundError(f"{node} has neither a rational exponent nor a constant positive base")
    power = exponent.scaled(math.log(base.low))
    if power.rises:
        raise NoBoundError(f"{node} cannot be bounded, as its exponent rises to infinity like a logarithm, or faster")
    low, high = (increasing(math.exp, end) for end in (power.low, power.high))
    if power.growth == Growth.BOUNDED or (math.isfinite(high) and high < 1e300):
        return Bound(low, high, Growth.BOUNDED)
    if power.growth == Growth.LINEAR:
        return Bound(low, high, Growth.EXPONENTIAL)
    beyond = power.beyond or f"{node} grows, or could not be shown not to grow, faster than every exp(c |x|)"
    return Bound(low, high, Growth.BEYOND, beyond=beyond)


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


def function_bound(node: Any, parts: list[Bound]) -> Bound:
    """A bound of a function from those of its arguments."""
    first = parts[0]
    if isinstance(node, sp.exp):
        return exponential_bound(node, _E, first)
    if isinstance(node, (sp.sinh, sp.cosh)):
        both = [exponential_bound(node, _E, part) for part in (first, first.scaled(-1))]
        low, high = increasing(math.sinh, first.low), increasing(math.sinh, first.high)
        return joined(both, *((1.0, math.inf) if isinstance(node, sp.cosh) else (low, high)))
    if isinstance(node, (sp.Max, sp.Min)):
        choose = max if isinstance(node, sp.Max) else min
        return joined(parts, choose(part.low for part in parts), choose(part.high for part in parts))
    if isinstance(node, sp.Abs):
        low = 0.0 if first.low <= 0 <= first.high else min(abs(first.low), abs(first.high))
        high = max(abs(first.low), abs(first.high))
        return replace(first, low=low, high=high, falls=False, rises=first.falls or first.rises)
    if isinstance(node, (sp.Heaviside, fractional_part)):
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
