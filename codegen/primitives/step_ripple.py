"""What averages over steps miss where a function bends within a few of them: alternating sums, cut off smoothly.

Sum less integral, ``sum_n f(n) - int f``, f being the height times the probability of a step; the integral is that sum
over finer steps, and where the function does not bend there is no difference. So it is the expectation of a staircase.
"""

from typing import Any

from codegen.primitives.compensated import exact_product
from codegen.primitives.recurrences import gaussian_moments, hermite_times, rising
from codegen.primitives.row_parts import by_condition
from codegen.primitives.staircase import stair_coefficients, stair_moments


def ripple_shares(xp: Any, height: Any, bends: Any, refinement: int, power: int) -> Any:
    """The first number of a part of a step, parts of a step, and the share of the step that begins at each in the sum.

    Shares are of ``height(t)^power``; bends are the first step and the last.
    """
    numerator, denominator, deviations = xp.method["ripple_window"]
    width = xp.rational(numerator, denominator)
    parts = refinement * xp.method["ripple_parts"]
    flat = (deviations * numerator) // denominator + 1
    first, last = bends[0] - 2 * flat, bends[1] + 2 * flat
    numbers = range(first * parts, last * parts + 1)
    t = xp.asarray([xp.rational(j, parts) for j in numbers])
    cut = xp.ndtr((t - (bends[0] - flat)) / width) * xp.ndtr(((bends[1] + flat) - t) / width)
    values = height(xp, t) ** power * cut
    return first * parts, parts, values * xp.asarray([(j % parts == 0) - xp.rational(1, parts) for j in numbers])


def ripple_table(xp: Any, known: Any, line: Any) -> Any:
    """The table of that staircase (``stair_table``), from its shares."""
    (p, r, q), (first, parts, shares) = line, known
    padding = [xp.zeros_like(shares[:1]) for _ in range(parts)]
    heights = xp.concatenate([shares, *padding]) - xp.concatenate([*padding, shares])
    count = len(heights)
    whole = xp.asarray([xp.rational(p * (first + j) - r * parts, 1) for j in range(count)])
    places = whole / (q * parts)
    product, error = exact_product(xp, places, q * parts + xp.zeros_like(places))
    lows = ((whole - product) - error) / (q * parts)
    before, after = [0 * heights[0]], [0 * heights[0]]
    for n in range(count // 2):
        before.append(before[-1] + heights[n])
    for n in range(count - 1, count // 2, -1):
        after.append(after[-1] - heights[n])
    return places, lows, heights, xp.zeros_like(places), xp.asarray([*before, *reversed(after)])


def ripple_sums(xp: Any, known: Any, line: Any, mu: Any, sigma: Any, degree: int, of_powers: bool) -> Any:
    """``E[r y^n]`` or ``E[r He_n(z)]`` of that staircase r, n = 0 .. degree, steps being a small part of sigma."""
    p, r, q = line
    first, parts, shares = known
    step = xp.rational(p, q)
    totals = [xp.zeros_like(mu) for _ in range(degree + 1)]
    for j in range(len(shares)):
        start = xp.rational(p * (first + j) - r * parts, q * parts)
        for node, weight in xp.method["step_rules"][0]:
            y = start + step * node
            z = (y - mu) / sigma
            share = shares[j] * weight * xp.exp(-z * z / 2)
            each = rising(share, y, degree) if of_powers else hermite_times(z, share, degree)
            for total, one in zip(totals, each, strict=True):
                total += one
    return [step / sigma * total / xp.sqrt2pi for total in totals]


def ripple_coefficients(xp: Any, known: Any, line: Any, mu: Any, sigma: Any, degree: int) -> Any:
    """Its coefficients; the mean jump by jump, as groups of jumps keep what their series cancel."""

    def near(mu: Any, sigma: Any) -> Any:
        table = ripple_table(xp, known, line)
        mean = stair_moments(xp, table, mu, sigma, 20, [xp.ones_like(mu)])
        return mean + (stair_coefficients(xp, table, mu, sigma, 20, degree)[1:] if degree else [])

    def far(mu: Any, sigma: Any) -> Any:
        return ripple_sums(xp, known, line, mu, sigma, degree, False)

    wide = sigma * line[2] >= 64 * line[0]
    return by_condition(xp, wide, mu, sigma, (far, near), degree + 1)


def ripple_moments(xp: Any, known: Any, line: Any, mu: Any, sigma: Any, degree: int) -> Any:
    """``E[y^n r]``, n = 0 .. degree."""

    def near(mu: Any, sigma: Any) -> Any:
        powers = gaussian_moments(xp, mu, sigma * sigma, degree)
        return stair_moments(xp, ripple_table(xp, known, line), mu, sigma, 20, powers)

    def far(mu: Any, sigma: Any) -> Any:
        return ripple_sums(xp, known, line, mu, sigma, degree, True)

    wide = sigma * line[2] >= 64 * line[0]
    return by_condition(xp, wide, mu, sigma, (far, near), degree + 1)
