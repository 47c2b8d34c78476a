r"""Bounds of an expression, node by node: its values, its growth, and whether it has logarithmic singularities.

Each node gets an interval of values and a growth class, on the half line or interval where its branch of a
``Piecewise`` applies: bounded, at most linear, at most polynomial, at most ``C exp(c |x|)``, or beyond. The first four
are integrable against every Gaussian, a power of a logarithm at isolated points included. What is beyond may still be
tamed further up: ``1/(1 + exp(x^2))`` is bounded. The bounds are sufficient, not necessary.
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symbolic_moments.bounds import EVERYTHING, Bound, Growth, joined, product
from symbolic_moments.branch_intervals import is_exact, limited, where, without
from symbolic_moments.function_bounds import function_bound, power_bound
from symbolic_moments.logarithm_bounds import log_bound
from symbolic_moments.polynomial_bounds import constant_bound, polynomial_bound
from symbolic_moments.symbols import x

__all__ = ["bound_of"]

_MOST = 700


def bound_of(node: Any, domain: tuple[float, float] = EVERYTHING) -> Bound:
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
    >>> bound_of(parse_expression("exp(-1/x**2)")).growth.name
    'BOUNDED'
    """
    if node == x:
        finite = math.isfinite(domain[0]) and math.isfinite(domain[1])
        return Bound(*domain, Growth.BOUNDED if finite else Growth.LINEAR)
    if not node.has(x):
        return constant_bound(node)
    polynomial = polynomial_bound(node, domain)
    if polynomial is not None:
        return polynomial
    if isinstance(node, sp.Piecewise):
        return _piecewise_bound(node, domain)
    if isinstance(node, sp.log):
        return log_bound(node, domain, bound_of)
    if isinstance(node, sp.atan) and isinstance(node.args[0].as_coeff_Mul()[1], sp.tan):
        return Bound(-1.6, 1.6, Growth.BOUNDED)
    if isinstance(node, sp.exp):
        constant, rest = node.args[0].as_coeff_Add()
        if all(_is_never_positive(term, domain) for term in sp.Add.make_args(rest)):
            return Bound(0.0, math.exp(min(constant, _MOST)), Growth.BOUNDED)
    parts = [bound_of(argument, domain) for argument in node.args]
    if isinstance(node, sp.Add):
        less = _less_of_waves(node)
        low = max(sum(part.low for part in parts) + less, _least_of_opposites(node))
        return joined(parts, low, sum(part.high for part in parts) - less)
    if isinstance(node, sp.Mul):
        result = parts[0]
        for part in parts[1:]:
            result = product(result, part)
        return result
    if isinstance(node, sp.Pow):
        return power_bound(node, parts[0], parts[1], domain)
    return function_bound(node, parts)


def _is_never_positive(product: Any, domain: tuple[float, float]) -> bool:
    """Whether it is a negative number times what is not negative, which may have poles: ``-1/x^2``."""
    coefficient, rest = product.as_coeff_Mul()
    bases = [factor.as_base_exp() for factor in sp.Mul.make_args(rest)]
    if not coefficient.is_negative or not any(power.is_negative for _, power in bases):
        return False
    return all(
        power.is_Integer and (power.is_even or isinstance(base, sp.Abs) or bound_of(base, domain).low >= 0)
        for base, power in bases
    )


def _less_of_waves(total: sp.Add) -> float:
    """``|a| + |b| - sqrt(a^2 + b^2)`` for each pair ``a sin(u) + b cos(u)``, a little less for rounding."""
    waves = [term.as_coeff_Mul() for term in total.args]
    sizes: dict[Any, dict[Any, float]] = {}
    for factor, wave in waves:
        if isinstance(wave, sp.sin | sp.cos) and factor.is_number:
            sizes.setdefault(wave.args[0], {})[wave.func] = abs(float(factor))
    pairs = [list(found.values()) for found in sizes.values() if len(found) == 2]
    return sum((a + b - math.hypot(a, b)) * (1 - 1e-12) for a, b in pairs)


def _least_of_opposites(total: sp.Add) -> float:
    """At least ``2 sqrt(a b)`` where the sum is ``a exp(u) + b exp(-u)``; otherwise nothing is known."""
    (a, first), (b, second) = (term.as_coeff_Mul() for term in total.args) if len(total.args) == 2 else [(0, 0)] * 2
    opposite = isinstance(first, sp.exp) and isinstance(second, sp.exp) and first.args[0] + second.args[0] == 0
    return 2 * math.sqrt(a * b) if opposite and a > 0 and b > 0 else -math.inf


def _piecewise_bound(node: Any, domain: tuple[float, float]) -> Bound:
    branches = []
    left = [domain]
    failed: list[Any] = []
    for value, condition in node.args:
        known = limited(value, condition, True)
        for other in failed:
            known = limited(known, other, False)
        failed += [] if is_exact(condition) else [condition]
        remaining: list[tuple[float, float]] = []
        for interval in left:
            inside = where(condition, interval)
            branches += [bound_of(known, part) for part in inside]
            remaining += without(interval, inside) if condition != sp.true else []
        left = remaining if is_exact(condition) else left
    return joined(branches, min(part.low for part in branches), max(part.high for part in branches))
