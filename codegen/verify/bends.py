"""Where functions of curved arguments bend: panels of a wide Gaussian would step over them.

``tanh(x**3)`` bends at 0 within 1, ``1/(1 + (x - 5)**8)`` at 5 within 1. Found in x, whatever the Gaussian is. Values
do not depend on it: two rules must agree, and this is where they are made to look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import sympy as sp
from mpmath import libmp

from symbolic_moments.symbols import x

__all__ = ["bends", "crowded", "vertical_places", "widened"]

_WAVES = (sp.sin, sp.cos, sp.tan)
_ON_THE_LINE = 1e-6
_ZERO = 1e-40
_STEPS = 16
_RUNGS = 28
_REACH = 16


def bends(expressions: Iterable[sp.Expr]) -> tuple[tuple[float, float], ...]:
    """(centre, width) of every function, root or reciprocal of a polynomial that is not linear.

    Examples
    --------
    >>> bends([sp.tanh(x**3) + sp.exp(-x)])
    ((0.0, 1.0),)
    >>> bends([1 / (16 + (x - 5) ** 2)])
    ((5.0, 4.0),)
    """
    found = {
        (round(centre, 6) + 0.0, width)
        for expression in expressions
        for part in sp.preorder_traversal(expression)
        for centre, width in _of(part)
    }
    return tuple(sorted(found))


def widened(found: Iterable[tuple[float, float]], sigma: float) -> list[tuple[Any, Any]]:
    """The bends, and each with widths 16, 256 ... times its own up to sigma, as raw mpf.

    What falls off like a power is felt at all of them.
    """
    result = []
    for centre, width in found:
        steps = max(0, math.ceil(math.log(sigma / width, _STEPS)))
        widths = [width * float(_STEPS) ** step for step in range(steps + 1)]
        result += [(libmp.from_float(centre), libmp.from_float(wider)) for wider in widths]
    return result


def vertical_places(kinks: Iterable[sp.Expr], expressions: Iterable[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Those of the kinks at which the argument of a logarithm or the base of a root is 0, or an arcsine is vertical.

    Examples
    --------
    >>> vertical_places([sp.Integer(0), sp.Integer(1)], [sp.sqrt(x) + sp.log(1 + x)])
    (0,)
    """
    parts = [part for expression in expressions for part in sp.preorder_traversal(expression)]
    arguments = [
        part.args[0]
        for part in parts
        if isinstance(part, sp.log) or (isinstance(part, sp.Pow) and not part.exp.is_Integer)
    ]
    arguments += [1 - part.args[0] ** 2 for part in parts if isinstance(part, sp.asin | sp.acos)]
    return tuple(kink for kink in kinks if any(abs(sp.N(one.subs(x, kink), 60)) < _ZERO for one in arguments))


def crowded(places: Iterable[Any], sigma: float) -> list[tuple[Any, Any]]:
    """Vertical places with widths sigma/16, sigma/256 ..., until nothing of a root or a logarithm is left."""
    rungs = [libmp.from_float(sigma / _REACH * float(_STEPS) ** -rung) for rung in range(_RUNGS)]
    return [(place, width) for place in places for width in rungs]


def _of(part: sp.Basic) -> Iterator[tuple[float, float]]:
    if isinstance(part, sp.Pow) and not (part.exp.is_Integer and part.exp > 0) and _is_curved(part.base):
        for root in _roots(part.base):
            if abs(root.imag) > _ON_THE_LINE * (1 + abs(root)):
                yield root.real, abs(root.imag)
            else:
                yield root.real, _change(part.base, root.real)
    elif isinstance(part, sp.Function) and not isinstance(part, _WAVES) and _is_curved(part.args[0]):
        argument = part.args[0]
        for root in (*_roots(argument), *_roots(sp.diff(argument, x))):
            yield root.real, _change(argument, root.real)


def _is_curved(argument: sp.Expr) -> bool:
    return bool(argument.is_polynomial(x)) and sp.degree(argument, x) > 1


def _roots(polynomial: sp.Expr) -> list[complex]:
    """All its roots, those that rounding took apart as one."""
    coefficients = [float(sp.N(c)) for c in sp.Poly(polynomial, x).all_coeffs()]
    found: list[complex] = []
    for root in map(complex, np.roots(coefficients)):
        if all(abs(root - other) > 1e-3 * (abs(root) + 1e-3) for other in found):
            found.append(root)
    return found


def _change(argument: sp.Expr, place: float) -> float:
    """The distance over which the argument changes by about 1."""
    distances = []
    derivative = argument
    for m in range(1, sp.degree(argument, x) + 1):
        derivative = sp.diff(derivative, x)
        size = abs(float(derivative.subs(x, place))) / math.factorial(m)
        if size > 0:
            distances.append(size ** (-1 / m))
    return float(min(distances))
