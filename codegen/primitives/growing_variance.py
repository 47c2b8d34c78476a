"""The variance of a function made of ``p(v) exp(-rate v)`` on both sides of 0, where some rate is negative."""

from typing import Any

from codegen.primitives.decaying_moments import root_distance, weighted_moments
from codegen.primitives.decaying_variance import centred_variance, panel_squares
from codegen.primitives.exponential_terms import (
    derivative_terms,
    polynomial_terms,
    product_terms,
    terms_at,
    value_at_zero,
)
from codegen.primitives.growing_moments import level_moments, with_size
from codegen.primitives.recurrences import gaussian_moments
from codegen.primitives.tilted import scaled_up


def growing_centred_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, roots: Any, jump: Any) -> Any:
    """``centred_variance``; infinite where its sums are, or the exponential at mu."""
    value = centred_variance(xp, mu, sigma, peak, [with_size(terms) for terms in sides], roots, jump)
    left, right = (max([-rate[0] for rate, _ in terms if rate[0] < 0], default=0) for terms in sides)
    exponent = xp.where(mu < 0, -left * mu, right * mu)
    finite = (exponent < xp.method["exponent_limit"]) & (value < xp.inf)
    return xp.where((exponent > 0) & ~finite, xp.inf, value)


def growing_variance(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, half_top: Any, coefficients: Any) -> Any:
    """``Var p + 2 Cov(p, u) + Var u``: p the polynomial in g on the side of mu, u = g - p.

    For sigma above the range of the exponentials. ``coefficients`` are c_1, c_2 .. of g over ``exp(half_top)``, as many
    as p has degrees; ``2 half_top`` is the largest exponent of a square.
    """
    result = xp.zeros_like(mu)
    for left in (True, False):
        some = xp.flatnonzero(mu < 0 if left else ~(mu < 0))
        own, other = terms_at(sides if left else (sides[1], sides[0]), some)
        centre, spread, top = -mu[some] if left else mu[some], sigma[some], half_top[some]
        polynomial = polynomial_terms(own)
        across = [(rate, [-c if j % 2 == 0 else c for j, c in enumerate(cs)]) for rate, cs in polynomial]
        beside = [term for term in own if term[0][0] != 0]
        mean, value = level_squares(xp, centre, spread, peak[some], beside, top)
        far_mean, far_value = level_squares_across(xp, -centre, spread, peak[some], [*across, *other], top)
        mean, value = mean + far_mean, value + far_value
        value = value - mean * mean
        highest = max([len(cs) for _, cs in polynomial], default=1) - 1
        moments = gaussian_moments(xp, centre, spread * spread, max(highest - 1, 0))
        scale, factorial = xp.exp(-top), 1
        for k in range(1, highest + 1):
            polynomial, scale, factorial = derivative_terms(polynomial), scale * spread, factorial * k
            near = scale * weighted_moments(xp, [moments] * len(polynomial), polynomial, 0)
            whole = coefficients[k - 1][some]
            whole = -whole if left and k % 2 else whole
            value = value + near * (2 * whole - near) / factorial
        result[some] = scaled_up(xp, value, 2 * top)
    return result


def level_squares(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, top: Any) -> Any:
    """``exp(-top) E[f(v); v > 0]`` and ``exp(-2 top) E[f(v)^2; v > 0]`` in closed form."""
    found = []
    for power, scale in ((terms, top), (product_terms(terms, terms), 2 * top)):
        moments = [level_moments(xp, mean, sigma, peak, rate, scale, len(cs) - 1) for rate, cs in power]
        found.append(weighted_moments(xp, moments, power, 0) if power else xp.zeros_like(mean))
    return found


def level_squares_across(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, top: Any) -> Any:
    """The same for mean <= 0, where only small v may be reached and the terms of f nearly cancel: there by a panel.

    Small v even for the Gaussian that the squares of all terms tilt: the panel's window is that of the one untilted.
    """
    found = level_squares(xp, mean, sigma, peak, terms, top)
    if not terms:
        return found
    sized = with_size(terms)
    tilted = mean + 2 * sized[-1][0][0] * sigma * sigma
    some = xp.flatnonzero(4 * root_distance(xp, tilted, sigma, sized, 0) < 1)
    selected = terms_at(sized, some)
    parts = panel_squares(xp, mean[some], sigma[some], peak[some], selected, value_at_zero(selected))
    for value, part, scale in zip(found, parts, (top[some], 2 * top[some]), strict=True):
        value[some] = part * xp.exp(-scale)
    return found
