"""Periodic functions: their mean within a period, and their harmonics under wide Gaussians."""

from typing import Any

from codegen.primitives.compensated import exact_sum


def turned(xp: Any, mu: Any, period: Any, head: Any, around: Any) -> Any:
    """``mu`` less the nearest multiple of a period, as such where it is at most ``around``, and what rounding takes.

    ``head`` is the period in few enough bits for exact multiples. Doubles that are a period apart or more are as well
    at a multiple of it.
    """
    count = xp.where(xp.abs(mu) <= around, 0, xp.floor(mu / period[0] + xp.rational(1, 2)))
    place, rest = exact_sum(mu - count * head, -count * ((period[0] - head) + period[1]))
    known = xp.abs(place) <= 2 * period[0]
    return xp.where(known, place, 0), xp.where(known, rest, 0)


def moved(xp: Any, coefficients: Any, sigma: Any, step: Any, degree: int) -> Any:
    """Hermite coefficients under a mean ``step`` farther on: each has the next ones as derivatives."""
    ratio = step / xp.where(sigma > 0, sigma, 1)
    more = len(coefficients) - 1 - degree
    values = []
    for k in range(degree + 1):
        total = coefficients[k + more]
        for j in range(more - 1, -1, -1):
            total = coefficients[k + j] + ratio * total / (j + 1)
        values.append(total)
    return values


def variance_beside(xp: Any, variance: Any, place: Any, rest: Any, sigma: Any, *given: Any) -> Any:
    """The variance at ``place + rest``: next to jumps it varies as fast as the density, by central differences.

    What else it takes is ``given`` by row.
    """
    result = variance(xp, place, sigma, *given)
    some = xp.flatnonzero(xp.abs(rest) * xp.method["rest_reciprocal"] > sigma * (sigma > 0))
    place, rest, sigma, *others = (one[some] for one in (place, rest, sigma, *given))
    step = sigma * xp.rational(1, 2**10)
    high, low = place + step, place - step
    slope = (variance(xp, high, sigma, *others) - variance(xp, low, sigma, *others)) / xp.where(
        high > low, high - low, 1
    )
    result[some] += xp.where((high > low) & (xp.abs(rest) < step), slope * rest, 0)
    return result


def harmonics(xp: Any, values: Any, count: int) -> Any:
    """Mean of a function given at equidistant places from 0 on, and its cosine and sine coefficients to ``count``."""
    number = len(values)
    mean = values @ xp.ones_like(values) / number
    pairs = []
    for m in range(1, count + 1):
        angles = xp.asarray([2 * xp.pi * xp.rational(m * j % number, number) for j in range(number)])
        pairs.append([2 * (values @ wave) / number for wave in (xp.cos(angles), xp.sin(angles))])
    return mean, pairs


def wave_sums(xp: Any, phase: Any, scale: Any, known: Any, pairs: Any, degree: int) -> Any:
    """``scale^k`` times the k-th derivatives in the phase of a sum of waves under a Gaussian ``scale`` wide.

    ``pairs`` are its coefficients under a Gaussian ``known`` wide.
    """
    totals = [xp.zeros_like(phase) for _ in range(degree + 1)]
    for m, (cosine, sine) in enumerate(pairs, 1):
        wide = xp.minimum(m * scale, 40)
        factor = xp.exp((m * m * known * known - wide * wide) / 2)
        even = cosine * xp.cos(m * phase) + sine * xp.sin(m * phase)
        odd = sine * xp.cos(m * phase) - cosine * xp.sin(m * phase)
        for k in range(degree + 1):
            totals[k] = totals[k] + (-1) ** (k // 2) * factor * (odd if k % 2 else even)
            factor = factor * wide
    return totals


def powers_times(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:
    """``E[y^n g] = sum_j C(n, j) sigma^j E[y^(n-j)] c_j``."""
    degree = len(coefficients) - 1
    moments = [xp.ones_like(mu), mu]
    for n in range(1, degree):
        moments.append(mu * moments[n] + n * sigma * sigma * moments[n - 1])
    result = []
    for n in range(degree + 1):
        total, choices, power = moments[n] * coefficients[0], 1, 1
        for j in range(1, n + 1):
            choices, power = choices * (n - j + 1) // j, power * sigma
            total = total + choices * power * moments[n - j] * coefficients[j]
        result.append(total)
    return result
