"""Variances next to kinks away from 0 and next to jumps: values there cancel, and nodes would be rounded."""

from functools import cache

import mpmath
import pytest
import sympy as sp

from codegen import emit
from codegen.break_series import break_series
from codegen.verify import verify

X = sp.Symbol("x", real=True)
SIGMAS = (1e-9, 1e-6, 1e-2)
DEVIATIONS = (0.0, -4.0, 6.0, 7.3, -8.0)


@cache
def kernel(text):
    return emit(text).load()


def variance(place, left, right, mu, sigma):
    """Of what is ``left(u)`` below the place and ``right(u)`` above, u the distance from it."""
    with mpmath.workdps(40):
        spread, centre = mpmath.mpf(sigma), mpmath.mpf(mu) - place()
        split = -centre / spread
        around = [split + step for step in (-9, -3, -1, 0, 1, 3, 9)]
        ends = sorted({*around, -12 + min(split, 0), 12 + max(split, 0), -6, 0, 6})
        start = left(centre) if centre < 0 else right(centre)
        sums = [mpmath.mpf(0)] * 2
        for side, marks in ((left, [z for z in ends if z <= split]), (right, [z for z in ends if z >= split])):
            for power in (1, 2):
                sums[power - 1] += mpmath.quad(
                    lambda z, side=side, power=power: (side(centre + spread * z) - start) ** power * mpmath.npdf(z),
                    marks,
                    method="gauss-legendre",
                )
        return sums[1] - sums[0] ** 2


def softplus(x):
    return mpmath.log(1 + mpmath.exp(x))


CASES = [
    (
        "abs(x + 1) + exp(-x**2) - softplus(x)",
        lambda: mpmath.mpf(-1),
        lambda u: -u + mpmath.exp(-((u - 1) ** 2)) - softplus(u - 1),
        lambda u: u + mpmath.exp(-((u - 1) ** 2)) - softplus(u - 1),
    ),
    (
        "Piecewise((tanh(x), x > 1/2), (exp(x) - 2, True))",
        lambda: mpmath.mpf(1) / 2,
        lambda u: mpmath.exp(u + 0.5) - 2,
        lambda u: mpmath.tanh(u + 0.5),
    ),
    (
        "Piecewise((sigmoid(x), x > 1/3), (tanh(x), True))",
        lambda: mpmath.mpf(1) / 3,
        lambda u: mpmath.tanh(u + mpmath.mpf(1) / 3),
        lambda u: 1 / (1 + mpmath.exp(-u - mpmath.mpf(1) / 3)),
    ),
    (
        "Piecewise((sigmoid(x), x > 0), (tanh(x) - 1, True))",
        lambda: mpmath.mpf(0),
        lambda u: mpmath.tanh(u) - 1,
        lambda u: 1 / (1 + mpmath.exp(-u)),
    ),
    (
        "Max(x, sqrt(2))*exp(-x**2/100) + tanh(x**3)",
        lambda: mpmath.sqrt(2),
        lambda u: (
            mpmath.sqrt(2) * mpmath.exp(-((u + mpmath.sqrt(2)) ** 2) / 100) + mpmath.tanh((u + mpmath.sqrt(2)) ** 3)
        ),
        lambda u: (
            (u + mpmath.sqrt(2)) * mpmath.exp(-((u + mpmath.sqrt(2)) ** 2) / 100)
            + mpmath.tanh((u + mpmath.sqrt(2)) ** 3)
        ),
    ),
]


@pytest.mark.parametrize(("text", "place", "left", "right"), CASES, ids=[case[0] for case in CASES])
def test_variances_next_to_a_place_where_g_is_not_smooth(text, place, left, right):
    for sigma in SIGMAS:
        for deviation in DEVIATIONS:
            mu = float(place()) + deviation * sigma
            expected = variance(place, left, right, mu, sigma)
            assert abs(mpmath.mpf(float(kernel(text).variance(mu, sigma))) / expected - 1) < 1e-13, (sigma, deviation)


