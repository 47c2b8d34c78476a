r"""Activations taken apart into what Gaussian integrals are known of.

``g = sum_k p_k(x) exp(-q_k x^2 + c_k x) cos or sin(a_k x^2 + w_k x)`` on each of finitely many intervals, plus
``sum_i p_i(x) exp(-q_i x^2 + c_i x) Phi(a_i x + b_i)`` on the whole line. The walk that finds these parts is in
:mod:`symbolic_moments.taking_apart`; here stands what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from symbolic_moments.exponential_algebra import (
    ExponentialPolynomial,
    OutsideAlgebraError,
    Term,
    require_whole_line_waves,
)
from symbolic_moments.logistic_terms import logistic_terms
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x
from symbolic_moments.taking_apart import Parts, take_apart, take_apart_addends

__all__ = ["Decomposition", "ErrorTerm", "Term", "decompose"]


@dataclass(frozen=True)
class ErrorTerm:
    """``polynomial(x) exp(-q x^2 + c x) Phi(slope x + offset)`` with ``slope > 0``.

    Attributes
    ----------
    polynomial : sympy.Expr
        Expanded, in ``x``, not zero.
    slope, offset : sympy.Expr
        Free of ``x``; the slope positive.
    q, c : sympy.Expr
        Free of ``x``; 0 for a term that is not tilted.
    """

    polynomial: sp.Expr
    slope: sp.Expr
    offset: sp.Expr
    q: sp.Expr = sp.S.Zero
    c: sp.Expr = sp.S.Zero

    @property
    def is_tilted(self) -> bool:
        """An exponential stands before ``Phi``."""
        return bool(self.q != 0 or self.c != 0)

    def as_expr(self) -> sp.Expr:
        """The term as a SymPy expression."""
        return self.polynomial * sp.exp(-self.q * x**2 + self.c * x) * Phi(self.slope * x + self.offset)


@dataclass(frozen=True)
class Decomposition:
    """The parts of an activation: ``g = pieces[i] + sum(terms[i])`` on interval ``i``, plus ``sum(error_terms)``.

    Attributes
    ----------
    family : str
        ``"PP"`` piecewise polynomial; ``"PE"`` with exponentials ``exp(c x)`` as well; ``"GA"`` with Gaussians
        ``exp(-q x^2 + c x)``, ``q > 0``; ``"TR"`` with sines or cosines, which stand on the whole line; ``"CH"`` with
        some of quadratic phase, and no breakpoints; ``"ER"`` with error terms. ``"LG"``: polynomials times logistic
        functions (see :mod:`symbolic_moments.logistic_terms`);
        ``"NO"``: anything else.
    breakpoints : tuple of sympy.Expr
        Increasing.
    pieces : tuple of sympy.Expr
        The polynomial on each interval, expanded in ``x``, one more than breakpoints.
    error_terms : tuple of ErrorTerm
        Each exponent, slope and offset once.
    terms : tuple of tuple of Term
        What stands on each interval beside the polynomial; empty in families PP and ER if there is nothing.
    remainder : sympy.Expr
        What is not among the parts: 0 but in families LG and NO, where the parts are those of the addends that could
        be taken apart (none: no pieces at all).

    Examples
    --------
    >>> from symbolic_moments.decomposition import decompose
    >>> from symbolic_moments.language import parse_expression
    >>> elu = decompose(parse_expression("Piecewise((x, x > 0), (exp(x) - 1, True))"))
    >>> elu.family, elu.breakpoints, elu.pieces
    ('PE', (0,), (-1, x))
    >>> elu.terms[0][0].polynomial, elu.terms[0][0].c, elu.terms[1]
    (1, 1, ())
    """

    family: str
    breakpoints: tuple[sp.Expr, ...] = ()
    pieces: tuple[sp.Expr, ...] = ()
    error_terms: tuple[ErrorTerm, ...] = ()
    terms: tuple[tuple[Term, ...], ...] = ()
    remainder: sp.Expr = field(default=sp.S.Zero, compare=False)

    @property
    def degree(self) -> int:
        """Largest degree among the pieces (0 for the zero polynomial)."""
        return max((int(sp.Poly(piece, x).degree()) for piece in self.pieces if piece != 0), default=0)

    @property
    def is_untilted(self) -> bool:
        """Polynomials and error terms without exponentials only: family PP, or ER without breakpoints."""
        tilted = bool(self.terms) or any(term.is_tilted for term in self.error_terms)
        return self.family in ("PP", "ER") and not tilted and not (self.error_terms and self.breakpoints)

    def sums(self) -> tuple[ExponentialPolynomial, ...]:
        """``pieces[i] + sum(terms[i])``, interval by interval."""
        beside = self.terms or ((),) * len(self.pieces)
        return tuple(
            ExponentialPolynomial((Term(piece), *terms)) for piece, terms in zip(self.pieces, beside, strict=True)
        )

    def as_expr(self) -> sp.Expr:
        """The parts put together, the remainder with them, as one SymPy expression (breakpoints aside)."""
        pieces = [piece.as_expr() for piece in self.sums()]
        branches = [(piece, x < point) for piece, point in zip(pieces, self.breakpoints, strict=False)]
        regular = sp.Piecewise(*branches, (pieces[-1], True)) if branches else sp.Add(*pieces)
        return sp.Add(regular, *[term.as_expr() for term in self.error_terms], self.remainder)

    def jumps(self) -> tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...]:
        """Jumps ``D_{c,j} = g^(j)(c+) - g^(j)(c-)`` of the derivatives at the breakpoints (polynomial pieces only).

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
        if self.terms:
            raise ValueError(f"the jumps of all orders are listed for polynomial pieces, this is {self.family}")
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


