r"""Stein's recurrences for ``E[y1^i y2^j F1(y1) F2(y2)]``, in a polynomial ring.

Under a Gaussian of means ``m_1, m_2`` and covariances ``S_11, S_12, S_22``, with ``i > 0``,

    M_ij = m_1 M_{i-1,j} + (i-1) S_11 M_{i-2,j} + j S_12 M_{i-1,j-1}
           + S_11 E[y1^(i-1) y2^j F1' F2] + S_12 E[y1^(i-1) y2^j F1 F2'].

``F' = s N(m, w^2)``, a Gaussian density in ``y``: multiplied by it the Gaussian is ``phi(h)/D``, ``D^2 = S + w^2``,
times the Gaussian conditioned on ``y + w e = m``. There one factor is left, and after the second conditioning none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from sympy.polys.rings import ring

from symbolic_moments.symbols import mu_1, mu_2, rho, sigma_1, sigma_2, x
from symbolic_moments.two_point_parts import Cdf, Part

__all__ = ["coefficients"]

_u_1, _u_2, _v = sp.symbols("u_1 u_2 v", positive=True)
_FIRST_ROOT = 5
"""Place of ``u_1`` among the generators; ``u_2`` and ``v`` follow."""
_MOST_FACTORED = 200
"""Terms of a numerator whose common factors are looked for."""


@dataclass(frozen=True)
class _Law:
    """Means and covariances of ``(y1, y2)``, elements of the ring."""

    mean: tuple[Any, Any]
    covariance: tuple[tuple[Any, Any], tuple[Any, Any]]

    def conditioned(self, factor: _Factor, inverse: Any) -> _Law:
        """The law given ``y_k + w e = point``; ``inverse`` is ``1/(S_kk + w^2)``."""
        k, point, square = factor.k, factor.point, factor.square
        own, other = self.covariance[k][k], self.covariance[0][1]
        across = self.covariance[1 - k][1 - k]
        mean = [self.mean[1 - k] + other * inverse * (point - self.mean[k])] * 2
        mean[k] = (square * self.mean[k] + own * point) * inverse
        left, mixed, rest = own * square * inverse, other * square * inverse, across - other**2 * inverse
        diagonal = (left, rest) if k == 0 else (rest, left)
        return _Law((mean[0], mean[1]), ((diagonal[0], mixed), (mixed, diagonal[1])))


@dataclass(frozen=True)
class _Factor:
    """``F(y_k)``, its numbers lifted into the ring."""

    k: int
    sign: int
    point: Any
    square: Any


def _recurrence(law: _Law, seed: list[Any], densities: Callable[[int, int, int], list[Any]]) -> Callable[..., Any]:
    """``(i, j) -> M_ij``, lists of coefficients; ``densities(k, i, j)`` is ``E[y1^i y2^j d/dy_k (F1 F2)]``."""

    @cache
    def moment(i: int, j: int) -> list[Any]:
        if i == j == 0:
            return seed
        k = 0 if i else 1
        powers = [i, j]
        powers[k] -= 1
        total = [law.mean[k] * part for part in moment(*powers)]
        for other in (0, 1):
            covariance = law.covariance[k][other]
            if powers[other]:
                lower = [*powers]
                lower[other] -= 1
                total = [a + powers[other] * covariance * b for a, b in zip(total, moment(*lower), strict=True)]
            if covariance:
                total = [a + covariance * b for a, b in zip(total, densities(other, *powers), strict=True)]
        return total

    return moment


def _plain(law: _Law, one: Any) -> Callable[..., Any]:
    return _recurrence(law, [one], lambda k, i, j: [0 * one])


def _single(law: _Law, one: Any, factor: _Factor, inverse: Any, scale: Any) -> Callable[..., Any]:
    """One factor: coefficients of ``Phi(s h)`` and ``phi(h)``; ``inverse`` is ``1/D^2``, ``scale`` is ``1/D``."""
    rest = _plain(law.conditioned(factor, inverse), one)

    def densities(variable: int, i: int, j: int) -> list[Any]:
        return [0 * one, factor.sign * scale * rest(i, j)[0] if variable == factor.k else 0 * one]

    return _recurrence(law, [one, 0 * one], densities)


def coefficients(left: Part, right: Part) -> tuple[sp.Expr, ...]:
    r"""Coefficients of ``E[p1(y1) F1(y1) p2(y2) F2(y2)]``, the exponents of the parts left out.

    In ``mu_1, sigma_1, mu_2, sigma_2, rho``. With two factors those of ``Phi2(s1 h1, s2 h2; s1 s2 r)``,
    ``phi(h1) Phi(s2 k2)``, ``phi(h2) Phi(s1 k1)`` and ``phi(h1) phi(k2)``, where ``h_i = (mu_i - m_i)/D_i``,
    ``r = rho sigma_1 sigma_2/(D_1 D_2)``, ``k2 = (h2 - r h1)/sqrt(1 - r^2)`` and likewise ``k1``; with
    one, of ``Phi(s h)`` and ``phi(h)``; with none, of 1.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments import activation
    >>> from symbolic_moments.two_point_parts import parts_of
    >>> from symbolic_moments.two_point_recurrences import coefficients
    >>> (relu,) = parts_of(activation("relu").decomposition)
    >>> for coefficient in coefficients(relu, relu):
    ...     print(coefficient)
    mu_1*mu_2 + rho*sigma_1*sigma_2
    mu_2*sigma_1
    mu_1*sigma_2
    sigma_1*sigma_2*sqrt(1 - rho**2)
    """
    cdfs = (left.cdf, right.cdf)
    numbers = [sp.Poly(part.term.polynomial, x).all_coeffs()[::-1] for part in (left, right)]
    constants = [value for cdf in cdfs if cdf is not None for value in (cdf.point, cdf.square)]
    names = {value: sp.Dummy() for value in [*numbers[0], *numbers[1], *constants] if not value.is_Rational}
    polynomial_ring, *generators = ring([mu_1, mu_2, sigma_1, sigma_2, rho, _u_1, _u_2, _v, *names.values()], sp.QQ)
    m_1, m_2, s_1, s_2, r, u_1, u_2, v, *open_ones = generators
    lifted = dict(zip(names, open_ones, strict=True))

    def element(value: sp.Expr) -> Any:
        return lifted[value] if value in lifted else polynomial_ring(sp.QQ.from_sympy(value))

    one = polynomial_ring(1)
    law = _Law((m_1, m_2), ((s_1**2, r * s_1 * s_2), (r * s_1 * s_2, s_2**2)))
    factors = [
        _Factor(k, cdf.sign, element(cdf.point), element(cdf.square)) for k, cdf in enumerate(cdfs) if cdf is not None
    ]
    if len(factors) == 2:
        moment = _double(law, one, factors, (u_1, u_2), v)
    elif factors:
        scale = (u_1, u_2)[factors[0].k]
        moment = _single(law, one, factors[0], scale**2, scale)
    else:
        moment = _plain(law, one)
    total: list[Any] = []
    for i, a in enumerate(numbers[0]):
        for j, b in enumerate(numbers[1]):
            if a != 0 and b != 0:
                addend = [element(a) * element(b) * part for part in moment(i, j)]
                total = [c + d for c, d in zip(total, addend, strict=True)] if total else addend
    values = {symbol: value for value, symbol in names.items()}
    return tuple(_tidied(part, cdfs, values) for part in total)


def _double(law: _Law, one: Any, factors: list[_Factor], scales: tuple[Any, Any], v: Any) -> Callable[..., Any]:
    """Both factors; ``v`` is ``1/sqrt(D_1^2 D_2^2 - S_12^2)``."""
    remaining = []
    for factor, scale, other in zip(factors, scales, factors[::-1], strict=True):
        square = law.covariance[factor.k][factor.k] + factor.square
        # under the conditioned law the other factor has D^2 = (D_1^2 D_2^2 - S_12^2)/D_k^2
        conditioned = law.conditioned(factor, scale**2)
        remaining.append(_single(conditioned, one, other, square * v**2, square * scale * v))

    def densities(variable: int, i: int, j: int) -> list[Any]:
        whole, local = (factors[variable].sign * scales[variable] * part for part in remaining[variable](i, j))
        zero = 0 * one
        return [zero, whole, zero, local] if variable == 0 else [zero, zero, whole, local]

    return _recurrence(law, [one, 0 * one, 0 * one, 0 * one], densities)


def _tidied(element: Any, cdfs: tuple[Cdf | None, Cdf | None], values: dict[Any, sp.Expr]) -> sp.Expr:
    """An element of the ring with ``u_k = 1/D_k`` and ``v`` put in, even powers of them cancelled."""
    squares = [
        sigma**2 + (cdf.square if cdf is not None else 0) for sigma, cdf in zip((sigma_1, sigma_2), cdfs, strict=True)
    ]
    squares.append(sp.expand(squares[0] * squares[1]) - rho**2 * sigma_1**2 * sigma_2**2)
    groups: dict[tuple[int, ...], list[Any]] = {}
    for monomial, coefficient in element.terms():
        powers = monomial[_FIRST_ROOT : _FIRST_ROOT + 3]
        even = sp.Mul(*[square ** -(power // 2) for square, power in zip(squares, powers, strict=True)])
        others = [
            symbol**power
            for index, (symbol, power) in enumerate(zip(element.ring.symbols, monomial, strict=True))
            if not _FIRST_ROOT <= index < _FIRST_ROOT + 3
        ]
        term = sp.Mul(sp.QQ.to_sympy(coefficient), *others) * even
        groups.setdefault(tuple(power % 2 for power in powers), []).append(term)
    total: Any = sp.S.Zero
    for odd, terms in groups.items():
        together = sp.Add(*terms).xreplace(values)
        roots = [sp.sqrt(sp.factor_terms(square)) ** -bit for square, bit in zip(squares, odd, strict=True)]
        if len(terms) <= _MOST_FACTORED:
            together = sp.factor(together)
            quotient = sp.factor(together / squares[2])
            if odd[2] and not sp.denom(quotient).has(rho):
                together, roots[2] = quotient, 1 / roots[2]
        total += together * sp.Mul(*roots)
    return total
