"""What has no closed form yet: the integral itself, with the way its value is bounded."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_quadrature import kinks
from symbolic_moments.moment_rules import MomentRules
from symbolic_moments.normal import hermite_polynomial, phi
from symbolic_moments.symbols import mu, n, sigma, x

__all__ = ["IntegralMoments", "integral_of", "quadrature_bound"]

_MOST_DERIVATIVES = 4


def integral_of(function: sp.Expr) -> sp.Integral:
    """``int f(x) phi((x - mu)/sigma)/sigma dx``, unevaluated."""
    return sp.Integral(function * phi((x - mu) / sigma) / sigma, (x, -sp.oo, sp.oo))


def quadrature_bound() -> str:
    """How the error of a quadrature is known."""
    return (
        "No closed form is known to this version. A value is given only when two quadratures, of different working "
        "precision and nodes, agree to the digits asked for, on the window outside of which the integrand is below "
        "that precision; kinks inside it are isolated by interval arithmetic, and more than 300 zeros of one switch "
        "are an error."
    )


class IntegralMoments(MomentRules):
    """Family NO: integrals, evaluated by quadrature to any number of digits."""

    source = "The definition of the expectation."

    def _integral(self, what: str, quantity: tuple[str, str], integrand: sp.Expr, at_zero: sp.Expr | None) -> Formula:
        return self.formula(
            what,
            quantity,
            integral_of(integrand),
            (self.definition_step(), Step("Not yet a closed form: the quantity is its definition.")),
            kind="integral",
            bound=quadrature_bound(),
            integrand=integrand,
            at_zero_sigma=at_zero,
        )

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        at_zero = self.value_at_mean() * mu**order
        return self._integral(f"moment.{order}", self.moment_quantity(order), x**order * self.expression, at_zero)

    def hermite(self, order: int) -> Formula:
        """``E[g(y) He_order((y - mu)/sigma)]``."""
        weight = hermite_polynomial(order, (x - mu) / sigma)
        at_zero = self.value_at_mean() if order == 0 else sp.S.Zero
        return self._integral(f"hermite.{order}", self.hermite_quantity(order), weight * self.expression, at_zero)

    def expected_derivative(self, order: int) -> Formula:
        """``E[g He_order]/sigma^order``; at ``sigma = 0`` known for smooth ``g`` and small orders."""
        weight = hermite_polynomial(order, (x - mu) / sigma) / sigma**order
        at_zero = None
        if order == 0:
            at_zero = self.value_at_mean()
        elif order <= _MOST_DERIVATIVES and not _has_switches(self.expression):
            at_zero = sp.diff(self.expression, x, order).subs(x, mu)
        return self._integral(
            f"expected_derivative.{order}", self.derivative_quantity(order), weight * self.expression, at_zero
        )

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``."""
        return self._integral("second_moment", self.second_quantity(), self.expression**2, self.value_at_mean() ** 2)

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` for general ``n``."""
        return self.formula(
            "moments",
            self.moment_quantity("n"),
            integral_of(x**n * self.expression),
            (self.definition_step(), Step("Not yet a closed form: the quantity is its definition.")),
            kind="integral",
            bound=quadrature_bound(),
            by_order=self.moment,
        )


def _has_switches(expression: sp.Expr) -> bool:
    switches = (sp.Piecewise, sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside)
    return bool(kinks(expression)) or expression.has(*switches)
