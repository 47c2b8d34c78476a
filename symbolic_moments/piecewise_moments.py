r"""Moments of piecewise polynomials: combinations of ``Phi(t_c)`` and ``phi(t_c)``, ``t_c = (mu - c)/sigma``.

A piecewise polynomial is its leftmost piece plus a step per breakpoint, ``g = p_0 + sum_c q_c 1{y > c}``, so its
moments are combinations of ``T_j(c) = E[y^j 1{y > c}]``, for which integration by parts gives

    T_{j+1} = mu T_j + j sigma^2 T_{j-1} + sigma c^j phi(t_c),   T_0 = Phi(t_c).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.decomposition import Decomposition
from symbolic_moments.formula import Formula, Step
from symbolic_moments.moment_polynomials import combined, gaussian_polynomials, truncated_polynomials
from symbolic_moments.moment_rules import MomentRules, stein_step
from symbolic_moments.normal import Phi, hermite_polynomial, phi
from symbolic_moments.piecewise_steps import GAUSSIAN_LADDER, TRUNCATED_LADDER, jump_steps
from symbolic_moments.symbols import mu, n, sigma, x

__all__ = ["PiecewiseMoments", "truncated_moments"]


def standardised(point: sp.Expr) -> sp.Expr:
    """``t_c = (mu - c)/sigma``."""
    return (mu - point) / sigma


def truncated_moments(order: int, point: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """``(A_j, B_j)`` with ``E[y^j 1{y > c}] = A_j Phi(t_c) + B_j phi(t_c)``, for ``j = 0 .. order``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.piecewise_moments import truncated_moments
    >>> truncated_moments(2, sympy.Integer(0))
    [(1, 0), (mu, sigma), (mu**2 + sigma**2, mu*sigma)]
    """
    result = [(sp.S.One, sp.S.Zero)]
    for j in range(order):
        current, previous = result[j], result[j - 1] if j else (sp.S.Zero, sp.S.Zero)
        a, b = (sp.expand(mu * current[i] + j * sigma**2 * previous[i]) for i in (0, 1))
        result.append((a, sp.expand(b + sigma * point**j)))
    return result


def _steps_of(parts: Decomposition) -> list[tuple[sp.Expr, sp.Expr]]:
    """``(c, q_c)``: what is added to ``g`` when ``y`` passes ``c``."""
    return [(point, sp.expand(parts.pieces[i + 1] - parts.pieces[i])) for i, point in enumerate(parts.breakpoints)]


def _coefficients(polynomial: sp.Expr, order: int) -> list[sp.Expr]:
    """Coefficients of ``x^order polynomial``, lowest power first."""
    return [sp.S.Zero] * order + sp.Poly(polynomial, x).all_coeffs()[::-1]


def expectation(parts: Decomposition, order: int = 0, scale: sp.Expr = sp.S.One) -> sp.Expr:
    """``scale * E[y^order g(y)]`` of a piecewise polynomial, collected in ``Phi(t_c)`` and ``phi(t_c)``."""
    left = _coefficients(parts.pieces[0], order)
    terms = [combined(left, gaussian_polynomials(len(left) - 1), sp.S.Zero, scale)]
    for point, step in _steps_of(parts):
        if step == 0:
            continue
        coefficients = _coefficients(step, order)
        polynomials = truncated_polynomials(len(coefficients) - 1)
        a, b = (combined(coefficients, [pair[i] for pair in polynomials], point, scale) for i in (0, 1))
        terms += [a * Phi(standardised(point)), b * phi(standardised(point))]
    return sp.Add(*terms)


def _squared(parts: Decomposition) -> Decomposition:
    return Decomposition("PP", parts.breakpoints, tuple(sp.expand(piece**2) for piece in parts.pieces))


class PiecewiseMoments(MomentRules):
    """Closed forms of family PP, any number of breakpoints and any order."""

    source = (
        "Integration by parts against the Gaussian density (Stein's lemma: C. Stein, Ann. Statist. 9 (1981) 1135); "
        "for the rectifier arXiv 2502.01032, section A.2, with its equation 34 corrected."
    )

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        steps = (self.definition_step(), *self._step_functions(), *self._truncated_steps(order))
        return self.formula(
            f"moment.{order}",
            self.moment_quantity(order),
            expectation(self.parts, order),
            steps,
            at_zero_sigma=self.value_at_mean() * mu**order,
        )

    def hermite(self, order: int) -> Formula:
        """``sigma^order E[g^(order)(y)]``."""
        if order == 0:
            moment = expectation(self.parts)
            steps = (self.definition_step(), *self._step_functions(), *self._truncated_steps(0))
            at_zero = self.value_at_mean()
        else:
            moment = self._derivative(order, sigma**order)
            steps = (self.definition_step(), stein_step(order), *self._distribution_steps(order))
            at_zero = sp.S.Zero
        return self.formula(f"hermite.{order}", self.hermite_quantity(order), moment, steps, at_zero_sigma=at_zero)

    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)]``."""
        if order == 0:
            expr = expectation(self.parts)
            steps = (self.definition_step(), *self._step_functions(), *self._truncated_steps(0))
        else:
            expr = self._derivative(order, sp.S.One)
            steps = (self.definition_step(), *self._distribution_steps(order))
        return self.formula(
            f"expected_derivative.{order}",
            self.derivative_quantity(order),
            expr,
            steps,
            at_zero_sigma=self._limit_of_derivative(order),
        )

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``: the square of a piecewise polynomial is one."""
        squared = _squared(self.parts)
        steps = (
            self.definition_step(),
            Step("Its square is a piecewise polynomial with the same breakpoints."),
            *self._truncated_steps(0),
        )
        return self.formula(
            "second_moment",
            self.second_quantity(),
            expectation(squared),
            steps,
            at_zero_sigma=self.value_at_mean() ** 2,
        )

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` through the recurrences of the truncated moments."""
        total: Any = sp.S.Zero
        equations = []
        if self.parts.pieces[0] != 0:
            m = sp.Function("m")
            total += _shifted(self.parts.pieces[0], m)
            equations += [
                sp.Eq(m(n + 1), mu * m(n) + n * sigma**2 * m(n - 1)),
                sp.Eq(m(0), 1),
                sp.Eq(m(1), mu),
            ]
        steps_of = _steps_of(self.parts)
        for index, (point, step) in enumerate(steps_of, start=1):
            t = standardised(point)
            T = sp.Function("T" if len(steps_of) == 1 else f"T_{index}")
            total += _shifted(step, T)
            boundary = sigma * point**n * phi(t) if point != 0 else sp.S.Zero
            equations += [
                sp.Eq(T(n + 1), mu * T(n) + n * sigma**2 * T(n - 1) + boundary),
                sp.Eq(T(0), Phi(t)),
                sp.Eq(T(1), mu * Phi(t) + sigma * phi(t)),
            ]
        steps = (self.definition_step(), *self._step_functions(), *self._truncated_steps("n"))
        return self.formula(
            "moments",
            self.moment_quantity("n"),
            sp.Tuple(sp.Eq(sp.Function("M")(n), total, evaluate=False), *equations),
            steps,
            kind="recurrence",
            by_order=self.moment,
        )

    def _derivative(self, order: int, scale: sp.Expr) -> sp.Expr:
        """``scale * E[g^(order)]``: the regular part, and a derivative of the density per jump."""
        regular = self.parts
        for _ in range(order):
            regular = regular.derivative()
        terms = [expectation(regular, 0, scale)]
        for point, jumps in self.parts.jumps():
            t = standardised(point)
            local = [
                jump * (-1) ** (order - 1 - j) * scale * sigma ** (j - order) * hermite_polynomial(order - 1 - j, t)
                for j, jump in enumerate(jumps[:order])
                if jump != 0
            ]
            terms.append(sp.Add(*local) * phi(t))
        return sp.Add(*terms)

    def _limit_of_derivative(self, order: int) -> sp.Expr:
        """The limit for ``sigma -> 0``; at a kink the mean of the two sides, or NaN where there is no limit."""
        if order == 0:
            return self.value_at_mean()
        derivatives = [sp.diff(piece, x, order).subs(x, mu) for piece in self.parts.pieces]
        branches: list[tuple[Any, Any]] = []
        for index, (point, jumps) in enumerate(self.parts.jumps()):
            first = next(j for j, jump in enumerate(jumps) if jump != 0)
            at_point = (derivatives[index] + derivatives[index + 1]).subs(mu, point) / 2
            branches.append((at_point if order <= first and order > 0 else sp.nan, sp.Eq(mu, point)))
            branches.append((derivatives[index], mu < point))
        return sp.Piecewise(*branches, (derivatives[-1], True), evaluate=False) if branches else derivatives[0]

    def _step_functions(self) -> tuple[Step, ...]:
        if not self.parts.breakpoints:
            return (Step("This is a polynomial; only moments of the Gaussian are needed."),)
        pieces = [] if self.parts.pieces[0] == 0 else [sp.latex(self.parts.pieces[0])]
        pieces += [
            rf"\left({sp.latex(step)}\right) \mathbf{{1}}\{{x > {sp.latex(point)}\}}"
            for point, step in _steps_of(self.parts)
        ]
        return (
            Step(
                "Written with one step function per breakpoint it is (almost everywhere)",
                "g(x) = " + " + ".join(pieces),
            ),
        )

    def _truncated_steps(self, order: int | str) -> tuple[Step, ...]:
        result: list[Step] = []
        if self.parts.pieces[0] != 0:
            result.append(GAUSSIAN_LADDER)
        if self.parts.breakpoints:
            result.append(TRUNCATED_LADDER)
        result += self._values_step(order)
        result.append(
            Step(
                f"Summing over the terms of $x^{{{order}}} g(x)$ and collecting $\\Phi$ and $\\varphi$ gives the claim."
            )
        )
        return tuple(result)

    def _values_step(self, order: int | str) -> list[Step]:
        """The first few ``T_j`` written out, for a single breakpoint."""
        if isinstance(order, str) or len(self.parts.breakpoints) != 1:
            return []
        ((point, step),) = _steps_of(self.parts)
        t = standardised(point)
        last = min(order + int(sp.Poly(step, x).degree()), 4)
        values = [
            f"T_{{{j}}} = {sp.latex(a * Phi(t) + b * phi(t))}"
            for j, (a, b) in enumerate(truncated_moments(last, point))
        ]
        which = f"Here $c = {sp.latex(point)}$, and the recurrence runs"
        return [Step(which, r"\begin{gathered} " + r" \\ ".join(values) + r" \end{gathered}")]

    def _distribution_steps(self, order: int) -> tuple[Step, ...]:
        if not self.parts.breakpoints:
            return (Step(f"The polynomial is differentiated {order} times and its expectation taken."),)
        listed = ", ".join(
            rf"D_{{{sp.latex(point)},{j}}} = {sp.latex(jump)}"
            for point, jumps in self.parts.jumps()
            for j, jump in enumerate(jumps)
            if jump != 0
        )
        return (
            Step(r"The derivatives jump at the breakpoints by $D_{c,j} = g^{(j)}(c+) - g^{(j)}(c-)$:", listed),
            *jump_steps(order),
        )


def _shifted(polynomial: sp.Expr, sequence: Any) -> sp.Expr:
    """``sum_j p_j s(n + j)`` for ``E[y^n p(y) ...]``."""
    return sp.Add(*[coefficient * sequence(n + power) for (power,), coefficient in sp.Poly(polynomial, x).terms()])
