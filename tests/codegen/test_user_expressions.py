"""Expressions users type that were refused, leaked an error or lost what is left of a limit: against the definition."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import emit

FUNCTIONS = {
    "abs(tanh(x))": lambda t: abs(mpmath.tanh(t)),
    "tan(tanh(x))": lambda t: mpmath.tan(mpmath.tanh(t)),
    "log(2 + tanh(x)**3)": lambda t: mpmath.log(2 + mpmath.tanh(t) ** 3),
    "asin(tanh(x)/2)": lambda t: mpmath.asin(mpmath.tanh(t) / 2),
    "2**x/(1 + 2**x)": lambda t: 1 / (1 + mpmath.mpf(2) ** -t),
    "tanh(x - 5) + tanh(x + 5)": lambda t: mpmath.tanh(t - 5) + mpmath.tanh(t + 5),
    "Piecewise((exp(x) - 1, x < 0), (sqrt(1 + x) - 1, True))": lambda t: (
        mpmath.expm1(t) if t < 0 else mpmath.sqrt(1 + t) - 1
    ),
    "sqrt(relu(tanh(x)))": lambda t: mpmath.sqrt(mpmath.tanh(t)) if t > 0 else mpmath.mpf(0),
    "Min(softplus(x), 6)": lambda t: min(mpmath.log1p(mpmath.exp(t)), mpmath.mpf(6)),
    "x/tanh(x)": lambda t: t / mpmath.tanh(t) if t else mpmath.mpf(1),
    "sin(tanh(x))/tanh(x)": lambda t: mpmath.sinc(mpmath.tanh(t)),
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))": mpmath.tanh,
    "log(tanh(x)**2)": lambda t: mpmath.log(mpmath.tanh(t) ** 2) if t else mpmath.mpf(0),
    "Piecewise((x/(1 - x), x < 0), (x, True))": lambda t: t / (1 - t) if t < 0 else t,
    "sigmoid(x)**1.702": lambda t: (1 + mpmath.exp(-t)) ** (mpmath.mpf(-1702) / 1000),
    "sign(sigmoid(x) - 0.3)": lambda t: mpmath.sign(1 / (1 + mpmath.exp(-t)) - mpmath.mpf(3) / 10),
}
KINKS = (mpmath.mpf(0), mpmath.log(mpmath.mpf(3) / 7), mpmath.log(mpmath.expm1(6)), mpmath.mpf(-3), mpmath.mpf(3))
POINTS = ((-4.0, 0.5), (4.0, 0.5), (2.2, 0.9))


@cache
def kernel_of(text):
    return emit(text).load()


@pytest.mark.parametrize("text", sorted(FUNCTIONS))
def test_against_quadrature_of_the_definition(text):
    kernel, function = kernel_of(text), FUNCTIONS[text]
    mus, sigmas = np.array(POINTS).T
    found = {
        "mean": kernel.raw_moments(mus, sigmas, 0)[0],
        "second": kernel.hermite_coefficients(mus, sigmas, 2)[2],
        "variance": kernel.variance(mus, sigmas),
    }
    assert np.isfinite(kernel.expected_derivatives(mus, 0 * sigmas, 2)).all()
    for row, (mu, sigma) in enumerate(POINTS):
        mean, size, second, variance = _by_quadrature(function, mu, sigma)
        assert abs(found["mean"][row] - mean) <= 2e-13 * size
        assert abs(found["second"][row] - second) <= 2e-13 * mpmath.sqrt(2 * variance)
        assert abs(found["variance"][row] - variance) <= 1e-12 * variance


def _by_quadrature(function, mu, sigma):
    """``E[g]``, ``E|g|``, ``E[g He_2]`` and ``Var g`` by Gauss-Legendre panels that crowd at kinks."""
    with mpmath.workdps(34):
        ends = {mu + sigma * mpmath.mpf(j) for j in range(-13, 14)}
        ends |= {kink + s * mpmath.mpf(2) ** -j for kink in KINKS for j in range(0, 60) for s in (-1, 1)} | {*KINKS}
        cuts = sorted(end for end in ends if abs(end - mu) <= 13 * sigma)
        nodes, weights = (np.array(one) for one in zip(*_rule(), strict=True))
        y = np.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in pairwise(cuts)])
        share = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(cuts)])
        share = share * np.array([mpmath.npdf(t, mu, sigma) for t in y])
        value = np.array([function(t) for t in y])
        mean = (share * value).sum()
        z = (y - mu) / mpmath.mpf(sigma)
        second = (share * (value - mean) * (z * z - 1)).sum()
        return mean, (share * abs(value)).sum(), second, (share * (value - mean) ** 2).sum()


@cache
def _rule():
    """Nodes and weights of 12 points, to the working precision."""
    places = [mpmath.findroot(lambda t: mpmath.legendre(12, t), z) for z in np.polynomial.legendre.leggauss(12)[0]]
    slopes = [12 * (z * mpmath.legendre(12, z) - mpmath.legendre(11, z)) / (z * z - 1) for z in places]
    return [(z, 2 / ((1 - z * z) * d * d)) for z, d in zip(places, slopes, strict=True)]


def test_steps_far_from_the_origin():
    kernel, near = emit("tanh(x - 500) + tanh(x + 500)").load(), emit("tanh(x)").load()
    mean, variance = kernel.raw_moments(500.0, 2.0, 0)[0], kernel.variance(500.0, 2.0)
    assert abs(mean - near.raw_moments(0.0, 2.0, 0)[0] - 1) <= 2e-13
    assert abs(variance - near.variance(0.0, 2.0)) <= 1e-12 * variance


def test_two_steps_that_nearly_cancel_keep_their_digits():
    kernel = emit("tanh(x - 5) + tanh(x + 5)").load()
    with mpmath.workdps(40):
        for y in (1e-9, 0.3, -1.0):
            wanted = mpmath.tanh(mpmath.mpf(y) - 5) + mpmath.tanh(mpmath.mpf(y) + 5)
            assert abs(float(kernel.activation(np.array([y]))[0]) - wanted) <= 2e-14 * abs(wanted)


def test_a_step_of_a_curve_has_values_where_its_variable_is_infinite():
    assert np.array_equal(emit("Heaviside(tanh(x))").load().activation(np.array([-np.inf, 0.0, np.inf])), [0, 0.5, 1])


@pytest.mark.parametrize("place", [-1000.0, -100.0, -1e-10, 1e-30, 1e-300, 40.0, 700.0])
@pytest.mark.parametrize("text", ["(exp(x) - exp(-x))/(exp(x) + exp(-x))", "log(tanh(x)**2)"])
def test_values_where_exponentials_overflow_or_cancel(text, place):
    with mpmath.workdps(1000):
        wanted = FUNCTIONS[text](mpmath.mpf(place))
        if abs(wanted) > 1e-300:
            assert abs(float(kernel_of(text).activation(place)) - wanted) <= 1e-15 * abs(wanted)
            assert abs(float(kernel_of(text).expected_derivatives(place, 0.0, 1)[0]) - wanted) <= 1e-15 * abs(wanted)


def test_an_exponential_that_stands_only_where_its_exponent_is_not_positive():
    """``exp(hardswish(x))`` has no moments, but ``celu`` takes it where hardswish is negative."""

    def hard_swish(t):
        return t * min(mpmath.mpf(6), max(mpmath.mpf(0), t + 3)) / 6

    def function(t):
        return hard_swish(t) if t > 0 else mpmath.expm1(hard_swish(t))

    kernel = kernel_of("celu(hardswish(x))")
    for mu, sigma in ((-2.0, 0.7), (0.3, 1.2), (4.0, 0.8)):
        mean, _, _, variance = _by_quadrature(function, mu, sigma)
        assert abs(kernel.raw_moments(mu, sigma, 0)[0] / mean - 1) < 2e-13
        assert abs(kernel.variance(mu, sigma) / variance - 1) < 1e-12
