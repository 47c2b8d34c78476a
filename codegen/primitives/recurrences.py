"""Sequences in ``n`` that need no regimes."""

from typing import Any


def gaussian_moments(xp: Any, mean: Any, variance: Any, degree: int) -> Any:
    """``E[y^n]``, n = 0 .. degree: ``m_(n+1) = mean m_n + n variance m_(n-1)`` (Stein)."""
    moments = [xp.ones_like(mean)]
    if degree >= 1:
        moments.append(mean * moments[0])
    for n in range(1, degree):
        moments.append(mean * moments[n] + n * variance * moments[n - 1])
    return moments


def hermite_times(t: Any, factor: Any, degree: int) -> Any:
    """``He_n(t) factor``, n = 0 .. degree: ``He_(n+1) = t He_n - n He_(n-1)``."""
    values = [factor]
    if degree >= 1:
        values.append(t * factor)
    for n in range(1, degree):
        values.append(t * values[n] - n * values[n - 1])
    return values


def powers(xp: Any, base: Any, degree: int) -> Any:
    """``base^n``, n = 0 .. degree."""
    values = [xp.ones_like(base)]
    for _ in range(degree):
        values.append(values[-1] * base)
    return values


def rising(value: Any, base: Any, degree: int) -> Any:
    """``base^n value``, n = 0 .. degree."""
    values = [value]
    for _ in range(degree):
        values.append(values[-1] * base)
    return values
