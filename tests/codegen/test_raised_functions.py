"""A large constant beside what has kinks: the variance does not know it."""

import mpmath
import pytest

from codegen import emit

LARGE = mpmath.mpf(10) ** 9


def _relu(y):
    return max(y, mpmath.mpf(0))


@pytest.mark.parametrize(
    ("text", "g", "kinks", "point"),
    [
        ("tanh(20+hardtanh(x))", lambda y: mpmath.tanh(20 + max(min(y, 1), -1)), (-1, 1), (0.5, 1.0)),
        ("1e6+x/(1+abs(x))", lambda y: 10**6 + y / (1 + abs(y)), (0,), (-235.87908611347328, 30.22414397031323)),
        ("log(1e9+relu(x))", lambda y: mpmath.log(LARGE + _relu(y)), (0,), (4.18, 17.05)),
        ("tanh(10+relu(x))", lambda y: mpmath.tanh(10 + _relu(y)), (0,), (-1.0, 0.3)),
        ("exp(1e-9*abs(x)/(1+abs(x)))", lambda y: mpmath.exp(abs(y) / (1 + abs(y)) / LARGE), (0,), (-1.0, 0.3)),
    ],
)
def test_the_variance_does_not_know_the_constant(text, g, kinks, point):
    kernel = emit(text).load()
    with mpmath.workdps(60):
        mu, sigma = map(mpmath.mpf, point)
        places = [(kink - mu) / sigma for kink in kinks]
        rungs = [
            place + side * mpmath.mpf(2) ** j / sigma for place in places for j in range(-4, 8) for side in (-1, 1)
        ]
        ends = sorted({z for z in (*map(mpmath.mpf, range(-26, 27)), *places, *rungs) if abs(z) <= 26})

        def average(f):
            return mpmath.quad(lambda z: f(mu + sigma * z) * mpmath.npdf(z), ends, maxdegree=5)

        start = g(mu)
        mean = average(lambda y: g(y) - start)
        variance = average(lambda y: (g(y) - start - mean) ** 2)
        square = average(lambda y: g(y) ** 2)
        moment = average(lambda y: y**3 * g(y))
        size = average(lambda y: abs(y**3 * g(y)))
        assert abs(kernel.variance(*point) / variance - 1) < 2e-13
        assert abs(kernel.hermite_coefficients(*point, 0)[0] / (start + mean) - 1) < 1e-13
        assert abs(kernel.second_moment(*point) / square - 1) < 1e-13
        assert abs(kernel.raw_moments(*point, 3)[3] - moment) < 1e-13 * size
    assert kernel.hermite_coefficients(point[0], 0.0, 0)[0] == pytest.approx(float(g(mpmath.mpf(point[0]))), rel=1e-15)
