r"""Error terms with an exponential before them: ``p(x) exp(-q x^2 + c x) Phi(a x + b)`` on the whole line."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.error_terms import term_expectation
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term, exponential_of, polynomial_sum
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.normal import phi
from symbolic_moments.symbols import x

__all__ = ["before_cdf", "tilted_derivative", "tilted_expectation"]


def tilted_expectation(term: ErrorTerm, order: int = 0) -> sp.Expr:
    """``E[y^order p(y) exp(-q y^2 + c y) Phi(a y + b)]``: the tilt, then the ladder of the plain term.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.decomposition import ErrorTerm
    >>> from symbolic_moments.tilted_error_terms import tilted_expectation
    >>> one, zero = sympy.Integer(1), sympy.Integer(0)
    >>> tilted_expectation(ErrorTerm(one, one, zero, zero, one))
    exp(mu + sigma**2/2)*Phi((mu + sigma**2)/sqrt(sigma**2 + 1))
    """
    plain = term_expectation(ErrorTerm(term.polynomial, term.slope, term.offset), order)
    tilt = Tilt(term.q, term.c)
    return tilt.factor * tilt.moved(plain) if term.is_tilted else plain


def tilted_derivative(term: ErrorTerm) -> tuple[ErrorTerm | None, ExponentialPolynomial]:
    """The derivative of an error term: another one, and the Gaussian that ``Phi'`` leaves."""
    rate = term.c - 2 * term.q * x
    polynomial = sp.expand(sp.diff(term.polynomial, x) + rate * term.polynomial)
    exponent = -((term.slope * x + term.offset) ** 2) / 2 - term.q * x**2 + term.c * x
    density = exponential_of(sp.expand(exponent)) * polynomial_sum(term.slope * phi(0) * term.polynomial)
    remaining = ErrorTerm(polynomial, term.slope, term.offset, term.q, term.c) if polynomial != 0 else None
    return remaining, density


def before_cdf(term: ErrorTerm) -> ExponentialPolynomial:
    """What stands before ``Phi`` in an error term."""
    return ExponentialPolynomial((Term(term.polynomial, term.q, term.c),))
