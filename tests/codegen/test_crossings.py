"""Piecewise polynomials up to squares under narrow and wide Gaussians, against sums over their pieces in mpmath."""

from __future__ import annotations

import math
from bisect import bisect
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen import emit
from codegen.tail_tables import tail_tables

PROMISED = 2e-14
DIGITS = 120
DEGREE = 8


@pytest.mark.parametrize("digits", [15, 40])
@pytest.mark.parametrize("x", [0.0, 0.3125, 1.0, 3.75, 20.0, 64.0])
def test_tables_hold_the_scaled_tail_moments(digits, x):
    """Against quadrature of the integral, which the tables are not made from."""
    with mpmath.workdps(digits + 25):
        t = (mpmath.mpf(x) - 5) / (x + 5)
        for k, (numerator, denominator) in enumerate(tail_tables(digits)):
            value = mpmath.polyval([mpmath.mpf(c) for c in numerator], t) / mpmath.polyval(denominator, x)
            steps = [mpmath.mpf(j) / (2 + x / 4) for j in range(80)]
            wanted = mpmath.quad(lambda z, k=k: z**k * mpmath.exp(-z * z / 2 - x * z), steps)
            assert abs(value / wanted - 1) < mpmath.mpf(10) ** (1 - digits)


def normal_integrals(low, high, highest):
    """``int_low^high z^k phi(z) dz``, k = 0 .. highest, by parts."""

    def density(z, power):
        return z**power * mpmath.npdf(z) if mpmath.isfinite(z) else mpmath.mpf(0)

    mirrored = low > 0
    ends = (-high, -low) if mirrored else (low, high)
    values = [mpmath.ncdf(ends[1]) - mpmath.ncdf(ends[0]), density(low, 0) - density(high, 0)]
    for k in range(2, highest + 1):
        values.append((k - 1) * values[k - 2] + density(low, k - 1) - density(high, k - 1))
    return values


def product(first, second):
    result = [mpmath.mpf(0)] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            result[i + j] += a * b
    return result


def hermite_polynomials(highest):
    polynomials = [[mpmath.mpf(1)], [mpmath.mpf(0), mpmath.mpf(1)]]
    for k in range(2, highest + 1):
        longer = [mpmath.mpf(0), *polynomials[-1]]
        polynomials.append([a - (k - 1) * b for a, b in zip(longer, [*polynomials[-2], 0, 0], strict=True)])
    return polynomials


def real_roots(c0, c1, c2):
    if not c2:
        return [-c0 / c1] if c1 else []
    discriminant = c1**2 - 4 * c2 * c0
    return [(sign * mpmath.sqrt(discriminant) - c1) / (2 * c2) for sign in (-1, 1)] if discriminant > 0 else []


def by_pieces(corners, polynomials, mu, sigma):
    """``c_k``, ``E|g|`` from the cut pieces, and ``sd(g)``; polynomials, at most squares, lowest power first.

    ``g(mu)`` is taken off: far from every corner what is left of a constant has fewer digits than the sum.
    """
    mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
    level = mpmath.polyval([*map(mpmath.mpf, polynomials[bisect(corners, mu)][::-1])], mu)
    coefficients, size, square = [mpmath.mpf(0)] * (DEGREE + 1), mpmath.mpf(0), mpmath.mpf(0)
    for (low, high), polynomial in zip(pairwise([-mpmath.inf, *corners, mpmath.inf]), polynomials, strict=True):
        low, high = ((mpmath.mpf(end) - mu) / sigma for end in (low, high))
        c0, c1, c2 = [*map(mpmath.mpf, polynomial), 0, 0][:3]
        local = [c0 + c1 * mu + c2 * mu**2, sigma * (c1 + 2 * c2 * mu), c2 * sigma**2]
        rest = [local[0] - level, *local[1:]]
        integrals = normal_integrals(low, high, DEGREE + 5)
        for k, hermite in enumerate(hermite_polynomials(DEGREE)):
            coefficients[k] += mpmath.fdot(product(rest, hermite), integrals[: 3 + k])
        square += mpmath.fdot(product(rest, rest), integrals[:5])
        inside = sorted(root for root in real_roots(*local) if low < root < high)
        for part in pairwise([low, *inside, high]):
            size += abs(mpmath.fdot(local, normal_integrals(*part, 2)))
    deviation = mpmath.sqrt(square - coefficients[0] ** 2)
    return [coefficients[0] + level, *coefficients[1:]], size, deviation


def text_of(corners, polynomials):
    terms = [" + ".join(f"({c})*x**{i}" for i, c in enumerate(polynomial)) for polynomial in polynomials]
    pieces = [f"({term}, x < {corner})" for term, corner in zip(terms, corners, strict=False)]
    return f"Piecewise({', '.join(pieces)}, ({terms[-1]}, True))"


def shortfall(corners, polynomials, places):
    """The largest error of a coefficient over what it is promised relative to, as far as it is a normal double."""
    kernel = emit(text_of(corners, polynomials)).load()
    worst = 0.0
    with mpmath.workdps(DIGITS):
        for mu, sigma in places:
            wanted, size, deviation = by_pieces(corners, polynomials, mu, sigma)
            moved, _, _ = by_pieces(corners, polynomials, mu + 4 * np.spacing(abs(mu)), sigma)
            for k, value in enumerate(kernel.hermite_coefficients(mu, sigma, DEGREE)):
                scale = deviation * math.sqrt(math.factorial(k)) if k else size
                granted = abs(moved[k] - wanted[k]) * (k > 0) + np.finfo(float).tiny
                error = max(abs(mpmath.mpf(float(value)) - wanted[k]) - granted, 0)
                worst = max(worst, float(error / scale) if error else 0.0)
    return worst


