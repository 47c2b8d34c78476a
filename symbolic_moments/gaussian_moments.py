"""Expectations of polynomials under a Gaussian."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["central_moment", "polynomial_expectation", "raw_moment_list"]


def central_moment(order: int, variance: sp.Expr) -> sp.Expr:
    """``E[(y - E y)^order]`` of a Gaussian: ``(order-1)!! variance^(order/2)``, 0 for odd orders.

    Examples
    --------
    >>> from symbolic_moments.gaussian_moments import central_moment
    >>> from symbolic_moments.symbols import sigma
    >>> central_moment(4, sigma**2)
    3*sigma**4
    """
    return sp.S.Zero if order % 2 else sp.factorial2(order - 1) * variance ** (order // 2)


def raw_moment_list(order: int, mean: sp.Expr, variance: sp.Expr) -> list[sp.Expr]:
    """``E[y^j]`` for ``j = 0 .. order``: sums over even central moments, all terms of one sign for ``mean >= 0``."""
    return [
        sp.Add(
            *[sp.binomial(j, 2 * i) * mean ** (j - 2 * i) * central_moment(2 * i, variance) for i in range(j // 2 + 1)]
        )
        for j in range(order + 1)
    ]


def polynomial_expectation(polynomial: sp.Expr, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """``E[p(y)]`` for ``y`` Gaussian with the given mean and variance.

    Parameters
    ----------
    polynomial : sympy.Expr
        In the symbol ``x``.
    mean, variance : sympy.Expr
        Of the Gaussian.

    Examples
    --------
    >>> from symbolic_moments.gaussian_moments import polynomial_expectation
    >>> from symbolic_moments.symbols import mu, sigma, x
    >>> polynomial_expectation(x**2 + 1, mu, sigma**2)
    mu**2 + sigma**2 + 1
    """
    poly = sp.Poly(polynomial, x)
    if poly.is_zero:
        return sp.S.Zero
    moments = raw_moment_list(int(poly.degree()), mean, variance)
    return sp.Add(*[coefficient * moments[power] for (power,), coefficient in poly.terms()])
