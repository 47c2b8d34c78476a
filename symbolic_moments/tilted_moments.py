r"""Moments of families PE, GA, TR, and of ER beyond the untilted: every part by the tilt."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.chirps import CHIRP, chirps_found
from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.error_function_steps import LADDER, SQUARED_TERM, leibniz_steps
from symbolic_moments.error_terms import squared_cdf_expectation, term_derivative
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.exponential_algebra import (
    ExponentialPolynomial,
    OutsideAlgebraError,
    polynomial_sum,
)
from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.integral_moments import closed_or_integral
from symbolic_moments.moment_rules import MomentRules, stein_step
from symbolic_moments.normal import hermite_polynomial, phi
from symbolic_moments.piecewise_moments import standardised
from symbolic_moments.piecewise_steps import jump_steps
from symbolic_moments.symbols import mu, sigma, x
from symbolic_moments.tilt import piecewise_expectation
from symbolic_moments.tilted_error_terms import before_cdf, tilted_derivative, tilted_expectation
from symbolic_moments.tilted_recurrences import stated_recurrences
from symbolic_moments.tilted_steps import ERROR_TILT, INTERVALS, TILT, WAVE, summed, tilts_found

__all__ = ["TiltedMoments"]

_NO_SQUARE = (
    "no closed form is kept for products of different error terms, nor for an error term or a wave times another part "
    "on a half line"
)


def _value_at(function: ExponentialPolynomial, point: sp.Expr) -> sp.Expr:
    """The value, 0 where it is 0."""
    value = sp.expand(function.as_expr().subs(x, point))
    if value.is_number and abs(value.evalf(30)) > sp.Float("1e-20"):
        return value
    return sp.simplify(value)


class TiltedMoments(MomentRules):
    """Closed forms of exponential polynomials on intervals, waves on the whole line, and tilted error terms."""

    source = (
        "The tilt of a density: F. Esscher, Skand. Aktuarietidskr. 15 (1932) 175-195; H. U. Gerber, E. S. W. Shiu, "
        "Trans. Soc. Actuaries 46 (1994) 99-191. Integration by parts: C. Stein, Ann. Statist. 9 (1981) 1135. "
        "Normal integrals: D. B. Owen, Commun. Statist. B9 (1980) 389-419."
    )

    def _moment(self, order: int) -> sp.Expr:
        regular = piecewise_expectation(self.parts.breakpoints, self.parts.sums(), order)
        return sp.Add(regular, *[tilted_expectation(term, order) for term in self.parts.error_terms])

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        return closed_or_integral(
            self,
            f"moment.{order}",
            self.moment_quantity(order),
            lambda: self._moment(order),
            lambda: (*self._part_steps(), *self._integral_steps(), summed(order)),
            x**order * self.expression,
            self.value_at_mean() * mu**order,
        )

    def hermite(self, order: int) -> Formula:
        """``sigma^order E[g^(order)(y)]``."""
        return closed_or_integral(
            self,
            f"hermite.{order}",
            self.hermite_quantity(order),
            lambda: self._derivative(order, sigma**order),
            lambda: self._hermite_steps(order),
            self.hermite_integrand(order),
            self.value_at_mean() if order == 0 else sp.S.Zero,
        )

    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)]``."""
        return closed_or_integral(
            self,
            f"expected_derivative.{order}",
            self.derivative_quantity(order),
            lambda: self._derivative(order, sp.S.One),
            lambda: (*self._part_steps(), *self._derivative_or_value_steps(order)),
            self.hermite_integrand(order) / sigma**order,
            self._limit_of_derivative(order),
        )

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``: in the family, with Owen's T for one kind of error term, else an integral."""
        square = SQUARED_TERM if self.parts.error_terms else (Step("Its square has parts of the same kinds."),)
        return closed_or_integral(
            self,
            "second_moment",
            self.second_quantity(),
            self._square,
            lambda: (*self._part_steps(), *square, *self._integral_steps(), summed(0)),
            self.expression**2,
            self.value_at_mean() ** 2,
        )

    def _hermite_steps(self, order: int) -> tuple[Step, ...]:
        stein = (stein_step(order),) if order else ()
        return (*self._part_steps(), *stein, *self._derivative_or_value_steps(order))

    def _derivative_or_value_steps(self, order: int) -> tuple[Step, ...]:
        return self._derivative_steps(order) if order else (*self._integral_steps(), summed(0))

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` through the recurrences of the tilted moments."""
        return self.formula(
            "moments",
            self.moment_quantity("n"),
            stated_recurrences(self.parts),
            (*self._part_steps(), *self._integral_steps(), summed("n")),
            kind="recurrence",
            by_order=self.moment,
        )

    def _square(self) -> sp.Expr:
        sums, errors = self.parts.sums(), self.parts.error_terms
        try:
            total = piecewise_expectation(self.parts.breakpoints, tuple(piece * piece for piece in sums))
        except OutsideAlgebraError:
            raise UnwieldyError(_NO_SQUARE) from None
        if not errors:
            return total
        (first, *_) = errors
        alike = all((term.slope, term.offset) == (first.slope, first.offset) for term in errors)
        if not alike or len(sums) > 1 or any(term.is_wave for term in sums[0].terms):
            raise UnwieldyError(_NO_SQUARE)
        before = sum((before_cdf(term) for term in errors), ExponentialPolynomial(()))
        for term in (before * sums[0] * polynomial_sum(sp.Integer(2))).terms:
            total += tilted_expectation(ErrorTerm(term.polynomial, first.slope, first.offset, term.q, term.c))
        for term in (before * before).terms:
            tilt = Tilt(term.q, term.c)
            total += tilt.factor * tilt.moved(squared_cdf_expectation(term.polynomial, first.slope, first.offset))
        return total

    def _derivatives(self, order: int) -> list[tuple[tuple[ExponentialPolynomial, ...], list[ErrorTerm]]]:
        """Pieces and tilted error terms of the regular part of ``g^(j)``, ``j = 0 .. order``."""
        sums, errors = self.parts.sums(), [term for term in self.parts.error_terms if term.is_tilted]
        result = [(sums, errors)]
        for _ in range(order):
            sums, previous, errors = tuple(piece.derivative() for piece in sums), errors, []
            for term in previous:
                remaining, density = tilted_derivative(term)
                sums = tuple(piece + density for piece in sums)
                errors += [remaining] if remaining is not None else []
            result.append((sums, errors))
        return result

    def _jumps(self, order: int) -> list[tuple[sp.Expr, list[sp.Expr]]]:
        """``(c, [D_{c,0}, ..., D_{c,order-1}])`` for every breakpoint."""
        chain = self._derivatives(order - 1) if order else []
        return [
            (point, [_value_at(sums[index + 1] - sums[index], point) for sums, _ in chain])
            for index, point in enumerate(self.parts.breakpoints)
        ]

    def _derivative(self, order: int, scale: sp.Expr) -> sp.Expr:
        """``scale * E[g^(order)]``."""
        if order == 0:
            return scale * self._moment(0)
        sums, errors = self._derivatives(order)[-1]
        regular = piecewise_expectation(self.parts.breakpoints, sums)
        terms = [scale * part for part in sp.Add.make_args(regular)]
        terms += [scale * tilted_expectation(term) for term in errors]
        terms += [term_derivative(term, order, scale) for term in self.parts.error_terms if not term.is_tilted]
        for point, jumps in self._jumps(order):
            t = standardised(point)
            local = [
                jump * (-1) ** (order - 1 - j) * scale * sigma ** (j - order) * hermite_polynomial(order - 1 - j, t)
                for j, jump in enumerate(jumps)
                if jump != 0
            ]
            terms.append(sp.Add(*local) * phi(t))
        return sp.Add(*terms)

    def _limit_of_derivative(self, order: int) -> sp.Expr:
        """The limit for ``sigma -> 0``; at a kink the mean of the two sides, or NaN where there is no limit."""
        if order == 0:
            return self.value_at_mean()
        smooth = sp.Add(*[sp.diff(term.as_expr(), x, order) for term in self.parts.error_terms])
        derivatives = [(sp.diff(piece.as_expr(), x, order) + smooth).subs(x, mu) for piece in self.parts.sums()]
        branches: list[tuple[Any, Any]] = []
        for index, (point, jumps) in enumerate(self._jumps(order)):
            mean = (derivatives[index] + derivatives[index + 1]).subs(mu, point) / 2
            branches.append((sp.nan if any(jump != 0 for jump in jumps) else mean, sp.Eq(mu, point)))
            branches.append((derivatives[index], mu < point))
        return sp.Piecewise(*branches, (derivatives[-1], True), evaluate=False) if branches else derivatives[0]

    def _keys(self) -> list[tuple[sp.Expr, ...]]:
        """Exponents, frequencies and chirp rates that occur, each once."""
        found = [term.key for terms in self.parts.terms for term in terms]
        found += [(term.q, term.c, sp.S.Zero, sp.S.Zero) for term in self.parts.error_terms if term.is_tilted]
        return list(dict.fromkeys(found))

    def _part_steps(self) -> tuple[Step, ...]:
        written = self.parts.as_expr()
        if written == self.expression:
            return (self.definition_step(),)
        return (self.definition_step(), Step("Taken apart it is (almost everywhere)", sp.latex(written)))

    def _integral_steps(self) -> tuple[Step, ...]:
        found = self._keys()
        keys, chirps = ([key for key in found if (key[3] != 0) == quickens] for quickens in (False, True))
        steps = [TILT] if chirps or any(q != 0 or c != 0 for q, c, *_ in keys) else []
        steps += [WAVE] if any(w != 0 for _, _, w, _ in keys) else []
        steps += [CHIRP, chirps_found(chirps)] if chirps else []
        steps += [tilts_found(keys)] if keys else []
        steps += [INTERVALS] if self.parts.breakpoints else []
        steps += [*LADDER] if any(not term.is_tilted for term in self.parts.error_terms) else []
        steps += [ERROR_TILT] if any(term.is_tilted for term in self.parts.error_terms) else []
        return tuple(steps)

    def _derivative_steps(self, order: int) -> tuple[Step, ...]:
        jumps = [
            rf"D_{{{sp.latex(point)},{j}}} = {sp.latex(jump)}"
            for point, values in self._jumps(order)
            for j, jump in enumerate(values)
            if jump != 0
        ]
        steps = [Step(f"Every part is differentiated {order} times; the derivative has parts of the same kinds.")]
        if jumps:
            text = r"The derivatives jump at the breakpoints by $D_{c,j} = g^{(j)}(c+) - g^{(j)}(c-)$:"
            steps += [Step(text, ", ".join(jumps)), *jump_steps(order)]
        if any(not term.is_tilted for term in self.parts.error_terms):
            steps += leibniz_steps(order)
        return (*steps, *self._integral_steps(), Step("Summing over the parts gives the claim."))
