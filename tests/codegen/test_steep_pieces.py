"""Variances of clipped cubes and other steep polynomials, which vary far more beyond their piece than g does."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from codegen import emit

PROMISED = 2e-14


def clip(t):
    return min(max(t, 0), 1)


def by_definition(function, corners, mu, sigma):
    """``Var g(y)`` by quadrature over parts of the definition, cut at the corners."""
    mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
    cuts = sorted({*map(mpmath.mpf, corners), *(mu + sigma * j for j in range(-14, 15))})

    def moment(n):
        return mpmath.quad(
            lambda t: function(t) ** n * mpmath.npdf(t, mu, sigma), cuts, method="gauss-legendre", maxdegree=5
        )

    return float(moment(2) - moment(1) ** 2)


@pytest.mark.parametrize(
    ("text", "function", "corners"),
    [
        ("clip(1.3*x - 0.7, 0, 1)**3", lambda t: clip((13 * t - 7) / 10) ** 3, ("7/13", "17/13")),
        ("clip(x + 5, 0, 1)**3", lambda t: clip(t + 5) ** 3, (-5, -4)),
        ("Max(0, 1 - abs(x))**3", lambda t: clip(1 - abs(t)) ** 3, (-1, 0, 1)),
        ("Max(0, 1 - x**2)**2", lambda t: max(0, 1 - t**2) ** 2, (-1, 1)),
    ],
)
def test_the_variance_keeps_its_digits_where_the_polynomial_goes_on(text, function, corners):
    """The most probable piece's own variance is up to thousands of times what is left beyond the corners."""
    with mpmath.workdps(30):
        corners = [
            mpmath.mpf(one) if isinstance(one, int) else mpmath.fraction(*map(int, one.split("/"))) for one in corners
        ]
        middle = float((corners[0] + corners[-1]) / 2)
        places = [(1.0703027641279135 if text.startswith("clip(1") else middle, 0.5809779706788747)]
        places += [(middle + share, sigma) for share in (-0.9, 0.02, 0.4) for sigma in (0.1, 0.9, 1.05)]
        wanted = [by_definition(function, corners, *place) for place in places]
    np.testing.assert_allclose(emit(text).load().variance(*np.array(places).T), wanted, rtol=PROMISED, atol=0)


@pytest.mark.parametrize("text", ["clip(x, 0, 1)**3", "relu(1 - abs(x))**3"])
def test_a_shift_of_steep_pieces_leaves_variances_and_coefficients(text):
    """Quotients by the factors at the corners are expanded about an end where powers of y cancel far from 0."""
    here, there = (emit(text.replace("x", one)).load() for one in ("x", "(x + 64)"))
    mu, sigma = np.meshgrid([-0.75, 0.25, 0.5, 1.5, 2.5], [0.125, 0.5, 2.0])
    variance = here.variance(mu, sigma)
    np.testing.assert_allclose(there.variance(mu - 64, sigma), variance, rtol=2 * PROMISED, atol=0)
    np.testing.assert_allclose(there.second_moment(mu - 64, sigma), here.second_moment(mu, sigma), rtol=2 * PROMISED)
    for k, (found, wanted) in enumerate(
        zip(there.hermite_coefficients(mu - 64, sigma, 3), here.hermite_coefficients(mu, sigma, 3), strict=True)
    ):
        scale = np.sqrt(variance * math.factorial(k)) if k else np.abs(wanted)
        assert np.all(np.abs(found - wanted) <= 2 * PROMISED * scale)
