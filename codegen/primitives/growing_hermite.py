"""Hermite coefficients and values of sums of ``p(v) exp(-rate v)`` on both sides of 0, rates of either sign."""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.decaying_moments import jumps_at_zero, scaled_jumps
from codegen.primitives.decaying_panel import decaying_hermite, steep_places
from codegen.primitives.derivatives import alternate, jump_share, to_derivatives, to_hermite
from codegen.primitives.exponential_terms import (
    decay_factor,
    derivative_terms,
    horner,
    series_coefficients,
    terms_at,
)
from codegen.primitives.growing_moments import growing_derivatives, with_size
from codegen.primitives.recurrences import hermite_times


def growing_shares(
    xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, roots: Any, first: int, top: Any, degree: int
) -> Any:
    """``E[g^(k)]`` without the jumps at 0, and ``sigma^k`` times the share of the jumps, both over ``exp(top)``."""
    left, right = sides
    below = alternate(growing_derivatives(xp, -mu, sigma, peak, left, roots[0], top, degree))
    above = growing_derivatives(xp, mu, sigma, peak, right, roots[1], top, degree)
    smooth = [b + a for b, a in zip(below, above, strict=True)]
    peaks = hermite_times(-mu / sigma, peak * xp.exp(-top), max(degree - 1, 0))
    jumps = scaled_jumps(jumps_at_zero(left, right, first, degree), sigma)
    return smooth, jump_share(xp, peaks, jumps, degree)


def growing_hermite(
    xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, roots: Any, first: int, top: Any, degree: int
) -> Any:
    """``exp(-top) c_k``, k = 0 .. degree; where a term that decays is steep, panels serve that term."""
    smooth, local = growing_shares(xp, mu, sigma, peak, sides, roots, first, top, degree)
    values = to_hermite(smooth, local, sigma, degree)
    return steep_replaced(xp, mu, sigma, peak, sides, top, values, False)


def growing_slopes(
    xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, roots: Any, first: int, top: Any, degree: int
) -> Any:
    """``exp(-top) E[g^(k)]``, k = 0 .. degree, as ``growing_hermite``."""
    smooth, local = growing_shares(xp, mu, sigma, peak, sides, roots, first, top, degree)
    values = to_derivatives(smooth, local, sigma, degree)
    return steep_replaced(xp, mu, sigma, peak, sides, top, values, True)


def steep_replaced(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, top: Any, values: Any, divided: bool) -> Any:
    """``values`` with those from k = 1 on replaced where the recurrence of a decaying term amplifies rounding.

    ``divided``: by ``sigma^k``. Terms that grow keep to the recurrence: there ``(rate sigma)^k c_0`` is no larger than
    the coefficient of the exponential on the whole line.
    """
    fading = [[term for term in terms if term[0][0] > 0] for terms in sides]
    flat = [term for terms in fading for term in terms]
    degree = len(values) - 1
    if not flat or degree == 0:
        return values
    fastest = max(rate[0] for rate, _ in flat)
    power = max(len(coefficients) - 1 for _, coefficients in flat)
    some = steep_places(xp, mu, sigma, fastest, power, degree)
    if some.size:
        lasting = [[term for term in terms if not term[0][0] > 0] for terms in sides]
        at = mu[some], sigma[some], peak[some]
        smooth, local = growing_shares(xp, *at, lasting, (0, 0), 0, top[some], degree)
        whole = to_hermite(smooth, local, sigma[some], degree)
        level = xp.exp(-top[some])
        for mean, terms, left in ((-at[0], fading[0], True), (at[0], fading[1], False)):
            for term in terms:
                share = decaying_hermite(xp, mean, at[1], at[2], term, degree)
                signed = alternate(share) if left else share
                whole = [w + level * s for w, s in zip(whole, signed, strict=True)]
        if divided:
            whole = to_derivatives([], whole, sigma[some], degree)
        for value, replacement in zip(values[1:], whole[1:], strict=True):
            value[some] = replacement
    return values


def growing_value(xp: Any, terms: Any, order: Any, v: Any) -> Any:
    """``f(v)``: over the largest of the exponentials, which multiplies last.

    Next to a zero of ``order`` at 0 that no single term shows, f is its Taylor series; None: there is no such zero.
    """
    lowest = min([rate for rate, _ in terms], key=lambda rate: rate[0], default=(0, 0))
    total = xp.zeros_like(v)
    for rate, coefficients in terms:
        above, error = exact_sum(rate[0], -lowest[0])
        total = total + horner(coefficients, v) * decay_factor(xp, (above, error + (rate[1] - lowest[1])), v)
    total = xp.where(total == 0, 0, total * decay_factor(xp, lowest, v))
    if order is not None:
        near = xp.flatnonzero(v * with_size(terms)[-1][0][0] < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        total[near] = horner(series, v[near]) * v[near] ** order
    return total


def growing_beside_zero(xp: Any, y: Any, sides: Any, roots: Any, first: int, degree: int) -> Any:
    """``g^(k)(y)``, k = 0 .. degree, as ``derivatives_beside_zero``; by series next to the zeros of order ``roots``."""
    left, right = sides
    distance = xp.abs(y)
    kinked = y != y
    values = []
    for k in range(degree + 1):
        orders = [max(root - k, 0) if root else None for root in roots]
        below, above = growing_value(xp, left, orders[0], distance), growing_value(xp, right, orders[1], distance)
        below = -below if k % 2 else below
        value = xp.where(y < 0, below, xp.where(y > 0, above, (below + above) / 2))
        values.append(xp.where(kinked, xp.nan, value))
        if k >= first:
            kinked = kinked | ((y == 0) & (above != below))
        left, right = derivative_terms(left), derivative_terms(right)
    return values
