"""The pieces of a piecewise polynomial, cut at 0 as well so that ``y^n`` keeps its sign on each of them.

Breakpoints may be parameters of the kernel. Where the sign of one is open, the cut at 0 becomes an array: 0 brought
into the piece, one part of which then closes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.algebraic import normal_form
from codegen.kernel_plan import expression_text, polynomial_coefficients, tuple_text
from codegen.lossy_numbers import lossless

_TINY = 1e-9
_PLACES = 8
_FAR_BETTER = 4
"""Powers of y may be larger by so much than those of a distance."""


@dataclass(frozen=True)
class Piece:
    """A polynomial on an interval; ``None`` is infinity, ``number`` counts the true pieces from the left."""

    lower: sp.Expr | None
    upper: sp.Expr | None
    polynomial: sp.Expr
    number: int

    @property
    def width(self) -> sp.Expr:
        """Its length; infinity beyond the outer corners."""
        return sp.oo if self.lower is None or self.upper is None else self.upper - self.lower


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
    cuts : dict of str
        Names of the arrays that cut a piece at 0 or at its end, and their text.
    typed, given, at_point : str
        The parameters as text: in a signature, in a call, in a call at the point masses.
    """

    def __init__(
        self,
        breakpoints: Sequence[sp.Expr],
        polynomials: Sequence[sp.Expr],
        variable: sp.Symbol,
        parameters: Sequence[str] = (),
        cut_at: str = "powers",
    ):
        self.x = variable
        self._parameters = tuple(parameters)
        self._cut_at = cut_at
        self.breakpoints = tuple(breakpoints)
        self.polynomials = tuple(polynomials)
        self.degree = max(len(polynomial_coefficients(p, variable)) - 1 for p in polynomials)
        self.true_pieces = _pieces(self.breakpoints, self.polynomials)
        self.cuts: dict[str, str] = {}
        self.pieces = self.true_pieces if cut_at == "nowhere" else self._split_at_zero()
        self.right, self.left = self.pieces[-1], self.pieces[0]
        self.inner = self.pieces[1:-1]
        self.left_corner: sp.Expr = self.left.upper
        self.right_corner: sp.Expr = self.right.lower
        self.typed = "".join(f", {name}: Any" for name in parameters)
        self.given = "".join(f", {name}" for name in parameters)
        self.at_point = self.given_at("point")

    def given_at(self, rows: str) -> str:
        """The parameters in a call for some rows only."""
        return "".join(f", {name}[{rows}]" for name in self._parameters)

    def with_cuts(self, lines: Sequence[str]) -> list[str]:
        """Statements, after those that make the cuts they use."""
        used = "\n".join(lines)
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if lines else ""
        named = [f"{indent}{name} = {text}" for name, text in self.cuts.items() if re.search(rf"\b{name}\b", used)]
        return [*named, *lines]

    def _split_at_zero(self) -> list[Piece]:
        result = []
        for piece in self.true_pieces:
            bounded = piece.lower is not None and piece.upper is not None
            closed = self._cut_at == "roots" and (bounded or not piece.polynomial.has(self.x))
            below = 1 if piece.lower is None else _times(-1, _sign(piece.lower))
            above = 1 if piece.upper is None else _sign(piece.upper)
            if closed or below in (-1, 0) or above in (-1, 0):
                result.append(piece)
                continue
            cut = sp.Integer(0) if below == above == 1 else self._cut(piece)
            result += [
                Piece(piece.lower, cut, piece.polynomial, piece.number),
                Piece(cut, piece.upper, piece.polynomial, piece.number),
            ]
        return result

    def _cut(self, piece: Piece) -> sp.Symbol:
        """0, or the end of the piece that is nearest to it."""
        name, text = f"cut_{piece.number}", "0"
        if piece.upper is not None:
            text = f"xp.minimum({expression_text(piece.upper)}, {text})"
        if piece.lower is not None:
            text = f"xp.maximum({expression_text(piece.lower)}, {text})"
        self.cuts[name] = text
        return sp.Symbol(name, real=True)

    @property
    def without_powers(self) -> Pieces:
        """For expectations of g itself: only outer pieces that may vanish at 0 are cut there."""
        return Pieces(self.breakpoints, self.polynomials, self.x, self._parameters, "roots")

    @property
    def uncut(self) -> Pieces:
        """For what vanishes at the corners, and would cancel about 0."""
        return Pieces(self.breakpoints, self.polynomials, self.x, self._parameters, "nowhere")

    @property
    def roots_inside(self) -> bool:
        """Whether g vanishes somewhere that is neither 0 nor a breakpoint."""
        return any(root_between(p.polynomial, self.x, p.lower, p.upper) for p in self.true_pieces)

    @property
    def smallest_width(self) -> sp.Expr | None:
        """Width of the smallest bounded piece; None where there is none."""
        gaps = [b - a for a, b in zip(self.breakpoints[:-1], self.breakpoints[1:], strict=True)]
        return sp.Min(*gaps) if gaps else None

    def factors(self, polynomial: sp.Expr, piece: Piece) -> str:
        """Tuple text ``(i, j, coefficients of r)`` of ``(y - lower)^i (upper - y)^j r(y)``.

        Where powers of y cancel, and with parameters among the coefficients, r is expanded about an end; a fourth entry
        says which.
        """
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
        side = 0
        if rest.free_symbols - {self.x} and len(rest.terms()) > 1:
            side = 1 if piece.lower in self.breakpoints else 2
        elif rest.degree() > 1:
            side = _steadiest_side(rest, piece)
        if side:
            rest = _about_end(rest, piece, side)
        about = f", {side}" if side else ""
        coefficients = [without_cancellation(c) for c in polynomial_coefficients(rest.as_expr(), self.x)]
        return f"({powers[0]}, {powers[1]}, {tuple_text(coefficients)}{about})"

    def jumps(self, number: int) -> list[tuple[int, sp.Expr]]:
        """Pairs (j, jump of the j-th derivative) that are not zero, at breakpoint ``number``."""
        corner = self.breakpoints[number]
        gap = sp.expand(self.polynomials[number + 1] - self.polynomials[number])
        at_corner = [sp.radsimp(sp.diff(gap, self.x, j).subs(self.x, corner)) for j in range(self.degree + 1)]
        values = [normal_form(sp.expand(value)) for value in at_corner]
        return [(j, value if value.free_symbols else lossless(value)) for j, value in enumerate(values) if value != 0]


