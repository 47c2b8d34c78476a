r"""Activations taken apart: ``g = piecewise polynomial + sum_i p_i(x) Phi(a_i x + b_i)``.

The expression is walked from its leaves, every node becoming a :class:`_Parts`: piecewise polynomial plus error
terms. A node outside this algebra (a product of two error functions, an exponential, an error function on a half
line ...) makes the whole expression family ``NO``. Nothing is integrated and no equation but a polynomial one of
degree at most 8 is solved, so the walk always ends soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi
from symbolic_moments.piecewise_algebra import (
    OutsideAlgebraError,
    PiecewisePolynomial,
    combine,
    constant,
    piecewise_by_conditions,
    piecewise_by_sign,
)
from symbolic_moments.symbols import x

__all__ = ["Decomposition", "ErrorTerm", "decompose"]

_MOST_EXPONENT = 64


@dataclass(frozen=True)
class ErrorTerm:
    """``polynomial(x) * Phi(slope * x + offset)`` with ``slope > 0``.

    Attributes
    ----------
    polynomial : sympy.Expr
        Expanded, in ``x``, not zero.
    slope, offset : sympy.Expr
        Free of ``x``; the slope positive.
    """

    polynomial: sp.Expr
    slope: sp.Expr
    offset: sp.Expr


@dataclass(frozen=True)
class Decomposition:
    """The parts of an activation.

    Attributes
    ----------
    family : str
        ``"PP"`` (piecewise polynomial), ``"ER"`` (polynomial plus error terms) or ``"NO"`` (anything else; then there
        are no pieces and no error terms).
    breakpoints : tuple of sympy.Expr
        Increasing.
    pieces : tuple of sympy.Expr
        Expanded polynomials in ``x``, one more than breakpoints; adjacent ones differ.
    error_terms : tuple of ErrorTerm
        Each pair (slope, offset) once.
    """

    family: str
    breakpoints: tuple[sp.Expr, ...] = ()
    pieces: tuple[sp.Expr, ...] = ()
    error_terms: tuple[ErrorTerm, ...] = ()

    @property
    def degree(self) -> int:
        """Largest degree among the pieces (0 for the zero polynomial)."""
        return max((int(sp.Poly(piece, x).degree()) for piece in self.pieces if piece != 0), default=0)

    def jumps(self) -> tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...]:
        """Jumps ``D_{c,j} = g^(j)(c+) - g^(j)(c-)`` of the derivatives at the breakpoints.

        Returns
        -------
        tuple of (breakpoint, (D_{c,0}, D_{c,1}, ...))
            The jumps up to the degree of the pieces, trailing zeros dropped.

        Examples
        --------
        >>> from symbolic_moments.decomposition import decompose
        >>> from symbolic_moments.language import parse_expression
        >>> decompose(parse_expression("clip(x, -1, 1)")).jumps()
        ((-1, (0, 1)), (1, (0, -1)))
        """
        result = []
        for index, point in enumerate(self.breakpoints):
            difference, values = sp.expand(self.pieces[index + 1] - self.pieces[index]), []
            while difference != 0:
                values.append(sp.simplify(difference.subs(x, point)))
                difference = sp.expand(sp.diff(difference, x))
            result.append((point, tuple(values)))
        return tuple(result)

    def derivative(self) -> Decomposition:
        """The regular part of ``g'``: every piece differentiated, jumps left out (family PP only)."""
        if self.family != "PP":
            raise ValueError(f"the regular derivative is taken of family PP, this is {self.family}")
        return Decomposition("PP", self.breakpoints, tuple(sp.expand(sp.diff(piece, x)) for piece in self.pieces))


@dataclass(frozen=True)
class _Parts:
    regular: PiecewisePolynomial
    errors: tuple[tuple[tuple[sp.Expr, sp.Expr], sp.Expr], ...] = ()

    def polynomial(self) -> sp.Expr:
        """The single polynomial this is, if it is one."""
        if self.errors or len(self.regular.pieces) > 1:
            raise OutsideAlgebraError
        return self.regular.pieces[0]

    def piecewise(self) -> PiecewisePolynomial:
        if self.errors:
            raise OutsideAlgebraError
        return self.regular


def _add(left: _Parts, right: _Parts) -> _Parts:
    errors = dict(left.errors)
    for key, polynomial in right.errors:
        errors[key] = sp.expand(errors.get(key, sp.S.Zero) + polynomial)
    kept = tuple((key, polynomial) for key, polynomial in errors.items() if polynomial != 0)
    return _Parts(combine(lambda p, q: p + q, left.regular, right.regular), kept)


def _multiply(left: _Parts, right: _Parts) -> _Parts:
    if left.errors and right.errors:
        raise OutsideAlgebraError
    if right.errors:
        left, right = right, left
    errors: tuple[tuple[tuple[sp.Expr, sp.Expr], sp.Expr], ...] = ()
    if left.errors:
        factor = right.polynomial()
        errors = tuple((key, sp.expand(factor * polynomial)) for key, polynomial in left.errors if factor != 0)
    return _Parts(combine(lambda p, q: p * q, left.regular, right.regular), errors)


