"""What is typed as for arrays: comparisons as numbers, bounds left out, quotients guarded at their zero."""

from functools import cache

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())
CASES = {
    "x*(x > 0)": (lambda y: max(y, mpf(0)), (0,)),
    "(x > 0)*x + (x <= 0)*exp(x)": (lambda y: y if y > 0 else mp.exp(y), (0,)),
    "np.where(x > 0, x, np.tanh(x))": (lambda y: y if y > 0 else mp.tanh(y), (0,)),
    "torch.clamp(x, min=1)*torch.sigmoid(x)": (lambda y: max(y, mpf(1)) / (1 + mp.exp(-y)), (1,)),
    "where(x == 0, 1, sin(x)/x)": (lambda y: mp.sin(y) / y, (0,)),
    "where(x != 0, (exp(x) - 1)/x, 1)": (lambda y: mp.expm1(y) / y, (0,)),
    "where(abs(x) < 1, sqrt(1 - x**2), 0)": (lambda y: mp.sqrt(max(1 - y * y, mpf(0))), (-1, 1)),
}


def expectation(integrand, kinks, mu, sigma):
    """By tanh-sinh quadrature of 30 digits, cut at kinks and every two deviations."""
    mu, sigma = mpf(mu), mpf(sigma)
    low, high = mu - 18 * sigma, mu + 18 * sigma
    cuts = {low, high, *kinks, *(mu + k * sigma for k in range(-18, 19, 2)), *map(mpf, range(-40, 41, 8))}

    def weighted(y):
        return integrand(y) * mp.npdf(y, mu, sigma)

    return mpmath.quad(weighted, sorted(cut for cut in cuts if low <= cut <= high))


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("mu", "sigma"), [(0, 1), (300, 1e-6), (1, 5), (1.5, 0.5), (-0.5, 0.5), (-1e-6, 1e-6)])
def test_values(text, mu, sigma):
    value, kinks = CASES[text]
    kernel = kernel_of(text)
    with mp.workdps(30):
        first, size = (expectation(lambda y, of=of: of(value(y)), kinks, mu, sigma) for of in (mpf, abs))
        second = expectation(lambda y: y * value(y), kinks, mu, sigma)
        spread = mp.sqrt(expectation(lambda y: (value(y) - first) ** 2, kinks, mu, sigma))
        slope = expectation(lambda y: (y - mu) / mpf(sigma) * (value(y) - first), kinks, mu, sigma)
        scale = expectation(lambda y: abs(y * value(y)), kinks, mu, sigma)
    moments = kernel.raw_moments(float(mu), sigma, 1)
    coefficients = kernel.hermite_coefficients(float(mu), sigma, 1)
    assert abs(moments[0] - float(first)) <= 1e-13 * float(size)
    assert abs(moments[1] - float(second)) <= 1e-13 * float(scale)
    assert abs(coefficients[1] - float(slope)) <= 1e-13 * float(spread)


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("where(x == 1, 5, where(x > 1, 2, x))", 1.0, 5.0),
        ("where(x == 0, 1, sign(x))", 0.0, 1.0),
        ("(x > 0) - (x < 0)", 0.0, 0.0),
        ("where(x == 0, 0.25, where(x > 0, tanh(x) + 1, -exp(x)))", 0.0, 0.25),
        ("where(x == 0, 1, sin(x)/x)", 0.0, 1.0),
    ],
)
def test_a_point_mass_at_a_jump_has_the_value_given_there(text, place, value):
    kernel = emit(text).load()
    assert kernel.activation(place) == value
    np.testing.assert_array_equal(kernel.raw_moments(place, 0.0, 1), [value, value * place])
