r"""The polynomials in ``E[y^n Phi(a y + b)^2]``, in a ring instead of expressions.

With ``D = sqrt(1 + a^2 sigma^2)``, ``E = sqrt(1 + 2 a^2 sigma^2)``, ``h = (a mu + b)/D`` and ``w = a b``,

    E[y^j Phi(a y + b)^2] = P_j E[Phi(a y + b)^2] + 2 a Q_j phi(h) Phi(h/E) + 2 a^2 R_j phi(h) phi(h/E),

polynomials in ``mu, sigma, d = 1/D, e = 1/E, w`` with rational coefficients: Stein's lemma leaves
``E[y^j phi(a y + b) Phi(a y + b)]``, where the density tilts the Gaussian to ``N((mu - w sigma^2) d^2, sigma^2 d^2)``,
and there once more, to ``N((mu - 2 w sigma^2) e^2, sigma^2 e^2)``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy import QQ
from sympy.polys.rings import ring

from symbolic_moments.symbols import mu, sigma

__all__ = ["combined_squares", "squared_cdf_polynomials"]

_RING, _M, _S, _D, _E, _W = ring("mu, sigma, d, e, w", QQ)


@lru_cache(maxsize=8)
def squared_cdf_polynomials(order: int, product: sp.Rational | None = None) -> tuple[tuple[Any, Any, Any], ...]:
    """``(P_j, Q_j, R_j)`` in ``QQ[mu, sigma, d, e, w]``, ``j = 0 .. order``.

    Parameters
    ----------
    order : int
        The last ``j``.
    product : sympy.Rational, optional
        The value of ``w`` if it is to be put in.

    Examples
    --------
    >>> from symbolic_moments.squared_cdf_polynomials import squared_cdf_polynomials
    >>> squared_cdf_polynomials(2)[1:]
    ((mu, sigma**2*d, 0), (mu**2 + sigma**2, mu*sigma**2*d**3 + mu*sigma**2*d - sigma**4*d**3*w, sigma**4*d**2*e))
    """
    zero, one = _RING.zero, _RING.one
    w = _W if product is None else QQ(int(product.p), int(product.q))
    first_mean, first_spread = (_M - w * _S**2) * _D**2, _S**2 * _D**2
    second_mean, second_spread = (_M - 2 * w * _S**2) * _E**2, _S**2 * _E**2
    plain, mixed, local = [one], [zero], [zero]
    tilted, tilted_local, twice_tilted = [one], [zero], [one]
    for j in range(order):
        plain.append(_next(plain, _M, j * _S**2))
        mixed.append(_next(mixed, _M, j * _S**2) + _S**2 * _D * tilted[j])
        local.append(_next(local, _M, j * _S**2) + _S**2 * _D * tilted_local[j])
        tilted.append(_next(tilted, first_mean, j * first_spread))
        tilted_local.append(_next(tilted_local, first_mean, j * first_spread) + _S**2 * _D * _E * twice_tilted[j])
        twice_tilted.append(_next(twice_tilted, second_mean, j * second_spread))
    return tuple(zip(plain, mixed, local, strict=True))


def _next(sequence: list[Any], mean: Any, spread: Any) -> Any:
    """The step of the moments of a Gaussian."""
    return mean * sequence[-1] + (spread * sequence[-2] if len(sequence) > 1 else _RING.zero)


def combined_squares(
    coefficients: Sequence[sp.Expr], slope: sp.Expr, product: sp.Expr, roots: tuple[sp.Expr, sp.Expr]
) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """``sum_k coefficients[k] (P_k, 2 a Q_k, 2 a^2 R_k)``, expanded.

    Parameters
    ----------
    coefficients : sequence of sympy.Expr
        Free of ``mu`` and ``sigma``.
    slope, product : sympy.Expr
        ``a`` and ``a b``.
    roots : pair of sympy.Expr
        What stands for ``D`` and ``E``.
    """
    rational = product.is_Rational
    polynomials = squared_cdf_polynomials(len(coefficients) - 1, product if rational else None)
    results = []
    for which, factor in enumerate((sp.S.One, 2 * slope, 2 * slope**2)):
        table: dict[tuple[int, ...], list[sp.Expr]] = defaultdict(list)
        for coefficient, triple in zip(coefficients, polynomials, strict=True):
            if coefficient == 0:
                continue
            for monomial, number in triple[which].terms():
                table[monomial].append(coefficient * sp.Rational(int(number.numerator), int(number.denominator)))
        terms = []
        for (i, j, d, e, left), numbers in table.items():
            weight = sp.expand(factor * product**left * sp.Add(*numbers))
            monomial = mu**i * sigma**j * roots[0] ** -d * roots[1] ** -e
            terms += [part * monomial for part in sp.Add.make_args(weight)]
        results.append(sp.Add(*terms))
    return results[0], results[1], results[2]
