r"""Moments of polynomials times ``Phi(a x + b)`` on the whole line.

With ``D = sqrt(1 + a^2 sigma^2)``, ``h = (a mu + b)/D``: Stein's lemma gives, for ``J_n = E[y^n Phi(a y + b)]``,

    J_{n+1} = mu J_n + sigma^2 (n J_{n-1} + (a/D) phi(h) R_n),   J_0 = Phi(h),

``R_n`` the raw moments of the tilted Gaussian ``N((mu - a b sigma^2)/D^2, sigma^2/D^2)``. The second moment of a single
error term needs one more function, Owen's T, for ``E[Phi(a y + b)^2]``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.error_function_steps import LADDER, SQUARED_TERM, collected, leibniz_steps
from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_moments import polynomial_expectation, raw_moment_list
from symbolic_moments.hermite_structure import local_weights, tilted_gaussian
from symbolic_moments.integral_moments import integral_of, quadrature_bound
from symbolic_moments.moment_polynomials import (
    by_powers_of_w,
    combined,
    gaussian_polynomials,
    over_one_root,
    tilted_polynomials,
    weighted,
)
from symbolic_moments.moment_rules import MomentRules, stein_step
from symbolic_moments.normal import OwenT, Phi, hermite_polynomial, phi
from symbolic_moments.symbols import D, k, mu, n, sigma, x

__all__ = ["ErrorFunctionMoments", "error_term_moments"]


_E = sp.Symbol("E", positive=True)
_MOST_EXPANDED = 12
"""Degree up to which the terms of irrational slopes, offsets and coefficients are multiplied out."""
_MOST_FACTORED = 200
"""Terms of a numerator whose common factors are looked for."""


def _scale(slope: sp.Expr) -> sp.Expr:
    return sp.sqrt(1 + slope**2 * sigma**2)


def _argument(term: ErrorTerm) -> sp.Expr:
    """``h = (a mu + b)/D``."""
    return (term.slope * mu + term.offset) / _scale(term.slope)


def error_term_moments(
    order: int, slope: sp.Expr, offset: sp.Expr, mean: sp.Expr, variance: sp.Expr, root: sp.Expr | None = None
) -> list[tuple[sp.Expr, sp.Expr]]:
    """``(A_j, B_j)`` with ``E[y^j Phi(a y + b)] = A_j Phi(h) + B_j phi(h)``, ``j = 0 .. order``.

    ``y`` is Gaussian with the given mean and variance, ``h = (a mean + b)/root``; ``root`` is
    ``sqrt(1 + a^2 variance)``, or a symbol that stands for it.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.error_function_moments import error_term_moments
    >>> from symbolic_moments.symbols import mu, sigma
    >>> error_term_moments(1, sympy.Integer(1), sympy.Integer(0), mu, sigma**2)
    [(1, 0), (mu, sigma**2/sqrt(sigma**2 + 1))]
    """
    root = sp.sqrt(1 + slope**2 * variance) if root is None else root
    square = root**2
    tilted = raw_moment_list(order, (mean - slope * offset * variance) / square, variance / square)
    result = [(sp.S.One, sp.S.Zero)]
    for j in range(order):
        current, previous = result[j], result[j - 1] if j else (sp.S.Zero, sp.S.Zero)
        a = sp.expand(mean * current[0] + j * variance * previous[0])
        b = mean * current[1] + variance * (j * previous[1] + slope / root * tilted[j])
        result.append((a, b))
    return result


def _term_expectation(term: ErrorTerm, order: int) -> sp.Expr:
    """``E[y^order p(y) Phi(a y + b)]`` collected in ``Phi(h)`` and ``phi(h)``."""
    coefficients = [sp.S.Zero] * order + sp.Poly(term.polynomial, x).all_coeffs()[::-1]
    last = len(coefficients) - 1
    h = _argument(term)
    a = combined(coefficients, gaussian_polynomials(last), sp.S.Zero)
    square, product = term.slope**2, sp.expand(term.slope * term.offset)
    if all(number.is_Rational for number in (square, product, *coefficients)):
        local = weighted(coefficients, tilted_polynomials(last))
        return a * Phi(h) + _over_root(local, term.slope, product) * phi(h)
    if last > _MOST_EXPANDED:
        return a * Phi(h) + _over_root_term_by_term(coefficients, term.slope, product) * phi(h)
    moments = error_term_moments(last, term.slope, term.offset, mu, sigma**2)
    b = sp.Add(*[coefficient * moments[power][1] for power, coefficient in enumerate(coefficients)])
    return a * Phi(h) + _over_scale(b, term.slope) * phi(h)


def _over_root(local: Any, slope: sp.Expr, product: sp.Expr) -> sp.Expr:
    """``slope`` times an element of the ring of tilted polynomials, as one numerator over one power of ``D``."""
    root = sp.sqrt(sp.expand(1 + slope**2 * sigma**2))
    (even, odd), power = over_one_root(local, slope**2, product)
    terms = [slope * term for term in sp.Add.make_args(even)]
    terms += [slope * term * root for term in sp.Add.make_args(odd)]
    numerator = sp.Add(*terms)
    return (sp.factor_terms(numerator) if len(terms) <= _MOST_FACTORED else numerator) * root ** (-power)


def _over_root_term_by_term(coefficients: list[sp.Expr], slope: sp.Expr, product: sp.Expr) -> sp.Expr:
    """``slope`` times the combination of tilted polynomials, kept apart by coefficient and by powers of ``a b``."""
    if not (slope**2).is_Rational:
        raise ValueError(
            f"x^n times a polynomial times Phi(a x + b) is of degree {len(coefficients) - 1}; the closed form is kept "
            f"up to degree {_MOST_EXPANDED} unless a^2 is rational, and a = {slope}; take a decimal, or a lower degree"
        )
    root = sp.sqrt(sp.expand(1 + slope**2 * sigma**2))
    terms = []
    for coefficient, polynomial in zip(coefficients, tilted_polynomials(len(coefficients) - 1), strict=True):
        for left, part in by_powers_of_w(polynomial) if coefficient != 0 else ():
            (even, odd), power = over_one_root(part, slope**2, sp.S.One)
            terms.append(coefficient * slope * product**left * (even + odd * root) * root ** (-power))
    return sp.Add(*terms)


def _over_scale(expr: sp.Expr, slope: sp.Expr) -> sp.Expr:
    """``expr``, a sum of powers of ``D`` with polynomial coefficients, as one numerator over one power of ``D``."""
    square = sp.expand(1 + slope**2 * sigma**2)
    in_root = sp.expand(expr.subs(sp.sqrt(1 + slope**2 * sigma**2), D).subs(1 + slope**2 * sigma**2, D**2))
    terms = [term.as_coeff_exponent(D) for term in sp.Add.make_args(in_root)]
    lowest = min(int(power) for _, power in terms)
    numerator = [
        coefficient * square ** ((power - lowest) // 2) * D ** ((power - lowest) % 2) for coefficient, power in terms
    ]
    return sp.factor_terms(sp.expand(sp.Add(*numerator)).subs(D, sp.sqrt(square))) * sp.sqrt(square) ** lowest


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
        return sp.Add(polynomial, *[_term_expectation(term, order) for term in self.parts.error_terms])

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        return self.formula(
            f"moment.{order}",
            self.moment_quantity(order),
            self._moment(order),
            (*self._term_steps(), *self._ladder_steps(order)),
            at_zero_sigma=self.value_at_mean() * mu**order,
        )

    def hermite(self, order: int) -> Formula:
        """``sigma^order E[g^(order)(y)]``."""
        if order == 0:
            steps: tuple[Step, ...] = (*self._term_steps(), *self._ladder_steps(0))
        else:
            steps = (*self._term_steps(), stein_step(order), *leibniz_steps(order))
        return self.formula(
            f"hermite.{order}",
            self.hermite_quantity(order),
            self._derivative(order, sigma**order),
            steps,
            at_zero_sigma=self.value_at_mean() if order == 0 else sp.S.Zero,
        )

    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)]``."""
        steps = self._ladder_steps(0) if order == 0 else leibniz_steps(order)
        at_zero = self.value_at_mean() if order == 0 else sp.diff(self._function, x, order).subs(x, mu)
        return self.formula(
            f"expected_derivative.{order}",
            self.derivative_quantity(order),
            self._derivative(order, sp.S.One),
            (*self._term_steps(), *steps),
            at_zero_sigma=at_zero,
        )

    def _derivative(self, order: int, factor: sp.Expr) -> sp.Expr:
        """``factor * E[g^(order)]``."""
        if order == 0:
            return factor * self._moment(0)
        smooth = sp.diff(self._polynomial, x, order)
        terms = [sp.expand(factor * polynomial_expectation(smooth, mu, sigma**2))]
        for term in self.parts.error_terms:
            remaining = sp.expand(sp.diff(term.polynomial, x, order))
            if remaining != 0:
                rest = ErrorTerm(remaining, term.slope, term.offset)
                terms.append(sp.expand_mul(factor * _term_expectation(rest, 0), deep=False))
            h = _argument(term)
            weights = local_weights(term)[:order]
            local = sp.Add(
                *[weight.subs(k, order) * hermite_polynomial(order - 1 - m, h) for m, weight in enumerate(weights)]
            )
            prefactor = (-1) ** (order - 1) * factor * (term.slope / D) ** order
            terms.append(_over_scale(prefactor * local, term.slope) * phi(h))
        return sp.Add(*terms)

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``: closed with Owen's T for one error term, else a one-dimensional integral."""
        at_zero = self.value_at_mean() ** 2
        if len(self.parts.error_terms) > 1:
            squared = self._function**2
            return self.formula(
                "second_moment",
                self.second_quantity(),
                integral_of(squared),
                (self.definition_step(), Step("No closed form is kept for two different error terms.")),
                kind="integral",
                bound=quadrature_bound(),
                integrand=squared,
                at_zero_sigma=at_zero,
            )
        return self.formula(
            "second_moment",
            self.second_quantity(),
            self._square(),
            self._square_steps(),
            at_zero_sigma=at_zero,
        )

    def _square(self) -> sp.Expr:
        (term,) = self.parts.error_terms
        total = polynomial_expectation(sp.expand(self._polynomial**2), mu, sigma**2)
        cross = sp.expand(2 * self._polynomial * term.polynomial)
        if cross != 0:
            total += _term_expectation(ErrorTerm(cross, term.slope, term.offset), 0)
        squared = sp.Poly(term.polynomial**2, x)
        moments = _squared_cdf_moments(int(squared.degree()), term.slope, term.offset)
        cdf, owen, mixed, local = _square_parts(term)
        roots = {D: _scale(term.slope), _E: sp.sqrt(1 + 2 * term.slope**2 * sigma**2)}
        for index, part in enumerate((cdf - 2 * owen, mixed, local)):
            collected_part = sp.Add(*[coefficient * moments[power][index] for (power,), coefficient in squared.terms()])
            total += sp.factor_terms(sp.expand(collected_part).subs(roots)) * part
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
            h, scale = _argument(term), _scale(term.slope)
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
            f"J_{{{j}}} = {sp.latex(_term_expectation(ErrorTerm(x**j, term.slope, term.offset), 0))}"
            for j in range(last + 1)
        ]
        which = rf"Here $a = {sp.latex(term.slope)}$, $b = {sp.latex(term.offset)}$, and the recurrence runs"
        return (Step(which, r"\begin{gathered} " + r" \\ ".join(values) + r" \end{gathered}"),)

    def _square_steps(self) -> tuple[Step, ...]:
        return (*self._term_steps(), *SQUARED_TERM)


