r"""Expectations of polynomials times ``Phi(a y + b)`` and ``Phi(a y + b)^2`` on the whole line.

With ``D = sqrt(1 + a^2 sigma^2)``, ``h = (a mu + b)/D``: Stein's lemma gives, for ``J_n = E[y^n Phi(a y + b)]``,

    J_{n+1} = mu J_n + sigma^2 (n J_{n-1} + (a/D) phi(h) R_n),   J_0 = Phi(h),

``R_n`` the raw moments of the tilted Gaussian ``N((mu - a b sigma^2)/D^2, sigma^2/D^2)``. The square needs one more
function, Owen's T, for ``E[Phi(a y + b)^2]``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.gaussian_moments import raw_moment_list
from symbolic_moments.hermite_structure import local_weights
from symbolic_moments.moment_polynomials import (
    by_powers_of_w,
    combined,
    gaussian_polynomials,
    over_one_root,
    tilted_polynomials,
    weighted,
)
from symbolic_moments.normal import OwenT, Phi, hermite_polynomial, phi
from symbolic_moments.squared_cdf_polynomials import combined_squares
from symbolic_moments.symbols import D, k, mu, sigma, x

__all__ = [
    "cdf_argument",
    "error_term_moments",
    "error_term_scale",
    "squared_cdf_expectation",
    "term_derivative",
    "term_expectation",
]

_E = sp.Symbol("E", positive=True)
_MOST_EXPANDED = 12
"""Degree up to which the terms of irrational slopes, offsets and coefficients are multiplied out."""
_MOST_BY_TERMS = 24
"""Degree up to which such terms are kept, apart by powers of ``D``."""
_MOST_SQUARED, _MOST_SHIFTED_SQUARED = 20, 10
"""Degree up to which ``E[p Phi(a x + b)^2]`` is kept: some 1500 terms, for ``b = 0`` and for others."""
_MOST_FACTORED = 200
"""Terms of a numerator whose common factors are looked for."""


def error_term_scale(slope: sp.Expr) -> sp.Expr:
    """``D = sqrt(1 + a^2 sigma^2)``."""
    return sp.sqrt(1 + slope**2 * sigma**2)


def cdf_argument(term: ErrorTerm) -> sp.Expr:
    """``h = (a mu + b)/D``."""
    return (term.slope * mu + term.offset) / error_term_scale(term.slope)


def error_term_moments(
    order: int, slope: sp.Expr, offset: sp.Expr, mean: sp.Expr, variance: sp.Expr, root: sp.Expr | None = None
) -> list[tuple[sp.Expr, sp.Expr]]:
    """``(A_j, B_j)`` with ``E[y^j Phi(a y + b)] = A_j Phi(h) + B_j phi(h)``, ``j = 0 .. order``.

    ``y`` is Gaussian with the given mean and variance, ``h = (a mean + b)/root``; ``root`` is
    ``sqrt(1 + a^2 variance)``, or a symbol that stands for it.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.error_terms import error_term_moments
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


def term_expectation(term: ErrorTerm, order: int) -> sp.Expr:
    """``E[y^order p(y) Phi(a y + b)]`` of a term that is not tilted, collected in ``Phi(h)`` and ``phi(h)``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.decomposition import ErrorTerm
    >>> from symbolic_moments.error_terms import term_expectation
    >>> term_expectation(ErrorTerm(sympy.Integer(1), sympy.Integer(2), sympy.Integer(1)), 0)
    Phi((2*mu + 1)/sqrt(4*sigma**2 + 1))
    """
    coefficients = [sp.S.Zero] * order + sp.Poly(term.polynomial, x).all_coeffs()[::-1]
    last = len(coefficients) - 1
    h = cdf_argument(term)
    a = combined(coefficients, gaussian_polynomials(last), sp.S.Zero)
    square, product = term.slope**2, sp.expand(term.slope * term.offset)
    if all(number.is_Rational for number in (square, product, *coefficients)):
        local = weighted(coefficients, tilted_polynomials(last))
        return a * Phi(h) + _over_root(local, term.slope, product) * phi(h)
    if last > _MOST_BY_TERMS:
        raise UnwieldyError(f"E[y^{last} Phi(a y + b)] has thousands of terms where a^2 or a b is irrational")
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
    root = sp.sqrt(sp.expand(1 + slope**2 * sigma**2))
    terms = []
    for coefficient, polynomial in zip(coefficients, tilted_polynomials(len(coefficients) - 1), strict=True):
        for left, part in by_powers_of_w(polynomial) if coefficient != 0 else ():
            weight = coefficient * slope * product**left
            if (slope**2).is_Rational:
                (even, odd), power = over_one_root(part, slope**2, sp.S.One)
                terms.append(weight * (even + odd * root) * root ** (-power))
            else:
                terms.append(weight * part.as_expr(mu, sigma, 1 / root, sp.S.One))
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


def term_derivative(term: ErrorTerm, order: int, factor: sp.Expr = sp.S.One) -> sp.Expr:
    """``factor * E[(p Phi(a y + b))^(order)]``, ``order >= 1``, of a term that is not tilted."""
    remaining = sp.expand(sp.diff(term.polynomial, x, order))
    total: Any = sp.S.Zero
    if remaining != 0:
        rest = ErrorTerm(remaining, term.slope, term.offset)
        total = sp.expand_mul(factor * term_expectation(rest, 0), deep=False)
    h = cdf_argument(term)
    weights = local_weights(term)[:order]
    local = sp.Add(*[weight.subs(k, order) * hermite_polynomial(order - 1 - m, h) for m, weight in enumerate(weights)])
    prefactor = (-1) ** (order - 1) * factor * (term.slope / D) ** order
    return total + _over_scale(prefactor * local, term.slope) * phi(h)


def squared_cdf_expectation(polynomial: sp.Expr, slope: sp.Expr, offset: sp.Expr) -> sp.Expr:
    """``E[p(y) Phi(a y + b)^2]`` by Owen's T.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.error_terms import squared_cdf_expectation
    >>> squared_cdf_expectation(sympy.Integer(1), sympy.Integer(1), sympy.Integer(0))
    -2*OwenT(mu/sqrt(sigma**2 + 1), 1/sqrt(2*sigma**2 + 1)) + Phi(mu/sqrt(sigma**2 + 1))
    """
    coefficients = sp.Poly(polynomial, x).all_coeffs()[::-1]
    product = sp.expand(slope * offset)
    if len(coefficients) - 1 > (_MOST_SQUARED if product == 0 else _MOST_SHIFTED_SQUARED):
        raise UnwieldyError(f"E[y^{len(coefficients) - 1} Phi(a y + b)^2] has thousands of terms")
    cdf, owen, mixed, local = _square_parts(ErrorTerm(polynomial, slope, offset))
    roots = {D: error_term_scale(slope), _E: sp.sqrt(1 + 2 * slope**2 * sigma**2)}
    total: Any = sp.S.Zero
    collected = combined_squares(coefficients, slope, product, (D, _E))
    for factor, part in zip(collected, (cdf - 2 * owen, mixed, local), strict=True):
        small = len(sp.Add.make_args(factor)) <= _MOST_FACTORED
        total += (sp.factor_terms(factor.subs(roots)) if small else factor.subs(roots)) * part
    return total


def _square_parts(term: ErrorTerm) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
    """The four functions ``E[p^2 Phi^2]`` is linear in."""
    h = cdf_argument(term)
    E = sp.sqrt(1 + 2 * term.slope**2 * sigma**2)
    return Phi(h), OwenT(h, 1 / E), phi(h) * Phi(h / E), phi(h) * phi(h / E)
