"""Arithmetic of piecewise polynomials and exponential polynomials with exact breakpoints."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.exponential_algebra import (
    ExponentialPolynomial,
    OutsideAlgebraError,
    constant_sum,
)
from symbolic_moments.exponential_zeros import zeros
from symbolic_moments.symbols import x

__all__ = [
    "OutsideAlgebraError",
    "PiecewiseFunction",
    "UnknownOrderError",
    "combine",
    "constant",
    "piecewise_by_conditions",
    "piecewise_by_sign",
]

_MOST_DEGREE = 8


class UnknownOrderError(ValueError):
    """Kinks at symbolic positions of which none is known to come first."""


@dataclass(frozen=True)
class PiecewiseFunction:
    """``pieces[i]`` between ``breakpoints[i-1]`` and ``breakpoints[i]``.

    Attributes
    ----------
    breakpoints : tuple of sympy.Expr
        Increasing.
    pieces : tuple of ExponentialPolynomial
        One more than breakpoints.
    """

    breakpoints: tuple[sp.Expr, ...]
    pieces: tuple[ExponentialPolynomial, ...]

    def piece_at(self, point: sp.Expr) -> ExponentialPolynomial:
        """The piece valid around ``point``, which is no breakpoint."""
        return self.pieces[sum(_place(point, breakpoint) > 0 for breakpoint in self.breakpoints)]

    def through(self, function: Callable[[sp.Expr], ExponentialPolynomial]) -> PiecewiseFunction:
        """``function`` of every piece; the pieces must be polynomials."""
        return _tidied(self.breakpoints, [function(piece.only_polynomial()) for piece in self.pieces])


def constant(value: sp.Expr) -> PiecewiseFunction:
    """The constant function."""
    return PiecewiseFunction((), (constant_sum(value),))


def _order(left: sp.Expr, right: sp.Expr) -> int:
    """-1, 0 or 1 as ``left`` is below, equal to or above ``right``."""
    if left == right:
        return 0
    if left.is_Rational and right.is_Rational:
        return 1 if left > right else -1
    difference = left - right
    if difference.is_number:
        value = difference.evalf(30)
        if abs(value) > sp.Float("1e-20"):
            return 1 if value > 0 else -1
        if difference.equals(0):
            return 0
        raise OutsideAlgebraError
    difference = sp.simplify(difference)
    if difference.is_zero:
        return 0
    if difference.is_positive or difference.is_negative:
        return 1 if difference.is_positive else -1
    raise OutsideAlgebraError


def _place(left: sp.Expr, right: sp.Expr) -> int:
    """`_order` of two kinks."""
    try:
        return _order(left, right)
    except OutsideAlgebraError:
        if (left - right).is_number:
            raise
        raise UnknownOrderError(
            f"kinks at {left} and {right}: which comes first is not known, and every formula depends on it; give them "
            "numbers, or write one as the other plus a symbol declared positive, "
            'as in a + sympy.Symbol("width", positive=True)'
        ) from None


def _merged(points: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    result: list[sp.Expr] = []
    for point in points:
        position = 0
        while position < len(result) and _place(point, result[position]) > 0:
            position += 1
        if position == len(result) or _place(point, result[position]) != 0:
            result.insert(position, point)
    return tuple(result)


def _samples(breakpoints: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """One point inside each interval."""
    if not breakpoints:
        return [sp.S.Zero]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(breakpoints)]
    return [breakpoints[0] - 1, *middles, breakpoints[-1] + 1]


def _tidied(breakpoints: Sequence[sp.Expr], pieces: Sequence[ExponentialPolynomial]) -> PiecewiseFunction:
    """Without the breakpoints at which nothing changes."""
    kept_points: list[sp.Expr] = []
    kept_pieces = [pieces[0]]
    for point, piece in zip(breakpoints, pieces[1:], strict=True):
        if piece != kept_pieces[-1]:
            kept_points.append(point)
            kept_pieces.append(piece)
    return PiecewiseFunction(tuple(kept_points), tuple(kept_pieces))


def combine(
    operation: Callable[[Any, Any], Any], left: PiecewiseFunction, right: PiecewiseFunction
) -> PiecewiseFunction:
    """``operation`` applied to the two functions on every interval.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.exponential_algebra import constant_sum, polynomial_sum
    >>> from symbolic_moments.piecewise_algebra import PiecewiseFunction, combine
    >>> from symbolic_moments.symbols import x
    >>> step = PiecewiseFunction((sympy.S.Zero,), (constant_sum(0), constant_sum(1)))
    >>> line = PiecewiseFunction((), (polynomial_sum(x + 1),))
    >>> [piece.as_expr() for piece in combine(lambda p, q: p * q, step, line).pieces]
    [0, x + 1]
    """
    breakpoints = _merged((*left.breakpoints, *right.breakpoints))
    pieces = [operation(left.piece_at(s), right.piece_at(s)) for s in _samples(breakpoints)]
    return _tidied(breakpoints, pieces)


def _roots(polynomial: sp.Expr) -> list[sp.Expr]:
    """Real zeros of a polynomial; those of a symbolic one only if it is linear."""
    if polynomial == 0:
        return []
    poly = sp.Poly(polynomial, x)
    degree = poly.degree()
    if degree == 0:
        return []
    if degree == 1:
        return [sp.simplify(-poly.coeff_monomial(1) / poly.coeff_monomial(x))]
    if not all(coefficient.is_number for coefficient in poly.all_coeffs()) or degree > _MOST_DEGREE:
        raise OutsideAlgebraError
    if poly.domain.is_QQ or poly.domain.is_ZZ:
        return [root for root in sp.real_roots(poly, multiple=True) if root.is_real]
    if degree > 2:
        raise OutsideAlgebraError
    a, b, c = poly.all_coeffs()
    discriminant = sp.simplify(b * b - 4 * a * c)
    sign = _order(discriminant, sp.S.Zero)
    return [] if sign < 0 else [sp.simplify((-b + s * sp.sqrt(discriminant)) / (2 * a)) for s in (-1, 1)]


def _split(function: PiecewiseFunction) -> tuple[sp.Expr, ...]:
    """Breakpoints of ``function`` together with its zeros."""
    roots = [root for piece in function.pieces for root in zeros(piece, _roots)]
    return _merged((*function.breakpoints, *roots))


def _sign_at(function: PiecewiseFunction, sample: sp.Expr) -> int:
    return _order(sp.expand(function.piece_at(sample).as_expr().subs(x, sample)), sp.S.Zero)


def piecewise_by_sign(
    chooser: PiecewiseFunction, positive: PiecewiseFunction, negative: PiecewiseFunction
) -> PiecewiseFunction:
    """``positive`` where ``chooser > 0``, ``negative`` where ``chooser < 0``.

    Where ``chooser`` vanishes on a whole interval, the mean of the two: 0 for a sign, 1/2 for a step with that value
    at 0, and the common value for a maximum or an absolute value.
    """
    breakpoints = _merged((*_split(chooser), *positive.breakpoints, *negative.breakpoints))
    pieces = []
    for sample in _samples(breakpoints):
        sign = _sign_at(chooser, sample)
        above, below = positive.piece_at(sample), negative.piece_at(sample)
        pieces.append(above if sign > 0 else below if sign < 0 else (above + below) * constant_sum(sp.S.Half))
    return _tidied(breakpoints, pieces)


def piecewise_by_conditions(
    branches: Sequence[tuple[PiecewiseFunction, Any]], read: Callable[[Any], PiecewiseFunction]
) -> PiecewiseFunction:
    """The first branch whose condition holds, interval by interval.

    Parameters
    ----------
    branches : sequence of (PiecewiseFunction, condition)
        Conditions are SymPy relations in ``x`` joined by and, or, not.
    read : callable
        From an expression (a side of a relation) to its piecewise polynomial.
    """
    relations: dict[Any, PiecewiseFunction] = {}
    for _, condition in branches:
        for relation in condition.atoms(sp.core.relational.Relational):
            left, right = read(relation.lhs), read(relation.rhs)
            relations[relation] = combine(lambda p, q: p - q, left, right)
    points = [point for difference in relations.values() for point in _split(difference)]
    points += [point for function, _ in branches for point in function.breakpoints]
    breakpoints = _merged(points)
    pieces = []
    for sample in _samples(breakpoints):
        truth = {relation: _holds(relation, difference, sample) for relation, difference in relations.items()}
        for function, condition in branches:
            if sp.sympify(condition).xreplace(truth) == sp.true:
                pieces.append(function.piece_at(sample))
                break
        else:
            raise OutsideAlgebraError
    return _tidied(breakpoints, pieces)


def _holds(relation: Any, difference: PiecewiseFunction, sample: sp.Expr) -> Any:
    sign = _sign_at(difference, sample)
    verdict = {
        sp.StrictGreaterThan: sign > 0,
        sp.GreaterThan: sign >= 0,
        sp.StrictLessThan: sign < 0,
        sp.LessThan: sign <= 0,
        sp.Equality: sign == 0,
        sp.Unequality: sign != 0,
    }.get(type(relation))
    if verdict is None:
        raise OutsideAlgebraError
    return sp.true if verdict else sp.false
