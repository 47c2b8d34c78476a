"""The variance of a function made of ``p(v) exp(-rate v)`` on both sides of 0."""

from typing import Any

from codegen.primitives.decaying_moments import combined
from codegen.primitives.decaying_panel import decaying_panel, panel_share
from codegen.primitives.exponential_terms import decaying_terms, derived, increment, multiplied, polynomial_terms
from codegen.primitives.recurrences import gaussian_moments
from codegen.primitives.tilted_half_line import tilted_moments


def centred_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, jump: Any) -> Any:
    """``E[(g - g(mu))^2] - E[g - g(mu)]^2`` by one panel a side, for sigma below the range of the exponentials.

    ``g - g(mu)`` is an increment from mu on its own side, and an increment from 0 on the other, where the way from
    mu to 0 and ``jump``, that of g at 0, are added.
    """
    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    for sign, terms, others in ((-1, sides[0], sides[1]), (1, sides[1], sides[0])):
        centre = sign * mu
        own = mu < 0 if sign < 0 else ~(mu < 0)
        start, _, slope, first, span, top = decaying_panel(xp, centre, sigma, peak, (0, 0), 0)
        start = xp.where(own, start, 0)
        away = increment(xp, others, xp.zeros_like(mu), xp.where(own, 0, -centre))
        gap = xp.where(own, 0, sign * jump - away)
        total, total_square = xp.zeros_like(mu), xp.zeros_like(mu)
        for node, weight in xp.method["panel_rule"]:
            offset = first + span * node
            value = increment(xp, terms, start, offset) + gap
            share = panel_share(xp, sigma, slope, offset, weight) * value
            total = total + share
            total_square = total_square + share * value
        mean = mean + span / sigma * top * total
        square = square + span / sigma * top * total_square
    return square - mean * mean


def asymptotic_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, coefficients: Any) -> Any:
    """``Var p + 2 Cov(p, u) + Var u``: p the polynomial that g approaches on the side of mu, u = g - p.

    For sigma above the range of the exponentials. ``coefficients`` are c_1, c_2 .. of g, as many as p has degrees.
    """
    result = xp.zeros_like(mu)
    for left in (True, False):
        some = xp.flatnonzero(mu < 0 if left else ~(mu < 0))
        own, other = sides if left else (sides[1], sides[0])
        centre, spread, density_there = -mu[some] if left else mu[some], sigma[some], peak[some]
        polynomial = polynomial_terms(own)
        across = [(rate, [-c if j % 2 == 0 else c for j, c in enumerate(cs)]) for rate, cs in polynomial]
        value = xp.zeros_like(centre)
        mean = xp.zeros_like(centre)
        for place, terms in ((centre, decaying_terms(own)), (-centre, [*across, *other])):
            for power, product in ((1, terms), (2, multiplied(terms, terms))):
                moments = [
                    tilted_moments(xp, place, spread, density_there, rate, len(cs) - 1) for rate, cs in product
                ]
                if product:
                    part = combined(xp, moments, product, 0)
                    mean, value = (mean + part, value) if power == 1 else (mean, value + part)
        value = value - mean * mean
        highest = max([len(cs) for _, cs in polynomial], default=1) - 1
        moments = gaussian_moments(xp, centre, spread * spread, max(highest - 1, 0))
        scale, factorial = 1, 1
        for k in range(1, highest + 1):
            polynomial, scale, factorial = derived(polynomial), scale * spread, factorial * k
            near = scale * combined(xp, [moments] * len(polynomial), polynomial, 0)
            whole = coefficients[k - 1][some]
            whole = -whole if left and k % 2 else whole
            value = value + near * (2 * whole - near) / factorial
        result[some] = value
    return result
