"""Expectations of sums of ``p(v) exp(-rate v)`` over v > 0, rates of either sign, over ``exp(top)``.

``top`` is the largest exponent the Gaussian gives to a term that grows: what can overflow is scaled up last.
"""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density
from codegen.primitives.decaying_moments import root_distance, weighted_moments
from codegen.primitives.exponential_terms import derivative_terms, series_coefficients, terms_at
from codegen.primitives.half_line import half_line_with
from codegen.primitives.tilted import exponential_size
from codegen.primitives.tilted_half_line import beside_tilted, tilted_gaussian, tilted_moments


def largest_exponent(xp: Any, mu: Any, sigma: Any, sides: Any, power: int) -> Any:
    """The largest exponent of ``E[f^power]`` over the terms f of both sides whose tilted mean is beyond 0; or 0."""
    top = xp.zeros_like(mu)
    for mean, terms in ((-mu, sides[0]), (mu, sides[1])):
        for rate, _ in terms:
            if rate[0] < 0:
                (tilted, _), (exponent, _) = tilted_gaussian(xp, mean, sigma, (power * rate[0], power * rate[1]))
                top = xp.maximum(top, xp.where(tilted < 0, 0, exponent))
    return top


def level_moments(xp: Any, mean: Any, sigma: Any, peak: Any, rate: Any, top: Any, degree: int) -> Any:
    """``exp(-top) E[v^k exp(-rate v); v > 0]``, k = 0 .. degree; ``peak`` is ``phi(mean / sigma)``.

    Of a term that grows: forward with its own weight where the tilted mean is beyond 0, and elsewhere the density at 0
    times scaled tail moments, as of one that decays.
    """
    level = xp.exp(-top)
    if not rate[0] < 0:
        return [level * moment for moment in tilted_moments(xp, mean, sigma, peak, rate, degree)]
    (tilted, error), exponent = tilted_gaussian(xp, mean, sigma, rate)
    outside = tilted < 0
    own = xp.where(outside, peak, density(xp, clip_to_density(xp, tilted, sigma), sigma))
    bounded = xp.where(outside, 0, exponent[0]), xp.where(outside, 0, exponent[1])
    factor = xp.where(outside, level, exponential_size(xp, bounded, top))
    moments = half_line_with(xp, tilted, sigma, own, degree)
    falling = xp.where(outside, tilted / sigma, 0)
    return [factor * m for m in beside_tilted(moments, sigma, own, falling, error / sigma)]


def with_size(terms: Any) -> Any:
    """``terms`` and a term 0 that decays as fast as any of them varies: root and panel searches ask for the fastest."""
    rates = [rate[0] if rate[0] > 0 else -rate[0] for rate, _ in terms]
    return [*terms, ((max(rates, default=0), 0), [0])]


def growing_moments(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, top: Any, degree: int) -> Any:
    """``exp(-top) E[v^n f(v); v > 0]``, n = 0 .. degree; ``peak`` is ``phi(mean / sigma)``.

    ``order`` is the order of a zero of f at 0 that no single term shows, or 0: next to it f is its Taylor series.
    """
    if not terms:
        return [xp.zeros_like(mean) for _ in range(degree + 1)]
    moments = [
        level_moments(xp, mean, sigma, peak, rate, top, degree + len(coefficients) - 1) for rate, coefficients in terms
    ]
    values = [weighted_moments(xp, moments, terms, n) for n in range(degree + 1)]
    if order:
        limit, sized = xp.method["near_reciprocal"], with_size(terms)
        near = xp.flatnonzero(limit * root_distance(xp, mean, sigma, sized, 0) < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        half = half_line_with(xp, mean[near], sigma[near], peak[near], degree + order + len(series) - 1)
        level = xp.exp(-top[near])
        for n, value in enumerate(values):
            distance = root_distance(xp, mean[near], sigma[near], sized, n)
            expansion = level * sum(c * half[n + order + i] for i, c in enumerate(series))
            value[near] = xp.where(limit * distance < 1, expansion, value[near])
    return values


def growing_derivatives(
    xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, top: Any, degree: int
) -> Any:
    """``exp(-top) E[f^(k)(v); v > 0]``, k = 0 .. degree; ``order`` as in ``growing_moments``."""
    if not terms:
        return [xp.zeros_like(mean) for _ in range(degree + 1)]
    moments = [level_moments(xp, mean, sigma, peak, rate, top, len(cs) - 1) for rate, cs in terms]
    values, current = [], terms
    for _ in range(degree + 1):
        values.append(weighted_moments(xp, moments, current, 0))
        current = derivative_terms(current)
    if order:
        near = xp.flatnonzero(xp.method["near_reciprocal"] * root_distance(xp, mean, sigma, with_size(terms), 0) < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        half = half_line_with(xp, mean[near], sigma[near], peak[near], order + len(series) - 1)
        level = xp.exp(-top[near])
        for k in range(min(order, degree + 1)):
            values[k][near] = level * sum(c * half[order - k + i] for i, c in enumerate(series))
            series = [c * (order - k + i) for i, c in enumerate(series)]
    return values