def decompose(expression: sp.Expr) -> Decomposition:
    """The parts of ``expression``, an activation in ``x``.

    Parameters
    ----------
    expression : sympy.Expr
        In the house's ``x``; other symbols are parameters, taken to be real as their assumptions say.

    Returns
    -------
    Decomposition
        Family ``"NO"`` or ``"LG"`` where the parts do not make up the whole, or where a sine or cosine stands on a half
        line. Values at the breakpoints themselves are not part of a decomposition.

    Raises
    ------
    UnknownOrderError
        A ValueError: the order of breakpoints depends on parameters.

    Examples
    --------
    >>> from symbolic_moments.decomposition import decompose
    >>> from symbolic_moments.language import parse_expression
    >>> decompose(parse_expression("x*(1 + erf(x/sqrt(2)))/2")).error_terms
    (ErrorTerm(polynomial=x, slope=1, offset=0, q=0, c=0),)
    >>> relu = decompose(parse_expression("Max(x, 0)"))
    >>> relu.breakpoints, relu.pieces
    ((0,), (0, x))
    >>> snake = decompose(parse_expression("x + sin(2*x)**2/2"))
    >>> snake.family, snake.pieces, snake.terms[0][0].as_expr()
    ('TR', (x + 1/4,), -cos(4*x)/4)
    >>> decompose(parse_expression("tanh(x)")).family
    'LG'
    >>> decompose(parse_expression("x + atan(x)")).remainder
    atan(x)
    """
    whole = sp.sympify(expression)
    try:
        return _assembled(take_apart(whole, chirps=True))
    except OutsideAlgebraError:
        parts, remainder = take_apart_addends(whole, _without_chirps)
    family = "NO" if logistic_terms(whole) is None else "LG"
    try:
        found = _assembled(parts)
    except OutsideAlgebraError:
        return Decomposition(family, remainder=whole)
    if not (found.breakpoints or found.error_terms or found.terms or found.pieces != (sp.S.Zero,)):
        return Decomposition(family, remainder=whole)
    return Decomposition(family, found.breakpoints, found.pieces, found.error_terms, found.terms, remainder)


def _without_chirps(parts: Parts) -> None:
    if _assembled(parts).family == "CH":
        raise OutsideAlgebraError


def _assembled(parts: Parts) -> Decomposition:
    """The parts as a decomposition; OutsideAlgebraError where their integrals are not closed."""
    breakpoints, sums = parts.regular.breakpoints, parts.regular.pieces
    keys = {term.key for piece in sums for term in piece.terms}
    for q, *_ in [*keys, *[key[2:] for key, _ in parts.errors]]:
        if not (q.is_zero or q.is_positive or q.is_nonnegative):
            raise OutsideAlgebraError
    chirps = any(chirp != 0 for *_, chirp in keys)
    if chirps and (breakpoints or parts.errors):
        raise OutsideAlgebraError
    require_whole_line_waves(sums)
    ordered = sorted(parts.errors, key=lambda item: tuple(sp.default_sort_key(part) for part in item[0]))
    errors = tuple(ErrorTerm(polynomial, *key) for key, polynomial in ordered)
    terms = tuple(piece.beyond for piece in sums) if any(piece.beyond for piece in sums) else ()
    if errors:
        family = "ER"
    elif chirps:
        family = "CH"
    elif any(w != 0 for _, _, w, _ in keys):
        family = "TR"
    elif any(q != 0 for q, *_ in keys):
        family = "GA"
    else:
        family = "PE" if terms else "PP"
    return Decomposition(family, breakpoints, tuple(piece.polynomial for piece in sums), errors, terms)