@pytest.mark.parametrize(("deviation", "sigma"), [(7.0, 0.01), (9.0, 0.0128), (8.0, 0.02), (-7.0, 0.02)])
def test_variances_beyond_the_reach_of_the_series(deviation, sigma):
    """Next to a jump g is nearly constant on the right: its series ends before the Gaussian does."""
    mu = -2 + deviation * sigma
    expected = variance(
        lambda: mpmath.mpf(-2), lambda u: 1 / (1 + (u - 2) ** 2), lambda u: mpmath.tanh((u - 2) ** 3), mu, sigma
    )
    found = kernel("Piecewise((tanh(x**3), x > -2), (1/(1 + x**2), True))").variance(mu, sigma)
    assert abs(mpmath.mpf(float(found)) / expected - 1) < 1e-13


def test_a_tail_beyond_a_kink_keeps_its_digits():
    """Constant on one side: nothing but the tail is left of the variance there."""
    one_sided = kernel("where(x > 1, tanh(x**3), tanh(1))")

    def beyond(u):
        return mpmath.tanh((1 + u) ** 3) - mpmath.tanh(1)

    for deviation in (-5.0, -12.0, -30.0):
        for sigma in (1e-8, 1e-4):
            mu = 1 + deviation * sigma
            with mpmath.workdps(40):
                expected = tail_variance(beyond, (1 - mpmath.mpf(mu)) / mpmath.mpf(sigma), mpmath.mpf(sigma))
            assert abs(mpmath.mpf(float(one_sided.variance(mu, sigma))) / expected - 1) < 2e-13, (sigma, deviation)


def tail_variance(beyond, start, sigma):
    """Of what is 0 below ``z = start`` and ``beyond(sigma (z - start))`` above, the density there taken out."""

    def moment(n):
        return mpmath.quad(
            lambda w: (beyond(sigma * w) / sigma) ** n * mpmath.exp(-(start + w / 2) * w), [0, 0.1, 0.5, 2, 5, 12]
        )

    density = mpmath.npdf(start)
    return sigma**2 * (density * moment(2) - (density * moment(1)) ** 2)


def test_certificates_next_to_kinks_away_from_zero():
    for text, place in (("abs(x + 1) + exp(-x**2) - softplus(x)", -1.0), (CASES[1][0], 0.5)):
        points = [(place + t * sigma, sigma) for t, sigma in ((0.0, 1e-9), (5.0, 1e-6), (-3.0, 1e-4), (7.0, 1e-2))]
        assert verify(kernel(text), digits=50, degree=2, points=points).passed


def test_series_on_both_sides_of_a_jump():
    function = sp.Piecewise((sp.tanh(X), X > 2), (sp.exp(X), True))
    (found,) = break_series(function, X, [sp.Integer(-7), sp.Integer(2)], [sp.Integer(2)])
    assert abs(found.jump - sp.N(sp.tanh(2) - sp.exp(2), 60)) < sp.Float(10) ** -50
    assert 8.99 < found.gap < 9
    assert found.right.radius == 2
    assert [
        abs(c / sp.N(sp.exp(2) / sp.factorial(n), 60) - 1) < 1e-50 for n, c in enumerate(found.left.coefficients, 1)
    ]


def test_slopes_far_below_one_are_no_noise():
    function = sp.Piecewise((2 * sp.tanh(X) - sp.tanh(60), X > 60), (sp.tanh(X), True))
    (found,) = break_series(function, X, [sp.Integer(60)], [sp.Integer(60)])
    slope = sp.N(1 / sp.cosh(60) ** 2, 60)
    assert abs(found.left.coefficients[0] / slope - 1) < 1e-40
    assert abs(found.right.coefficients[0] / slope - 2) < 1e-40


def test_branches_that_look_alike_have_no_series():
    """They differ by 1e-58 beside 60, and the smooth function on either side is looked up with 30 digits."""
    function = sp.Max(sp.tanh(X), 2 * sp.tanh(X) - sp.tanh(60))
    assert break_series(function, X, [sp.Integer(60)], [sp.Integer(60)]) == ()


def test_more_than_eight_places_have_no_series():
    kinks = [sp.Integer(n) for n in range(1, 10)]
    function = sp.tanh(X) + sum(sp.Abs(X - kink) for kink in kinks)
    assert break_series(function, X, kinks, kinks) == ()
