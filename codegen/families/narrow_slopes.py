"""Derivatives at one point: those of g, or of g' as it is written where the terms of it would cancel in g's."""

from __future__ import annotations

__all__ = ["narrow_lines", "others_lines", "point_derivatives"]


def point_derivatives(cancelling_slope: bool) -> str:
    """Text of the derivatives at the points ``at``, from the 0-th on.

    Examples
    --------
    >>> point_derivatives(cancelling_slope=False)
    'derivatives_of(xp, _activation, at, degree)'
    """
    if not cancelling_slope:
        return "derivatives_of(xp, _activation, at, degree)"
    return "[_activation(xp, at), *derivatives_of(xp, _derivative, at, max(degree - 1, 0))][: degree + 1]"


def others_lines() -> list[str]:
    """Coefficients by panels, in rows that are not ``0 < sigma <= limit``; those are left to ``narrow_lines``.

    Examples
    --------
    >>> others_lines()[0].strip()
    'others = xp.flatnonzero(~((sigma > 0) & (sigma <= limit)))'
    """
    return [
        "    others = xp.flatnonzero(~((sigma > 0) & (sigma <= limit)))",
        "    coefficients = [xp.zeros_like(mu) for _ in range(degree + 1)]",
        "    if len(others):",
        "        values = _coefficients_by_panels(xp, mu[others], sigma[others], degree)",
        "        for row, value in zip(coefficients, values, strict=True):",
        "            row[others] = value",
    ]


def narrow_lines(cancelling_slope: bool) -> list[str]:
    """Coefficients where ``0 < sigma <= limit`` by these derivatives; the mean by those of g.

    Examples
    --------
    >>> narrow_lines(cancelling_slope=True)[0].strip()
    'narrow = (sigma > 0) & (sigma <= limit)'
    """
    if not cancelling_slope:
        return ["    coefficients = narrow_coefficients(xp, mu, sigma, coefficients, _activation, limit)"]
    return [
        "    narrow = (sigma > 0) & (sigma <= limit)",
        "    mean = narrow_coefficients(xp, mu, sigma, coefficients[:1], _activation, limit)",
        "    zeros = [xp.zeros_like(mu) for _ in range(degree)]",
        "    slopes = narrow_coefficients(xp, mu, sigma, zeros, _derivative, limit)",
        "    pairs = zip(slopes, coefficients[1:], strict=True)",
        "    coefficients = [*mean, *(xp.where(narrow, sigma * slope, value) for slope, value in pairs)]",
    ]
