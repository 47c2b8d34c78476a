r"""Sums of polynomials times ``sigmoid(a x + b)`` and ``softplus(a x + b) = log(1 + exp(a x + b))``.

The logistic family: ``tanh u = 2 sigmoid(2 u) - 1``, and every expression in which ``1/(C + A exp(a x))`` or
``log(C + A exp(a x))``, ``A C > 0``, stands beside polynomials, is such a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.exponential_algebra import ExponentialPolynomial, OutsideAlgebraError
from symbolic_moments.symbols import x
from symbolic_moments.taking_apart import take_apart

__all__ = ["LogisticTerm", "logistic_terms"]

_Key = tuple[str, sp.Expr, sp.Expr]


@dataclass(frozen=True)
class LogisticTerm:
    """``polynomial(x) kind(slope x + offset)``, the kind a name, the slope positive.

    Attributes
    ----------
    kind : str
        ``"sigmoid"``, ``"softplus"``, or ``""`` for the polynomial by itself (slope 1, offset 0).
    polynomial, slope, offset : sympy.Expr
        The polynomial expanded in ``x``; the others free of ``x``.
    """

    kind: str
    polynomial: sp.Expr
    slope: sp.Expr
    offset: sp.Expr


def logistic_terms(expression: sp.Expr) -> tuple[LogisticTerm, ...] | None:
    """The expression as a sum of logistic terms; None if it is not seen to be one.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.logistic_terms import logistic_terms
    >>> logistic_terms(parse_expression("x*tanh(x)"))
    (LogisticTerm(kind='', polynomial=-x, slope=1, offset=0), \
LogisticTerm(kind='sigmoid', polynomial=2*x, slope=2, offset=0))
    >>> logistic_terms(parse_expression("x*tanh(log(1 + exp(x)))")) is None
    True
    """
    try:
        found = _walk(expression)
    except OutsideAlgebraError:
        return None
    terms = [LogisticTerm(kind, polynomial, slope, offset) for (kind, slope, offset), polynomial in found.items()]
    return tuple(sorted(terms, key=lambda term: (term.kind, *map(sp.default_sort_key, (term.slope, term.offset)))))


_PLAIN: _Key = ("", sp.S.One, sp.S.Zero)


def _collected(items: list[tuple[_Key, sp.Expr]]) -> dict[_Key, sp.Expr]:
    result: dict[_Key, sp.Expr] = {}
    for key, polynomial in items:
        result[key] = sp.expand(result.get(key, sp.S.Zero) + polynomial)
    return {key: polynomial for key, polynomial in result.items() if polynomial != 0}


def _walk(node: Any) -> dict[_Key, sp.Expr]:
    if node.is_polynomial(x):
        return _collected([(_PLAIN, sp.expand(node))])
    if isinstance(node, sp.Add):
        return _collected([item for argument in node.args for item in _walk(argument).items()])
    if isinstance(node, sp.Mul):
        return _product(node)
    if isinstance(node, sp.tanh):
        return _collected([(_PLAIN, sp.S.NegativeOne), *_scaled(_sigmoid(*_line(2 * node.args[0])), sp.Integer(2))])
    if isinstance(node, sp.Pow) and node.exp == -1:
        return _reciprocal(_whole_line(node.base))
    if isinstance(node, sp.log):
        argument = node.args[0]
        if isinstance(argument, sp.Pow) and argument.exp == -1:
            return _collected(_scaled(_logarithm(_whole_line(argument.base)), sp.S.NegativeOne))
        return _logarithm(_whole_line(argument))
    raise OutsideAlgebraError


def _scaled(terms: dict[_Key, sp.Expr], factor: sp.Expr) -> list[tuple[_Key, sp.Expr]]:
    return [(key, factor * polynomial) for key, polynomial in terms.items()]


def _product(node: sp.Mul) -> dict[_Key, sp.Expr]:
    """A polynomial, an exponential and one logistic function multiplied."""
    factor, rest = sp.S.One, []
    for argument in node.args:
        if argument.is_polynomial(x):
            factor = factor * argument
        else:
            rest.append(argument)
    if len(rest) == 1:
        return _collected(_scaled(_walk(rest[0]), factor))
    reciprocals = [argument for argument in rest if isinstance(argument, sp.Pow) and argument.exp == -1]
    if len(reciprocals) != 1:
        raise OutsideAlgebraError
    numerator = _whole_line(sp.Mul(*[argument for argument in rest if argument is not reciprocals[0]]))
    # exp(u)/(C + A exp(u)) = 1/(A + C exp(-u)), which is an exponential less below the line
    (term,) = numerator.terms if len(numerator.terms) == 1 else (None,)
    if term is None or term.q != 0 or term.w != 0 or term.polynomial.has(x):
        raise OutsideAlgebraError
    below = _whole_line(sp.expand(reciprocals[0].base * sp.exp(-term.c * x)))
    return _collected(_scaled(_reciprocal(below), factor * term.polynomial))


def _whole_line(expression: sp.Expr) -> ExponentialPolynomial:
    return take_apart(expression).whole_line()


def _line(argument: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Slope and offset of a polynomial of degree 1."""
    if not argument.is_polynomial(x) or sp.Poly(argument, x).degree() != 1:
        raise OutsideAlgebraError
    poly = sp.Poly(argument, x)
    return poly.coeff_monomial(x), poly.coeff_monomial(1)


