"""Expectations of sums of ``p(v) exp(-rate v)`` over v > 0, roots of the sum at 0 included."""

from typing import Any

from codegen.primitives.derivatives import alternate, jump_share
from codegen.primitives.exponential_terms import derived, series_coefficients, value_at_zero
from codegen.primitives.half_line import half_line_with
from codegen.primitives.recurrences import hermite_times
from codegen.primitives.tilted_half_line import tilted_moments


def near_zero(xp: Any, mean: Any, sigma: Any, terms: Any, degree: int) -> Any:
    """Where v > 0 stays so small, seen by the fastest rate, that the terms of f nearly cancel at its root 0.

    The scale of v is ``sigma^2 / |mean|`` far left, ``sigma`` in the middle, ``mean`` far right.
    """
    root = xp.sqrt(mean * mean + 4 * sigma * sigma)
    scale = xp.where(mean > 0, mean + root, 4 * sigma * sigma / (root - mean)) / 2
    fastest = max(rate[0] for rate, _ in terms)
    return xp.flatnonzero(scale * fastest * max(xp.method["near_reciprocal"], degree + 2) < 1)


def combined(xp: Any, moments: Any, terms: Any, n: int) -> Any:
    """``E[v^n f]`` from ``moments``, for each term the list ``E[v^k exp(-rate v)]``."""
    total = xp.zeros_like(moments[0][0])
    for values, (_, coefficients) in zip(moments, terms, strict=True):
        for j, coefficient in enumerate(coefficients):
            if not (isinstance(coefficient, int) and coefficient == 0):
                total = total + coefficient * values[n + j]
    return total


def decaying_moments(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, degree: int) -> Any:
    """``E[v^n f(v); v > 0]``, n = 0 .. degree; ``peak`` is ``phi(mean / sigma)``.

    ``order`` is the order of a zero of f at 0 that no single term shows, or 0. Next to it f is its Taylor series.
    """
    moments = [
        tilted_moments(xp, mean, sigma, peak, rate, degree + len(coefficients) - 1) for rate, coefficients in terms
    ]
    values = [combined(xp, moments, terms, n) for n in range(degree + 1)]
    if order:
        near = near_zero(xp, mean, sigma, terms, degree)
        series = series_coefficients(xp, terms, order, xp.method["taylor_terms"])
        highest = degree + order + len(series) - 1
        half = half_line_with(xp, mean[near], sigma[near], peak[near], highest)
        for n, value in enumerate(values):
            value[near] = sum(c * half[n + order + i] for i, c in enumerate(series))
    return values


def derivative_moments(xp: Any, mean: Any, sigma: Any, peak: Any, terms: Any, order: int, degree: int) -> Any:
    """``E[f^(k)(v); v > 0]``, k = 0 .. degree; ``order`` as in ``decaying_moments``."""
    moments = [tilted_moments(xp, mean, sigma, peak, rate, len(coefficients) - 1) for rate, coefficients in terms]
    values = []
    current = terms
    for _ in range(degree + 1):
        values.append(combined(xp, moments, current, 0))
        current = derived(current)
    if order:
        near = near_zero(xp, mean, sigma, terms, 0)
        series = series_coefficients(xp, terms, order, xp.method["taylor_terms"])
        half = half_line_with(xp, mean[near], sigma[near], peak[near], order + len(series) - 1)
        for k in range(min(order, degree + 1)):
            value = sum(c * half[order - k + i] for i, c in enumerate(series))
            values[k][near] = value
            series = [c * (order - k + i) for i, c in enumerate(series)]
    return values


def jumps_at_zero(left: Any, right: Any, first: int, degree: int) -> Any:
    """Jumps of ``g^(j)`` at 0, j = 0 .. degree, with ``g(-v) = left(v)``, ``g(v) = right(v)``; exactly 0 below first."""
    jumps = []
    for j in range(degree + 1):
        sides = value_at_zero(right), value_at_zero(left)
        jumps.append(0 if j < first else sides[0] + sides[1] if j % 2 else sides[0] - sides[1])
        left, right = derived(left), derived(right)
    return jumps


def scaled_jumps(jumps: Any, sigma: Any) -> Any:
    """Pairs (j, ``D_j sigma^j``) of the jumps D_j that are not 0."""
    pairs, power = [], 1
    for j, jump in enumerate(jumps):
        if not (isinstance(jump, int) and jump == 0):
            pairs.append((j, jump * power))
        power = power * sigma
    return pairs
