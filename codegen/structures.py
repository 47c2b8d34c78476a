"""Where a function has its structure: the centres and widths of what bends in it, read off its arguments.

``tanh(1000*(x - 2))`` bends at 2 within 1/1000, ``1/(1 + (x - 5)**2)`` at 5 within 1. A plan made around 0 with scale 1
would step over either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp

from codegen.stable_functions import log1p, root_above, sigmoid_difference, step_sum, sum_with_root

__all__ = ["Structure", "structures"]

_SWITCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
_PLAIN = 4


@dataclass(frozen=True)
class Structure:
    """A place at which a function bends, and within what distance; both have few binary digits."""

    centre: sp.Rational
    width: sp.Rational


UNIT = Structure(sp.Integer(0), sp.Integer(1))


def structures(function: sp.Expr, variable: sp.Symbol, kinks: Iterable[sp.Expr] = ()) -> tuple[Structure, ...]:
    """The structures of ``function``, from left to right; one of width 1 at 0 if nothing else shows.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [(one.centre, one.width) for one in structures(sp.tanh(x - 20) + sp.atan(1024 * x), x)]
    [(0, 1/1024), (20, 1)]
    >>> [one.centre for one in structures(step_sum(x - 5, x + 5, 2 * x), x)]
    [-5, 5]
    >>> structures(sp.sqrt(sp.Abs(x**2 - 4)), x, (-2, 2))
    (Structure(centre=0, width=1),)
    """
    places = [float(kink) for kink in kinks]
    found = {_rounded(*pair) for pair in _bends(function, variable, places)}
    return tuple(sorted(found or {UNIT}, key=lambda one: (one.centre, one.width)))


def _bends(function: sp.Expr, variable: sp.Symbol, kinks: list[float]) -> Iterator[tuple[float, float]]:
    for node in sp.preorder_traversal(function):
        if not node.has(variable) or isinstance(node, _SWITCHES):
            continue
        if isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp > 0):
            base = node.exp if node.exp.has(variable) else node.base
            yield from _zeros(base, variable, kinks, singular=base is node.base)
        elif isinstance(node, root_above | sum_with_root):
            yield from _zeros(node.args[0] ** 2 + node.args[1], variable, kinks, singular=True)
        elif isinstance(node, sp.atan):
            yield from _zeros(node.args[0] ** 2 + 1, variable, kinks, singular=True)
        elif isinstance(node, sp.log | log1p):
            inside = node.args[0] + (1 if isinstance(node, log1p) else 0)
            yield from _zeros(inside, variable, kinks, singular=True)
        elif isinstance(node, sp.Add):
            yield from _balances(node, variable, kinks)
        elif isinstance(node, sp.exp) and _is_curved(node.args[0], variable):
            yield from _zeros(sp.diff(node.args[0], variable), variable, kinks, singular=False, bending=node.args[0])
        elif isinstance(node, step_sum | sigmoid_difference):
            for step in node.args[:2]:
                yield from _zeros(step, variable, kinks, singular=False)
        elif isinstance(node, sp.Function):
            yield from _zeros(node.args[0], variable, kinks, singular=False)


def _balances(total: sp.Add, variable: sp.Symbol, kinks: list[float]) -> Iterator[tuple[float, float]]:
    """Where ``c exp(u)`` is as large as the constant it stands beside."""
    constant, rest = total.as_coeff_Add()
    for term in sp.Add.make_args(rest):
        coefficient, factor = term.as_independent(variable)
        if constant != 0 and isinstance(factor, sp.exp):
            yield from _zeros(factor.args[0] - sp.log(sp.Abs(constant / coefficient)), variable, kinks, singular=False)


def _is_curved(argument: sp.Expr, variable: sp.Symbol) -> bool:
    return bool(argument.is_polynomial(variable)) and sp.degree(argument, variable) > 1


def _branches(argument: sp.Expr) -> list[sp.Expr]:
    """The argument where all ``|u|`` are u, and where they are -u."""
    if not argument.has(sp.Abs):
        return [argument]
    return [argument.replace(sp.Abs, lambda u, sign=sign: sign * u) for sign in (1, -1)]


def _zeros(
    argument: sp.Expr, variable: sp.Symbol, kinks: list[float], singular: bool, bending: sp.Expr | None = None
) -> Iterator[tuple[float, float]]:
    """Centres and widths by the zeros of a polynomial: of singularities their distance from the real axis.

    Elsewhere the distance over which ``bending`` (the argument itself, if not given) changes by 1.
    """
    for branch in _branches(argument):
        if not branch.is_polynomial(variable) or not branch.has(variable):
            continue
        polynomial = sp.Poly(branch, variable)
        for root in _roots(polynomial):
            centre, distance = float(root.real), float(abs(root.imag))
            real = distance < 1e-9 * (1 + abs(centre))
            if not singular:
                yield centre, _distance_of_change(bending or branch, variable, centre)
            elif not real:
                yield centre, distance
            elif kinks:
                gap, nearest = min((abs(kink - centre), kink) for kink in kinks)
                if gap > 1e-9 * (1 + abs(centre)):
                    yield nearest, gap


def _roots(polynomial: sp.Poly) -> list[complex]:
    if polynomial.degree() == 1:
        slope, offset = polynomial.all_coeffs()
        return [complex(float(-offset / slope))]
    return [complex(root) for root in np.roots([float(sp.N(c)) for c in polynomial.all_coeffs()])]


def _distance_of_change(bending: sp.Expr, variable: sp.Symbol, place: float) -> float:
    """The smallest ``|u^(m)(place) / m!|^(-1/m)``."""
    distances = []
    derivative = bending
    for m in range(1, sp.degree(bending, variable) + 1):
        derivative = sp.diff(derivative, variable)
        size = abs(float(derivative.subs(variable, place))) / math.factorial(m)
        if size > 0:
            distances.append(size ** (-1 / m))
    return min(distances, default=1.0)


def _rounded(centre: float, width: float) -> Structure:
    """Widths to a power of 2, those near 1 to 1; centres to a half width, which is close enough for a plan."""
    exponent = math.floor(math.log2(width))
    scale = sp.Integer(2) ** (exponent if not 1 / _PLAIN <= width <= _PLAIN else 0)
    half = float(scale) / 2
    return Structure(sp.Rational(round(centre / half)) * scale / 2, scale)
