"""Products of a function that is a polynomial over a Gaussian with one of which the Hermite coefficients are known."""

from typing import Any

from codegen.primitives.coefficient_squares import coefficient_squares
from codegen.primitives.taylor import derivatives_of, of_product


def scaled_series(xp: Any, function: Any, slope: Any, mu: Any, sigma: Any, terms: int) -> Any:
    """``f^(j)(mu) sigma^j / j!``, j = 0 .. terms; those of j > 0 by the slope of f."""
    values, factor = [function(xp, mu) + 0 * sigma], sigma
    if terms == 0:
        return values
    for j, value in enumerate(derivatives_of(xp, slope, mu, terms - 1), 1):
        values.append(value * factor)
        factor = factor * sigma / (j + 1)
    return values


def series_settled(xp: Any, series: Any) -> Any:
    """Whether the last terms of a series are nothing beside the largest, under a Gaussian and for orders up to 8."""
    size, last, growth = xp.abs(series[0]), xp.zeros_like(series[0]), 1
    for j, term in enumerate(series):
        size = xp.maximum(size, xp.abs(term))
        growth = growth * (j + 8) if j else 1
        last = xp.abs(term) if j < len(series) - 2 else xp.maximum(last, xp.abs(term))
    return last * xp.sqrt(xp.rational(growth, 1)) * xp.method["series_reciprocal"] <= size


def series_degree(xp: Any, series: Any, seen: Any) -> Any:
    """The last term that counts, under a Gaussian and for orders up to 8, beside the largest of those that vary.

    The first few always do, where any does: beside a wave that jumps and is constant elsewhere low orders are made of
    nothing else. None counts beside ``seen``, what the wave itself varies by.
    """
    sizes, growth = [], 1
    for j, term in enumerate(series[1:], 1):
        growth = growth * (j + 8)
        sizes.append((xp.abs(term), xp.sqrt(xp.rational(growth, 1)) * xp.method["series_reciprocal"]))
    largest, beside = 0 * series[0], seen * xp.rational(1, 1024)
    for size, _ in sizes:
        largest = xp.maximum(largest, size)
    degree = 0 * series[0]
    for j, (size, factor) in enumerate(sizes, 1):
        counts = (size * factor > largest) | (j <= 4)
        degree = xp.maximum(degree, j * (counts & (size > 0) & (size * factor >= beside)))
    return degree


def by_terms(xp: Any, counted: Any, mu: Any, sigma: Any, functions: Any, count: int, times: int) -> Any:
    """``count`` values a row: of the first function, with ``times`` as many terms as count, else of the second.

    The first also takes how many; a few numbers serve all rows. 0 where that is infinite.
    """
    narrow, other = functions
    result = [xp.zeros_like(mu) for _ in range(count)]
    most = xp.method["envelope_terms"]
    last = -1
    for terms in (0, 4, -(-most // 4), -(-most // 2), most):
        some = xp.flatnonzero((counted > last) & (counted <= terms))
        last = terms
        if len(some):
            values = narrow(mu[some], sigma[some], min(times * terms + 2 * (times - 1), most))
            for row, value in zip(result, values, strict=True):
                row[some] = value
    some = xp.flatnonzero(~(counted >= 0))
    if len(some):
        for row, value in zip(result, other(mu[some], sigma[some]), strict=True):
            row[some] = value
    return result


def times_series(coefficients: Any, series: Any) -> Any:
    """``E[He_k f s]`` for coefficients ``E[He_k f]`` and a polynomial s of z; as many fewer as s has degrees."""
    result = [series[-1] * value for value in coefficients]
    for factor in reversed(series[:-1]):
        last = result
        result = [factor * coefficients[0] + last[1]]
        result += [last[k + 1] + k * last[k - 1] + factor * coefficients[k] for k in range(1, len(last) - 1)]
    return result


def of_one(like: Any, count: int) -> Any:
    """``E[He_k]``, k < count."""
    return [0 * like + 1, *[0 * like for _ in range(count - 1)]]


def enveloped_coefficients(wave: Any, base: Any, envelope: Any) -> Any:
    """Hermite coefficients of ``base + envelope wave``; the wave has more, by the degree of the series."""
    level = [b + wave[0] * e for b, e in zip(base, envelope, strict=True)]
    smooth = times_series(of_one(wave[0], len(wave)), level)
    rough = times_series([0 * wave[0], *wave[1:]], envelope)
    return [s + r for s, r in zip(smooth, rough, strict=True)]


def powers_of_place(coefficients: Any, mu: Any, sigma: Any) -> Any:
    """``E[y^n g]`` for Hermite coefficients of g up to the highest n."""
    result, values = [coefficients[0]], coefficients
    while len(values) > 1:
        last = values
        values = [mu * last[0] + sigma * last[1]]
        values += [mu * last[k] + sigma * (last[k + 1] + k * last[k - 1]) for k in range(1, len(last) - 1)]
        result.append(values[0])
    return result


def enveloped_variance(wave: Any, square: Any, variance: Any, base: Any, envelope: Any) -> Any:
    """``Var A + 2 Cov(A, u w) + Var(u w)``, w the wave less its mean, ``A = base + mean u``; and what of it may cancel.

    ``square`` are the coefficients of the squared wave, ``variance`` is that of the wave.
    """
    level = [b + wave[0] * e for b, e in zip(base, envelope, strict=True)]
    count = len(level)
    smooth = times_series(of_one(wave[0], 2 * count - 1), level)
    of_level, _ = coefficient_squares(smooth)
    start, factor = 0 * wave[0], 1
    for j in range(2, count, 2):
        factor = factor * (j - 1)
        start = start - factor * level[j]
    about = [start, *level[1:]]
    rough = [0 * wave[0], *wave[1:count]]
    shared = times_series(rough, [of_product(about, envelope, n) for n in range(count)])[0]
    mean = times_series(rough, envelope)[0]
    squares = [variance, *(square[m] - 2 * wave[0] * wave[m] for m in range(1, count))]
    of_wave = times_series(squares, [of_product(envelope, envelope, n) for n in range(count)])[0]
    return of_level + 2 * shared + (of_wave - mean * mean), of_level + of_wave


def derivatives_of_product(one: Any, other: Any) -> Any:
    """Derivatives of a product, of those of its factors."""
    result = []
    for order in range(len(one)):
        total, choices = 0 * one[0], 1
        for j in range(order + 1):
            total = total + choices * one[j] * other[order - j]
            choices = choices * (order - j) // (j + 1)
        result.append(total)
    return result
