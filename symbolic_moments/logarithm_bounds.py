"""Bounds of logarithms: of products by factors, of exponentials by exponents, and next to zeros."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbolic_moments.bounds import Bound, Growth, NoBoundError, joined
from symbolic_moments.normal import Phi
from symbolic_moments.polynomial_bounds import is_exact_polynomial
from symbolic_moments.symbols import x

__all__ = ["log_bound"]

BoundOf = Callable[[Any, tuple[float, float]], Bound]


def log_bound(node: Any, domain: tuple[float, float], bound_of: BoundOf) -> Bound:
    """A bound of a logarithm; ``bound_of`` bounds what stands in it."""
    inner = node.args[0]
    values = bound_of(inner, domain)
    if values.low < 0:
        if is_exact_polynomial(inner, domain):
            raise NoBoundError(f"{node} is not real where {inner} is negative", disproof=True)
        raise NoBoundError(f"{node} is real only where {inner} is positive, which could not be shown")
    return _log_of_size(inner, domain, bound_of)


_LIKE_ITS_ARGUMENT = (sp.sin, sp.sinh, sp.tanh, sp.erf, sp.atan, sp.asinh, sp.cos)
"""Functions whose zeros, of a polynomial argument, are isolated and of finite order."""


def _log_of_size(node: Any, domain: tuple[float, float], bound_of: BoundOf) -> Bound:
    """A bound of ``log|node|``: the logarithm of a product is a sum, that of an exponential its exponent."""
    if isinstance(node, sp.exp):
        return bound_of(node.args[0], domain)
    if isinstance(node, sp.Abs):
        return _log_of_size(node.args[0], domain, bound_of)
    if isinstance(node, sp.Mul):
        parts = [_log_of_size(factor, domain, bound_of) for factor in node.args]
        return joined(parts, sum(part.low for part in parts), sum(part.high for part in parts))
    if isinstance(node, sp.Pow) and node.exp.is_Rational:
        return _log_of_size(node.base, domain, bound_of).scaled(float(node.exp))
    if isinstance(node, (sp.sech, Phi, sp.erfc)):
        argument = bound_of(node.args[0], domain)
        squared = Growth.POLYNOMIAL if argument.growth == Growth.LINEAR else argument.growth
        return Bound(-math.inf, 1.0, squared, falls=argument.falls or argument.rises, beyond=argument.beyond)
    values = bound_of(node, domain)
    largest = max(abs(values.low), abs(values.high))
    high = math.log(largest) if largest else -math.inf
    growth = Growth(min(int(values.growth), int(Growth.LINEAR)))
    if values.growth == Growth.BEYOND:
        growth = _growth_of_log(node, values, domain, bound_of)
    if values.apart_from_zero:
        return Bound(math.log(min(abs(values.low), abs(values.high))), high, growth, rises=values.rises or values.falls)
    polynomial = node.is_polynomial(x) and node.free_symbols == {x}
    if polynomial or _has_simple_zeros(node):
        return Bound(-math.inf, high, growth, falls=True)
    if isinstance(node, sp.Add) and all(bound_of(term, domain).low >= 0 for term in node.args):
        for term in node.args:
            try:
                floor = _log_of_size(term, domain, bound_of)
            except NoBoundError:
                continue
            return Bound(floor.low, high, max(floor.growth, growth), falls=floor.falls, rises=values.rises)
    raise NoBoundError(f"log({node}) could not be bounded below, as {node} is not kept away from 0")


def _has_simple_zeros(node: Any) -> bool:
    """Whether its zeros are isolated and of finite order, and it does not fall to 0 but there."""
    if isinstance(node, _LIKE_ITS_ARGUMENT):
        return bool(node.args[0].is_polynomial(x))
    constant, rest = node.as_coeff_Add()
    _, growing = rest.as_coeff_Mul()
    return bool(constant != 0 and isinstance(growing, sp.exp) and growing.args[0].is_polynomial(x))


def _growth_of_log(node: Any, values: Bound, domain: tuple[float, float], bound_of: BoundOf) -> Growth:
    """How fast ``log|node|`` grows where the node grows faster than every exponential."""
    if isinstance(node, (sp.cosh, sp.sinh)):
        return bound_of(node.args[0], domain).growth
    if isinstance(node, sp.Add):
        return max(_log_of_size(term, domain, bound_of).growth for term in node.args)
    raise NoBoundError(f"log({node}) could not be bounded: {values.beyond}")
