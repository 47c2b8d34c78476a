"""Expectations of sums of ``p(v) exp(-rate v)`` over v > 0, roots of the sum at 0 included."""

from typing import Any

from codegen.primitives.exponential_terms import derivative_terms, series_coefficients, terms_at, value_at_zero
from codegen.primitives.half_line import half_line_with
from codegen.primitives.tilted_half_line import tilted_moments


def root_distance(xp: Any, mean: Any, sigma: Any, terms: Any, n: int) -> Any:
    """The v > 0 on which ``v^n`` times the Gaussian has its weight, in units of the fastest decay, roughly.

    It is ``(n + 1) sigma^2 / |mean|`` far left, ``sqrt(n + 1) sigma`` in the middle, ``mean`` far right. Where it is
    small the terms of a function with a root at 0 cancel.
    """
    spread = 2 * xp.sqrt(n + 1) * sigma
    root = xp.sqrt(mean * mean + spread * spread)
    left = spread * (spread / xp.maximum(root - mean, spread))  # the root underflows before sigma does
    return xp.where(mean > 0, mean + root, left) * max(rate[0] for rate, _ in terms) / 2


def weighted_moments(xp: Any, moments: Any, terms: Any, n: int) -> Any:
    """``E[v^n f]`` from ``moments``, for each term the list ``E[v^k exp(-rate v)]``."""
    total = xp.zeros_like(moments[0][0])
    for values, (_, coefficients) in zip(moments, terms, strict=True):
        for j, coefficient in enumerate(coefficients):
            if not (isinstance(coefficient, int) and coefficient == 0):
                total = total + coefficient * values[n + j]
    return total


def decaying_moments(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, degree: int) -> Any:
    """``E[v^n f(v); v > 0]``, n = 0 .. degree; ``peak`` is ``phi(mean / sigma)``.

    ``order`` is the order of a zero of f at 0 that no single term shows, or 0. Next to it f is its Taylor series;
    the power ``v^n`` moves the weight away from 0, and the direct sum serves again.
    """
    moments = [
        tilted_moments(xp, mean, sigma, peak, rate, degree + len(coefficients) - 1) for rate, coefficients in terms
    ]
    values = [weighted_moments(xp, moments, terms, n) for n in range(degree + 1)]
    if order:
        limit = xp.method["near_reciprocal"]
        near = xp.flatnonzero(limit * root_distance(xp, mean, sigma, terms, 0) < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        half = half_line_with(xp, mean[near], sigma[near], peak[near], degree + order + len(series) - 1)
        for n, value in enumerate(values):
            distance = root_distance(xp, mean[near], sigma[near], terms, n)
            expansion = sum(c * half[n + order + i] for i, c in enumerate(series))
            value[near] = xp.where(limit * distance < 1, expansion, value[near])
    return values


def derivative_moments(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, degree: int) -> Any:
    """``E[f^(k)(v); v > 0]``, k = 0 .. degree; ``order`` as in ``decaying_moments``."""
    moments = [tilted_moments(xp, mean, sigma, peak, rate, len(coefficients) - 1) for rate, coefficients in terms]
    values = []
    current = terms
    for _ in range(degree + 1):
        values.append(weighted_moments(xp, moments, current, 0))
        current = derivative_terms(current)
    if order:
        distance = root_distance(xp, mean, sigma, terms, 0)
        near = xp.flatnonzero(distance * xp.method["near_reciprocal"] < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        half = half_line_with(xp, mean[near], sigma[near], peak[near], order + len(series) - 1)
        for k in range(min(order, degree + 1)):
            value = sum(c * half[order - k + i] for i, c in enumerate(series))
            values[k][near] = value
            series = [c * (order - k + i) for i, c in enumerate(series)]
    return values


def jumps_at_zero(left: Any, right: Any, first: int, degree: int) -> Any:
    """Jumps of ``g^(j)`` at 0, j = 0 .. degree, for ``g(-v) = left(v)``, ``g(v) = right(v)``; exactly 0 below first."""
    jumps = []
    for j in range(degree + 1):
        sides = value_at_zero(right), value_at_zero(left)
        jumps.append(0 if j < first else sides[0] + sides[1] if j % 2 else sides[0] - sides[1])
        left, right = derivative_terms(left), derivative_terms(right)
    return jumps


def scaled_jumps(jumps: Any, sigma: Any) -> Any:
    """Pairs (j, ``D_j sigma^j``) of the jumps D_j that are not 0."""
    pairs, power = [], 1
    for j, jump in enumerate(jumps):
        if not (isinstance(jump, int) and jump == 0):
            pairs.append((j, jump * power))
        power = power * sigma
    return pairs
