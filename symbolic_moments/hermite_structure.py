r"""The Hermite coefficients ``c_k`` of an error term, for a general order ``k``.

For ``g(y) = p(y) Phi(a y + b)``, ``a > 0``, and ``y ~ N(mu, sigma^2)``, Stein's lemma applied ``k`` times and
Leibniz' rule give

    c_k = sigma^k E[g^(k)(y)] = sigma^k E[p^(k)(y) Phi(a y + b)]
          + sigma^k sum_{j<k} binom(k, j) E[p^(j)(y) (d/dy)^(k-j) Phi(a y + b)],

    (d/dy)^i Phi(a y + b) = a^i (-1)^(i-1) He_{i-1}(a y + b) phi(a y + b),   i >= 1.

With ``D = sqrt(1 + a^2 sigma^2)`` and ``h = (a mu + b)/D``, the factor ``phi(a y + b)`` tilts the Gaussian:
``E[F(y) phi(a y + b)] = phi(h)/D * E~[F(y)]`` where ``y ~ N((mu - a b sigma^2)/D^2, sigma^2/D^2)`` under ``E~``.
Then ``a y + b`` has mean ``h/D`` and variance ``1 - 1/D^2``, so ``E~[He_i(a y + b)] = D^(-i) He_i(h)``, and the
Hermite expansion of ``p^(j)`` about the tilted mean moves derivatives onto ``He`` (Stein's lemma under ``E~``):

    E~[p^(j) He_i(ay+b)] = sum_r (1/r!) E~[p^(j+r)] (a sigma^2/D^2)^r  i!/(i-r)!  D^(-(i-r)) He_{i-r}(h).

Collecting ``m = j + r`` and ``a sigma^2/D^2 = (1 - 1/D^2)/a``:

    c_k = [k <= deg p] sigma^k E[p^(k) Phi] + phi(h) (a sigma/D)^k (-1)^(k-1) sum_m W_m(k) He_{k-1-m}(h),
    W_m(k) = (D/a)^m E~[p^(m)] sum_{j<=m} (-1)^j binom(k, j) binom(k-1-j, m-j) (1 - 1/D^2)^(m-j)
           = (-D/a)^m E~[p^(m)] sum_{i<=m} binom(k-1-m+i, i) D^(-2i).

The last sum (Taylor's expansion of the one before it in ``1/D^2``) has positive terms only.
"""

from __future__ import annotations

import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.gaussian_moments import polynomial_expectation
from symbolic_moments.symbols import D, k, mu, sigma, x

__all__ = ["local_weights", "tilted_gaussian"]


def tilted_gaussian(slope: sp.Expr, offset: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Mean and variance of the Gaussian ``f(y) phi(slope y + offset)`` is proportional to, in ``mu, sigma, D``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.hermite_structure import tilted_gaussian
    >>> tilted_gaussian(sympy.Integer(1), sympy.Integer(0))
    (mu/D**2, sigma**2/D**2)
    """
    return (mu - slope * offset * sigma**2) / D**2, sigma**2 / D**2


def _binomial(top: sp.Expr, bottom: int) -> sp.Expr:
    """``binom(top, bottom)`` as a product."""
    return sp.Mul(*[top - i for i in range(bottom)]) / sp.factorial(bottom)


def local_weights(term: ErrorTerm) -> tuple[sp.Expr, ...]:
    r"""Weights ``W_0(k) .. W_{deg p}(k)`` of the local part of ``c_k`` for ``p(y) Phi(a y + b)``.

    ``c_k = [k <= deg p] sigma^k E[p^(k)(y) Phi(ay+b)] + phi(h) (a sigma/D)^k (-1)^(k-1) sum_m W_m(k) He_{k-1-m}(h)``,
    the sum over ``m <= min(deg p, k-1)``, for every ``k >= 1``.

    Parameters
    ----------
    term : ErrorTerm
        Polynomial ``p``, slope ``a > 0`` and offset ``b``.

    Returns
    -------
    tuple of sympy.Expr
        In the symbols ``k, mu, sigma, D`` of :mod:`symbolic_moments.symbols` (and parameters of the term). The only
        cancellation left is that of the polynomial's own expectation under the tilted Gaussian.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.decomposition import ErrorTerm
    >>> from symbolic_moments.hermite_structure import local_weights
    >>> from symbolic_moments.symbols import x
    >>> local_weights(ErrorTerm(x, sympy.Integer(1), sympy.Integer(0)))
    (mu/D**2, -D - (k - 1)/D)
    """
    mean, variance = tilted_gaussian(term.slope, term.offset)
    weights, derivative, order = [], sp.expand(term.polynomial), 0
    while derivative != 0:
        expectation = polynomial_expectation(derivative, mean, variance)
        factor = (-1 / term.slope) ** order * expectation
        positive = [_binomial(k - 1 - order + i, i) * D ** (order - 2 * i) for i in range(order + 1)]
        weights.append(sp.Add(*[factor * part for part in positive]))
        derivative = sp.expand(sp.diff(derivative, x))
        order += 1
    return tuple(weights)
