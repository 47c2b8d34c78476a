"""Coefficients of damped waves with kinks under Gaussians far wider than they are, against the definition."""

import itertools

import mpmath
import pytest
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit

MP = mpmath.MPContext()
MP.dps = 40
RULE = GaussLegendre(MP).calc_nodes(4, 150)
DEGREE = 16
BUMPS = {
    "exp(-abs(x))*sin(x)": (lambda y: MP.exp(-abs(y)) * MP.sin(y), 0),
    "x*exp(-abs(x))*sin(x)": (lambda y: y * MP.exp(-abs(y)) * MP.sin(y), 0),
    "exp(-abs(x))*cos(x) + 1": (lambda y: MP.exp(-abs(y)) * MP.cos(y), 0),
    "where(abs(x) < 3, sin(x), 0)": (lambda y: MP.sin(y) if abs(y) < 3 else MP.zero, 3),
}


def wanted(bump, kink, mu, sigma):
    """``c_k`` of the bump in units of ``sd(g) sqrt(k!)``, and those units."""
    mu, sigma = MP.mpf(mu), MP.mpf(sigma)
    cuts = sorted({*(MP.mpf(n) for n in range(-100, 101, 2)), MP.mpf(kink), MP.mpf(-kink)})
    totals, square = [MP.zero] * (DEGREE + 1), MP.zero
    for low, high in itertools.pairwise(cuts):
        for node, weight in RULE:
            y = (low + high) / 2 + (high - low) / 2 * node
            z = (y - mu) / sigma
            term = weight * (high - low) / 2 / sigma * MP.npdf(z) * bump(y)
            square += term * bump(y)
            before, hermite = MP.zero, MP.one
            for k in range(DEGREE + 1):
                totals[k] += term * hermite
                before, hermite = hermite, z * hermite - k * before
    deviation = MP.sqrt(square - totals[0] ** 2)
    return totals, [deviation * MP.sqrt(MP.factorial(k)) for k in range(DEGREE + 1)]


@pytest.mark.parametrize("text", BUMPS)
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 8754.489335431335), (1.0, 1e6), (2.0, 1e9), (50.0, 40.0)])
def test_coefficients_of_a_bump_keep_to_their_promise_under_any_wide_gaussian(text, mu, sigma):
    kernel = emit(text).load()
    values, scales = wanted(*BUMPS[text], mu, sigma)
    for degree in (2, DEGREE):
        found = kernel.hermite_coefficients(mu, sigma, degree)
        for k in range(1, degree + 1):
            assert abs(MP.mpf(float(found[k])) - values[k]) < 1e-13 * scales[k], (k, degree)
