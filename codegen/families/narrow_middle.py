"""What a function is that decays exponentially on both sides of 0, and next to 0 is something else (xielu)."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.families.exponential_sides import HIGHEST_ROOT, Side
from codegen.kernel_plan import polynomial_coefficients
from codegen.kink_places import DIGITS
from codegen.stable_forms import stabilised
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

__all__ = ["Middle", "NarrowMiddle", "has_narrow_middle"]

WIDEST = sp.Rational(1, 2**16)
_LARGEST_SHARE = 8
_POWERS = 4
_HALVINGS = 12
_DIGITS = 40


@dataclass(frozen=True)
class Middle:
    """What g is more than the side it continues, between 0 and ``place``: terms in the distance from one of these."""

    place: sp.Expr
    excess: Side
    side: int
    from_zero: bool

    @property
    def root(self) -> int:
        """Order of the zero of the excess where the distance is 0."""
        return next(j for j in range(HIGHEST_ROOT) if self.excess.derivative_at_zero(j) != 0)

    @property
    def from_lower(self) -> bool:
        """Whether the distance is that from the lower end."""
        return self.from_zero == (self.side > 0)


class NarrowMiddle:
    """g as two sides that meet at 0 and what it is more than that next to 0.

    Attributes
    ----------
    breakpoints : list of sympy.Expr
        Those of g, and 0.
    pieces : list of (side, Side)
        g between them in the distance from 0, which is -1 or 1 times y.
    middles : list of Middle
        On the left of 0, on its right, or both.
    """

    def __init__(self, decomposition: Decomposition):
        found, zero = decomposition.breakpoints, sp.Integer(0)
        self.breakpoints = sorted({*found, zero})
        at = self.breakpoints.index(zero)
        self.pieces = []
        for number in range(len(self.breakpoints) + 1):
            side, before = (-1, number) if number <= at else (1, number - (zero not in found))
            self.pieces.append((side, _in_distance(decomposition, before, zero, side)))
        self.left, self.right = self.pieces[0][1], self.pieces[-1][1]
        outermost = ((self.breakpoints[0], -1), (self.breakpoints[-1], 1))
        self.middles = [self._middle(decomposition, b, side) for b, side in outermost if b != 0]

    def _middle(self, decomposition: Decomposition, place: sp.Expr, side: int) -> Middle:
        """The excess as seen from its outer end; from 0 if only there its terms do not cancel."""
        found = [
            Middle(place, _excess(decomposition, origin, side, direction), side, origin == 0)
            for origin, direction in ((place, -side), (sp.Integer(0), side))
        ]
        return found[0] if self.adds_up(found[0]) or not self.adds_up(found[1]) else found[1]

    def adds_up(self, middle: Middle) -> bool:
        """Whether side and powers of the excess, and their slopes, are at most a few times what they add up to."""
        beside = self.left if middle.side < 0 else self.right
        width, root = sp.Abs(middle.place), middle.root
        powers = [middle.excess.derivative_at_zero(j) / sp.factorial(j) for j in range(root + _POWERS)]
        for step in range(1, _HALVINGS):
            for share in (sp.Rational(1, 2**step), 1 - sp.Rational(1, 2**step)):
                u = width * share
                v = u if middle.from_zero else width - u
                for order in (0, 1):
                    terms = [c * sp.ff(j, order) * u ** (j - order) for j, c in enumerate(powers) if j >= order]
                    slope = (1 if middle.from_zero else -1) ** order
                    one = sp.N(sp.diff(_value(beside, x), x, order).subs(x, v), _DIGITS, maxn=200)
                    numbers = [slope * sp.N(term, _DIGITS, maxn=200) for term in terms]
                    if not abs(one) + sum(map(abs, numbers)) <= _LARGEST_SHARE * abs(one + sum(numbers)):
                        return False
        return True

    @property
    def extent(self) -> sp.Expr:
        """How far from 0 the middle reaches."""
        return sp.Max(*(sp.Abs(place) for place in self.breakpoints))

    @property
    def highest_power(self) -> int:
        """The highest power of the distance from 0."""
        return max(len(coefficients) - 1 for _, side in self.pieces for _, coefficients in side.terms)

    def jump(self, number: int, order: int) -> sp.Expr:
        """The jump of ``g^(order)`` at a breakpoint."""
        place = self.breakpoints[number]
        ends = [sp.diff(_value(piece, side * x), x, order) for side, piece in self.pieces[number : number + 2]]
        return _without_cancellation(stabilised(sp.simplify((ends[1] - ends[0]).subs(x, place))))

    def first_jump(self, number: int) -> int:
        """Order of the first derivative that jumps at a breakpoint, one that is never reached where none does."""
        return next((j for j in range(HIGHEST_ROOT) if self.jump(number, j) != 0), HIGHEST_ROOT)


def _in_distance(decomposition: Decomposition, number: int, place: sp.Expr, direction: int) -> Side:
    """One piece of g as terms in v, ``y = place + direction v``."""
    found = [(sp.Integer(0), decomposition.pieces[number], sp.Integer(1))]
    found += [(-direction * t.c, t.polynomial, sp.exp(t.c * place)) for t in decomposition.terms[number]]
    return Side(
        tuple(
            (rate, tuple(polynomial_coefficients(sp.expand(polynomial.subs(x, place + direction * x) * factor), x)))
            for rate, polynomial, factor in found
            if polynomial != 0
        )
    )


def _excess(decomposition: Decomposition, origin: sp.Expr, side: int, direction: int) -> Side:
    """The piece between 0 and the outermost breakpoint of a side less the piece beyond it."""
    inner, outer = (_in_distance(decomposition, n, origin, direction) for n in ((1, 0) if side < 0 else (-2, -1)))
    collected: dict[sp.Expr, list[sp.Expr]] = {}
    for sign, part in ((1, inner), (-1, outer)):
        for rate, coefficients in part.terms:
            sums = collected.setdefault(rate, [])
            sums.extend([sp.Integer(0)] * (len(coefficients) - len(sums)))
            for power, coefficient in enumerate(coefficients):
                sums[power] = sp.simplify(sums[power] + sign * coefficient)
    for sums in collected.values():
        while sums and sums[-1] == 0:
            sums.pop()
    return Side(tuple((rate, tuple(sums)) for rate, sums in collected.items() if sums))


def has_narrow_middle(decomposition: Decomposition) -> bool:
    """Whether this is PE, decaying away from 0 beyond breakpoints that lie within 2^-16 of its range.

    There may be one breakpoint on either side of 0. The sides and what g is more than they are between the breakpoints
    must be at most a few times g, and their slopes too: their sum would cancel.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> [has_narrow_middle(activation(name).decomposition) for name in ("xielu", "elu")]
    [True, False]
    """
    found = decomposition.breakpoints
    if decomposition.family != "PE" or not any(found) or any(place.free_symbols for place in found):
        return False
    if sum(bool(place > 0) for place in found) > 1 or sum(bool(place < 0) for place in found) > 1:
        return False
    outer = [(1, term.c) for term in decomposition.terms[0]] + [(-1, term.c) for term in decomposition.terms[-1]]
    if not outer or not all((sign * c).is_positive for sign, c in outer):
        return False
    rates = [sp.Abs(term.c) for terms in decomposition.terms for term in terms]
    shape = NarrowMiddle(decomposition)
    if bool(shape.extent * sp.Max(*rates) > WIDEST) or any(side.hidden_root > 1 for _, side in shape.pieces):
        return False
    return all(shape.adds_up(middle) for middle in shape.middles)


def _without_cancellation(number: sp.Expr) -> sp.Expr:
    """The number; where its terms nearly cancel, the rational next to it."""
    sizes = [abs(sp.N(term)) for term in sp.Add.make_args(number)]
    value = sp.N(number, DIGITS, maxn=4 * DIGITS)
    return number if sum(sizes) <= 2 * abs(value) or number == 0 else sp.Rational(str(value))


def _value(side: Side, v: sp.Expr) -> sp.Expr:
    return sp.Add(*(c * v**j * sp.exp(-rate * v) for rate, cs in side.terms for j, c in enumerate(cs)))
