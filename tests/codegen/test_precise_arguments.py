"""Activations, relative to themselves, where a rounded argument would cost hundreds of ulp."""

from functools import cache

import mpmath as mp
import numpy as np
import pytest

from codegen import emit
from numeric_backend import kernels


def relative_errors(kernel, exact, places):
    with mp.workdps(60):
        numbers = [exact(mp.mpf(float(place))) for place in places]
        kept = [(value, number) for value, number in zip(kernel.activation(places), numbers, strict=True) if number]
        return [float(abs((mp.mpf(float(v)) - e) / e)) for v, e in kept if abs(e) > 1e-300]


def gelu_tanh(x):
    return x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(8943) / 200000 * x**3)))


@pytest.mark.parametrize(
    ("name", "exact", "farthest", "bound"),
    [
        ("gelu", lambda x: x * mp.ncdf(x), 37, 1e-15),
        ("probit", mp.ncdf, 37, 1e-15),
        (
            "laplace",
            lambda x: mp.erfc(-(mp.mpf(200000) * x / 56419 - mp.mpf(707107) / 282095) / mp.sqrt(2)) / 2,
            9.5,
            2e-15,
        ),
        ("gelu_tanh", gelu_tanh, 21, 2e-15),
        ("quick_gelu", lambda x: x / (1 + mp.exp(-mp.mpf(851) / 500 * x)), 400, 2e-14),
        ("gaussian", lambda x: mp.exp(-x * x), 26, 2e-15),
    ],
)
def test_committed_activations_keep_their_digits_in_the_tail(name, exact, farthest, bound):
    rng = np.random.default_rng(6)
    places = np.concatenate([rng.uniform(-farthest, farthest, 300), rng.normal(size=50)])
    errors = relative_errors(kernels.load(name), exact, places)
    assert len(errors) > 300
    assert max(errors) < bound


TYPED = {
    "x*Phi(2*x + 1)": lambda x: x * mp.ncdf(2 * x + 1),
    "x*(1 + erf(x/sqrt(2)))/2": lambda x: x * mp.ncdf(x),
    "x*erfc(x)": lambda x: x * mp.erfc(x),
    "exp(-x**2/3)": lambda x: mp.exp(-x * x / 3),
    "exp(-x**2) - exp(-2*x**2)": lambda x: -mp.exp(-x * x) * mp.expm1(-x * x),
    "1 - exp(-x**2)": lambda x: -mp.expm1(-x * x),
    "exp(x) - exp(-x)": lambda x: 2 * mp.sinh(x),
    "cosh(x/3)": lambda x: mp.cosh(x / 3),
    "1/(1 + exp(1 - 3*x))": lambda x: 1 / (1 + mp.exp(1 - 3 * x)),
    "log(1 + exp(x/3))": lambda x: mp.log1p(mp.exp(x / 3)),
    "sech(x/3)**2": lambda x: mp.sech(x / 3) ** 2,
}


@pytest.mark.parametrize("expression", TYPED)
def test_typed_activations_keep_theirs(expression):
    rng = np.random.default_rng(7)
    places = np.concatenate([rng.uniform(-25, 25, 60), rng.normal(size=20), 10 ** rng.uniform(-9, -1, 20)])
    assert max(relative_errors(emit(expression).load(), TYPED[expression], places)) < 2e-15


def test_a_wave_keeps_its_phase():
    """sin(x/3) at 1e5: an argument rounded once would be off by 4e-12."""
    places = np.random.default_rng(8).uniform(-1e5, 1e5, 60)
    found = emit("sin(x/3)").load().activation(places)
    with mp.workdps(60):
        exact = [float(mp.sin(mp.mpf(float(x)) / 3)) for x in places]
    np.testing.assert_allclose(found, exact, rtol=0, atol=4e-16)


