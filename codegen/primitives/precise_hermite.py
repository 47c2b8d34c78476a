"""Hermite polynomials of ``(mu - centre) / S``, exact next to their roots: for a centre away from 0."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_square, exact_sum


def smoothed_argument(xp: Any, mu: Any, sigma: Any, centre: Any, width_squared: Any) -> Any:
    """``h = (mu - centre) / S``, ``S = sqrt(width^2 + sigma^2)``, and what rounding took from it.

    Where mu lies near 0 an ulp of h is many of mu. Clipped like ``smoothed_density``.
    """
    variance, variance_error = exact_square(xp, sigma)
    total, total_error = exact_sum(width_squared[0], variance)
    scale = xp.sqrt(total)
    square, square_error = exact_square(xp, scale)
    scale_error = (((total - square) - square_error) + (total_error + variance_error + width_squared[1])) / (2 * scale)
    distance, distance_error = exact_sum(mu, -centre[0])
    limit = xp.method["density_limit"] * scale
    distance = xp.minimum(xp.maximum(distance, -limit), limit)
    h = distance / scale
    product, product_error = exact_product(xp, h, scale)
    rest = ((distance - product) - product_error) + (distance_error - centre[1] - h * scale_error)
    return h, rest / scale


def hermite_of_pair(xp: Any, argument: Any, factor: Any, degree: int) -> Any:
    """``He_n(-h) factor``, n = 0 .. degree, the recurrence in twice the working precision."""
    t, t_error = -argument[0], -argument[1]
    before = xp.zeros_like(t), xp.zeros_like(t)
    last = xp.ones_like(t), xp.zeros_like(t)
    values = [factor]
    for n in range(degree):
        product, product_error = exact_product(xp, t, last[0])
        taken, taken_error = exact_product(xp, before[0], xp.zeros_like(t) + n)
        value, error = exact_sum(product, -taken)
        error = error + (product_error - taken_error) + (t * last[1] + t_error * last[0] - n * before[1])
        before, last = last, (value, error)
        values.append((value + error) * factor)
    return values
