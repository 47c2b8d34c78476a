"""Expressions that a scan of random ones found wrong, against quadrature of their definitions in 50 digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import emit

DIGITS = 50
DEGREE = 4


@cache
def kernel_of(text):
    return emit(text).load()


@dataclass(frozen=True)
class Exact:
    """``E[y^n g]``, ``E|y^n g|``, ``c_k`` and ``Var g``."""

    moments: list
    sizes: list
    coefficients: list
    variance: mpf


@cache
def _rule():
    return _legendre(32)


def _legendre(count):
    with mp.workdps(DIGITS + 10):
        starts = np.polynomial.legendre.leggauss(count)[0]
        nodes = [mp.findroot(lambda t: mp.legendre(count, t), mpf(start)) for start in starts]
        slopes = [count * mp.legendre(count - 1, t) / (1 - t * t) for t in nodes]
        return [(t, 2 / ((1 - t * t) * slope**2)) for t, slope in zip(nodes, slopes, strict=True)]


def by_quadrature(function, kinks, mu, sigma):
    """Gauss and Legendre's rule on half deviations, split at the kinks, for functions smooth on the scale of 1/4."""
    with mp.workdps(DIGITS):
        mu, sigma, level = mpf(mu), mpf(sigma), function(mpf(mu))
        ends = {mpf(j) / 2 for j in range(-64, 65)} | {(kink - mu) / sigma for kink in kinks}
        ends |= {(mpf(j) / 4 - mu) / sigma for j in range(-100, 101)} if sigma > 1 / 4 else set()
        terms = []
        for a, b in pairwise(sorted(end for end in ends if abs(end) <= 32)):
            for node, weight in _rule():
                z = (a + b) / 2 + (b - a) / 2 * node
                terms.append((z, weight * (b - a) / 2 * mp.npdf(z), function(mu + sigma * z)))
        moments = [mp.fsum(w * g * (mu + sigma * z) ** n for z, w, g in terms) for n in range(DEGREE + 1)]
        sizes = [mp.fsum(w * abs(g * (mu + sigma * z) ** n) for z, w, g in terms) for n in range(DEGREE + 1)]
        apart = mp.fsum(w * (g - level) for z, w, g in terms)
        variance = mp.fsum(w * (g - level) ** 2 for z, w, g in terms) - apart**2
        polynomials = (lambda z: z, lambda z: z**2 - 1, lambda z: z**3 - 3 * z, lambda z: z**4 - 6 * z**2 + 3)
        coefficients = [mp.fsum(w * (g - level) * he(z) for z, w, g in terms) for he in polynomials]
        return Exact(moments, sizes, [moments[0], *coefficients], variance)


def worst_errors(text, function, kinks, mu, sigma):
    """The largest errors of moments, coefficients and variance, each in its own measure."""
    kernel, exact = kernel_of(text), by_quadrature(function, kinks, mu, sigma)
    moments, coefficients = (made(mu, sigma, DEGREE) for made in (kernel.raw_moments, kernel.hermite_coefficients))
    with mp.workdps(DIGITS):
        triples = zip(moments, exact.moments, exact.sizes, strict=True)
        of_moments = max(abs(mpf(float(found)) - wanted) / size for found, wanted, size in triples)
        sizes = [exact.sizes[0], *(mp.sqrt(exact.variance * mp.factorial(k)) for k in range(1, DEGREE + 1))]
        triples = zip(coefficients, exact.coefficients, sizes, strict=True)
        of_coefficients = max(abs(mpf(float(found)) - wanted) / size for found, wanted, size in triples)
        of_variance = abs(mpf(float(kernel.variance(mu, sigma))) / exact.variance - 1)
        return float(of_moments), float(of_coefficients), float(of_variance)


def expit(y):
    return 1 / (1 + mp.exp(-y))


@pytest.mark.parametrize(("away", "sigma"), [(6.3, 1.8e-9), (5.5, 9e-9), (-8.6, 1.5e-3), (3.0, 0.1)])
def test_a_jump_that_is_small_for_the_function_is_large_beside_it(away, sigma):
    def function(y):
        return (2 if y > 0 else 1) * expit(y - 100)

    found = worst_errors("where(x <= 0, 1, 2)*sigmoid(x - 100)", function, [mpf(0)], away * sigma, sigma)
    assert np.max(found) < 1e-13


@pytest.mark.parametrize(("away", "sigma"), [(4.7, 2.8e-6), (0.5, 2.8e-4), (-10.6, 4.6e-6)])
@pytest.mark.parametrize("power", [1, 2])
def test_next_to_a_kink_at_a_root_away_from_0_nodes_are_not_rounded(power, away, sigma):
    def function(y):
        return max(mp.atan(y) * (y - 5) ** power, mpf(0))

    mu = 5 + away * sigma
    found = worst_errors(f"Max(atan(x)*(x - 5)**{power}, 0)", function, [mpf(0), mpf(5)], mu, sigma)
    assert np.max(found) < 1e-13


@pytest.mark.parametrize(("mu", "sigma"), [(0.5, 0.2), (2.0, 0.1), (3.0, 0.3)])
def test_nor_are_moments_about_0_made_of_coefficients_far_from_there(mu, sigma):
    def function(y):
        return max(mp.atan(y) * (y - 5), mpf(0))

    assert worst_errors("Max(atan(x)*(x - 5), 0)", function, [mpf(0), mpf(5)], mu, sigma)[0] < 1e-13


@pytest.mark.parametrize(("mu", "sigma"), [(2.0, 1e-9), (30.0, 0.01), (-30.0, 1e-4), (3.7, 0.7)])
def test_arctangents_whose_slope_is_that_of_what_they_leave(mu, sigma):
    def function(y):
        return mp.log1p(mp.exp(y / 3 + mpf(1) / 5)) - y / 3 + 100 + 3 * min(y, mpf(1)) * mp.atan(y)

    text = "softplus(1/3*x + 0.2) - 1/3*(x - 300) + 3*(Min(x, 1)*atan(x))"
    assert np.max(worst_errors(text, function, [mpf(1)], mu, sigma)) < 1e-13
