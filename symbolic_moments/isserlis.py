r"""Moments of jointly Gaussian variables with any means: noncentral Isserlis (Wick).

For ``X`` with mean ``m`` and covariance ``S`` and any polynomial ``P``, Stein's lemma says

    E[X_i P(X)] = m_i E[P] + sum_j S_ij E[dP/dX_j].

Peeling off one factor at a time, memoised on the multi-index, in a polynomial ring: :func:`isserlis`. Summing over all
partitions of the factors into singletons and pairs, which is the definition: :func:`isserlis_terms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.basic import _args_sortkey
from sympy.polys.rings import PolyElement, ring

from symbolic_moments.formula import Formula, Step

__all__ = ["covariance_symbol", "expand_in_ring", "isserlis", "isserlis_terms", "mean_symbol"]

_MOST_TERMS = 100_000


def mean_symbol(letter: str, i: int) -> sp.Symbol:
    """``m_i``: the letter with one index, real."""
    return sp.Symbol(f"{letter}_{i}", real=True)


def covariance_symbol(letter: str, i: int, j: int, size: int) -> sp.Symbol:
    """``S_ij`` with ``i <= j``, real; indices are kept apart by ``_`` where one has two digits."""
    i, j = min(i, j), max(i, j)
    return sp.Symbol(f"{letter}_{i}{j}" if size < 10 else f"{letter}_{i}_{j}", real=True)


def expand_in_ring(
    multi_index: tuple[int, ...],
    one: Any,
    mean: Callable[[int, Any], Any],
    covariance: Callable[[int, int], Any],
) -> Any:
    """``E[prod X_i^{k_i}]`` by Stein peeling, memoised on the multi-index.

    Parameters
    ----------
    multi_index : tuple of int
        The powers ``k_i``.
    one : ring element
        The expectation of 1.
    mean : callable
        ``mean(i, E)`` is the mean of ``X_i`` times ``E``.
    covariance : callable
        ``covariance(i, j)``, to be multiplied by an integer and a ring element.
    """

    @cache
    def expectation(powers: tuple[int, ...]) -> Any:
        i = next((index for index, power in enumerate(powers) if power), None)
        if i is None:
            return one
        rest = [*powers]
        rest[i] -= 1
        total = mean(i, expectation(tuple(rest)))
        for j, power in enumerate(rest):
            if power:
                rest[j] -= 1
                total = total + expectation(tuple(rest)) * covariance(i, j) * power
                rest[j] += 1
        return total

    return expectation(multi_index)


def isserlis(multi_index: Sequence[int]) -> Formula:
    r"""``E[X_1^{k_1} ... X_d^{k_d}]`` of jointly Gaussian variables, in means ``m_i`` and covariances ``S_ij``.

    Parameters
    ----------
    multi_index : sequence of int
        The powers ``k_i >= 0``; at least one variable.

    Returns
    -------
    Formula
        Fully expanded. ``S_ij`` has ``i <= j``; from ten variables on it is named ``S_i_j``. Covariances may be
        singular.

    Raises
    ------
    ValueError
        A power is not a whole number at least 0, or the expansion would have more than 100,000 terms.

    Examples
    --------
    >>> from symbolic_moments import isserlis
    >>> isserlis((2, 1)).statement
    'E[X_1^2 X_2] = S_11*m_2 + 2*S_12*m_1 + m_1**2*m_2'
    >>> print(isserlis((4,)).evalf(20, m_1=0, S_11=2))
    12.0

    References
    ----------
    L. Isserlis, Biometrika 12 (1918) 134-139; the form with means and any powers follows from Stein's lemma.
    """
    powers = _checked(multi_index)
    size = len(powers)
    means = [mean_symbol("m", i + 1) for i in range(size)]
    pairs = [
        (i, j) for i in range(size) for j in range(i, size) if (powers[i] and powers[j] and (i < j or powers[i] > 1))
    ]
    covariances = {pair: covariance_symbol("S", pair[0] + 1, pair[1] + 1, size) for pair in pairs}
    polynomial_ring, *generators = ring([*means, *covariances.values()], sp.ZZ)
    mean_generators = generators[:size]
    covariance_generators = dict(zip(covariances, generators[size:], strict=True))
    value = expand_in_ring(
        powers,
        polynomial_ring(1),
        lambda i, expectation: expectation * mean_generators[i],
        lambda i, j: covariance_generators[min(i, j), max(i, j)],
    )
    used = [(i, power) for i, power in enumerate(powers, start=1) if power]
    text = " ".join(f"X_{i}" + (f"^{power}" if power > 1 else "") for i, power in used) or "1"
    latex = r" ".join(f"X_{{{i}}}" + (f"^{{{power}}}" if power > 1 else "") for i, power in used) or "1"
    expr = expression_of(value)
    symbols = [*means, *covariances.values()]
    return Formula(
        id="isserlis." + ".".join(map(str, powers)),
        quantity=f"E[{text}]",
        quantity_latex=rf"\mathbb{{E}}\left[{latex}\right]",
        expr=expr,
        variables=tuple(symbol for symbol, degree in zip(symbols, value.degrees(), strict=True) if degree > 0),
        assumptions=(r"$X$ jointly Gaussian with $\mathbb{E} X_i = m_i$ and $\mathrm{Cov}(X_i, X_j) = S_{ij}$",),
        steps=(
            Step(
                r"For a polynomial $P$, Stein's lemma (integration by parts against the joint density) gives",
                r"\mathbb{E}[X_i P(X)] = m_i\,\mathbb{E}[P] + \sum_j S_{ij}\,\mathbb{E}[\partial_j P]",
            ),
            Step(
                "Taking off one factor at a time until none is left and collecting equal monomials gives the claim; "
                "each monomial is a partition of the factors into singletons (means) and pairs (covariances)."
            ),
        ),
        source="L. Isserlis, Biometrika 12 (1918) 134, with means added by Stein's lemma.",
    )


def expression_of(polynomial: PolyElement) -> sp.Expr:
    """A ring element as a SymPy expression in the ring's symbols.

    The factors that occur are put into SymPy's own canonical order once, so that each product can be assembled without
    being sorted and flattened again; the result equals the one that ``Mul`` would build.
    """
    symbols = polynomial.ring.symbols
    occurring = {pair for monomial in polynomial.monoms() for pair in enumerate(monomial) if pair[1]}
    factors = {(index, power): symbols[index] ** power for index, power in occurring}
    order = sorted(occurring, key=lambda pair: _args_sortkey(factors[pair]))
    rank = {pair: position for position, pair in enumerate(order)}
    terms = []
    for monomial, coefficient in polynomial.terms():
        pairs = sorted((pair for pair in enumerate(monomial) if pair[1]), key=rank.__getitem__)
        arguments = [factors[pair] for pair in pairs]
        if coefficient != 1 or not arguments:
            arguments.insert(0, sp.Integer(int(coefficient)))
        terms.append(sp.Mul._from_args(arguments) if len(arguments) > 1 else arguments[0])
    return sp.Add(*terms)


def isserlis_terms(n: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The partitions of ``{1, .., n}`` into singletons and pairs: the terms of ``E[X_1 ... X_n]``.

    Parameters
    ----------
    n : int
        Number of factors, 0 to 12.

    Returns
    -------
    tuple of partitions
        A partition is a tuple of blocks ``(i,)``, which stands for ``m_i``, and ``(i, j)``, which stands for ``S_ij``.

    Examples
    --------
    >>> from symbolic_moments import isserlis_terms
    >>> isserlis_terms(3)
    (((1,), (2,), (3,)), ((1,), (2, 3)), ((1, 2), (3,)), ((1, 3), (2,)))
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= 12:
        raise ValueError(f"isserlis_terms({n!r}): the number of factors is a whole number from 0 to 12")
    return tuple(_partitions(tuple(range(1, n + 1))))


def _partitions(items: tuple[int, ...]) -> Iterable[tuple[tuple[int, ...], ...]]:
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for partition in _partitions(rest):
        yield ((first,), *partition)
    for index, other in enumerate(rest):
        for partition in _partitions(rest[:index] + rest[index + 1 :]):
            yield ((first, other), *partition)


def _checked(multi_index: Any) -> tuple[int, ...]:
    try:
        powers = tuple(multi_index)
    except TypeError:
        powers = ()
    whole = all(isinstance(power, (int, sp.Integer)) and not isinstance(power, bool) for power in powers)
    if not powers or not whole or any(power < 0 for power in powers):
        raise ValueError(f"multi-index {multi_index!r}: give whole powers of at least 0, one per variable: (2, 1, 1)")
    if len(powers) > 30 or sum(powers) > 200 or _count(tuple(sorted(map(int, powers)))) > _MOST_TERMS:
        raise ValueError(
            f"multi-index {powers!r}: its expansion has more than {_MOST_TERMS:,} terms (or more than 30 variables, or "
            "a total power above 200); numeric_backend.isserlis_moment gives such moments as numbers"
        )
    return tuple(int(power) for power in powers)


def _count(powers: tuple[int, ...]) -> int:
    """Number of terms of the expansion; anything above the limit once the limit is passed."""

    @cache
    def count(rest: tuple[int, ...]) -> int:
        if not rest:
            return 1
        first, others = rest[-1], rest[:-1]
        return sum((1 + (first - used) // 2) * number for used, number in spread(first, others, 0).items())

    def spread(budget: int, others: tuple[int, ...], position: int) -> dict[int, int]:
        result: dict[int, int] = {}
        stack = [(0, others, position)]
        while stack:
            used, left, at = stack.pop()
            if at == len(left):
                result[used] = result.get(used, 0) + count(tuple(sorted(left)))
                if sum(result.values()) > _MOST_TERMS:
                    return result
                continue
            stack.extend(
                (used + taken, (*left[:at], left[at] - taken, *left[at + 1 :]), at + 1)
                for taken in range(min(left[at], budget - used) + 1)
            )
        return result

    return count(powers)
