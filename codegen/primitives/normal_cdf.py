"""Moments of ``y^n Phi((y - centre) / width)``: forward where that is stable, a sum without cancellation elsewhere."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_square, exact_sum
from codegen.primitives.half_line import scaled_tails
from codegen.primitives.recurrences import gaussian_moments, powers


def smoothed_density(xp: Any, mu: Any, sigma: Any, centre: Any, width_squared: Any) -> Any:
    """``h = (mu - centre) / S`` and ``phi(h)``, ``S = sqrt(width^2 + sigma^2)``; returns ``h, phi(h), S``.

    ``centre`` and ``width_squared`` are pairs (number, what rounding took from it): the exponent
    ``(mu - centre)^2 / S^2`` is kept to twice the working precision.
    """
    variance, variance_error = exact_square(xp, sigma)
    total, total_error = exact_sum(width_squared[0], variance)
    total_error = total_error + (variance_error + width_squared[1])
    scale = xp.sqrt(total)
    distance, distance_error = exact_sum(mu, -centre[0])
    limit = xp.method["density_limit"] * scale
    distance = xp.minimum(xp.maximum(distance, -limit), limit)
    square, square_error = exact_square(xp, distance)
    square_error = square_error + 2 * distance * (distance_error - centre[1])
    exponent = square / total
    product, product_error = exact_product(xp, exponent, total)
    exponent_error = (((square - product) - product_error) + (square_error - exponent * total_error)) / total
    peak = xp.exp(-exponent / 2) * (1 - exponent_error / 2) / xp.sqrt2pi
    return distance / scale, peak, scale


def conditional_gaussian(xp: Any, mu: Any, variance: Any, centre: Any, width_squared: Any, scale: Any) -> Any:
    """Mean and variance of the Gaussian ``N(mu, sigma^2)`` times ``phi((y - centre) / width)``, normalised.

    The mean is reached from whichever of mu and the centre is nearer, so that its n-th power keeps its digits.
    """
    total = scale * scale
    share = variance / total
    distance = mu - centre
    from_mu = mu - share * distance
    from_centre = centre + width_squared / total * distance
    return xp.where(2 * share < 1, from_mu, from_centre), width_squared * share


def cdf_moments(xp: Any, mu: Any, sigma: Any, centre: Any, width_squared: Any, degree: int) -> Any:
    """``E[y^n Phi((y - centre) / width)]``, n = 0 .. degree; also ``h, phi(h), S`` of ``smoothed_density``."""
    h, peak, scale = smoothed_density(xp, mu, sigma, centre, width_squared)
    variance = sigma * sigma
    mean, spread = conditional_gaussian(xp, mu, variance, centre[0], width_squared[0], scale)
    tilted = gaussian_moments(xp, mean, spread, degree)
    moments = [xp.ndtr(h)]
    step = variance / scale * peak
    for n in range(degree):
        moment = mu * moments[n] + step * tilted[n]
        if n >= 1:
            moment = moment + n * variance * moments[n - 1]
        moments.append(moment)
    slope = variance / scale
    for side in (-1, 1):
        # Below the centre the tail itself; above it, where y is mostly negative, all moments less those of Phi(-u).
        wanted = (h < 0) if side < 0 else ~(h < 0) & ((mu < 0) | (mean < 0))
        some = xp.flatnonzero(wanted)
        selected = [tilt[some] if side < 0 or n % 2 == 0 else -tilt[some] for n, tilt in enumerate(tilted)]
        values = mixed_moments(xp, -xp.abs(h[some]), peak[some], slope[some], selected, degree)
        if side > 0:
            whole = gaussian_moments(xp, mu[some], variance[some], degree)
            values = [w + v if n % 2 else w - v for n, (w, v) in enumerate(zip(whole, values, strict=True))]
        for moment, value in zip(moments, values, strict=True):
            moment[some] = value
    return moments, h, peak, scale


def mixed_moments(xp: Any, h: Any, peak: Any, slope: Any, tilted: Any, degree: int) -> Any:
    """``sum_k C(n,k) slope^k I_k(h) tilted_(n-k)``, n = 0 .. degree, ``I_k(h) = E[(h + z)_+^k]``, for h <= 0.

    ``Phi((y - centre) / width)`` is the probability of ``w = y - centre - width e > 0``, and given ``w`` the
    variable y is Gaussian around ``slope w``. In the tail ``phi(h)`` multiplies the sum, not its terms: they would
    underflow before their sum does.
    """
    half = scaled_tails(xp, -h, degree)
    scaled = [power * moment for power, moment in zip(powers(xp, slope, degree), half, strict=True)]
    return [peak * value for value in binomial_convolution(scaled, tilted)]


def cdf_panel_moments(xp: Any, mu: Any, sigma: Any, centre: Any, width_squared: Any, degree: int) -> Any:
    """What ``cdf_moments`` gives, without the binomial sum, whose terms come to cancel above degree 8.

    Where the forward recurrence would cancel: ``w = (y - centre - width e) / S`` is ``N(h, 1)``, given it y is
    Gaussian around ``mu + sigma^2 (w - h) / S``, and its moments are integrated over ``w > 0`` on one panel.
    """
    h, peak, scale = smoothed_density(xp, mu, sigma, centre, width_squared)
    variance = sigma * sigma
    mean, spread = conditional_gaussian(xp, mu, variance, centre[0], width_squared[0], scale)
    tilted = gaussian_moments(xp, mean, spread, degree)
    moments = [xp.ndtr(h)]
    step = variance / scale * peak
    for n in range(degree):
        moment = mu * moments[n] + step * tilted[n]
        if n >= 1:
            moment = moment + n * variance * moments[n - 1]
        moments.append(moment)
    some = xp.flatnonzero((h < 0) | (mu < 0) | (mean < 0))
    values = conditional_panel(
        xp, h[some], peak[some], (mu[some], mean[some]), variance[some] / scale[some], spread[some], degree
    )
    for moment, value in zip(moments, values, strict=True):
        moment[some] = value
    return moments, h, peak, scale


def conditional_panel(xp: Any, h: Any, peak: Any, means: Any, slope: Any, spread: Any, degree: int) -> Any:
    """``int_0^inf phi(w - h) E[y^n | w] dw``, n = 0 .. degree; ``peak = phi(h)``, ``means`` those of y at w = h and 0.

    Offsets are measured from w = h, or from w = 0 where h lies below.
    """
    drop = xp.method["panel_window"] + 2 * max(degree - 8, 0)
    outside = h < 0
    gap = xp.where(outside, -h, 0)
    reach = 2 * drop / (xp.sqrt(gap * gap + 2 * drop) + gap)
    first = xp.where(outside, 0, -xp.minimum(h, reach))
    span = reach - first
    base = xp.where(outside, means[1], means[0])
    totals = [xp.zeros_like(h) for _ in range(degree + 1)]
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        share = weight * xp.exp(-offset * ((offset + 2 * gap) / 2))
        for total, moment in zip(totals, gaussian_moments(xp, base + slope * offset, spread, degree), strict=True):
            total += share * moment
    factor = span * xp.where(outside, peak, 1 / xp.sqrt2pi)
    return [factor * total for total in totals]


def binomial_convolution(first: Any, second: Any) -> Any:
    """``sum_k C(n,k) first_k second_(n-k)``, n = 0 .. len(first) - 1."""
    values = []
    for n in range(len(first)):
        total = first[0] * second[n]
        coefficient = 1
        for k in range(1, n + 1):
            coefficient = coefficient * (n - k + 1) // k
            total = total + coefficient * (first[k] * second[n - k])
        values.append(total)
    return values


def error_function_moments(xp: Any, mu: Any, sigma: Any, width_squared: Any, degree: int) -> Any:
    """``E[y^n erf(y / (width sqrt 2))]``, n = 0 .. degree; also ``h, phi(h), S`` of ``smoothed_density``.

    The function is odd: for ``|mu|`` every term of the forward recurrence is positive.
    """
    zero = (0, 0)
    h, peak, scale = smoothed_density(xp, mu, sigma, zero, width_squared)
    variance = sigma * sigma
    distance = xp.abs(mu)
    mean, spread = conditional_gaussian(xp, distance, variance, 0, width_squared[0], scale)
    tilted = gaussian_moments(xp, mean, spread, degree)
    moments = [xp.erf(xp.abs(h) / xp.sqrt(2))]
    step = 2 * (variance / scale) * peak
    for n in range(degree):
        moment = distance * moments[n] + step * tilted[n]
        if n >= 1:
            moment = moment + n * variance * moments[n - 1]
        moments.append(moment)
    sign = xp.where(mu < 0, -1, 1)
    return [moment if n % 2 else sign * moment for n, moment in enumerate(moments)], h, peak, scale
