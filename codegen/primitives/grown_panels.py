"""Expectations of functions that grow exponentially, the exponential taken out where nodes would overflow."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum
from codegen.primitives.enveloped_panel import enveloped_sums
from codegen.primitives.places import put_rows, shifted_hermite


def grown_sums(
    xp: Any, mu: Any, sigma: Any, table: Any, growth: Any, weights: Any, value: Any, terms: Any, orders: Any, kept: int
) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for ``terms(g(y), y)``, the list of ``f_r``.

    ``growth`` is panels between the growing ends of g and, for each of these, its side, its rate c, ``g exp(-c y)``
    and panels of that. Where nodes would overflow, f_r from ``kept`` on, of more powers of g than ``weights`` have, are
    infinite.
    """
    beyond = leaves_doubles(xp, mu, sigma, table[0], growth, weights)
    some, others = xp.flatnonzero(beyond), xp.flatnonzero(~beyond)

    def integrand(y: Any, centre: Any) -> Any:
        return terms(value(xp, y), y)

    if not len(some):
        return enveloped_sums(xp, mu, sigma, table, weights, integrand, orders)
    totals = [[xp.zeros_like(mu) + xp.inf for _ in range(count)] for count in orders]
    if len(others):
        put_rows(totals, others, enveloped_sums(xp, mu[others], sigma[others], table, weights, integrand, orders))
    rows = mu[some], sigma[some]
    sided = sided_sums(xp, *rows, growth, weights, value, lambda value, y: terms(value, y)[:kept], orders[:kept])
    put_rows(totals[: len(sided)], some, sided)
    return totals


def leaves_doubles(xp: Any, mu: Any, sigma: Any, panels: Any, growth: Any, weights: Any) -> Any:
    """Where the power of g that ``weights`` have overflows within 32 sigma of the weight: nodes that rows share."""
    power = max(p for p, _ in weights)
    beyond = xp.zeros_like(mu) > 0
    for side, rate, _, _ in growth[1]:
        _, _, level, slope, middle, _, _ = panels[-1 if side > 0 else 0]
        farthest = mu + power * rate[0] * sigma * sigma + 32 * side * sigma
        beyond = beyond | (power * (level + slope * (farthest - middle)) > xp.method["exponent_limit"] - 60)
    return beyond


def sided_sums(xp: Any, mu: Any, sigma: Any, growth: Any, weights: Any, value: Any, terms: Any, orders: Any) -> Any:
    """The same, end by end: ``exp(c mu + c^2 sigma^2 / 2) E[exp(-c y) f(y)]``, the mean at ``mu + c sigma^2``.

    Infinite where that factor is above ``overflow_height``; only of functions of the size of that power of g.
    """
    power = max(p for p, _ in weights)
    inner, ends = growth
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    if inner:
        panels = inner, xp.inf
        totals = enveloped_sums(xp, mu, sigma, panels, weights, lambda y, centre: terms(value(xp, y), y), orders)
    for _, rate, without, panels in ends:
        exponent, mean = exponential_shift(xp, mu, sigma, [power * part for part in rate])
        lost = exponent[0] >= xp.method["overflow_height"] + 100
        for row in [row for total in totals for row in total]:
            row[lost] = xp.inf
        rows = xp.flatnonzero(~lost)
        if not len(rows):
            continue
        shift = power * rate[0] * sigma[rows]

        def integrand(y: Any, centre: Any, without: Any = without) -> Any:
            return terms(without(xp, y), y)

        sums = enveloped_sums(xp, mean[rows], sigma[rows], (panels, xp.inf), weights, integrand, orders)
        half = xp.exp(exponent[0][rows] * xp.rational(1, 2))
        low = 1 + exponent[1][rows]
        for total, values in zip(totals, sums, strict=True):
            for row, moment in zip(total, shifted_hermite(values, shift), strict=True):
                row[rows] += half * (low * moment) * half
    return totals


def exponential_shift(xp: Any, mu: Any, sigma: Any, rate: Any) -> Any:
    """``c mu + c^2 sigma^2 / 2``, and what rounding took from it, and ``mu + c sigma^2``; c is a pair."""
    variance, error = exact_product(xp, sigma, sigma)
    spread, low = exact_product(xp, rate[0] + xp.zeros_like(mu), variance)
    low = low + rate[0] * error + rate[1] * variance
    middle, rest = exact_sum(mu, spread * xp.rational(1, 2))
    top, last = exact_product(xp, rate[0] + xp.zeros_like(mu), middle)
    last = last + rate[0] * (rest + low * xp.rational(1, 2)) + rate[1] * middle
    return (top, last), mu + spread
