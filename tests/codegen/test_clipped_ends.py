"""Functions of what is clipped to where their slope is infinite, and others that are vertical without being 0 there."""

from functools import cache

import pytest
import sympy as sp
from mpmath import mp, mpf

from codegen import emit
from symbolic_moments import activation

kernel_of = cache(lambda text: emit(text).load())


def clip(y):
    return min(max(y, mpf(-1)), mpf(1))


CASES = {
    "acos(clip(x, -1, 1))": (lambda y: mp.acos(clip(y)), (-1, 1)),
    "x*asin(clip(x, -1, 1))": (lambda y: y * mp.asin(clip(y)), (-1, 1)),
    "sqrt(1 - clip(x, -1, 1)**2)": (lambda y: mp.sqrt(1 - clip(y) ** 2), (-1, 1)),
    "acos(clip(2*x - 1, -1, 1))": (lambda y: mp.acos(clip(2 * y - 1)), (0, 1)),
    "asin(clip((x + 1)/2, -1, 1))": (lambda y: mp.asin(clip((y + 1) / 2)), (-3, 1)),
    "1 + sqrt(abs(x))": (lambda y: 1 + mp.sqrt(abs(y)), (0,)),
    "1/(1 + sqrt(abs(x)))": (lambda y: 1 / (1 + mp.sqrt(abs(y))), (0,)),
    "log(2 + sqrt(abs(x - 1)))": (lambda y: mp.log(2 + mp.sqrt(abs(y - 1))), (1,)),
    "where(x > 0, exp(-1/x), 0)": (lambda y: mp.exp(-1 / y) if y > 0 else mpf(0), (0,)),
}


def expectation(integrand, cuts, mu, sigma):
    """By tanh-sinh quadrature, which takes the roots at its ends."""
    return mp.quad(lambda y: integrand(y) * mp.npdf(y, mu, sigma), cuts)


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(
    ("mu", "sigma"), [(0, 1), (300, 1e-6), (-1, 1e-9), (0, 1e-9), (-1 + 1e-6, 1e-6), (1, 1e-9), (1, 0.01), (0.5, 0.5)]
)
def test_coefficients(text, mu, sigma):
    value, kinks = CASES[text]
    with mp.workdps(60):
        mean, spread = mpf(float(mu)), mpf(sigma)
        low, high = mean - 14 * spread, mean + 14 * spread
        cuts = sorted(
            {low, high, *(k for k in kinks if low < k < high), *(mean + k * spread for k in range(-12, 13, 4))}
        )
        level = value(mean)
        first = expectation(lambda y: value(y) - level, cuts, mean, spread)
        size = expectation(lambda y: abs(value(y)), cuts, mean, spread)
        variance = expectation(lambda y: (value(y) - level - first) ** 2, cuts, mean, spread)
        slope = expectation(lambda y: (y - mean) / spread * (value(y) - level), cuts, mean, spread)
        kernel = kernel_of(text)
        found = kernel.hermite_coefficients(float(mu), sigma, 1)
        assert abs(mpf(float(found[0])) - first - level) <= max(1e-13 * size, mpf(10) ** -300)
        if variance > max(mpf(10) ** -200, mpf(10) ** -100 * size**2):  # neither no double nor the rounding of this
            assert abs(mpf(float(found[1])) - slope) <= 1e-13 * mp.sqrt(variance)
            assert abs(mpf(float(kernel.variance(float(mu), sigma))) - variance) <= 2e-13 * variance


@pytest.mark.parametrize("third", [-1, 1])
@pytest.mark.parametrize(("t", "sigma"), [(0, 1e-9), (2, 1e-6), (-3, 1e-3), (1, 0.05), (0, 1), (30, 1e-4)])
def test_roots_at_a_third(third, t, sigma):
    """No double lies at the ends of ``sqrt(1 - clip(3 x, -1, 1)^2)``."""
    with mp.workdps(60):
        place = mpf(third) / 3
        mu = float(place + third * t * mpf(sigma))
        value = lambda y: mp.sqrt(1 - clip(3 * y) ** 2)  # noqa: E731
        mean, spread = mpf(mu), mpf(sigma)
        low, high = mean - 14 * spread, mean + 14 * spread
        ends = (-mpf(1) / 3, mpf(1) / 3)
        cuts = sorted(
            {low, high, *(k for k in ends if low < k < high), *(mean + k * spread for k in range(-12, 13, 4))}
        )
        first = expectation(value, cuts, mean, spread)
        slope = expectation(lambda y: (y - mean) / spread * value(y), cuts, mean, spread)
        variance = expectation(lambda y: (value(y) - first) ** 2, cuts, mean, spread)
        kernel = kernel_of("sqrt(1 - clip(3*x, -1, 1)**2)")
        found = kernel.hermite_coefficients(mu, sigma, 1)
        if abs(first) > mpf(10) ** -60:
            assert abs(mpf(float(found[0])) - first) <= 1e-13 * first
            assert abs(mpf(float(found[1])) - slope) <= 1e-13 * mp.sqrt(variance)
            assert abs(mpf(float(kernel.variance(mu, sigma))) - variance) <= 2e-13 * variance


def test_clips_that_never_bind_are_left_out():
    for text, plain in [
        ("acos(clip(tanh(x), -1, 1))", "acos(tanh(x))"),
        ("clip(sigmoid(x), 0, 1)", "sigmoid(x)"),
        ("relu(softplus(x))", "softplus(x)"),
    ]:
        assert activation(text).expression == activation(plain).expression
    assert activation("clip(tanh(x), -1/2, 1)").expression.has(sp.Max)
