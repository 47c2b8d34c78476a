"""Functions that vanish with all their derivatives at both ends of where they are not 0, and next to one such end."""

from functools import cache
from itertools import pairwise

import pytest
from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())


def bump(y):
    return mp.exp(-1 / (1 - y * y)) if abs(y) < 1 else mpf(0)


CASES = {
    "where(abs(x) < 1, exp(-1/(1 - x**2)), 0)": (bump, (-1, 1)),
    "where(abs(x) < 2, exp(1 - 1/(1 - x**2/4)), 0)": (lambda y: mp.e * bump(y / 2), (-2, 2)),
    "where((x > 0) & (x < 1), x*exp(-1/(x*(1 - x))), 0)": (
        lambda y: y * mp.exp(-1 / (y * (1 - y))) if 0 < y < 1 else mpf(0),
        (0, 1),
    ),
    "where(abs(x) < 1, exp(-x**2/(1 - x**2)), 0)": (lambda y: mp.e * bump(y), (-1, 1)),
    "where(x > 0, exp(-1/x), 0)": (lambda y: mp.exp(-1 / y) if y > 0 else mpf(0), (0,)),
}


def _expected(value, ends, mu, sigma):
    """E[g], E|g|, c_1, variance and second moment, by Gauss-Legendre sums that crowd towards the ends."""
    crowded = {end + side * mpf(2) ** k for end in ends for side in (-1, 1) for k in range(-12, 6)}
    cuts = {*ends, *crowded, *(mu + k * sigma for k in range(-38, 39, 2))}
    cuts = sorted(cut for cut in cuts if abs(cut - mu) <= 38 * sigma)

    points = []
    for low, high in pairwise(cuts):
        for node, weight in _rule():
            y = (low + high) / 2 + (high - low) / 2 * node
            z = (y - mu) / sigma
            points.append((z, value(y), mp.npdf(z) / sigma * weight * (high - low) / 2))
    mean = mp.fsum(share * v for z, v, share in points)
    return (
        mean,
        mp.fsum(share * abs(v) for z, v, share in points),
        mp.fsum(share * z * (v - mean) for z, v, share in points),
        mp.fsum(share * (v - mean) ** 2 for z, v, share in points),
        mp.fsum(share * v**2 for z, v, share in points),
    )


@cache
def _rule():
    return GaussLegendre(mp).calc_nodes(4, mp.prec)


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(
    ("place", "offset", "sigma"),
    [
        (0, 0.25, 0.3),
        (0, 1e-8, 1e-9),
        (-1, -3e-3, 1e-3),
        (-1, 2e-3, 1e-4),
        (-1, 8e-4, 1.6e-4),
        (-1, 0.01, 1e-9),
        (-1, 0.1, 1e-6),
        (0, 3, 10),
        (-1, -2, 0.2),
        (-1, 1e-3, 0.02),
    ],
)
def test_against_quadrature_of_what_is_typed(text, place, offset, sigma):
    """Nodes in coordinates that start at the end, and panels whose bounds are not above the function by e^70."""
    value, ends = CASES[text]
    mu = float((ends[0] if place else (ends[0] + ends[-1]) / 2) + offset)
    with mp.workdps(40):
        mean, size, slope, variance, square = _expected(value, ends, mpf(mu), mpf(sigma))
        kernel = kernel_of(text)
        found = kernel.hermite_coefficients(mu, sigma, 1)
        if size > mpf(10) ** -280:
            assert abs(mpf(float(found[0])) - mean) <= 1e-13 * size
            assert abs(mpf(float(kernel.raw_moments(mu, sigma, 0)[0])) - mean) <= 1e-13 * size
        if square > mpf(10) ** -280:
            assert abs(mpf(float(found[1])) - slope) <= 1e-13 * mp.sqrt(variance)
            assert abs(mpf(float(kernel.second_moment(mu, sigma))) - square) <= 1e-13 * square
            assert abs(mpf(float(kernel.variance(mu, sigma))) - variance) <= 2e-13 * variance


def test_beyond_its_ends_it_is_nothing():
    kernel = kernel_of("where(abs(x) < 1, exp(-1/(1 - x**2)), 0)")
    assert kernel.hermite_coefficients([1.0, -1.0, 3.0], 0.0, 3).tolist() == [[0.0] * 3] * 4
    assert kernel.expected_derivatives([1.0, -1.0, 3.0], 0.0, 3).tolist() == [[0.0] * 3] * 4
