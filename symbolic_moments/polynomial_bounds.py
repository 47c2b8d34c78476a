"""Ranges of numbers, parameters and polynomials over an interval."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symbolic_moments.bounds import EVERYTHING, Bound, Growth, NoBoundError
from symbolic_moments.symbols import x

__all__ = ["constant_bound", "is_exact_polynomial", "polynomial_bound"]


def constant_bound(node: Any) -> Bound:
    """A bound of what is free of ``x``."""
    if node.is_number:
        if node.is_extended_real is False or not node.is_finite:
            raise NoBoundError(f"{node} is not a finite real number", disproof=True)
        value = float(node)
        return Bound(value, value, Growth.BOUNDED)
    low = 1e-6 if node.is_positive else 0.0 if node.is_nonnegative else -math.inf
    return Bound(low, -1e-6 if node.is_negative else math.inf, Growth.BOUNDED)


def polynomial_bound(node: Any, domain: tuple[float, float]) -> Bound | None:
    """Range of a numeric polynomial of degree at most 8, from its critical points; it may be 0 or a constant."""
    if node.free_symbols != {x} or not node.is_polynomial(x):
        return None
    poly = sp.Poly(node, x)
    if poly.is_ground:
        return constant_bound(poly.as_expr())
    degree = int(poly.degree())
    if degree > 8:
        return None
    values = [_limit(poly, end) for end in domain]
    if degree > 1:
        for root in _without_repeated_roots(poly.diff(x)).nroots(n=15, maxsteps=200):
            point = float(sp.re(root))
            if domain[0] < point < domain[1]:
                values.append(float(poly.eval(sp.Float(point, 30))))
    finite = math.isfinite(domain[0]) and math.isfinite(domain[1])
    unbounded = Growth.LINEAR if degree == 1 else Growth.POLYNOMIAL
    return Bound(min(values), max(values), Growth.BOUNDED if finite else unbounded)


def _without_repeated_roots(poly: sp.Poly) -> sp.Poly:
    return poly.sqf_part() if poly.domain.is_QQ or poly.domain.is_ZZ else poly


def _limit(poly: sp.Poly, end: float) -> float:
    if math.isfinite(end):
        return float(poly.eval(sp.Rational(end)))
    sign = 1 if poly.LC() > 0 else -1
    return sign * (math.inf if end > 0 or poly.degree() % 2 == 0 else -math.inf)


def is_exact_polynomial(node: Any, domain: tuple[float, float]) -> bool:
    """Whether the range found for ``node`` is attained: a polynomial on the whole line."""
    return domain == EVERYTHING and polynomial_bound(node, domain) is not None
