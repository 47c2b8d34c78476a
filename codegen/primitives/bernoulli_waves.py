"""Polynomials of a Gaussian times Bernoulli polynomials of a fractional part, all waves of which count."""

from typing import Any

from codegen.primitives.coefficient_squares import coefficient_squares
from codegen.primitives.enveloped_wave import of_one, times_series


def bernoulli_waves(xp: Any, phase: Any, scale: Any, harmonics: int, count: int, degree: int) -> Any:
    """Hermite coefficients of ``B_i``, i = 1 .. count, of the fractional part that has this phase.

    ``B_i(t) = -2 i! sum_m cos(2 pi m t - pi i/2)/(2 pi m)^i``. Of wave m a Gaussian ``scale`` wide leaves
    ``(m scale)^k exp(-(m scale)^2 / 2)``: rows of which that is nothing are not asked for the next.
    """
    result = [[xp.zeros_like(phase) for _ in range(degree + 1)] for _ in range(count)]
    widest = 2 * (xp.method["variance_window"] + 2 * degree)
    rows = xp.flatnonzero(scale * scale < widest)
    for m in range(1, harmonics + 1):
        rows = rows[xp.flatnonzero(m * m * scale[rows] * scale[rows] < widest)]
        if not len(rows):
            break
        here, width = m * phase[rows], m * scale[rows]
        factor = xp.exp(-(width * width) / 2)
        cosine, sine = factor * xp.cos(here), factor * xp.sin(here)
        for k in range(degree + 1):
            sign, factorial = (-1) ** (k // 2), 1
            for i in range(1, count + 1):
                factorial = factorial * i
                size = xp.rational((-1) ** (i // 2) * -2 * factorial, m**i) / (2 * xp.pi) ** i
                turn = -1 if k % 2 and i % 2 == 0 else 1
                result[i - 1][k][rows] += turn * sign * size * (cosine if (i + k) % 2 == 0 else sine)
            cosine, sine = cosine * width, sine * width
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