def root_between(polynomial: sp.Expr, variable: sp.Symbol, lower: sp.Expr | None, upper: sp.Expr | None) -> bool:
    """Whether a polynomial has a root between two points (None is infinity) that is neither of them, nor 0.

    One with parameters may have one unless all its roots are such points.
    """
    if not polynomial.has(variable):
        return False
    ends = [end for end in (lower, upper) if end is not None]
    if any(part.free_symbols - {variable} for part in (polynomial, *ends)):
        roots = sp.roots(polynomial, variable)
        known = {sp.Integer(0), *ends}
        return sum(roots.values()) < sp.degree(polynomial, variable) or not known.issuperset(roots)
    low, high = (float("-inf") if lower is None else float(lower), float("inf") if upper is None else float(upper))
    whole = sp.Poly(polynomial, variable)
    simple = whole.sqf_part() if whole.domain.is_QQ or whole.domain.is_ZZ else whole.terms_gcd()[1]
    for root in simple.nroots(n=30, maxsteps=200) if simple.degree() > 0 else ():
        place, height = (float(part) for part in root.as_real_imag())
        slack = _TINY * max(1.0, abs(place))
        if low + slack < place < high - slack and abs(height) < slack and abs(place) > _TINY:
            return True
    return False


def _about_end(polynomial: sp.Poly, piece: Piece, side: int) -> sp.Poly:
    """A polynomial in powers of the distance to the lower (1) or the upper (2) end of the piece; 0 leaves it in y."""
    variable = polynomial.gen
    end = (variable, variable + piece.lower, piece.upper - variable)[side]
    return sp.Poly(sp.expand(polynomial.as_expr().subs(variable, end)), variable)


def _steadiest_side(polynomial: sp.Poly, piece: Piece) -> int:
    """Where powers of the distance cancel least within a piece; 0 is y itself, unless an end is better by far."""
    ends = (piece.lower, piece.upper)
    if any(end is None or end.free_symbols for end in ends):
        return 0
    low, high = (float(end) for end in ends if end is not None)
    shares = [(one + 0.5) / _PLACES for one in range(_PLACES)]
    sizes = []
    for side in range(3):
        coefficients = [abs(float(c)) for c in _about_end(polynomial, piece, side).all_coeffs()[::-1]]
        places = [(abs(low + (high - low) * t), (high - low) * t, (high - low) * (1 - t))[side] for t in shares]
        sizes.append(sum(c * place**j for place in places for j, c in enumerate(coefficients)))
    best = 1 if sizes[1] <= sizes[2] else 2
    return best if _FAR_BETTER * sizes[best] < sizes[0] else 0


def _pieces(breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr]) -> list[Piece]:
    ends: list[sp.Expr | None] = [None, *breakpoints, None]
    return [Piece(a, b, p, i) for i, (a, b, p) in enumerate(zip(ends[:-1], ends[1:], polynomials, strict=True))]


def without_cancellation(coefficient: sp.Expr) -> sp.Expr:
    """A coefficient as a product where it has parameters: ``(a - b)^2``, not ``a^2 - 2 a b + b^2``."""
    return sp.factor(coefficient) if coefficient.free_symbols else lossless(normal_form(coefficient))


def _times(factor: int, sign: int | None) -> int | None:
    return None if sign is None else factor * sign


def _sign(place: sp.Expr) -> int | None:
    """The sign of a breakpoint; None where that is open."""
    return 1 if place.is_positive else -1 if place.is_negative else 0 if place.is_zero else None
