"""Polynomials of a Gaussian times Bernoulli polynomials of a fractional part, all waves of which count."""

from typing import Any

from codegen.primitives.coefficient_squares import coefficient_squares
from codegen.primitives.enveloped_wave import of_one, times_series
from codegen.primitives.periodic import wave_sums


def bernoulli_waves(xp: Any, phase: Any, scale: Any, harmonics: int, count: int, degree: int) -> Any:
    """Hermite coefficients of ``B_i``, i = 1 .. count, of the fractional part that has this phase.

    ``B_i(t) = -2 i! sum_m cos(2 pi m t - pi i/2)/(2 pi m)^i``.
    """
    result, factorial = [], 1
    for i in range(1, count + 1):
        factorial = factorial * i
        pairs = []
        for m in range(1, harmonics + 1):
            size = xp.rational(-2 * factorial, m**i) / (2 * xp.pi) ** i
            size = -size if i % 4 > 1 else size
            pairs.append((0, size) if i % 2 else (size, 0))
        result.append(wave_sums(xp, phase, scale, 0, pairs, degree))
    return result


def waved_coefficients(waves: Any, series: Any, like: Any, degree: int) -> Any:
    """Those of ``series[0] + sum_i series[i] waves[i - 1]``, each series in powers of z."""
    total = times_series(of_one(like, degree + len(series[0])), series[0])
    for wave, envelope in zip(waves, series[1:], strict=False):
        part = times_series(wave[: degree + len(envelope)], envelope)
        total = [one + other for one, other in zip(total, part, strict=True)]
    return total


def waved_variance(waves: Any, series: Any, squares: Any, like: Any) -> Any:
    """``Var q + 2 Cov(q, r) + E[r^2] - E[r]^2``: ``q = series[0]``, r the rest, with ``squares`` the series of r^2."""
    degree = len(series[0]) - 1
    level = times_series(of_one(like, 2 * degree + 1), series[0])
    rest = waved_coefficients(waves, [[0 * like], *series[1:]], like, degree)
    shared, factorial = 0 * like, 1
    for k in range(1, degree + 1):
        factorial = factorial * k
        shared = shared + level[k] * rest[k] / factorial
    square = waved_coefficients(waves, squares, like, 0)[0]
    return coefficient_squares(level)[0] + 2 * shared + (square - rest[0] * rest[0])
