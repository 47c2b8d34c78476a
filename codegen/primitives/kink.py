"""The variance around a kink: the function less its value there, in coordinates that start at the kink."""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.smooth_panel import panel_expectations
from codegen.primitives.taylor import Series, taylor_namespace


def variance_about_kink(xp: Any, mu: Any, sigma: Any, place: Any, radius: Any, breakpoints: Any, functions: Any) -> Any:
    """``Var g(y)`` by ``h(u) = g(place + u) - g(place)``, and whether h is what the variance is made of.

    ``place`` and ``breakpoints`` are pairs (number, what rounding took from it); ``functions`` are g and the smooth
    functions it continues on the left and on the right, ``radius`` the distance their Taylor series reach. The sides
    are integrated apart, each from its point nearest to mu: far beyond the kink the other side still has all digits.
    Each side is held against its own value at the kink, so that a constant one leaves exactly 0.
    """
    value, *sides = functions
    centre, error = exact_sum(mu, -place[0])
    centre = centre + (error - place[1])
    shifted = []
    for number, low in breakpoints:
        distance, error = exact_sum(number, -place[0])
        shifted.append((distance, error + (low - place[1])))
    series = [coefficients_at(xp, side, place[0]) for side in sides]
    near = radius * xp.rational(1, xp.method["kink_reciprocal"])

    def deviation(u: Any) -> Any:
        below, above = [u * polynomial_value(u, coefficients[1:]) for coefficients in series]
        beyond = value(xp, place[0] + u) - xp.where(u < 0, series[0][0], series[1][0])
        return xp.where(xp.abs(u) > near, beyond, xp.where(u < 0, below, above))

    reaches = [side_window(xp, centre, sigma, side) for side in (-1, 1)]

    def expectation(integrand: Any, around: Any) -> Any:
        parts = [panel_expectations(xp, centre, sigma, shifted, reach, integrand, [1], around) for reach in reaches]
        return parts[0][0][0] + parts[1][0][0]

    mean = expectation(lambda u, around: [deviation(u)], None)
    variance = expectation(lambda u, around: [(deviation(u) - around) ** 2], mean)
    return variance, variance * xp.method["flatness_reciprocal"] >= mean * mean


def side_window(xp: Any, mu: Any, sigma: Any, side: int) -> Any:
    """The point of one half line nearest to mu, and how far a window reaches from it below and above, up to 0."""
    start = xp.minimum(mu, 0) if side < 0 else xp.maximum(mu, 0)
    z = xp.abs(start - mu) / sigma
    drop = xp.method["panel_window"]
    reach = 2 * drop * sigma / (xp.sqrt(z * z + 2 * drop) + z)
    inner = xp.minimum(reach, xp.abs(start))
    return (start, reach, inner) if side < 0 else (start, inner, reach)


def coefficients_at(xp: Any, function: Any, place: Any) -> Any:
    """Taylor coefficients of ``function`` at a number, by running it on a power series."""
    start = xp.asarray([place])
    zero = xp.zeros_like(start)
    variable = Series(xp, [start, zero + 1] + [zero] * (xp.method["kink_terms"] - 1))
    result = function(taylor_namespace(xp), variable)
    return variable.like(result).coefficients


def polynomial_value(x: Any, coefficients: Any) -> Any:
    """``sum_j coefficients_j x^j``."""
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value