def _square_parts(term: ErrorTerm) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
    """The four functions ``E[p^2 Phi^2]`` is linear in."""
    h = _argument(term)
    E = sp.sqrt(1 + 2 * term.slope**2 * sigma**2)
    return Phi(h), OwenT(h, 1 / E), phi(h) * Phi(h / E), phi(h) * phi(h / E)


def _squared_cdf_moments(order: int, slope: sp.Expr, offset: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """Coefficients of ``E[Phi(a y + b)^2]``, ``phi(h) Phi(h/E)``, ``phi(h) phi(h/E)`` in ``E[y^j Phi(a y + b)^2]``.

    They are rational in ``mu``, ``sigma``, ``D`` and ``E``, symbols here.
    """
    mean, variance = tilted_gaussian(slope, offset)
    tilted = error_term_moments(order, slope, offset, mean, variance, _E / D)
    result = [(sp.S.One, sp.S.Zero, sp.S.Zero)]
    for j in range(order):
        stein = (sp.S.Zero, *[2 * slope / D * part for part in tilted[j]])
        previous = result[j - 1] if j else (sp.S.Zero,) * 3
        a, b, c = (sp.expand(mu * result[j][i] + sigma**2 * (j * previous[i] + stein[i])) for i in range(3))
        result.append((a, b, c))
    return result


def _shifted(polynomial: sp.Expr, sequence: Any) -> sp.Expr:
    """``sum_j p_j s(n + j)`` for ``E[y^n p(y) ...]``."""
    return sp.Add(*[coefficient * sequence(n + power) for (power,), coefficient in sp.Poly(polynomial, x).terms()])
