r"""Moments as polynomials with rational coefficients, in rings instead of expressions.

What the moments of all functions of a family have in common is computed once, in ``QQ[mu, sigma, ...]``; a function
enters only when the polynomials are combined with its coefficients.
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

__all__ = [
    "by_powers_of_w",
    "combined",
    "gaussian_polynomials",
    "over_one_root",
    "tilted_polynomials",
    "truncated_polynomials",
    "wave_polynomials",
    "weighted",
]

_PLANE, _M, _S, _C = ring("mu, sigma, c", QQ)
_TILTED, _TM, _TS, _TD, _TW = ring("mu, sigma, d, w", QQ)


@lru_cache(maxsize=8)
def truncated_polynomials(order: int) -> tuple[tuple[Any, Any], ...]:
    """``(A_j, B_j)`` in ``QQ[mu, sigma, c]`` with ``E[y^j 1{y > c}] = A_j Phi(t) + B_j phi(t)``, ``j = 0 .. order``.

    Examples
    --------
    >>> from symbolic_moments.moment_polynomials import truncated_polynomials
    >>> truncated_polynomials(2)
    ((1, 0), (mu, sigma), (mu**2 + sigma**2, mu*sigma + sigma*c))
    """
    result = [(_PLANE.one, _PLANE.zero)]
    for j in range(order):
        (a, b), (a_before, b_before) = result[j], result[j - 1] if j else (_PLANE.zero, _PLANE.zero)
        spread = j * _S**2
        result.append((_M * a + spread * a_before, _M * b + spread * b_before + _S * _C**j))
    return tuple(result)


def gaussian_polynomials(order: int) -> list[Any]:
    """``E[y^j]`` in ``QQ[mu, sigma, c]``, ``j = 0 .. order``."""
    return [a for a, _ in truncated_polynomials(order)]


@lru_cache(maxsize=8)
def wave_polynomials(order: int) -> tuple[tuple[Any, Any], ...]:
    """Real and imaginary part of ``E[(y + i c)^j]`` in ``QQ[mu, sigma, c]``, ``j = 0 .. order``.

    Examples
    --------
    >>> from symbolic_moments.moment_polynomials import wave_polynomials
    >>> wave_polynomials(2)
    ((1, 0), (mu, c), (mu**2 + sigma**2 - c**2, 2*mu*c))
    """
    result = [(_PLANE.one, _PLANE.zero)]
    for j in range(order):
        (a, b), (a_before, b_before) = result[j], result[j - 1] if j else (_PLANE.zero, _PLANE.zero)
        spread = j * _S**2
        result.append((_M * a - _C * b + spread * a_before, _M * b + _C * a + spread * b_before))
    return tuple(result)


@lru_cache(maxsize=8)
def tilted_polynomials(order: int) -> tuple[Any, ...]:
    """``B_j`` in ``QQ[mu, sigma, d, w]`` with ``E[y^j Phi(a y + b)] = A_j Phi(h) + a B_j phi(h)``, ``j = 0 .. order``.

    ``d = 1/sqrt(1 + a^2 sigma^2)``, ``w = a b``, ``h = (a mu + b) d``.

    Examples
    --------
    >>> from symbolic_moments.moment_polynomials import tilted_polynomials
    >>> tilted_polynomials(2)
    (0, sigma**2*d, mu*sigma**2*d**3 + mu*sigma**2*d - sigma**4*d**3*w)
    """
    mean, variance = (_TM - _TW * _TS**2) * _TD**2, _TS**2 * _TD**2
    tilted, result = [_TILTED.one, mean], [_TILTED.zero]
    for j in range(order):
        if j >= 1:
            tilted.append(mean * tilted[j] + j * variance * tilted[j - 1])
        before = j * result[j - 1] if j else _TILTED.zero
        result.append(_TM * result[j] + _TS**2 * (before + _TD * tilted[j]))
    return tuple(result)


def combined(
    coefficients: Sequence[sp.Expr], polynomials: Sequence[Any], point: sp.Expr, scale: sp.Expr = sp.S.One
) -> sp.Expr:
    """``scale * sum_k coefficients[k] * polynomials[k](mu, sigma, point)``, expanded.

    Parameters
    ----------
    coefficients : sequence of sympy.Expr
        Free of ``mu`` and ``sigma``.
    polynomials : sequence
        Of ``QQ[mu, sigma, c]``.
    point : sympy.Expr
        The value of ``c``.
    scale : sympy.Expr
        A factor of every term, not expanded.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.moment_polynomials import combined, gaussian_polynomials
    >>> combined([sympy.Integer(1), sympy.Integer(0), sympy.sqrt(2)], gaussian_polynomials(2), sympy.S.Zero)
    sqrt(2)*mu**2 + sqrt(2)*sigma**2 + 1
    """
    table: dict[tuple[int, int], dict[tuple[int, int], Any]] = defaultdict(lambda: defaultdict(lambda: QQ.zero))
    rational = point.is_Rational
    place = QQ(int(point.p), int(point.q)) if rational else None
    for index, (coefficient, polynomial) in enumerate(zip(coefficients, polynomials, strict=False)):
        simple = QQ(int(coefficient.p), int(coefficient.q)) if coefficient.is_Rational else None
        if simple == 0:
            continue
        for (i, j, power), value in polynomial.terms():
            number, left = (value * place**power, 0) if rational else (value, power)
            key = (index, left) if simple is None else (-1, left)
            table[(i, j)][key] += number if simple is None else number * simple
    factors: dict[tuple[int, int], tuple[sp.Expr, ...]] = {}
    terms = []
    for (i, j), row in table.items():
        monomial = scale * mu**i * sigma**j
        for key, number in row.items():
            if key not in factors:
                index, power = key
                factor = sp.expand((coefficients[index] if index >= 0 else sp.S.One) * point**power)
                factors[key] = sp.Add.make_args(factor)
            if number:
                rational_number = sp.Rational(int(number.numerator), int(number.denominator))
                terms += [rational_number * part * monomial for part in factors[key]]
    return sp.Add(*terms)


def over_one_root(polynomial: Any, square: sp.Expr, offset_product: sp.Expr) -> tuple[list[sp.Expr], int]:
    """Numerators ``N_0, N_1`` free of ``d`` and a power: ``polynomial = (N_0 + N_1/d) d^power``.

    Parameters
    ----------
    polynomial : element of ``QQ[mu, sigma, d, w]``
        As :func:`tilted_polynomials` has them, combined.
    square : sympy.Expr
        ``a^2``, a rational number: ``1/d^2 = 1 + a^2 sigma^2``.
    offset_product : sympy.Expr
        The value of ``w``, rational.
    """
    w = QQ(int(offset_product.p), int(offset_product.q))
    growth = 1 + QQ(int(square.p), int(square.q)) * _S**2
    by_power: dict[int, Any] = defaultdict(lambda: _PLANE.zero)
    for (i, j, power, left), value in polynomial.terms():
        by_power[power] += _PLANE({(i, j, 0): value * w**left})
    highest = max(by_power, default=0)
    numerators = []
    for parity in (0, 1):
        total = _PLANE.zero
        powers = [power for power in by_power if (highest - power) % 2 == parity]
        # Horner in 1 + a^2 sigma^2: the lowest power of d carries the highest power of it
        for power in range(min(powers, default=highest + 1), highest - parity + 1, 2):
            total = total * growth + by_power.get(power, _PLANE.zero)
        numerators.append(total.as_expr(mu, sigma, sp.S.Zero))
    return numerators, highest


def by_powers_of_w(polynomial: Any) -> list[tuple[int, Any]]:
    """``(l, P_l)`` with ``polynomial = sum_l w^l P_l`` and ``P_l`` free of ``w``.

    Examples
    --------
    >>> from symbolic_moments.moment_polynomials import by_powers_of_w, tilted_polynomials
    >>> by_powers_of_w(tilted_polynomials(2)[2])
    [(0, mu*sigma**2*d**3 + mu*sigma**2*d), (1, -sigma**4*d**3)]
    """
    parts: dict[int, dict[tuple[int, ...], Any]] = defaultdict(dict)
    for (i, j, power, left), value in polynomial.terms():
        parts[left][(i, j, power, 0)] = value
    return [(left, _TILTED(parts[left])) for left in sorted(parts)]


def weighted(coefficients: Sequence[sp.Expr], polynomials: Sequence[Any]) -> Any:
    """``sum_k coefficients[k] * polynomials[k]`` in the ring of the polynomials, for rational coefficients."""
    total = _TILTED.zero
    for coefficient, polynomial in zip(coefficients, polynomials, strict=False):
        if coefficient != 0:
            total += polynomial * QQ(int(coefficient.p), int(coefficient.q))
    return total