@pytest.mark.parametrize("expression", ["gelu_tanh", "x*Phi(2*x + 1)", "1/(1 + exp(1 - 3*x))", "exp(-x**2/3)"])
def test_infinite_and_huge_places_have_their_limits(expression):
    at_infinity = {"gelu_tanh": 1.0, "x*Phi(2*x + 1)": 1.0, "exp(-x**2/3)": 0.0}
    kernel = kernels.load(expression) if expression in kernels.names() else emit(expression).load()
    huge = kernel.activation(np.array([-1e300, -1e160, 1e160, 1e300]))
    np.testing.assert_array_equal(np.abs(huge[:2]), 0.0)
    slope = at_infinity.get(expression)
    np.testing.assert_array_equal(huge[2:], [1.0, 1.0] if slope is None else [slope * 1e160, slope * 1e300])


@pytest.mark.parametrize(
    ("slope", "offset", "expression"),
    [((200000, 56419), (-707107, 282095), "laplace"), ((2, 1), (1, 1), "Phi(2*x + 1)")],
)
def test_derivatives_of_a_normal_cdf_beside_roots_of_hermite_polynomials(slope, offset, expression):
    """``g^(k) = a^k phi(h) He_(k-1)(-h)``: where mu is near 0, an ulp of h = a mu + b is many of mu."""
    kernel = kernels.load(expression) if expression in kernels.names() else emit(expression).load()
    rng = np.random.default_rng(9)
    places = np.concatenate([rng.normal(size=60) * 10 ** rng.uniform(-12, 0, 60), [0.047013, -0.098689]])
    found = kernel.expected_derivatives(places, 0.0, 8)
    with mp.workdps(40):
        a, b = (mp.mpf(p) / q for p, q in (slope, offset))
        for column, place in zip(found.T, places, strict=True):
            h = a * mp.mpf(float(place)) + b
            hermite = [mp.mpf(0), mp.mpf(1)]
            for n in range(8):
                hermite.append(-h * hermite[-1] - n * hermite[-2])
            exact = [mp.ncdf(h)] + [a**k * mp.npdf(h) * hermite[k] for k in range(1, 9)]
            errors = [float(abs((mp.mpf(float(f)) - e) / e)) for f, e in zip(column, exact, strict=True)]
            assert max(errors) < 5e-15, (place, errors)


@pytest.mark.parametrize(("mu", "sigma"), [(-33.301664958377074, 0.01), (-36.661380273013044, 0.03933722020415636)])
def test_a_mean_made_together_with_the_slopes_keeps_the_tail_of_phi(mu, sigma):
    """E[g] beside E[g'] was 1.9e-13 off in the tail of gelu_10, and raw_moments 4e-15: one Phi was the plain one."""
    kernel = kernels.load("gelu_10")
    with mp.workdps(40):
        m, s = mp.mpf(mu), mp.mpf(sigma)

        def weighted(z):
            y = m + s * z
            return y * mp.erfc(-y / mp.sqrt(2)) / 2 * mp.exp(-z * z / 2)

        expected = mp.quad(weighted, mp.linspace(-16, 16, 33)) / mp.sqrt(2 * mp.pi)
        for value in (kernel.raw_moments(mu, sigma, 0)[0], kernel.hermite_coefficients(mu, sigma, 1)[0]):
            assert abs(mp.mpf(float(value)) / expected - 1) < 7e-14


@pytest.mark.parametrize(("mu", "sigma"), [(-156.5, 5.0), (-470.102, 94.0151)])
def test_a_window_is_found_where_phi_has_underflown_at_the_mean(mu, sigma):
    """The slope of log g came from a Phi that ends in a constant, and the window stayed where nothing is."""
    moments = kernels.load("gelu_10").raw_moments(mu, sigma, 8)
    with mp.workdps(40):
        m, s = mp.mpf(mu), mp.mpf(sigma)
        ends = [*mp.linspace(-40, 10, 51), *mp.linspace(20, 800, 79)]

        @cache
        def weighted(y):
            g = min(mp.mpf(10), y * mp.erfc(-y / mp.sqrt(2)) / 2)
            return g * mp.exp(-(((y - m) / s) ** 2) / 2)

        for n in (0, 7, 8):
            expected = mp.quad(lambda y, n=n: y**n * weighted(y), ends) / (s * mp.sqrt(2 * mp.pi))
            assert abs(mp.mpf(float(moments[n])) / expected - 1) < 3e-13