@st.composite
def piecewise(draw):
    corners = sorted(draw(st.lists(st.integers(-12, 12), min_size=2, max_size=3, unique=True)))
    number = st.integers(-6, 6).map(lambda i: i / 2)
    polynomials = [draw(st.lists(number, min_size=1, max_size=3)) for _ in range(len(corners) + 1)]
    spans = st.sampled_from([0.03, 0.3, 0.7, 0.99, 1.5, 1.99, 2.01, 4.0])
    steps = st.integers(-50, 50).map(lambda i: i / 10)
    places = draw(st.lists(st.tuples(st.sampled_from(corners), spans, steps), min_size=6, max_size=6))
    width = min(b - a for a, b in pairwise(corners)) / 4
    return (
        [corner / 4 for corner in corners],
        polynomials,
        [(corner / 4 + step * span * width, span * width) for corner, span, step in places],
    )


@settings(max_examples=12, deadline=None)
@given(piecewise())
@example(([-1.0, 1.0], [[0], [0, 0, 1], [0]], [(0.1, 1.49), (0.1, 1.51), (-1.3, 1.45), (2.0, 1.5)]))
@example(([-2.25, -1.75, 2.75], [[0.5], [2, 2.5, 1], [3], [3]], [(3.5, 0.15), (-4.26, 1.005), (-6.75, 2.0)]))
@example(([-2.75, 0.0, 0.25], [[0], [0], [-2.5, 1.5], [0, -3, -1.5]], [(-2.9075, 0.075)]))
@example(([-3.0, 3.0], [[0], [0, 0.5, 0.25], [0, 1]], [(-3.0, 6.0), (0.5, 11.9), (-9.0, 8.0), (3.0, 1e-3)]))
def test_coefficients_keep_their_digits_up_to_wide_gaussians(case):
    """A square between constants is the hardest: at mu it exceeds what is left of it between the corners."""
    corners, polynomials, places = case
    if any(polynomials[0] != other for other in polynomials):
        assert shortfall(corners, polynomials, places) < PROMISED


@pytest.mark.parametrize("small", [[1], [0, 0, 64]])
def test_small_pieces_far_from_the_gaussian_take_no_digits(small):
    """Beside a piece of an eighth, c_k inside one of twenty had lost 5e-7 of ``sd(g) sqrt(k!)``."""
    corners, polynomials = [0.0, 0.125, 20.0], [[0], small, [5], [-15, 1]]
    places = [(19.0, 0.2), (18.5, 0.26), (1.0, 0.3), (10.0, 2.0), (4.0, 9.0), (10.0, 9.9), (10.0, 10.1), (21.0, 0.3)]
    assert shortfall(corners, polynomials, places) < PROMISED


@pytest.mark.parametrize(
    ("corners", "polynomials", "places"),
    [
        ([-1, 1], [[0], [0, 0, 1], [0, 0.001]], [(0.07015025520123963, 3.9997137944470884), (0.5, 3.9), (0.1, 1.4)]),
        ([-1, 1, 100], [[0], [0, 0, 1], [0], [-100, 1]], [(0.1, 3.9), (0.6, 2.5)]),
        ([0, 1], [[0, 1], [0, 100, -100], [-1, 1]], [(0.5, 1.9), (1.2, 1.6)]),
    ],
)
def test_squares_that_exceed_what_is_left_of_them_take_no_digits(corners, polynomials, places):
    """Ends that hardly grow, or grow out of reach, had let the polynomial at mu exceed g by 240 times."""
    assert shortfall(corners, polynomials, places) < PROMISED


@pytest.mark.parametrize(
    ("corners", "polynomials", "places"),
    [
        ([0, 0.125, 20, 40], [[0], [1], [1000], [1001], [0, 1]], [(20.0, 0.3), (20.1, 0.4), (41.0, 0.6)]),
        ([0, 20, 20.125], [[0], [1e6], [1e6 + 1], [1e6]], [(20.06, 0.3), (20.3, 0.3), (21.0, 3.0)]),
        ([0, 10, 40, 40.25], [[0], [0, 100], [1000], [1160, -4], [999]], [(41.0, 0.6), (40.3, 0.6), (40.1, 0.6)]),
    ],
)
def test_small_steps_on_high_levels_keep_their_digits(corners, polynomials, places):
    """On a corner, in a small piece between broad ones, beyond the last corner: 2.6e-10 had been lost."""
    assert shortfall(corners, polynomials, places) < PROMISED


def test_a_plateau_far_from_both_its_ends_is_taken_off():
    """Ramps of width 2 and 1/4 around a plateau of 9: c_1 had been 7e-6 of ``sd(g)`` beside its value."""
    kernel = emit("clip(x, -1, 1) + clip(4*x - 40, 0, 1)").load()
    corners, polynomials = [-1.0, 1.0, 10.0, 10.25], [[-1], [0, 1], [1], [-39, 4], [2]]
    with mpmath.workdps(DIGITS):
        for mu, sigma in ((5.0, 0.7), (5.85235756139835, 0.4633496162751349)):
            wanted, _, deviation = by_pieces(corners, polynomials, mu, sigma)
            found = kernel.hermite_coefficients(mu, sigma, DEGREE)
            for k in range(1, DEGREE + 1):
                error = abs(mpmath.mpf(float(found[k])) - wanted[k])
                assert error < PROMISED * deviation * math.sqrt(math.factorial(k))


def test_the_tails_serve_the_mpmath_run_too():
    """The same text with fifty digits, its tables made for them."""
    from codegen.verify import verify

    points = [(-4.0, 1.5), (0.3, 0.25), (2.0, 5.9), (7.0, 0.01), (-30.0, 1.0)]
    assert verify(
        emit("Piecewise((0, x < 0), (x**2/6, x < 3), (x/2, True))"), digits=50, degree=2, points=points
    ).passed
