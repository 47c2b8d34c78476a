"""Formulas of quotients of what vanishes together, against ``f(x) = int_0^1 w(t) e^(rate x t) dt``."""

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symbolic_moments import activation, circle_moment
from symbolic_moments.bivariate_moments import bivariate_moment

MP = mpmath.MPContext()
MP.dps = 50

# the weight w, and the rate; the real part is meant
TRANSFORMS = {
    "sin(x)/x": (lambda t: 1, 1j),
    "(exp(x) - 1)/x": (lambda t: 1, 1),
    "(1 - cos(x))/x**2": (lambda t: 1 - t, 1j),
    "(exp(x) - 1 - x)/x**2": (lambda t: 1 - t, 1),
    "(sin(x)/x)**2": (lambda t: 2 * (1 - t), 2j),
}


def hermite(text, order, mean, deviation):
    """``E[f He_k] = sigma^k int w (rate t)^k exp(rate t mu + (rate t sigma)^2/2) dt``."""
    weight, rate = TRANSFORMS[text]
    m, s = MP.mpf(str(mean)), MP.mpf(str(deviation))

    def integrand(t):
        u = rate * t
        return MP.re(weight(t) * (u * s) ** order * MP.exp(u * m + (u * s) ** 2 / 2))

    return MP.quad(integrand, MP.linspace(0, 1, 5))


@pytest.mark.parametrize("text", TRANSFORMS)
@settings(max_examples=8)
@given(mean=st.integers(-30, 30), deviation=st.sampled_from(["0.01", "0.5", "1", "3"]), order=st.integers(0, 5))
@example(mean=0, deviation="1", order=0)
@example(mean=0, deviation="0.01", order=4)
def test_every_coefficient_is_its_transform(text, mean, deviation, order):
    mean = mean / 10
    found = activation(text).hermite(order).evalf(20, mu=str(mean), sigma=deviation)
    wanted = hermite(text, order, mean, deviation)
    assert abs(MP.convert(found) - wanted) <= MP.mpf(10) ** -19 * abs(wanted) + MP.mpf(10) ** -45


def test_at_the_place_itself():
    g = activation("sin(x)/x")
    at_0 = {"mu": 0, "sigma": 0}
    assert [g.hermite(0).evalf(20, **at_0), g.moment(1).evalf(20, **at_0), g.second_moment().evalf(20, **at_0)] == [
        1,
        0,
        1,
    ]
    assert abs(g.expected_derivative(2).evalf(20, **at_0) + MP.mpf(1) / 3) < 1e-19
    assert g.moment(0).evalf(20, mu=0, sigma=1) == pytest.approx(float(MP.sqrt(MP.pi / 2) * MP.erf(MP.sqrt(0.5))))


def test_squares():
    found = activation("sin(x)/x").second_moment().evalf(20, mu="0.7", sigma="1.3")
    assert abs(MP.convert(found) - hermite("(sin(x)/x)**2", 0, 0.7, 1.3)) < 1e-19


def test_on_circles():
    found = circle_moment("sin(x)/x", 2).evalf(20, A=1, b=0)
    wanted = MP.quad(lambda u: -2 * MP.pi * MP.besselj(2, u), [0, 1])
    assert abs(MP.convert(found) - wanted) < 1e-19


@pytest.mark.parametrize("rho", ["0.5", "1"])
def test_of_two_variables(rho):
    """Two sines integrals: ``E[cos(s y1) cos(t y2)]`` over the unit square."""
    found = bivariate_moment("sin(x)/x", "sin(x)/x").evalf(15, mu_1=0, sigma_1=1, mu_2=0, sigma_2=1, rho=rho)

    def wave(s, t):
        return MP.exp(-(s * s + t * t) / 2) * MP.cosh(MP.mpf(rho) * s * t)

    assert abs(found - MP.quad(wave, [0, 1], [0, 1])) < 1e-14
