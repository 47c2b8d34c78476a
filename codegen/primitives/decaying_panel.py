"""Hermite coefficients of decaying exponentials where sigma is large beside their range: one panel for each rate."""

from typing import Any

from codegen.primitives.decaying_moments import jumps_at_zero, scaled_jumps, weighted_moments
from codegen.primitives.derivatives import alternate, jump_share
from codegen.primitives.exponential_terms import decaying_terms, derivative_terms, horner, polynomial_terms
from codegen.primitives.recurrences import hermite_times
from codegen.primitives.tilted_half_line import tilted_gaussian, tilted_moments


def steep_places(xp: Any, mu: Any, sigma: Any, fastest: Any, power: int, degree: int) -> Any:
    """Where the recurrence ``c_(k+1) ~ rate sigma c_k`` would amplify rounding more than fivefold for some k <= degree.

    Against ``sd(g) sqrt(k!)``; ``power`` is the highest power of v before an exponential, which derivatives turn into
    factors k. It does not where 0 is so far that ``c_k = (-rate sigma)^k c_0`` but for nothing.
    """
    ratio = fastest * sigma
    growth = xp.ones_like(sigma)
    found = growth > 1
    for k in range(2, degree + 1):
        growth = growth * (ratio * ratio) / k
        found = found | (growth * xp.rational(k, 1) ** (2 * power) > 25)
    return xp.flatnonzero(found & (xp.abs(mu) < (ratio + 9) * sigma))


def decaying_panel(xp: Any, mean: Any, sigma: Any, peak: Any, rate: Any, degree: int) -> Any:
    """The part of v > 0 where ``exp(-rate v)`` times the Gaussian lives: ``start, z, slope, first, span, top``.

    The integrand has its maximum at ``start``, where it is ``top`` and ``(v - mean) / sigma`` is z; at an offset d
    from there it is smaller by ``exp(-(d / sigma) (d / (2 sigma) + slope))``.
    """
    drop = xp.method["panel_window"] + 2 * max(degree - 16, 0)
    (tilted, _), (exponent, exponent_error) = tilted_gaussian(xp, mean, sigma, rate)
    inside = tilted > 0
    weight = xp.exp(xp.where(inside, exponent, 0)) * (1 + exponent_error) / xp.sqrt2pi
    start = xp.where(inside, tilted, 0)
    z = xp.where(inside, -rate[0] * sigma, -mean / sigma)
    slope = xp.where(inside, 0, -tilted / sigma)
    reach = sigma * (2 * drop) / (xp.sqrt(slope * slope + 2 * drop) + slope)
    first = -xp.minimum(start, reach)
    return start, z, slope, first, reach - first, xp.where(inside, weight, peak)


def panel_share(xp: Any, sigma: Any, slope: Any, offset: Any, weight: Any) -> Any:
    """The weight of a node times the integrand's exponential part."""
    return weight * xp.exp(-(offset / sigma) * (offset / (2 * sigma) + slope))


def decaying_hermite(xp: Any, mean: Any, sigma: Any, peak: Any, term: Any, degree: int) -> Any:
    """``E[p(v) exp(-rate v) He_k((v - mean) / sigma); v > 0]``, k = 0 .. degree."""
    rate, coefficients = term
    start, z, slope, first, span, top = decaying_panel(xp, mean, sigma, peak, rate, degree)
    totals = [xp.zeros_like(mean) for _ in range(degree + 1)]
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        value = horner(coefficients, start + offset) * panel_share(xp, sigma, slope, offset, weight)
        for total, part in zip(totals, hermite_times(z + offset / sigma, value, degree), strict=True):
            total += part
    scale = span / sigma * top
    return [scale * total for total in totals]


def steep_hermite(xp: Any, mu: Any, sigma: Any, peak: Any, sides: Any, degree: int) -> Any:
    """``c_k``, k = 1 .. degree: polynomials in closed form, decaying terms by panels; ``sides`` are g(-v) and g(v)."""
    jumps = jumps_at_zero(polynomial_terms(sides[0]), polynomial_terms(sides[1]), 0, degree)
    peaks = hermite_times(-mu / sigma, peak, degree - 1)
    values = jump_share(xp, peaks, scaled_jumps(jumps, sigma), degree)
    for mean, terms, left in ((-mu, sides[0], True), (mu, sides[1], False)):
        flat = polynomial_terms(terms)
        moments = [tilted_moments(xp, mean, sigma, peak, rate, len(c) - 1) for rate, c in flat]
        smooth, power = [xp.zeros_like(mu)], 1
        for _ in range(max([len(c) - 1 for _, c in flat], default=0)):
            flat, power = derivative_terms(flat), power * sigma
            smooth.append(power * weighted_moments(xp, moments, flat, 0))
        shares = [smooth, *(decaying_hermite(xp, mean, sigma, peak, term, degree) for term in decaying_terms(terms))]
        for share in shares:
            signed = alternate(share) if left else share
            for k, value in enumerate(signed[: degree + 1]):
                values[k] = values[k] + value
    return values[1:]
