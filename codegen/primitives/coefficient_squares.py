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

    Far from a jump the series grows beyond these orders: what both parts have there of each other counts as last where
    deviations from the mean keep more digits, and where next to nothing but the jumps is seen. ``jumps`` are pairs of
    a place, a number and its low part, and a height, from left to right.
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
    seen, jumping = coefficient_squares([zero, *parts])
    smooth, last = coefficient_squares([c - part for c, part in zip(coefficients, [zero, *parts], strict=True)])
    unseen, smallest = xp.maximum(whole - seen, 0), xp.rational(1, 2**1000)
    series = series + unseen
    shared = unseen * xp.where(last < jumping, xp.sqrt((last + smallest) / (jumping + smallest)), 1)
    mean = xp.abs(coefficients[0])
    heavy = (series * 2**20 > mean * mean) & (shared * xp.method["series_reciprocal"] > mean * xp.sqrt(series))
    lost = heavy | (unseen > smooth * 2**20)
    return series, last + xp.where(lost, shared, 0)
