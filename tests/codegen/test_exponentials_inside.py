"""Functions of exponentials, where those exceed the doubles."""

import mpmath
import numpy as np
import pytest

from codegen import emit


@pytest.mark.parametrize(
    ("text", "points", "slope"),
    [
        ("1-exp(-exp(x))", [(745.0, 1.0), (709.9, 0.1), (5000.0, 1.0), (745.0, 0.0)], 0.0),
        ("x*(1-exp(-exp(x)))", [(745.0, 1.0), (709.9, 0.1), (745.0, 0.0)], 1.0),
        ("x*sigmoid(exp(-x))", [(-800.0, 1.0), (-800.0, 10.0), (-720.0, 2.0), (-900.0, 0.0)], 1.0),
    ],
)
def test_lines_are_lines_where_an_exponential_exceeds_the_doubles(text, points, slope):
    kernel = emit(text).load()
    for mu, sigma in points:
        value = slope * mu + (1 - slope)
        wanted = [value, slope * sigma, 0, 0]
        np.testing.assert_allclose(kernel.hermite_coefficients(mu, sigma, 3), wanted, rtol=1e-13)
        np.testing.assert_allclose(kernel.expected_derivatives(mu, sigma, 3), [value, slope, 0, 0], rtol=1e-13)
        np.testing.assert_allclose(kernel.variance(mu, sigma), (slope * sigma) ** 2, rtol=1e-13)


def test_what_the_far_side_adds_is_kept():
    with mpmath.workdps(30):
        mu, sigma = mpmath.mpf(650), mpmath.mpf(30)
        ends = sorted({(mpmath.mpf(place) / 4 - mu) / sigma for place in range(-160, 60)} | {-(mu + 400) / sigma})
        wanted = -mpmath.quad(lambda z: mpmath.exp(-mpmath.exp(mu + sigma * z)) * z * mpmath.npdf(z), ends)
    found = emit("1-exp(-exp(x))").load().hermite_coefficients(650.0, 30.0, 1)[1]
    assert abs(found / wanted - 1) < 1e-10


@pytest.mark.parametrize(("a", "b"), [("0.75", "0.75"), ("1", "1")])
def test_error_functions_of_exponentials_are_served(a, b):
    kernel = emit(f"x*erf({a}*exp({b}*x))").load()
    with mpmath.workdps(30):
        scale, rate = mpmath.mpf(a), mpmath.mpf(b)

        def average(f):
            return mpmath.quad(lambda z: f(2 * z - 1, z) * mpmath.npdf(z), [mpmath.mpf(j) / 2 for j in range(-24, 25)])

        def g(y):
            return y * mpmath.erf(scale * mpmath.exp(rate * y))

        mean = average(lambda y, _: g(y))
        variance = average(lambda y, _: (g(y) - mean) ** 2)
        slope = average(lambda y, z: g(y) * z)
        assert abs(kernel.variance(-1.0, 2.0) / variance - 1) < 2e-13
        assert abs(kernel.hermite_coefficients(-1.0, 2.0, 1)[1] - slope) < 1e-13 * mpmath.sqrt(variance)
    np.testing.assert_allclose(kernel.hermite_coefficients([800.0, 538.4], [1.0, 0.04], 1).T, [[800, 1], [538.4, 0.04]])