def _sigmoid(slope: sp.Expr, offset: sp.Expr) -> dict[_Key, sp.Expr]:
    """``sigmoid(slope x + offset)``, through ``sigmoid(-u) = 1 - sigmoid(u)``."""
    if slope.is_positive:
        return {("sigmoid", slope, offset): sp.S.One}
    if slope.is_negative:
        return {_PLAIN: sp.S.One, ("sigmoid", -slope, -offset): sp.S.NegativeOne}
    raise OutsideAlgebraError


def _softplus(slope: sp.Expr, offset: sp.Expr) -> dict[_Key, sp.Expr]:
    """``softplus(slope x + offset)``, through ``softplus(-u) = softplus(u) - u``."""
    if slope.is_positive:
        return {("softplus", slope, offset): sp.S.One}
    if slope.is_negative:
        return {_PLAIN: sp.expand(slope * x + offset), ("softplus", -slope, -offset): sp.S.One}
    raise OutsideAlgebraError


def _two_exponents(function: ExponentialPolynomial) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
    """``(A, a, C, c)`` of ``A exp(a x) + C exp(c x)``, ``A C > 0``."""
    if len(function.terms) != 2:
        raise OutsideAlgebraError
    one, two = function.terms
    if any(term.q != 0 or term.w != 0 or term.polynomial.has(x) for term in (one, two)):
        raise OutsideAlgebraError
    if not (one.polynomial / two.polynomial).is_positive:
        raise OutsideAlgebraError
    return one.polynomial, one.c, two.polynomial, two.c


def _reciprocal(function: ExponentialPolynomial) -> dict[_Key, sp.Expr]:
    """``1/(C + A exp(a x)) = sigmoid(-a x - log(A/C))/C``."""
    A, a, C, c = _two_exponents(function)
    if a == 0:
        A, a, C, c = C, c, A, a
    if c != 0:
        raise OutsideAlgebraError
    return _collected(_scaled(_sigmoid(-a, -_logarithm_of(A / C)), 1 / C))


def _logarithm(function: ExponentialPolynomial) -> dict[_Key, sp.Expr]:
    """``log(C exp(c x) + A exp(a x)) = log C + c x + softplus((a - c) x + log(A/C))``."""
    A, a, C, c = _two_exponents(function)
    if not C.is_positive:
        raise OutsideAlgebraError
    line = sp.expand(_logarithm_of(C) + c * x)
    return _collected([(_PLAIN, line), *_softplus(a - c, _logarithm_of(A / C)).items()])


def _logarithm_of(value: sp.Expr) -> sp.Expr:
    return sp.expand_log(sp.log(sp.simplify(value)), force=False)
