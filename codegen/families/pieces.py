"""The pieces of a piecewise polynomial, cut at 0 as well so that ``y^n`` keeps its sign on each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.kernel_plan import polynomial_coefficients, tuple_text

_TINY = 1e-9


@dataclass(frozen=True)
class Piece:
    """A polynomial on an interval; ``None`` is infinity."""

    lower: sp.Expr | None
    upper: sp.Expr | None
    polynomial: sp.Expr


class Pieces:
    """True breakpoints and the polynomials between them.

    Attributes
    ----------
    true_pieces, pieces : list of Piece
        As given, and cut at 0.
    left, right, inner : Piece, Piece, list of Piece
        ``pieces`` beyond the outermost corners and between them.
    left_corner, right_corner : sympy.Expr
        The outermost corners.
    """

    def __init__(self, breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr], variable: sp.Symbol):
        self.x = variable
        self.breakpoints = tuple(breakpoints)
        self.polynomials = tuple(polynomials)
        self.degree = max(len(polynomial_coefficients(p, variable)) - 1 for p in polynomials)
        self.true_pieces = _pieces(self.breakpoints, self.polynomials)
        self.pieces = _split_at_zero(self.true_pieces)
        self.right, self.left = self.pieces[-1], self.pieces[0]
        self.inner = self.pieces[1:-1]
        self.left_corner: sp.Expr = self.left.upper
        self.right_corner: sp.Expr = self.right.lower

    @property
    def roots_inside(self) -> bool:
        """Whether g vanishes somewhere that is neither 0 nor a breakpoint."""
        return any(root_between(p.polynomial, self.x, p.lower, p.upper) for p in self.true_pieces)

    @property
    def smallest_width(self) -> sp.Expr | None:
        """Width of the smallest bounded piece; None where there is none."""
        gaps = [b - a for a, b in zip(self.breakpoints[:-1], self.breakpoints[1:], strict=True)]
        return min(gaps) if gaps else None

    def factors(self, polynomial: sp.Expr, piece: Piece) -> str:
        """Tuple text ``(i, j, coefficients of r)`` of ``(y - lower)^i (upper - y)^j r(y)``."""
        rest = sp.Poly(polynomial, self.x)
        powers = []
        for factor in (self.x - piece.lower, piece.upper - self.x):
            divisor, power = sp.Poly(factor, self.x), 0
            while not rest.is_zero and rest.degree() >= 1:
                quotient, remainder = sp.div(rest, divisor)
                if sp.expand(remainder.as_expr()) != 0:
                    break
                rest, power = sp.Poly(sp.expand(quotient.as_expr()), self.x), power + 1
            powers.append(power)
        return f"({powers[0]}, {powers[1]}, {tuple_text(polynomial_coefficients(rest.as_expr(), self.x))})"

    def jumps(self, number: int) -> list[tuple[int, sp.Expr]]:
        """Pairs (j, jump of the j-th derivative) that are not zero, at breakpoint ``number``."""
        corner = self.breakpoints[number]
        gap = sp.expand(self.polynomials[number + 1] - self.polynomials[number])
        values = [(j, sp.nsimplify(sp.diff(gap, self.x, j).subs(self.x, corner))) for j in range(self.degree + 1)]
        return [(j, sp.expand(value)) for j, value in values if sp.expand(value) != 0]


def root_between(polynomial: sp.Expr, variable: sp.Symbol, lower: sp.Expr | None, upper: sp.Expr | None) -> bool:
    """Whether a polynomial has a root between two points (None is infinity) that is neither of them, nor 0."""
    if not polynomial.has(variable):
        return False
    ends = (float("-inf") if lower is None else float(lower), float("inf") if upper is None else float(upper))
    for root in sp.Poly(polynomial, variable).nroots(n=30, maxsteps=200):
        place, height = (float(part) for part in root.as_real_imag())
        slack = _TINY * max(1.0, abs(place))
        if ends[0] + slack < place < ends[1] - slack and abs(height) < slack and abs(place) > _TINY:
            return True
    return False


def _pieces(breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr]) -> list[Piece]:
    ends: list[sp.Expr | None] = [None, *breakpoints, None]
    return [Piece(a, b, p) for a, b, p in zip(ends[:-1], ends[1:], polynomials, strict=True)]


def _split_at_zero(pieces: list[Piece]) -> list[Piece]:
    result = []
    for piece in pieces:
        if (piece.lower is None or piece.lower < 0) and (piece.upper is None or piece.upper > 0):
            result += [
                Piece(piece.lower, sp.Integer(0), piece.polynomial),
                Piece(sp.Integer(0), piece.upper, piece.polynomial),
            ]
        else:
            result.append(piece)
    return result


def within(piece: Piece, whole: Piece) -> bool:
    """Whether ``piece`` lies in ``whole``."""
    above = whole.lower is None or (piece.lower is not None and piece.lower >= whole.lower)
    below = whole.upper is None or (piece.upper is not None and piece.upper <= whole.upper)
    return bool(above and below)
