"""The variance of ``exp(c y) (p(y) Phi((y - centre) / width) + q(y))``, a ``form`` as in ``tilted_cdf.py``.

``q`` is empty where there is none: then g has a normal tail on the left, integrated under a Gaussian of its own.
"""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density, exact_product, exact_sum
from codegen.primitives.exponential_terms import horner, terms_increment
from codegen.primitives.normal_cdf import conditional_gaussian, smoothed_density
from codegen.primitives.tilted import exponential_size, exponential_tilt


def panel_about(xp: Any, mean: Any, sigma: Any, low: Any, high: Any) -> Any:
    """The part of ``[low, high]`` that ``N(mean, sigma^2)`` reaches: start, z there, first offset and span."""
    start = xp.minimum(xp.maximum(mean, low), high)
    z = (start - mean) / sigma
    drop = 2 * xp.method["panel_window"]
    reach = sigma * drop / (xp.sqrt(z * z + drop) + xp.abs(z))
    first = xp.maximum(low - start, -reach)
    return start, z, first, xp.minimum(high - start, reach) - first


def saturation(xp: Any) -> Any:
    """The u beyond which ``Phi(u)`` is 1 to the working precision."""
    return xp.sqrt(xp.rational(2 * xp.method["panel_window"], 1))


def squares_beyond(xp: Any, mu: Any, sigma: Any, form: Any, p: Any, q: Any, ends: Any, top: Any) -> Any:
    """``exp(-top) E[g^2]`` over an interval in which Phi is no small number."""
    rate, centre, width_squared = form[:3]
    exponent, mean = exponential_tilt(xp, mu, sigma, (2 * rate[0], 2 * rate[1]), (0, 0))
    start, z, first, span = panel_about(xp, mean[0], sigma, *ends)
    inside = start == mean[0]
    distance, error = exact_sum(mu, -start)
    clipped = clip_to_density(xp, distance, sigma)
    edge = density(xp, clipped, sigma) * (1 - (clipped / sigma) * (error / sigma))
    edge = xp.where(inside, 0, edge * xp.exp(xp.where(inside, 0, 2 * rate[0] * start - top)))
    bounded = xp.where(inside, exponent[0], 0), xp.where(inside, exponent[1], 0)
    size = xp.where(inside, exponential_size(xp, bounded, top) / xp.sqrt2pi, edge)
    width = xp.sqrt(width_squared[0])
    total = xp.zeros_like(mu)
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        y = start + offset
        value = horner(p, y) * xp.ndtr(((start - centre[0]) + offset) / width) + horner(q, y)
        total = total + weight * xp.exp(-(offset / sigma) * (offset / (2 * sigma) + z)) * value * value
    return xp.where(span > 0, span / sigma * size * total, 0)


def squares_in_tail(xp: Any, mu: Any, sigma: Any, form: Any, p: Any, high: Any, top: Any) -> Any:
    """``exp(-top) E[g^2]`` below ``high``, where ``exp(-u^2)`` in ``Phi(u)^2`` moves the Gaussian; there is no q."""
    _, centre, width_squared, far, height = form
    half = width_squared[0] * xp.rational(1, 2), width_squared[1] * xp.rational(1, 2)
    _, peak, scale = smoothed_density(xp, mu, sigma, far, half)
    mean, spread = conditional_gaussian(xp, mu, sigma * sigma, far[0], half[0], scale)
    deviation = xp.sqrt(spread)
    start, z, first, span = panel_about(
        xp, mean, deviation, xp.minimum(mean, high) - 2 * saturation(xp) * deviation, high
    )
    width = xp.sqrt(width_squared[0])
    total = xp.zeros_like(mu)
    for node, weight in xp.method["panel_rule"]:
        offset = first + span * node
        y = start + offset
        value = horner(p, y) * xp.erfcx(-((start - centre[0]) + offset) / (width * xp.sqrt(2))) / 2
        share = xp.exp(-(offset / deviation) * (offset / (2 * deviation) + z))
        total = total + weight * share * value * value
    return span / sigma * (height * height * peak * xp.exp(-z * z / 2 - top)) * total


def tilted_cdf_square(xp: Any, mu: Any, sigma: Any, form: Any, p: Any, q: Any, top: Any) -> Any:
    """``exp(-top) E[g^2]``: panels for the bend of Phi and one on each side of it."""
    centre = xp.zeros_like(mu) + form[1][0]
    width = xp.sqrt(form[2][0])
    far = saturation(xp) * width
    everything = xp.abs(mu) + xp.abs(centre) + far + 2 * xp.abs(form[0][0]) * sigma * sigma + far * sigma / width
    high = centre + far
    low = centre - (far if q else width)
    cuts = [low, *([centre] if q else []), high, high + 4 * everything]
    if q:
        cuts = [low - 4 * everything, *cuts]
        total = xp.zeros_like(mu)
    else:
        total = squares_in_tail(xp, mu, sigma, form, p, low, top)
    for i in range(1, len(cuts)):
        total = total + squares_beyond(xp, mu, sigma, form, p, q, (cuts[i - 1], cuts[i]), top)
    return total


def tilted_cdf_centred(xp: Any, mu: Any, sigma: Any, form: Any, p: Any, q: Any, half_top: Any) -> Any:
    """``exp(-2 half_top) Var g`` by panels about g(mu), for sigma below the range of the exponential.

    ``Phi(u) - Phi(u(mu))`` is a difference of the smaller tails.
    """
    rate, centre, width_squared = form[:3]
    width = xp.sqrt(width_squared[0])
    far = saturation(xp) * width
    reach = saturation(xp) * sigma
    size = exponential_size(xp, exact_product(xp, mu, rate[0]), half_top)
    sign = xp.where(mu < centre[0], 1, -1)
    below = xp.ndtr(sign * (mu - centre[0]) / width)
    own = xp.where(sign < 0, 1 - below, below)
    base = horner(p, mu) * own + horner(q, mu)
    mean, square = xp.zeros_like(mu), xp.zeros_like(mu)
    cuts = [-reach] + [xp.minimum(xp.maximum(centre[0] + s * far - mu, -reach), reach) for s in (-1, 0, 1)] + [reach]
    for i in range(1, len(cuts)):
        left, right = cuts[i - 1], cuts[i]
        for node, weight in xp.method["panel_rule"]:
            offset = left + (right - left) * node
            change = xp.ndtr(sign * ((mu - centre[0]) + offset) / width) - below
            bend = terms_increment(xp, [((0, 0), p)], mu, offset)
            shift = bend * (own + sign * change) + horner(p, mu) * (sign * change)
            shift = shift + terms_increment(xp, [((0, 0), q)], mu, offset)
            value = xp.expm1(rate[0] * offset) * (base + shift) + shift
            share = weight * (right - left) / sigma * xp.exp(-(offset / sigma) * (offset / sigma) / 2) / xp.sqrt2pi
            mean, square = mean + share * value, square + share * value * value
    return size * size * (square - mean * mean)


def tilted_cdf_variance(xp: Any, mu: Any, sigma: Any, form: Any, p: Any, q: Any, half_top: Any, mean: Any) -> Any:
    """``exp(-2 half_top) Var g``; ``mean`` is ``exp(-half_top) E[g]``. About g(mu) where the square would cancel."""
    square = tilted_cdf_square(xp, mu, sigma, form, p, q, 2 * half_top)
    result = square - mean * mean
    some = xp.flatnonzero((2 * mean * mean > square) & (xp.abs(form[0][0]) * sigma < 1))
    result[some] = tilted_cdf_centred(xp, mu[some], sigma[some], form, p, q, half_top[some])
    return result
