r"""Moments of the logistic family: alternating series of tilted Gaussian integrals, with a proven bound."""

from __future__ import annotations

import functools
from typing import Any

import sympy as sp

from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_moments import polynomial_expectation
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.integral_moments import integral_formula
from symbolic_moments.logistic_series import logistic_expectation
from symbolic_moments.logistic_steps import ACCELERATION, BOUND, HALF_LINES, SOFTPLUS, SQUARED_SIGMOID
from symbolic_moments.logistic_terms import LogisticTerm, logistic_terms
from symbolic_moments.moment_rules import MomentRules
from symbolic_moments.normal import hermite_polynomial, phi
from symbolic_moments.symbols import mu, n, sigma, x
from symbolic_moments.tilt import interval_expectation
from symbolic_moments.tilted_steps import INTERVALS, TILT

__all__ = ["LogisticMoments"]

_J = sp.Symbol("j", integer=True, nonnegative=True)
_MEAN, _DEVIATION = sp.Dummy("mean", real=True), sp.Dummy("deviation", positive=True)


class LogisticMoments(MomentRules):
    """Series of family LG, any order."""

    source = (
        "H. Cohen, F. Rodriguez Villegas, D. Zagier, Convergence acceleration of alternating series, Experimental "
        "Mathematics 9 (2000) 3-12, proposition 1; the tilt: F. Esscher, Skand. Aktuarietidskr. 15 (1932) 175-195."
    )

    @functools.cached_property
    def _terms(self) -> tuple[LogisticTerm, ...]:
        found = logistic_terms(self.expression)
        if found is None:
            raise ValueError(f"{self.expression} is not a sum of polynomials times sigmoid or softplus")
        return found

    def _series(
        self,
        what: str,
        quantity: tuple[str, str],
        weight: sp.Expr,
        at_zero: sp.Expr | None,
        terms: tuple[LogisticTerm, ...] | None = None,
        extra: tuple[Step, ...] = (),
    ) -> Formula:
        """``E[weight(y) g(y)]``, or of other logistic terms."""
        used = self._terms if terms is None else terms
        return self.formula(
            what,
            quantity,
            sp.Add(*[_expansion(term, weight) for term in used]),
            (*self._part_steps(), *extra, *self._steps(used)),
            kind="series",
            bound=BOUND,
            at_zero_sigma=at_zero,
            series=lambda digits, values: logistic_expectation(digits, used, weight, values),
        )

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        at_zero = self.value_at_mean() * mu**order
        return self._series(f"moment.{order}", self.moment_quantity(order), x**order, at_zero)

    def hermite(self, order: int) -> Formula:
        """``E[g(y) He_order((y - mu)/sigma)]``."""
        weight = sp.expand(hermite_polynomial(order, (x - mu) / sigma))
        at_zero = self.value_at_mean() if order == 0 else sp.S.Zero
        return self._series(f"hermite.{order}", self.hermite_quantity(order), weight, at_zero)

    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)] = E[g(y) He_order((y - mu)/sigma)]/sigma^order``."""
        weight = sp.expand(hermite_polynomial(order, (x - mu) / sigma) / sigma**order)
        at_zero = sp.Add(*[_derivative(term, order) for term in self._terms]).subs(x, mu)
        return self._series(f"expected_derivative.{order}", self.derivative_quantity(order), weight, at_zero)

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``: a series again for one sigmoid, else an integral."""
        at_zero = self.value_at_mean() ** 2
        squared = _squared(self._terms)
        if squared is not None:
            return self._series("second_moment", self.second_quantity(), sp.S.One, at_zero, squared, (SQUARED_SIGMOID,))
        why = "No series is kept for this square: the quantity is its definition."
        return integral_formula(self, "second_moment", self.second_quantity(), self.expression**2, why, at_zero)

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` for general ``n``: the series with the integrals of the half lines left as they are."""
        return self.formula(
            "moments",
            self.moment_quantity("n"),
            sp.Add(*[_stated(term) for term in self._terms]),
            (*self._part_steps(), *self._steps(self._terms)),
            kind="series",
            bound=BOUND,
            by_order=self.moment,
        )

    def _part_steps(self) -> tuple[Step, ...]:
        written = " + ".join(_latex(term) for term in self._terms)
        return (self.definition_step(), Step(r"With $S(u) = 1/(1+e^{-u})$ and $L(u) = \log(1+e^u)$ it is", written))

    def _steps(self, terms: tuple[LogisticTerm, ...]) -> tuple[Step, ...]:
        softplus = (SOFTPLUS,) if any(term.kind == "softplus" for term in terms) else ()
        return (HALF_LINES, *softplus, TILT, INTERVALS, *ACCELERATION)


def _latex(term: LogisticTerm) -> str:
    polynomial = sp.latex(term.polynomial)
    if not term.kind:
        return rf"\left({polynomial}\right)"
    name = "S" if term.kind == "sigmoid" else "L"
    return rf"\left({polynomial}\right) {name}\left({sp.latex(term.slope * x + term.offset)}\right)"


def _half(term: LogisticTerm, polynomial: sp.Expr, rate: sp.Expr, above: bool) -> sp.Expr:
    """``E[p(y) exp(-rate |u|)]`` over ``u > 0`` or ``u < 0``, ``u = a y + b``."""
    zero, sign = -term.offset / term.slope, -1 if above else 1
    ends = (zero, None) if above else (None, zero)
    protected = polynomial.xreplace({mu: _MEAN, sigma: _DEVIATION})
    tilted = interval_expectation(Tilt(sp.S.Zero, sign * rate * term.slope), protected, *ends)
    return sp.exp(sign * rate * term.offset) * tilted.xreplace({_MEAN: mu, _DEVIATION: sigma})


def _expansion(term: LogisticTerm, weight: sp.Expr) -> sp.Expr:
    """``E[weight(y) p(y) kind(u)]`` as a series."""
    polynomial = sp.expand(weight * term.polynomial)
    if not term.kind:
        protected = polynomial.xreplace({mu: _MEAN, sigma: _DEVIATION})
        return polynomial_expectation(protected, mu, sigma**2).xreplace({_MEAN: mu, _DEVIATION: sigma})
    below = _half(term, polynomial, _J + 1, above=False)
    if term.kind == "sigmoid":
        return sp.Sum((-1) ** _J * (_half(term, polynomial, _J, above=True) + below), (_J, 0, sp.oo))
    line = sp.expand((term.slope * x + term.offset) * polynomial)
    both = _half(term, polynomial, _J + 1, above=True) + below
    linear = _half(term, line, sp.S.Zero, above=True)
    return linear + sp.Sum((-1) ** _J * both / (_J + 1), (_J, 0, sp.oo))


def _stated(term: LogisticTerm) -> sp.Expr:
    """``E[y^n p(y) kind(u)]`` as a series of integrals over half lines."""
    u = term.slope * x + term.offset
    density = x**n * term.polynomial * phi((x - mu) / sigma) / sigma
    zero = -term.offset / term.slope
    if not term.kind:
        return sp.Integral(density, (x, -sp.oo, sp.oo))
    below = sp.Integral(density * sp.exp((_J + 1) * u), (x, -sp.oo, zero))
    if term.kind == "sigmoid":
        above = sp.Integral(density * sp.exp(-_J * u), (x, zero, sp.oo))
        return sp.Sum((-1) ** _J * (above + below), (_J, 0, sp.oo))
    above = sp.Integral(density * sp.exp(-(_J + 1) * u), (x, zero, sp.oo))
    linear = sp.Integral(u * density, (x, zero, sp.oo))
    return linear + sp.Sum((-1) ** _J * (above + below) / (_J + 1), (_J, 0, sp.oo))


def _derivative(term: LogisticTerm, order: int) -> sp.Expr:
    """``d^order/dx^order`` of a term, through ``S' = S - S^2``."""
    if not term.kind:
        return sp.diff(term.polynomial, x, order)
    S, u = sp.Dummy("S"), term.slope * x + term.offset
    outer: list[Any] = [S] if term.kind == "sigmoid" else [sp.log(1 + sp.exp(u)), S]
    while len(outer) <= order:
        outer.append(sp.expand(sp.diff(outer[-1], S) * (S - S**2)))
    total = sp.Add(
        *[
            sp.binomial(order, j) * sp.diff(term.polynomial, x, j) * term.slope ** (order - j) * outer[order - j]
            for j in range(order + 1)
        ]
    )
    return total.xreplace({S: 1 / (1 + sp.exp(-u))})


def _squared(terms: tuple[LogisticTerm, ...]) -> tuple[LogisticTerm, ...] | None:
    """Terms whose expectation is that of the square, for a polynomial plus a polynomial times one sigmoid.

    ``S^2 = S - S'``, and Stein's lemma turns ``E[p S'(u)]`` into ``E[((y - mu) p/sigma^2 - p') S(u)]/a``.
    """
    kinds = [term.kind for term in terms]
    if kinds.count("sigmoid") != 1 or "softplus" in kinds:
        return None
    sigmoid = next(term for term in terms if term.kind)
    plain = sp.Add(*[term.polynomial for term in terms if not term.kind])
    p = sp.expand(sigmoid.polynomial**2)
    remaining = p - ((x - mu) * p / sigma**2 - sp.diff(p, x)) / sigmoid.slope
    factor = sp.expand(2 * plain * sigmoid.polynomial + remaining)
    squared = LogisticTerm("sigmoid", factor, sigmoid.slope, sigmoid.offset)
    if plain == 0:
        return (squared,)
    return (LogisticTerm("", sp.expand(plain**2), sp.S.One, sp.S.Zero), squared)
