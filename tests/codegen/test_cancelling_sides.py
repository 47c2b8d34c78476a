"""Sums and products that lose digits, or leave the doubles, on one side only; references from mpmath."""

from functools import cache

import mpmath
import numpy as np
import pytest

from codegen import emit
from codegen.verify import verify

FUNCTIONS = {
    "exp(-x/2)*softplus(x)": lambda t: mpmath.exp(-t / 2) * mpmath.log1p(mpmath.exp(t)),
    "sign(x) - 1 + exp(-x)*tanh(x)": lambda t: mpmath.sign(t) - 1 + mpmath.exp(-t) * mpmath.tanh(t),
    "abs(x+1) + exp(-x**2) - softplus(x)": lambda t: abs(t + 1) + mpmath.exp(-t * t) - mpmath.log1p(mpmath.exp(t)),
}
PLACES = (-1400.0, -1000.0, -30.0, -0.3, -1e-12, 1e-12, 0.3, 6.0, 511.3, 700.0, 1023.3)
POINTS = ((-40.0, 2.0), (3.0, 1.5), (1e-9, 1e-9))


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("text", FUNCTIONS)
def test_values_keep_their_digits(text):
    assert kernel(text).KERNEL["promise"]["activation"] == 2e-14
    with mpmath.workdps(2000):
        wanted = [FUNCTIONS[text](mpmath.mpf(place)) for place in PLACES]
        for found, number in zip(kernel(text).activation(np.array(PLACES)), wanted, strict=True):
            if 1e-300 < abs(number) < 1e300:
                assert abs(float(found) - number) <= 4e-16 * (4 + abs(mpmath.log(abs(number)))) * abs(number)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mu", "sigma"), POINTS)
def test_moments(text, mu, sigma):
    with mpmath.workdps(60):
        ends = [mu + mpmath.mpf(j) / 2 * sigma for j in range(-32, 33)]
        cuts = sorted({*ends, *(place for place in (mpmath.mpf(-1), mpmath.mpf(0)) if ends[0] < place < ends[-1])})

        def average(f):
            return mpmath.quad(lambda y: f(FUNCTIONS[text](y)) * mpmath.npdf(y, mu, sigma), cuts, maxdegree=4)

        mean, size = average(lambda value: value), average(abs)
        variance = average(lambda value: (value - mean) ** 2)
    assert abs(kernel(text).hermite_coefficients(mu, sigma, 0)[0] - mean) <= 1e-13 * size
    assert abs(kernel(text).variance(mu, sigma) - variance) <= 2e-13 * variance


def test_such_a_kernel_keeps_its_promise():
    points = [(-3.0, 0.5), (0.5, 2.0), (0.0, 0.0)]
    assert verify(emit("sign(x) - 1 + exp(-x)*tanh(x)"), digits=30, degree=4, points=points).passed