def _normal_cdf_of(argument: sp.Expr) -> _Parts:
    """``Phi(argument)`` for a polynomial argument of degree at most 1, slope made positive."""
    polynomial = sp.Poly(argument, x)
    if polynomial.degree() > 1:
        raise OutsideAlgebraError
    slope, offset = polynomial.coeff_monomial(x), polynomial.coeff_monomial(1)
    if slope == 0:
        return _Parts(constant(Phi(offset)))
    if slope.is_positive:
        return _Parts(constant(sp.S.Zero), (((slope, offset), sp.S.One),))
    if slope.is_negative:
        return _Parts(constant(sp.S.One), (((-slope, -offset), sp.S.NegativeOne),))
    raise OutsideAlgebraError


def _walk(node: Any, seen: dict[Any, _Parts]) -> _Parts:
    if node not in seen:
        seen[node] = _take_apart(node, seen)
    return seen[node]


def _is_small_polynomial(node: Any) -> bool:
    exponents = [power.exp for power in node.atoms(sp.Pow) if power.has(x)]
    return bool(node.is_polynomial(x)) and all(0 < exponent <= _MOST_EXPONENT for exponent in exponents)


def _take_apart(node: Any, seen: dict[Any, _Parts]) -> _Parts:
    if node == x:
        return _Parts(PiecewisePolynomial((), (x,)))
    if not node.has(x):
        return _Parts(constant(node))
    if _is_small_polynomial(node):
        return _Parts(constant(sp.expand(node)))
    if isinstance(node, sp.Piecewise):
        branches = [(_walk(value, seen).piecewise(), condition) for value, condition in node.args]
        return _Parts(piecewise_by_conditions(branches, lambda part: _walk(part, seen).piecewise()))
    arguments = [_walk(argument, seen) for argument in node.args]
    if isinstance(node, (sp.Add, sp.Mul)):
        operation = _add if isinstance(node, sp.Add) else _multiply
        result = arguments[0]
        for argument in arguments[1:]:
            result = operation(result, argument)
        return result
    if isinstance(node, sp.Pow):
        exponent = node.exp
        if not (exponent.is_Integer and 0 < exponent <= _MOST_EXPONENT):
            raise OutsideAlgebraError
        result = arguments[0]
        for _ in range(int(exponent) - 1):
            result = _multiply(result, arguments[0])
        return result
    return _take_apart_function(node, arguments)


def _take_apart_function(node: Any, arguments: list[_Parts]) -> _Parts:
    if isinstance(node, Phi):
        return _normal_cdf_of(arguments[0].polynomial())
    if isinstance(node, (sp.erf, sp.erfc)):
        cdf = _normal_cdf_of(sp.expand(sp.sqrt(2) * arguments[0].polynomial()))
        sign = 2 if isinstance(node, sp.erf) else -2
        shift = -1 if isinstance(node, sp.erf) else 2
        return _add(_multiply(_Parts(constant(sp.Integer(sign))), cdf), _Parts(constant(sp.Integer(shift))))
    first = arguments[0].piecewise()
    if isinstance(node, (sp.Max, sp.Min)):
        largest = isinstance(node, sp.Max)
        for argument in arguments[1:]:
            other = argument.piecewise()
            difference = combine(lambda p, q: p - q, first, other)
            first = piecewise_by_sign(difference, *((first, other) if largest else (other, first)))
        return _Parts(first)
    if isinstance(node, sp.Abs):
        return _Parts(piecewise_by_sign(first, first, combine(lambda p, q: p * q, first, constant(sp.Integer(-1)))))
    if isinstance(node, sp.sign):
        return _Parts(piecewise_by_sign(first, constant(sp.S.One), constant(sp.S.NegativeOne)))
    if isinstance(node, sp.Heaviside):
        return _Parts(piecewise_by_sign(first, constant(sp.S.One), constant(sp.S.Zero)))
    raise OutsideAlgebraError


def decompose(expression: sp.Expr) -> Decomposition:
    """The parts of ``expression``, an activation in ``x``.

    Parameters
    ----------
    expression : sympy.Expr
        In the house's ``x``; other symbols are parameters, taken to be real as their assumptions say.

    Returns
    -------
    Decomposition
        Family ``"NO"`` where the expression is neither a piecewise polynomial nor a polynomial plus polynomials times
        ``Phi(a x + b)``, or where the order of its breakpoints depends on parameters. Values at the breakpoints
        themselves are not part of a decomposition.

    Examples
    --------
    >>> from symbolic_moments.decomposition import decompose
    >>> from symbolic_moments.language import parse_expression
    >>> decompose(parse_expression("x*(1 + erf(x/sqrt(2)))/2")).error_terms
    (ErrorTerm(polynomial=x, slope=1, offset=0),)
    >>> relu = decompose(parse_expression("Max(x, 0)"))
    >>> relu.breakpoints, relu.pieces
    ((0,), (0, x))
    >>> decompose(parse_expression("tanh(x)")).family
    'NO'
    """
    try:
        parts = _walk(sp.sympify(expression), {})
    except OutsideAlgebraError:
        return Decomposition("NO")
    if not parts.errors:
        return Decomposition("PP", parts.regular.breakpoints, parts.regular.pieces)
    if parts.regular.breakpoints:
        return Decomposition("NO")
    ordered = sorted(parts.errors, key=lambda item: (sp.default_sort_key(item[0][0]), sp.default_sort_key(item[0][1])))
    terms = tuple(ErrorTerm(polynomial, slope, offset) for (slope, offset), polynomial in ordered)
    return Decomposition("ER", (), parts.regular.pieces, terms)
