"""Sums of polynomials times exponentials and waves between any kinks, and such times Phi: how they grow and bend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp

from codegen.panel_marks import NoPanelPlanError
from symbolic_moments.decomposition import Term
from symbolic_moments.exponential_algebra import ExponentialPolynomial
from symbolic_moments.normal import Phi
from symbolic_moments.piecewise_algebra import OutsideAlgebraError
from symbolic_moments.symbols import x
from symbolic_moments.taking_apart import take_apart

__all__ = ["ErrorPart", "ExponentialPieces", "Panels", "pieces_of"]

_FOLDS = 40
_RADIANS = 40
_ERROR_REACH = 9
_MOST_CUTS = 400


@dataclass(frozen=True)
class ErrorPart:
    """``polynomial exp(c x) Phi(slope x + offset)``, slope > 0."""

    polynomial: sp.Expr
    c: sp.Expr
    slope: sp.Expr
    offset: sp.Expr

    def as_expr(self) -> sp.Expr:
        """The part as an expression."""
        return self.polynomial * sp.exp(self.c * x) * Phi(self.slope * x + self.offset)

    def derivative(self) -> tuple[ErrorPart, Term]:
        """Its derivative: a part of the same kind, and a Gaussian."""
        density = self.polynomial * self.slope * sp.exp(-(self.offset**2) / 2) / sp.sqrt(2 * sp.pi)
        inner = sp.expand(sp.diff(self.polynomial, x) + self.c * self.polynomial)
        return replace(self, polynomial=inner), Term(density, self.slope**2 / 2, self.c - self.slope * self.offset)


@dataclass(frozen=True)
class Panels:
    """Breakpoints, rates of decay, rates of growth with the place where what grows is 1, bounds, longest parts.

    A pair is for the left and for the right; parts there are so short that a wave makes few turns in one.
    """

    cuts: tuple[sp.Expr, ...]
    decays: tuple[sp.Expr, sp.Expr]
    growths: tuple[tuple[sp.Expr, sp.Expr], tuple[sp.Expr, sp.Expr]]
    bounds: tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]
    longest: tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class ExponentialPieces:
    """A function between its kinks: sums of exponentials and waves, interval by interval, and parts with Phi."""

    kinks: tuple[sp.Expr, ...]
    sums: tuple[ExponentialPolynomial, ...]
    errors: tuple[ErrorPart, ...] = ()

    def piece(self, index: int) -> sp.Expr:
        """The function on one interval."""
        return sp.Add(self.sums[index].as_expr(), *(part.as_expr() for part in self.errors))

    def derivative(self) -> ExponentialPieces:
        """The derivative where there is one."""
        parts = [part.derivative() for part in self.errors]
        densities = ExponentialPolynomial(term for _, term in parts)
        sums = tuple(one.derivative() + densities for one in self.sums)
        return self._of(sums, [part for part, _ in parts])

    def shifted(self, place: sp.Expr) -> ExponentialPieces:
        """The function of the distance from ``place``."""
        kinks = tuple(sp.nsimplify(k - place) if place == 0 else sp.expand(k - place) for k in self.kinks)
        sums = tuple(ExponentialPolynomial(t for term in one.terms for t in _shifted(term, place)) for one in self.sums)
        errors = tuple(
            ErrorPart(
                sp.expand(part.polynomial.subs(x, x + place) * sp.exp(part.c * place)),
                part.c,
                part.slope,
                sp.expand(part.offset + part.slope * place),
            )
            for part in self.errors
        )
        return ExponentialPieces(kinks, sums, errors)

    def less(self, constant: sp.Expr) -> ExponentialPieces:
        """The function minus a constant."""
        return self._of([one - ExponentialPolynomial((Term(constant),)) for one in self.sums], self.errors)

    def square(self) -> ExponentialPieces:
        """The square (no parts with Phi)."""
        return self._of([one * one for one in self.sums], ())

    def steady(self) -> ExponentialPieces:
        """The function without its undamped waves on the outer intervals."""
        outer = {0, len(self.sums) - 1}
        kept = [
            ExponentialPolynomial(t for t in one.terms if i not in outer or not _is_undamped(t))
            for i, one in enumerate(self.sums)
        ]
        return self._of(kept, self.errors)

    def undamped(self) -> tuple[sp.Expr, ...]:
        """Frequencies of waves on the outer intervals that nothing damps."""
        return tuple({t.w for one in (self.sums[0], self.sums[-1]) for t in one.terms if _is_undamped(t)})

    def frequencies(self) -> tuple[sp.Expr, ...]:
        """All frequencies."""
        return tuple({t.w for one in self.sums for t in one.terms if t.w != 0})

    def saturations(self) -> tuple[sp.Expr | None, sp.Expr | None]:
        """The constants that the function approaches, but does not reach, at both ends; None where it does not."""
        found: list[sp.Expr | None] = []
        for side, one in ((-1, self.sums[0]), (1, self.sums[-1])):
            rate, _ = self._law(side)
            constant = one.polynomial
            steady = rate == 0 and len(one.terms) > 1 and not constant.has(x)
            steady = steady and not any(_is_undamped(term) for term in one.terms)
            fades = rate is not None and bool(rate < 0)
            found.append(constant if not self.errors and (steady or fades) else None)
        return found[0], found[1]

    def grows(self) -> bool:
        """Whether the function grows exponentially at one of its ends."""
        rates = [self._law(side)[0] for side in (-1, 1)]
        return any(rate is not None and rate > 0 for rate in rates)

    def ends(self) -> tuple[sp.Expr, sp.Expr]:
        """The outermost kinks and centres of Phi; 0 where there is none."""
        places = [*self.kinks, *(-part.offset / part.slope for part in self.errors)] or [sp.Integer(0)]
        return min(places, key=float), max(places, key=float)

    def panels(self) -> Panels:
        """How to integrate the function.

        Raises
        ------
        NoPanelPlanError
            A damped wave makes too many turns, or the function falls off like a normal tail.
        """
        decays, growths, longest, slowest = [], [], [], []
        for side in (-1, 1):
            rate, size = self._law(side)
            if rate is None and self.errors:
                raise NoPanelPlanError("at one end nothing is left but a normal tail; no panel rule covers that")
            outer = self.sums[0 if side < 0 else -1]
            waves = [t.w for t in outer.terms if t.w != 0 and t.q == 0 and (rate is None or side * t.c >= rate)]
            longest.append(_RADIANS / max(waves, key=float) if waves else sp.oo)
            slowest.append(rate)
            zero = sp.Integer(0)
            decays.append(-rate if rate is not None and rate < 0 else zero)
            growths.append((rate, _unit_place(side, rate, size)) if rate is not None and rate > 0 else (zero, zero))
        cuts = sorted({*self.kinks, *self._cuts(slowest), *self._cuts_between_kinks()}, key=float)
        if len(cuts) > _MOST_CUTS:
            raise NoPanelPlanError(f"a wave needs {len(cuts)} panels, more than {_MOST_CUTS}")
        bounds = (*self.ends(), *self._support())
        return Panels(tuple(cuts), (decays[0], decays[1]), (growths[0], growths[1]), bounds, (longest[0], longest[1]))

    def _of(self, sums: Iterable[ExponentialPolynomial], errors: Sequence[ErrorPart]) -> ExponentialPieces:
        return replace(self, sums=tuple(sums), errors=tuple(part for part in errors if part.polynomial != 0))

    def _law(self, side: int) -> tuple[sp.Expr | None, sp.Expr]:
        """The largest ``side c`` of the terms at one end, and the size of its coefficients; None where it vanishes."""
        found: dict[sp.Expr, list[sp.Expr]] = {}
        for term in self.sums[0 if side < 0 else -1].terms:
            if term.q == 0:
                found.setdefault(side * term.c, []).extend([term.polynomial, term.sine] if term.w != 0 else [])
                if term.w == 0:
                    found.setdefault(side * term.c, []).append(term.polynomial)
        if side > 0:
            plain = {t.c: t.polynomial for t in self.sums[-1].terms if t.q == 0 and t.w == 0}
            for c in {part.c for part in self.errors}:
                total = sp.expand(plain.get(c, 0) + sum(part.polynomial for part in self.errors if part.c == c))
                found[c] = [*(p for p in found.get(c, []) if p != plain.get(c)), total]
        alive = {rate: parts for rate, parts in found.items() if any(part != 0 for part in parts)}
        if not alive:
            return None, sp.Integer(1)
        rate = max(alive, key=float)
        sizes = [abs(float(c)) for part in alive[rate] for c in sp.Poly(part, x).coeffs()]
        return rate, sp.Rational(max(sizes)).limit_denominator(10**6) or sp.Integer(1)

    def _cuts(self, slowest: Sequence[sp.Expr | None]) -> Iterator[sp.Expr]:
        """Where terms that fade faster than the slowest beside them have gone, and the turns they make before."""
        last = len(self.kinks)
        for index, place in enumerate(self.kinks):
            for side, number in ((-1, index), (1, index + 1)):
                law = slowest[(side + 1) // 2] if number in (0, last) else None
                for term in self.sums[number].terms:
                    faded = -side * term.c + (law or 0)
                    if term.q != 0 or faded <= 0:
                        continue
                    reach = _FOLDS / faded
                    count = int(term.w * reach / _RADIANS)
                    if count > _MOST_CUTS:
                        raise NoPanelPlanError(f"cos({term.w}*x) is damped too slowly for panels")
                    yield from (place + side * _short(reach * j / (count + 1)) for j in range(1, count + 2))
        for part in self.errors:
            centre = -part.offset / part.slope
            yield from (centre + side * _ERROR_REACH / part.slope for side in (-1, 0, 1))

    def _cuts_between_kinks(self) -> Iterator[sp.Expr]:
        """Places between neighbouring kinks that leave a wave, and its square, few turns from one to the next."""
        for (low, high), one in zip(pairwise(self.kinks), self.sums[1:-1], strict=True):
            fastest = max((float(term.w) for term in one.terms), default=0.0)
            count = math.ceil(2 * fastest * float(high - low) / _RADIANS)
            if count > _MOST_CUTS:
                raise NoPanelPlanError(f"a wave needs {count} panels between kinks, more than {_MOST_CUTS}")
            yield from (sp.expand(low + (high - low) * sp.Rational(j, count)) for j in range(1, count))

    def _support(self) -> tuple[sp.Expr, sp.Expr]:
        first, last = sp.S.NegativeInfinity, sp.S.Infinity
        if self.errors:
            return first, last
        for kink, one in zip(self.kinks, self.sums, strict=False):
            if not one.is_zero:
                break
            first = kink
        for kink, one in zip(reversed(self.kinks), reversed(self.sums), strict=False):
            if not one.is_zero:
                break
            last = kink
        return first, last


def pieces_of(expression: sp.Expr) -> ExponentialPieces | None:
    """The pieces of ``expression`` in x; None where it is no such sum, or holds a Gaussian.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = pieces_of(parse_expression("Piecewise((exp(2*x), x > 1), (sin(x), True))"))
    >>> found.kinks, [found.piece(i) for i in (0, 1)], found.grows()
    ((1,), [sin(x), exp(2*x)], True)
    """
    try:
        parts = take_apart(expression)
    except OutsideAlgebraError:
        return None
    errors = tuple(ErrorPart(polynomial, c, slope, offset) for (slope, offset, _, c), polynomial in parts.errors)
    if any(q != 0 for (_, _, q, _), _ in parts.errors) or any(t.q != 0 for s in parts.regular.pieces for t in s.terms):
        return None
    if not all(slope > 0 for (slope, *_), _ in parts.errors):
        return None
    return ExponentialPieces(parts.regular.breakpoints, tuple(parts.regular.pieces), errors)


def _is_undamped(term: Term) -> bool:
    return bool(term.w != 0 and term.c == 0 and term.q == 0)


def _shifted(term: Term, place: sp.Expr) -> list[Term]:
    """The term of ``x + place``."""
    if place == 0:
        return [term]
    polynomial, sine = (sp.expand(part.subs(x, x + place)) for part in (term.polynomial, term.sine))
    size = sp.exp(-term.q * place**2 + term.c * place)
    cosine_of, sine_of = sp.cos(term.w * place), sp.sin(term.w * place)
    return [
        Term(
            sp.expand(size * (polynomial * cosine_of + sine * sine_of)),
            term.q,
            term.c - 2 * term.q * place,
            term.w,
            sp.expand(size * (sine * cosine_of - polynomial * sine_of)),
        )
    ]


def _unit_place(side: int, rate: sp.Expr, size: sp.Rational) -> sp.Rational:
    """Where ``size exp(side rate x)`` is 1, to a 64th."""
    return sp.Rational(round(-64 * side * math.log(size) / float(rate)), 64)


def _short(length: sp.Expr) -> sp.Rational:
    """A rational of few digits near a length."""
    return sp.Rational(sp.Float(float(length), 4)).limit_denominator(1024) or sp.Rational(float(length))
