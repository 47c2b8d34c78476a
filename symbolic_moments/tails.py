r"""Tail-safe restatements of the truncated moments, and where they hold.

The primitive of every piecewise polynomial is :math:`I_n(t) = E[(t + z)_+^n]`, ``z`` standard normal
(divided by ``n!`` it is a repeated integral of ``Phi``). It satisfies

    I_0 = Phi(t),  I_1 = t Phi(t) + phi(t),  I_{n+1} = t I_n + n I_{n-1}.

For ``t >= 0`` every term is positive and the recurrence is run forward. For ``t < 0`` the sequence is the
*minimal* solution and the forward recurrence loses all digits; with ``x = -t`` and
``h_n = I_n(-x)/phi(x)`` the ratios ``r_k = h_k/h_{k-1}`` obey

    r_k = k/(x + r_{k+1}),

all terms positive, so running downwards from a seed ``r_N`` is stable for every ``x >= 0``.
:func:`seed_series` gives the seed: the Riccati equation ``r' = r^2 + x r - nu`` (``r`` as a function of ``x`` at
fixed ``nu``, from ``h_n' = -n h_{n-1} + x h_n``) is solved by a series uniform in ``x >= 0``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["ratio_seed", "scaled_tail_moments", "seed_series"]


@lru_cache(maxsize=8)
def seed_series(terms: int) -> tuple[tuple[int, ...], ...]:
    r"""Polynomials ``P_0 .. P_terms`` of the uniform series of the ratio ``r_nu = I_nu(-x)/I_{nu-1}(-x)``.

    With ``w = sqrt(x^2 + 4 nu)``, ``r0 = 2 nu/(w + x)`` and ``u = r0/w``,

        r_nu = r0 sum_k P_k(u) w^(-2k),

    uniformly in ``x >= 0`` as ``nu`` grows. Substituting into ``r' = r^2 + x r - nu`` gives ``P_0 = 1`` and

        P_k = -(2k-1) P_{k-1} + 4(k-1) u P_{k-1} - 2u(1-u) P'_{k-1} - u sum_{i=1}^{k-1} P_i P_{k-i}.

    Parameters
    ----------
    terms : int
        Index of the last polynomial, at least 0.

    Returns
    -------
    tuple of tuple of int
        ``result[k]`` holds the ``max(k, 1)`` coefficients of ``P_k``, **lowest power of u first**.

    Raises
    ------
    ValueError
        ``terms`` is negative.

    Examples
    --------
    >>> from symbolic_moments.tails import seed_series
    >>> seed_series(3)
    ((1,), (-1,), (3, -5), (-15, 65, -60))
    """
    if terms < 0:
        raise ValueError(f"terms = {terms} given; a series has at least its term 0: give terms >= 0")
    polynomials: list[list[int]] = [[1]]
    for k in range(1, terms + 1):
        previous = polynomials[k - 1]
        result = [0] * (k + 1)
        for power, coefficient in enumerate(previous):
            result[power] -= (2 * k - 1 + 2 * power) * coefficient
            result[power + 1] += (4 * (k - 1) + 2 * power) * coefficient
        for i in range(1, (k - 1) // 2 + 1):
            weight = 2
            _subtract_shifted_product(result, polynomials[i], polynomials[k - i], weight)
        if k % 2 == 0:
            _subtract_shifted_product(result, polynomials[k // 2], polynomials[k // 2], 1)
        while len(result) > 1 and result[-1] == 0:
            result.pop()
        polynomials.append(result)
    return tuple(tuple(polynomial) for polynomial in polynomials)


def _subtract_shifted_product(result: list[int], left: list[int], right: list[int], weight: int) -> None:
    """``result -= weight * u * left * right``."""
    for i, a in enumerate(left):
        scaled = weight * a
        for j, b in enumerate(right):
            result[i + j + 1] -= scaled * b


def ratio_seed(context: Any, x: Any, order: int, terms: int) -> Any:
    """Ratio ``r_order = I_order(-x)/I_{order-1}(-x)`` by its uniform series, ``x >= 0``.

    The relative error after ``terms`` terms falls like ``w^(-2 terms - 2)``: at ``order = 64`` and
    ``terms = 8`` it is below 1e-16 for every ``x >= 0``.

    Parameters
    ----------
    context : mpmath context
        The arithmetic.
    x : mpf
        Minus the standardised mean, at least 0.
    order, terms : int
        Order of the ratio (at least 1) and index of the last term kept.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import working_context
    >>> from symbolic_moments.tails import ratio_seed
    >>> context = working_context(20)
    >>> context.nstr(ratio_seed(context, context.mpf(3), 64, 8), 15)
    '6.61444728294726'
    """
    w = context.sqrt(x * x + 4 * order)
    r0 = 2 * order / (w + x)
    u = r0 / w
    total = context.zero
    for coefficients in reversed(seed_series(terms)):
        value = context.zero
        for coefficient in reversed(coefficients):
            value = value * u + coefficient
        total = total / (w * w) + value
    return r0 * total


def scaled_tail_moments(context: Any, x: Any, order: int, *, depth: int, terms: int) -> list[Any]:
    """``h_n = I_n(-x)/phi(x)`` for ``n = 0 .. order``, by the backward ratios; ``x >= 0``.

    Parameters
    ----------
    context : mpmath context
        The arithmetic.
    x : mpf
        At least 0.
    order : int
        Last order wanted.
    depth, terms : int
        Order at which the ratios are seeded (more than ``order``) and terms of the seed series.

    Examples
    --------
    >>> from symbolic_moments.mpmath_context import working_context
    >>> from symbolic_moments.tails import scaled_tail_moments
    >>> context = working_context(15)
    >>> [context.nstr(h, 12) for h in scaled_tail_moments(context, context.mpf(0), 2, depth=64, terms=8)]
    ['1.25331413732', '1.0', '1.25331413732']
    """
    ratios = {depth: ratio_seed(context, x, depth, terms)}
    for k in range(depth - 1, 0, -1):
        ratios[k] = k / (x + ratios[k + 1])
    result = [context.exp(x * x / 2) * context.sqrt(context.pi / 2) * context.erfc(x / context.sqrt(2))]
    for k in range(1, order + 1):
        result.append(result[-1] * ratios[k])
    return result
