"""Functions that approach a constant as a power of x, through roots: what they leave of it, and its slope, far out."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest

from codegen import emit
from codegen.method import method_constants
from codegen.primitives.arctangent import atan_rest
from codegen.verify.mp_namespace import MpNamespace

CASES = {
    "x/(1 + x**4)**0.25": lambda t: t / mpmath.root(1 + t**4, 4),
    "x/(1 + abs(x)**3)**(1/3)": lambda t: t / mpmath.cbrt(1 + abs(t) ** 3),
    "x/(1 + abs(x)**1.5)**(2/3)": lambda t: t / mpmath.cbrt(1 + abs(t) ** mpmath.mpf("1.5")) ** 2,
    "x**3/(1 + x**6)**0.5": lambda t: t**3 / mpmath.sqrt(1 + t**6),
    "x/sqrt(1 + sqrt(1 + x**4))": lambda t: t / mpmath.sqrt(1 + mpmath.sqrt(1 + t**4)),
    "sqrt(1 + x**2)/(1 + sqrt(2 + x**2))": lambda t: mpmath.sqrt(1 + t**2) / (1 + mpmath.sqrt(2 + t**2)),
    "x/2*(1 + x/sqrt(1 + x**2))": lambda t: t / 2 * (1 + t / mpmath.sqrt(1 + t**2)),
    "sqrt(x**2 + x + 1) - sqrt(x**2 + 1)": lambda t: mpmath.sqrt(t**2 + t + 1) - mpmath.sqrt(t**2 + 1),
    "x*(1/2 + atan(x)/pi)": lambda t: t * (mpmath.mpf(1) / 2 + mpmath.atan(t) / mpmath.pi),
}


@cache
def kernel(text):
    return emit(text).load()


def by_definition(function, mu, sigma, order):
    """The variance and ``c_k``, k = 1 .. order, of what is left of the value at mu: parts that crowd towards 0."""
    with mpmath.workdps(70):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        steps = [0, *(s * mpmath.mpf(2) ** j for j in range(-3, 12, 2) for s in (-1, 1))]
        inside = {z for t in steps if abs(z := (t - mu) / sigma) < 20}
        ends = sorted({mpmath.mpf(j) for j in range(-20, 21, 2)} | inside)
        centre = function(mu)

        @cache
        def left(z):
            return function(mu + sigma * z) - centre, mpmath.npdf(z)

        def mean(power, weight):
            def term(z):
                value, density = left(z)
                return value**power * weight(z) * density

            return mpmath.quad(term, ends, method="gauss-legendre")

        variance = mean(2, lambda z: 1) - mean(1, lambda z: 1) ** 2
        hermite = [lambda z: z, lambda z: z * z - 1, lambda z: z**3 - 3 * z]
        return variance, [mean(1, he) for he in hermite[:order]]


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("mu", "sigma"), [(-1000.0, 100.0), (1000.0, 1e-3), (30.0, 3.0)])
def test_variance_and_coefficients_far_out(text, mu, sigma):
    variance, coefficients = by_definition(CASES[text], mu, sigma, 3)
    assert float(kernel(text).variance(mu, sigma)) == pytest.approx(float(variance), rel=2e-13, abs=0)
    found = kernel(text).hermite_coefficients(mu, sigma, 3)[1:]
    scale = np.sqrt(float(variance) * np.array([1.0, 2.0, 6.0]))
    assert np.all(np.abs(found - np.array([float(c) for c in coefficients])) <= 1e-13 * scale)


GATES = {
    **{text: CASES[text] for text in ("x/2*(1 + x/sqrt(1 + x**2))", "x*(1/2 + atan(x)/pi)")},
    "x*(1 + x/(1 + abs(x)))/2": lambda t: t * (1 + t / (1 + abs(t))) / 2,
}


@pytest.mark.parametrize("text", GATES)
def test_values_of_gates_that_close_slowly(text):
    """Refused before: 1 + x/sqrt(1 + x^2) and 1/2 + atan(x)/pi lose their digits at the left."""
    places = np.concatenate([-(10 ** np.linspace(-3, 7, 60)), np.linspace(-5, 5, 40)])
    with mpmath.workdps(40):
        wanted = np.array([float(GATES[text](mpmath.mpf(place))) for place in places])
    np.testing.assert_allclose(kernel(text).activation(places), wanted, rtol=2e-14)


def test_what_an_arctangent_leaves_in_many_digits():
    names = MpNamespace(40, method_constants(["atan_terms"], 40))
    places = names.inputs([1e-9, -0.3, 0.4999, 0.5, 7.0])
    with mpmath.workdps(70):
        for u, found in zip(places, atan_rest(names, places), strict=True):
            wanted = mpmath.mpf(str(u)) - mpmath.atan(mpmath.mpf(str(u)))
            assert abs(mpmath.mpf(str(found)) - wanted) <= mpmath.mpf(10) ** -38 * abs(wanted)


def test_slopes_of_a_point_mass_far_out():
    found = kernel("x/(1 + x**4)**0.25").expected_derivatives(np.array([-900.0, 900.0]), 0.0, 2)[1:]
    with mpmath.workdps(40):
        t = mpmath.mpf(900)
        slope, bend = (1 + t**4) ** mpmath.mpf("-1.25"), -5 * t**3 * (1 + t**4) ** mpmath.mpf("-2.25")
    assert found == pytest.approx(np.array([[slope, slope], [-bend, bend]], dtype=float), rel=1e-13, abs=0)


def test_odd_coefficients_of_a_dip_under_a_wide_gaussian():
    mu, sigma = -12.0, 1e6
    steps = [mpmath.mpf(4) ** j for j in range(-1, 13)]
    with mpmath.workdps(40):

        @cache
        def left(y):
            root = mpmath.sqrt(1 + y**4)
            return -1 / (root * (root + y**2)), mpmath.npdf(y, mu, sigma)

        def mean(power, weight):
            def term(y):
                rest, density = left(y)
                return rest**power * density * weight((y - mu) / sigma)

            return mpmath.quad(term, [*(-s for s in reversed(steps)), 0, *steps], method="gauss-legendre")

        first = mean(1, lambda z: z)
        deviation = mpmath.sqrt(mean(2, lambda z: 1) - mean(1, lambda z: 1) ** 2)
    found = float(kernel("x**2/(1 + x**4)**0.5").hermite_coefficients(mu, sigma, 1)[1])
    assert abs(found - float(first)) <= 2e-14 * float(deviation)


@pytest.mark.parametrize("text", ["x*(1/2 + atan(x)/pi)", "x/2*(1 + x/sqrt(1 + x**2))", "x**2/(1 + abs(x))"])
def test_derivatives_of_a_point_mass_on_a_slanted_side(text):
    """Those from the second on are of what g leaves of the line: terms of g'' cancelled down to a millionth."""
    function = CASES.get(text, lambda t: t * t / (1 + abs(t)))
    found = kernel(text).expected_derivatives(np.array([-1000.0, 5.0, 60.0, 1000.0]), 0.0, 4)
    with mpmath.workdps(60):
        for j, mu in enumerate((-1000, 5, 60, 1000)):
            series = mpmath.taylor(function, mu, 4)
            wanted = np.array([float(mpmath.factorial(k) * c) for k, c in enumerate(series)])
            assert found[:, j] == pytest.approx(wanted, rel=2e-14, abs=0)
