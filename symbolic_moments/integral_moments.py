"""What has no closed form yet: the integral itself, with the way its value is bounded."""

from __future__ import annotations

import functools
from collections.abc import Callable

import sympy as sp

from symbolic_moments.bounds import NoBoundError
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.formula import Formula, Step
from symbolic_moments.gaussian_quadrature import kinks
from symbolic_moments.growth import bound_of
from symbolic_moments.moment_rules import MomentRules
from symbolic_moments.normal import hermite_polynomial, phi
from symbolic_moments.removable import filled, removable_singularity
from symbolic_moments.singular_points import switches
from symbolic_moments.symbols import mu, n, sigma, x

__all__ = ["IntegralMoments", "closed_or_integral", "integral_formula", "integral_of", "quadrature_bound"]

_MOST_DERIVATIVES = 4
_MOST_OPERATIONS = 60


def integral_of(function: sp.Expr) -> sp.Integral:
    """``int f(x) phi((x - mu)/sigma)/sigma dx``, unevaluated."""
    return sp.Integral(function * phi((x - mu) / sigma) / sigma, (x, -sp.oo, sp.oo))


def quadrature_bound() -> str:
    """How the error of a quadrature is known."""
    return (
        "No closed form is known to this version. A value is given only when two quadratures, of different working "
        "precision and nodes, agree to the digits asked for, on the window outside of which the integrand is below "
        "that precision; kinks inside it are isolated by interval arithmetic, and more than 20 000 zeros of one "
        "switch are an error. Polynomials times periodic functions narrower than the Gaussian go by Fourier series, "
        "whose coefficients are found in the same way."
    )


def integral_formula(
    rules: MomentRules, what: str, quantity: tuple[str, str], integrand: sp.Expr, why: str, at_zero: sp.Expr | None
) -> Formula:
    """The record of ``E[integrand(y)]``, unevaluated.

    Parameters
    ----------
    rules : MomentRules
        Of the activation.
    what, quantity : str, tuple of str
        As :meth:`MomentRules.formula` takes them.
    integrand : sympy.Expr
        In ``x``.
    why : str
        Why it is no closed form.
    at_zero : sympy.Expr or None
        The value at ``sigma = 0``.
    """
    return rules.formula(
        what,
        quantity,
        integral_of(integrand),
        (rules.definition_step(), Step(why)),
        kind="integral",
        bound=quadrature_bound(),
        integrand=integrand,
        at_zero_sigma=at_zero,
    )


def closed_or_integral(
    rules: MomentRules,
    what: str,
    quantity: tuple[str, str],
    closed: Callable[[], sp.Expr],
    steps: Callable[[], tuple[Step, ...]],
    integrand: sp.Expr,
    at_zero: sp.Expr | None,
) -> Formula:
    """The record of a closed form, or of the integral where the closed form is out of reach.

    Parameters
    ----------
    rules, what, quantity, at_zero
        As for :func:`integral_formula`.
    closed, steps : callable
        The closed form and its derivation; an :class:`UnwieldyError` of the first says why there is none.
    integrand : sympy.Expr
        Its expectation is the quantity; what a value comes from where the terms of the closed form cancel.
    """
    try:
        found = closed()
    except UnwieldyError as error:
        return integral_formula(rules, what, quantity, integrand, f"The quantity is its definition: {error}.", at_zero)
    return rules.formula(what, quantity, found, steps(), integrand=integrand, at_zero_sigma=at_zero)


class IntegralMoments(MomentRules):
    """Family NO: integrals, evaluated by quadrature to any number of digits."""

    source = "The definition of the expectation."

    def _integral(
        self, what: str, quantity: tuple[str, str], definition: sp.Expr, by_parts: sp.Expr, at_zero: sp.Expr | None
    ) -> Formula:
        steps = [self.definition_step(), Step("Not yet a closed form: the quantity is its definition.")]
        if by_parts != definition:
            text = "Its value is that of the integral by parts, in which less cancels, with the integrand"
            steps.append(Step(text, sp.latex(by_parts)))
        return self.formula(
            what,
            quantity,
            integral_of(definition),
            tuple(steps),
            kind="integral",
            bound=quadrature_bound(),
            integrand=self._filled(by_parts),
            at_zero_sigma=at_zero,
        )

    @functools.cached_property
    def _removable(self) -> sp.Rational | None:
        return removable_singularity(self.expression)

    def _filled(self, expression: sp.Expr) -> sp.Expr:
        """What has its value by ``g``, with its limit where ``g`` has but a limit."""
        return filled(expression, self._removable)

    def value_at_mean(self) -> sp.Expr:
        """``g(mu)``."""
        return self._filled(self.expression).subs(x, mu)

    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""
        at_zero = self.value_at_mean() * mu**order
        integrand = x**order * self.expression
        return self._integral(f"moment.{order}", self.moment_quantity(order), integrand, integrand, at_zero)

    def hermite(self, order: int) -> Formula:
        """``E[g(y) He_order((y - mu)/sigma)]``."""
        at_zero = self.value_at_mean() if order == 0 else sp.S.Zero
        return self._integral(
            f"hermite.{order}",
            self.hermite_quantity(order),
            self.hermite_integrand(order),
            self._by_parts(order) * sigma**order,
            at_zero,
        )

    def expected_derivative(self, order: int) -> Formula:
        """``E[g He_order]/sigma^order``; at ``sigma = 0`` known for smooth ``g`` and small orders."""
        at_zero = None
        if order == 0:
            at_zero = self.value_at_mean()
        elif order <= _MOST_DERIVATIVES and not _has_switches(self.expression):
            at_zero = self._filled(sp.diff(self.expression, x, order)).subs(x, mu)
        return self._integral(
            f"expected_derivative.{order}",
            self.derivative_quantity(order),
            self.hermite_integrand(order) / sigma**order,
            self._by_parts(order),
            at_zero,
        )

    def _by_parts(self, order: int) -> sp.Expr:
        """``He_(order-k) g^(k)/sigma^(order-k)`` with ``k`` as large as keeps the derivative small: less cancels."""
        k, derivative = 0, self.expression
        if self._removable is None and _is_smooth(self.expression):
            while k < min(order, _MOST_DERIVATIVES):
                following = sp.diff(derivative, x)
                if following.count_ops() > _MOST_OPERATIONS:
                    break
                k, derivative = k + 1, following
        if k == 0:
            return self.hermite_integrand(order) / sigma**order
        return hermite_polynomial(order - k, (x - mu) / sigma) * derivative / sigma ** (order - k)

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``."""
        square = self.expression**2
        return self._integral("second_moment", self.second_quantity(), square, square, self.value_at_mean() ** 2)

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


def _is_smooth(expression: sp.Expr) -> bool:
    """Whether nothing it switches on, or takes roots and logarithms of, comes near 0."""
    try:
        return all(bound_of(switch.expression).apart_from_zero for switch in switches(expression))
    except NoBoundError:
        return False


def _has_switches(expression: sp.Expr) -> bool:
    switches = (sp.Piecewise, sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside)
    return bool(kinks(expression)) or expression.has(*switches)
