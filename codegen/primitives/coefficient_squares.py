"""The variance as a series of the Hermite coefficients."""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.jump import jump_shares


def coefficient_squares(coefficients: Any) -> Any:
    """``sum_k c_k^2 / k!``, k = 1 .. order, and the last two terms of it."""
    order = len(coefficients) - 1
    series, factorial = 0 * coefficients[0], 1
    for k in range(1, order + 1):
        factorial = factorial * k
        series = series + coefficients[k] * coefficients[k] / factorial
    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial
    return series, last


def shared_variance(part: Any, coefficients: Any) -> Any:
    """``Var s + 2 Cov(s, g - s)`` for coefficients of a part s and of g: ``sum_k s_k (2 c_k - s_k) / k!``, k >= 1."""
    series, factorial = 0 * coefficients[0], 1
    for k in range(1, len(coefficients)):
        factorial = factorial * k
        series = series + part[k] * (2 * coefficients[k] - part[k]) / factorial
    return series


def squares_beside_jumps(xp: Any, mu: Any, sigma: Any, coefficients: Any, jumps: Any) -> Any:
    """The same of a function that jumps: all squares of what its jumps have, the last two of what is left without them.

    ``jumps`` are pairs of a place, a number and its low part, and a height, from left to right.
    """
    order = len(coefficients) - 1
    series, _ = coefficient_squares(coefficients)
    zero = xp.zeros_like(mu)
    whole, parts, rises = zero, [zero] * order, []
    for place, height in jumps:
        gap, gap_error = exact_sum(place[0], -mu)
        t = (gap + (gap_error + place[1])) / sigma
        above = xp.ndtr(-t)
        rises.append((height, xp.ndtr(t)))
        whole = whole + height * above * (2 * sum(rise * below for rise, below in rises) - height * rises[-1][1])
        shares = jump_shares(xp, mu, sigma, place, order)
        parts = [part + height * share for part, share in zip(parts, shares, strict=True)]
    seen, _ = coefficient_squares([zero, *parts])
    _, last = coefficient_squares([c - part for c, part in zip(coefficients, [zero, *parts], strict=True)])
    return series + xp.maximum(whole - seen, 0), last
