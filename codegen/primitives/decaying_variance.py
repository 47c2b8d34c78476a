"""The variance of a function made of ``p(v) exp(-rate v)`` on both sides of 0."""

from typing import Any

from codegen.primitives.decaying_moments import root_distance, weighted_moments
from codegen.primitives.decaying_panel import decaying_panel, panel_share
from codegen.primitives.exponential_terms import (
    decaying_terms,
    derivative_terms,
    polynomial_terms,
    product_terms,
    series_coefficients,
    terms_at,
    terms_increment,
    terms_value,
    value_at_zero,
)
from codegen.primitives.recurrences import gaussian_moments
from codegen.primitives.tilted_half_line import tilted_moments


def panel_squares(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, gap: Any) -> Any:
    """``E[u(v); v > 0]`` and ``E[u(v)^2; v > 0]``, ``u(v) = gap + f(v) - f(max(mean, 0))``, by one panel."""
    start, _, slope, first, span, top = decaying_panel(xp, mean, sigma, peak, (0, 0), 0)
    total, total_square = xp.zeros_like(mean), xp.zeros_like(mean)
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        value = terms_increment(xp, terms, start, offset) + gap
        share = panel_share(xp, sigma, slope, offset, weight) * value
        total = total + share
        total_square = total_square + share * value
    scale = span / sigma * top
    return scale * total, scale * total_square


def squares_at_root(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, gap: Any) -> Any:
    """``panel_squares`` for f with a zero of ``order`` at 0: by its Taylor polynomial where that covers the panel."""
    found = panel_squares(xp, mean, sigma, peak, terms, gap)
    if order < 2:
        return found
    start, _, _, first, span, _ = decaying_panel(xp, mean, sigma, peak, (0, 0), 0)
    near = xp.flatnonzero((start + first + span) * max(rate[0] for rate, _ in terms) < 1)
    series = series_coefficients(xp, terms_at(terms, near), order, xp.method["taylor_terms"])
    expansion = [((0, 0), [0] * order + series)]
    parts = panel_squares(xp, mean[near], sigma[near], peak[near], expansion, gap[near])
    for value, part in zip(found, parts, strict=True):
        value[near] = part
    return found


def centred_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, roots: Any, jump: Any) -> Any:
    """``E[(g - g(mu))^2] - E[g - g(mu)]^2`` by one panel a side, for sigma below the range of the exponentials.

    ``g - g(mu)`` is an increment from mu on its own side, and an increment from 0 on the other, where the way from
    mu to 0 and ``jump``, that of g at 0, are added. ``roots`` are the orders of the zeros of both sides at 0.
    """
    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    for sign in (-1, 1):
        terms, others = sides if sign < 0 else (sides[1], sides[0])
        order, other_order = roots if sign < 0 else (roots[1], roots[0])
        own = mu < 0 if sign < 0 else ~(mu < 0)
        distance = xp.where(own, 0, -sign * mu)
        if other_order > 1:
            away = terms_value(xp, others, other_order, distance)
        else:
            away = terms_increment(xp, others, xp.zeros_like(mu), distance)
        gap = xp.where(own, 0, sign * jump - away)
        part, part_square = squares_at_root(xp, sign * mu, sigma, peak, terms, order, gap)
        mean, square = mean + part, square + part_square
    return square - mean * mean


def asymptotic_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, coefficients: Any) -> Any:
    """``Var p + 2 Cov(p, u) + Var u``: p the polynomial that g approaches on the side of mu, u = g - p.

    For sigma above the range of the exponentials. ``coefficients`` are c_1, c_2 .. of g, as many as p has degrees.
    """
    result = xp.zeros_like(mu)
    for left in (True, False):
        some = xp.flatnonzero(mu < 0 if left else ~(mu < 0))
        own, other = terms_at(sides if left else (sides[1], sides[0]), some)
        centre, spread, top = -mu[some] if left else mu[some], sigma[some], peak[some]
        polynomial = polynomial_terms(own)
        across = [(rate, [-c if j % 2 == 0 else c for j, c in enumerate(cs)]) for rate, cs in polynomial]
        mean, value = squares_beside(xp, centre, spread, top, decaying_terms(own))
        far_mean, far_value = squares_across(xp, -centre, spread, top, [*across, *other])
        mean, value = mean + far_mean, value + far_value
        value = value - mean * mean
        highest = max([len(cs) for _, cs in polynomial], default=1) - 1
        moments = gaussian_moments(xp, centre, spread * spread, max(highest - 1, 0))
        scale, factorial = 1, 1
        for k in range(1, highest + 1):
            polynomial, scale, factorial = derivative_terms(polynomial), scale * spread, factorial * k
            near = scale * weighted_moments(xp, [moments] * len(polynomial), polynomial, 0)
            whole = coefficients[k - 1][some]
            whole = -whole if left and k % 2 else whole
            value = value + near * (2 * whole - near) / factorial
        result[some] = value
    return result


def squares_beside(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any) -> Any:
    """``E[f(v); v > 0]`` and ``E[f(v)^2; v > 0]`` in closed form."""
    found = []
    for power in (terms, product_terms(terms, terms)):
        moments = [tilted_moments(xp, mean, sigma, peak, rate, len(cs) - 1) for rate, cs in power]
        found.append(weighted_moments(xp, moments, power, 0) if power else xp.zeros_like(mean))
    return found


def squares_across(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any) -> Any:
    """The same for mean <= 0, where only small v may be reached and the terms of f nearly cancel: there by a panel."""
    found = squares_beside(xp, mean, sigma, peak, terms)
    if not terms:
        return found
    some = xp.flatnonzero(root_distance(xp, mean, sigma, terms, 0) < 1)
    selected = terms_at(terms, some)
    parts = panel_squares(xp, mean[some], sigma[some], peak[some], selected, value_at_zero(selected))
    for value, part in zip(found, parts, strict=True):
        value[some] = part
    return found
