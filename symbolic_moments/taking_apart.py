r"""The walk that takes an activation apart, node by node, from the leaves.

Every node becomes a :class:`Parts`: a piecewise function from the ring of
:mod:`symbolic_moments.exponential_algebra`, and error terms. A node outside this algebra (a product of two error
functions, a logarithm, an error function on a half line ...) ends the walk. Nothing is integrated and only equations
of polynomials of degree at most 8 are solved, so it always ends soon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.exponential_algebra import (
    ExponentialPolynomial,
    OutsideAlgebraError,
    constant_sum,
    cosine_of,
    exponential_of,
    polynomial_sum,
    sine_of,
)
from symbolic_moments.normal import Phi, phi
from symbolic_moments.piecewise_algebra import (
    PiecewiseFunction,
    combine,
    constant,
    piecewise_by_conditions,
    piecewise_by_sign,
)
from symbolic_moments.symbols import x

__all__ = ["Parts", "take_apart", "take_apart_addends"]

_MOST_EXPONENT = 64


@dataclass(frozen=True)
class Parts:
    """A piecewise function plus error terms.

    Attributes
    ----------
    regular : PiecewiseFunction
        Exponential polynomials between breakpoints.
    errors : tuple of (key, polynomial)
        ``polynomial * exp(-q x^2 + c x) * Phi(slope x + offset)``, the key being ``(slope, offset, q, c)``.
    """

    regular: PiecewiseFunction
    errors: tuple[tuple[tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr], sp.Expr], ...] = ()

    def whole_line(self) -> ExponentialPolynomial:
        """The single exponential polynomial this is, if it is one."""
        if self.errors or len(self.regular.pieces) > 1:
            raise OutsideAlgebraError
        return self.regular.pieces[0]

    def piecewise(self) -> PiecewiseFunction:
        """The piecewise function this is, if there are no error terms."""
        if self.errors:
            raise OutsideAlgebraError
        return self.regular


def take_apart(expression: sp.Expr, chirps: bool = False) -> Parts:
    """The parts of an expression in ``x``; waves of quadratic phase among them only where they are asked for.

    Raises
    ------
    OutsideAlgebraError
        It has none.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.symbols import x
    >>> from symbolic_moments.taking_apart import take_apart
    >>> [piece.as_expr() for piece in take_apart(sympy.exp(-abs(x))).regular.pieces]
    [exp(x), exp(-x)]
    """
    parts = _walk(expression, {})
    if not chirps and any(term.chirp != 0 for piece in parts.regular.pieces for term in piece.terms):
        raise OutsideAlgebraError
    return parts


def take_apart_addends(expression: sp.Expr, require: Callable[[Parts], object]) -> tuple[Parts, sp.Expr]:
    """The parts of those addends that have any, and the sum of the others.

    Parameters
    ----------
    expression : sympy.Expr
        In ``x``.
    require : callable
        Raises OutsideAlgebraError for parts that are not wanted.
    """
    seen: dict[Any, Parts] = {}
    found, rest = Parts(constant(sp.S.Zero)), []
    for addend in sp.Add.make_args(expression):
        try:
            parts = _walk(addend, seen)
            require(parts)
            found = _add(found, parts)
        except OutsideAlgebraError:
            rest.append(addend)
    return found, sp.Add(*rest)


def _add(left: Parts, right: Parts) -> Parts:
    errors = dict(left.errors)
    for key, polynomial in right.errors:
        errors[key] = sp.expand(errors.get(key, sp.S.Zero) + polynomial)
    kept = tuple((key, polynomial) for key, polynomial in errors.items() if polynomial != 0)
    return Parts(combine(lambda p, q: p + q, left.regular, right.regular), kept)


def _multiply(left: Parts, right: Parts) -> Parts:
    if left.errors and right.errors:
        raise OutsideAlgebraError
    if right.errors:
        left, right = right, left
    result = Parts(combine(lambda p, q: p * q, left.regular, right.regular))
    if not left.errors:
        return result
    for term in right.whole_line().terms:
        if term.is_wave:
            raise OutsideAlgebraError
        tilted = tuple(
            ((slope, offset, sp.expand(q + term.q), sp.expand(c + term.c)), sp.expand(term.polynomial * polynomial))
            for (slope, offset, q, c), polynomial in left.errors
        )
        result = _add(result, Parts(constant(sp.S.Zero), tilted))
    return result


def _normal_cdf_of(argument: sp.Expr) -> Parts:
    """``Phi(argument)`` for a polynomial argument of degree at most 1, slope made positive."""
    polynomial = sp.Poly(argument, x)
    if polynomial.degree() > 1:
        raise OutsideAlgebraError
    slope, offset = polynomial.coeff_monomial(x), polynomial.coeff_monomial(1)
    untilted = (sp.S.Zero, sp.S.Zero)
    if slope == 0:
        return Parts(constant(Phi(offset)))
    if slope.is_positive:
        return Parts(constant(sp.S.Zero), (((slope, offset, *untilted), sp.S.One),))
    if slope.is_negative:
        return Parts(constant(sp.S.One), (((-slope, -offset, *untilted), sp.S.NegativeOne),))
    raise OutsideAlgebraError


def _walk(node: Any, seen: dict[Any, Parts]) -> Parts:
    if node not in seen:
        seen[node] = _parts_of(node, seen)
    return seen[node]


def _is_small_polynomial(node: Any) -> bool:
    exponents = [power.exp for power in node.atoms(sp.Pow) if power.has(x)]
    return bool(node.is_polynomial(x)) and all(0 < exponent <= _MOST_EXPONENT for exponent in exponents)


def _parts_of(node: Any, seen: dict[Any, Parts]) -> Parts:
    if node == x:
        return Parts(PiecewiseFunction((), (polynomial_sum(x),)))
    if not node.has(x):
        return Parts(constant(node))
    if _is_small_polynomial(node):
        return Parts(PiecewiseFunction((), (polynomial_sum(node),)))
    if isinstance(node, sp.Piecewise):
        branches = [(_walk(value, seen).piecewise(), condition) for value, condition in node.args]
        return Parts(piecewise_by_conditions(branches, lambda part: _walk(part, seen).piecewise()))
    arguments = [_walk(argument, seen) for argument in node.args]
    if isinstance(node, (sp.Add, sp.Mul)):
        operation = _add if isinstance(node, sp.Add) else _multiply
        result = arguments[0]
        for argument in arguments[1:]:
            result = operation(result, argument)
        return result
    if isinstance(node, sp.Pow):
        return _power(node, arguments)
    return _function(node, arguments)


def _power(node: Any, arguments: list[Parts]) -> Parts:
    base, exponent = node.args
    if not base.has(x) and base.is_positive:
        logarithm = sp.log(base)
        return Parts(arguments[1].piecewise().through(lambda piece: exponential_of(sp.expand(logarithm * piece))))
    if not (exponent.is_Integer and 0 < exponent <= _MOST_EXPONENT):
        raise OutsideAlgebraError
    result = arguments[0]
    for _ in range(int(exponent) - 1):
        result = _multiply(result, arguments[0])
    return result


def _half(sign: int, argument: PiecewiseFunction) -> PiecewiseFunction:
    """``exp(u)/2 + sign exp(-u)/2``."""
    halves = [
        argument.through(lambda piece: exponential_of(piece) * constant_sum(sp.S.Half)),
        argument.through(lambda piece: exponential_of(-piece) * constant_sum(sp.Rational(sign, 2))),
    ]
    return combine(lambda p, q: p + q, *halves)


def _density_of(polynomial: sp.Expr) -> ExponentialPolynomial:
    if sp.Poly(polynomial, x).degree() > 1:
        raise OutsideAlgebraError
    return exponential_of(sp.expand(-(polynomial**2) / 2)) * constant_sum(phi(0))


_SMOOTH = {sp.exp: exponential_of, sp.cos: cosine_of, sp.sin: sine_of, phi: _density_of}


def _function(node: Any, arguments: list[Parts]) -> Parts:
    if isinstance(node, Phi):
        return _normal_cdf_of(arguments[0].whole_line().only_polynomial())
    if isinstance(node, (sp.erf, sp.erfc)):
        cdf = _normal_cdf_of(sp.expand(sp.sqrt(2) * arguments[0].whole_line().only_polynomial()))
        sign = 2 if isinstance(node, sp.erf) else -2
        shift = -1 if isinstance(node, sp.erf) else 2
        return _add(_multiply(Parts(constant(sp.Integer(sign))), cdf), Parts(constant(sp.Integer(shift))))
    first = arguments[0].piecewise()
    if node.func in _SMOOTH:
        return Parts(first.through(_SMOOTH[node.func]))
    if isinstance(node, (sp.sinh, sp.cosh)):
        return Parts(_half(1 if isinstance(node, sp.cosh) else -1, first))
    if isinstance(node, (sp.Max, sp.Min)):
        largest = isinstance(node, sp.Max)
        for argument in arguments[1:]:
            other = argument.piecewise()
            difference = combine(lambda p, q: p - q, first, other)
            first = piecewise_by_sign(difference, *((first, other) if largest else (other, first)))
        return Parts(first)
    if isinstance(node, sp.Abs):
        return Parts(piecewise_by_sign(first, first, combine(lambda p, q: p * q, first, constant(sp.Integer(-1)))))
    if isinstance(node, sp.sign):
        return Parts(piecewise_by_sign(first, constant(sp.S.One), constant(sp.S.NegativeOne)))
    if isinstance(node, sp.Heaviside):
        return Parts(piecewise_by_sign(first, constant(sp.S.One), constant(sp.S.Zero)))
    raise OutsideAlgebraError
