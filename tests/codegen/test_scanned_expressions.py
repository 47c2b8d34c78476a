"""Expressions that a scan of random ones found wrong, against quadrature of their definitions in 50 digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import NoKernelError, emit

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


@pytest.mark.parametrize(("mu", "sigma"), [(3e-7, 2.7e-7), (-1.3e-3, 1.5e-3), (0.01, 1e-5), (-2.0, 1.0)])
@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("x + erf(x)", lambda y: y + mp.erf(y)),
        ("x**3 - 2*Phi(x) + 1", lambda y: y**3 - mp.erf(y / mp.sqrt(2))),
        ("erf(x)*(1 + x) + x", lambda y: mp.erf(y) * (1 + y) + y),
        ("exp(x)*(x + erf(x))", lambda y: mp.exp(y) * (y + mp.erf(y))),
    ],
)
def test_an_error_function_beside_a_polynomial_keeps_its_odd_part_next_to_0(text, function, mu, sigma):
    assert np.max(worst_errors(text, function, [mpf(0)], mu, sigma)) < 1e-13


def test_an_error_function_and_a_polynomial_behind_an_exponential_has_its_variance():
    for mu in (-10.0, 0.0, 3.0):
        found = worst_errors("exp(x)*(x + erf(x))", lambda y: mp.exp(y) * (y + mp.erf(y)), [], mu, 1.0)
        assert np.max(found) < 1e-13


@pytest.mark.parametrize(("mu", "sigma"), [(4 - 8.2e-7, 2e-7), (4.006, 6e-4), (3.99, 0.01), (2.0, 1.0), (-1.0, 0.5)])
@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("relu(x)*(x - 4)**2", lambda y: max(y, 0) * (y - 4) ** 2),
        ("relu(x + 40)*(x - 4)**3", lambda y: max(y + 40, 0) * (y - 4) ** 3),
        ("Max(x/3 - 1/5, 1/5)*((x - 4)/0.1)**2", lambda y: max(y / 3 - mpf(1) / 5, mpf(1) / 5) * (y - 4) ** 2 * 100),
        ("where(x > 4, 1, 0)*(x - 4)**2*(x - 5)**2", lambda y: (y - 4) ** 2 * (y - 5) ** 2 if y > 4 else mpf(0)),
    ],
)
def test_piecewise_polynomials_keep_their_digits_where_they_touch_0(text, function, mu, sigma):
    kinks = [mpf(-40), mpf(0), mpf(6) / 5, mpf(4), mpf(5)]
    assert np.max(worst_errors(text, function, kinks, mu, sigma)) < 2e-14


@pytest.mark.parametrize(("mu", "sigma"), [(-8.2e-7, 2e-7), (1e-3, 1e-3), (-0.01, 0.01), (-4.0, 0.01), (-2.0, 3.0)])
def test_the_variance_is_not_made_of_powers_that_cancel(mu, sigma):
    found = worst_errors("Max(x + 4, 0)*x**2", lambda y: max(y + 4, 0) * y * y, [mpf(-4), mpf(0)], mu, sigma)
    assert found[2] < 2e-14


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("(x - 4)**2*exp(-abs(x))", lambda y: (y - 4) ** 2 * mp.exp(-abs(y))),
        ("elu(x)*(x - 4)**2", lambda y: (y if y > 0 else mp.expm1(y)) * (y - 4) ** 2),
        ("(x - 4)**3*exp(-x**2/2)", lambda y: (y - 4) ** 3 * mp.exp(-y * y / 2)),
        ("gelu(x)*(x - 4)**2", lambda y: y * mp.ncdf(y) * (y - 4) ** 2),
    ],
)
@pytest.mark.parametrize(("away", "sigma"), [(-8.2e-7, 2e-7), (0.006, 6e-4), (-0.01, 0.01), (0.1, 0.01), (0.5, 0.1)])
def test_powers_of_polynomials_are_not_multiplied_out_where_they_vanish(text, function, away, sigma):
    of_moments, of_coefficients, of_variance = worst_errors(text, function, [mpf(0)], 4 + away, sigma)
    ulp_of_mu = 3 * 4 * 2.0**-52 / max(abs(away), sigma)
    assert of_moments < 2e-14 + 4 * ulp_of_mu
    assert max(of_coefficients, of_variance) < 1e-13


@pytest.mark.parametrize(
    "text",
    [
        "hardtanh(softplus(x))*(Min(1.5*x - 0.5, 3) + exp(-x**2))",
        "atan(sqrtsoftplus(Min(x - 100, 3)))",
        "where(x >= 0.2, log(1 + (4*x + 300)**2), x + 1.5) - laplace(cos((x - 3)/1.5))",
    ],
)
def test_nothing_of_the_machinery_shows(text):
    try:
        assert np.isfinite(emit(text).load().raw_moments(1.0, 0.5, 2)).all()
    except NoKernelError as error:
        said = str(error)
    else:
        return
    assert not any(part in said for part in ("Error", "not comparable", "could not convert", "not defined"))


def test_waves_that_slow_down_are_followed_as_far_as_any_gaussian_reaches():
    kernel = kernel_of("cos(sqrtsoftplus(x))*where(x <= 2, 0, 1)")
    square = float(kernel.second_moment(-1e3, 2.771e5))
    half = 1 - mp.ncdf((2 + 1e3) / mpf("2.771e5"))
    assert abs(square / float(half) - 0.5) < 1e-3  # of cos^2, whose mean is 1/2 but next to 0
