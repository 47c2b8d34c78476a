r"""Moments of polynomials plus polynomials times ``Phi(a x + b)``, on the whole line."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.error_function_steps import LADDER, SQUARED_TERM, collected, leibniz_steps
from symbolic_moments.error_terms import (
    cdf_argument,
    error_term_scale,
    squared_cdf_expectation,
    term_derivative,
    term_expectation,
)
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_moments import polynomial_expectation
from symbolic_moments.hermite_structure import tilted_gaussian
from symbolic_moments.integral_moments import closed_or_integral
from symbolic_moments.moment_rules import MomentRules, stein_step
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import D, mu, n, sigma, x

__all__ = ["ErrorFunctionMoments"]


class ErrorFunctionMoments(MomentRules):
    """Closed forms of family ER, any order."""

    source = (
        "Stein's lemma; arXiv 2502.01032, section A.1, with its equation 25 corrected. Second moment: "
        "D. B. Owen, Commun. Statist. B9 (1980) 389-419."
    )

    @property
    def _polynomial(self) -> sp.Expr:
        return self.parts.pieces[0]

    @property
    def _function(self) -> sp.Expr:
        """``g`` written with ``Phi``."""
        terms = [term.polynomial * Phi(term.slope * x + term.offset) for term in self.parts.error_terms]
        return sp.Add(self._polynomial, *terms)

    def _moment(self, order: int) -> sp.Expr:
        polynomial = sp.expand(polynomial_expectation(sp.expand(self._polynomial * x**order), mu, sigma**2))
        return sp.Add(polynomial, *[term_expectation(term, order) for term in self.parts.error_terms])

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        return closed_or_integral(
            self,
            f"moment.{order}",
            self.moment_quantity(order),
            lambda: self._moment(order),
            lambda: (*self._term_steps(), *self._ladder_steps(order)),
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

    def _hermite_steps(self, order: int) -> tuple[Step, ...]:
        if order == 0:
            return (*self._term_steps(), *self._ladder_steps(0))
        return (*self._term_steps(), stein_step(order), *leibniz_steps(order))

    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)]``."""
        return closed_or_integral(
            self,
            f"expected_derivative.{order}",
            self.derivative_quantity(order),
            lambda: self._derivative(order, sp.S.One),
            lambda: (*self._term_steps(), *(leibniz_steps(order) if order else self._ladder_steps(0))),
            self.hermite_integrand(order) / sigma**order,
            self.value_at_mean() if order == 0 else sp.diff(self._function, x, order).subs(x, mu),
        )

    def _derivative(self, order: int, factor: sp.Expr) -> sp.Expr:
        """``factor * E[g^(order)]``."""
        if order == 0:
            return factor * self._moment(0)
        smooth = sp.diff(self._polynomial, x, order)
        terms = [sp.expand(factor * polynomial_expectation(smooth, mu, sigma**2))]
        return sp.Add(*terms, *[term_derivative(term, order, factor) for term in self.parts.error_terms])

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``: closed with Owen's T for one error term, else a one-dimensional integral."""
        return closed_or_integral(
            self,
            "second_moment",
            self.second_quantity(),
            self._square,
            self._square_steps,
            self._function**2,
            self.value_at_mean() ** 2,
        )

    def _square(self) -> sp.Expr:
        if len(self.parts.error_terms) > 1:
            raise UnwieldyError("no closed form is kept for two different error terms")
        (term,) = self.parts.error_terms
        total = polynomial_expectation(sp.expand(self._polynomial**2), mu, sigma**2)
        cross = sp.expand(2 * self._polynomial * term.polynomial)
        if cross != 0:
            total += term_expectation(ErrorTerm(cross, term.slope, term.offset), 0)
        total += squared_cdf_expectation(sp.expand(term.polynomial**2), term.slope, term.offset)
        return sp.sympify(total)

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` through the Stein ladder of every error term."""
        total: Any = sp.S.Zero
        equations = []
        if self._polynomial != 0:
            m = sp.Function("m")
            total += _shifted(self._polynomial, m)
            equations += [
                sp.Eq(m(n + 1), mu * m(n) + n * sigma**2 * m(n - 1)),
                sp.Eq(m(0), 1),
                sp.Eq(m(1), mu),
            ]
        for index, term in enumerate(self.parts.error_terms, start=1):
            suffix = "" if len(self.parts.error_terms) == 1 else f"_{index}"
            J, R = sp.Function("J" + suffix), sp.Function("R" + suffix)
            h, scale = cdf_argument(term), error_term_scale(term.slope)
            mean, variance = (part.subs(D, scale) for part in tilted_gaussian(term.slope, term.offset))
            total += _shifted(term.polynomial, J)
            equations += [
                sp.Eq(J(n + 1), mu * J(n) + sigma**2 * (n * J(n - 1) + term.slope / scale * phi(h) * R(n))),
                sp.Eq(J(0), Phi(h)),
                sp.Eq(J(1), mu * Phi(h) + sigma**2 * term.slope / scale * phi(h)),
                sp.Eq(R(n + 1), mean * R(n) + n * variance * R(n - 1)),
                sp.Eq(R(0), 1),
                sp.Eq(R(1), mean, evaluate=False),
            ]
        return self.formula(
            "moments",
            self.moment_quantity("n"),
            sp.Tuple(sp.Eq(sp.Function("M")(n), total, evaluate=False), *equations),
            (*self._term_steps(), *self._ladder_steps("n")),
            kind="recurrence",
            by_order=self.moment,
        )

    def _term_steps(self) -> tuple[Step, ...]:
        if self._function == self.expression:
            return (self.definition_step(),)
        rewritten = Step("Written with the normal distribution function it is", sp.latex(self._function))
        return (self.definition_step(), rewritten)

    def _ladder_steps(self, order: int | str) -> tuple[Step, ...]:
        return (*LADDER, *self._values_step(order), collected(order))

    def _values_step(self, order: int | str) -> tuple[Step, ...]:
        """The first few ``J_j`` written out, for a single error term."""
        if isinstance(order, str) or len(self.parts.error_terms) > 1:
            return ()
        (term,) = self.parts.error_terms
        last = min(order + int(sp.Poly(term.polynomial, x).degree()), 4)
        values = [
            f"J_{{{j}}} = {sp.latex(term_expectation(ErrorTerm(x**j, term.slope, term.offset), 0))}"
            for j in range(last + 1)
        ]
        which = rf"Here $a = {sp.latex(term.slope)}$, $b = {sp.latex(term.offset)}$, and the recurrence runs"
        return (Step(which, r"\begin{gathered} " + r" \\ ".join(values) + r" \end{gathered}"),)

    def _square_steps(self) -> tuple[Step, ...]:
        return (*self._term_steps(), *SQUARED_TERM)


def _shifted(polynomial: sp.Expr, sequence: Any) -> sp.Expr:
    """``sum_j p_j s(n + j)`` for ``E[y^n p(y) ...]``."""
    return sp.Add(*[coefficient * sequence(n + power) for (power,), coefficient in sp.Poly(polynomial, x).terms()])
