"""Steps so far apart that their sum cancels between them: against quadrature of the definition in many digits."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import emit
from codegen.verify import verify

FUNCTIONS = {
    "erf(x) + erf(2*x - 40)": lambda t: mpmath.erf(t) + mpmath.erf(2 * t - 40),
    "tanh(x) + tanh(2*x - 40)": lambda t: mpmath.tanh(t) + mpmath.tanh(2 * t - 40),
    "x*tanh(x) + x*tanh(2*x - 40)": lambda t: t * (mpmath.tanh(t) + mpmath.tanh(2 * t - 40)),
}
PLACES = (-30.0, -1e-9, 0.5, 3.0, 6.0, 9.0, 11.0, 13.0, 14.0, 16.0, 19.5, 20.0, 24.0)
POINTS = ((11.0, 0.4), (9.0, 3.0))
DIGITS = 150


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("text", sorted(FUNCTIONS))
def test_values_between_the_steps_are_what_is_left(text):
    with mpmath.workdps(DIGITS):
        wanted = [FUNCTIONS[text](mpmath.mpf(place)) for place in PLACES]
        beside = [FUNCTIONS[text](mpmath.mpf(np.nextafter(place, np.inf))) for place in PLACES]
        found = kernel(text).activation(np.array(PLACES))
        for value, number, other in zip(found, wanted, beside, strict=True):
            assert abs(value - number) <= 2e-14 * abs(number) + 4 * abs(other - number)


@pytest.mark.parametrize("text", sorted(FUNCTIONS))
@pytest.mark.parametrize("point", POINTS)
def test_moments_between_the_steps(text, point):
    mean, size, slope, variance = _by_quadrature(FUNCTIONS[text], *point)
    found = kernel(text).hermite_coefficients(*point, 1)
    assert abs(found[0] - mean) <= 1e-13 * size
    assert abs(found[1] - slope) <= 1e-13 * mpmath.sqrt(variance)
    assert abs(kernel(text).variance(*point) - variance) <= 2e-13 * variance


def _by_quadrature(function, mu, sigma):
    """``E[g]``, ``E|g|``, ``E[g z]`` and ``Var g``; what doubles lose between the steps is not lost here."""
    with mpmath.workdps(DIGITS):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        cuts = sorted({mpmath.mpf(j) / 2 for j in range(-36, 37)} | {(place - mu) / sigma for place in (0, 10, 20)})
        total = [mpmath.mpf(0)] * 4
        for low, high in pairwise(cuts):
            for node, weight in _rule():
                z = (low + high) / 2 + (high - low) / 2 * node
                share = (high - low) / 2 * weight * mpmath.npdf(z)
                value = function(mu + sigma * z)
                terms = value, abs(value), value * z, value * value
                total = [one + share * term for one, term in zip(total, terms, strict=True)]
        mean, size, slope, second = total
        return mean, size, slope, second - mean * mean


@cache
def _rule():
    """Nodes and weights of 14 points in 40 digits."""
    with mpmath.workdps(40):
        guesses = np.polynomial.legendre.leggauss(14)[0]
        nodes = [mpmath.findroot(lambda t: mpmath.legendre(14, t), guess) for guess in guesses]
        return [(t, 2 * (1 - t * t) / (14 * mpmath.legendre(13, t)) ** 2) for t in nodes]


def test_such_a_kernel_keeps_its_promise():
    points = [(12.0, 0.5), (9.0, 3.0), (0.0, 0.0)]
    assert verify(emit("tanh(x) + tanh(2*x - 40)"), digits=30, degree=4, points=points).passed


def test_panels_are_cut_where_the_function_dips():
    """Beside a bound for all of a panel what counts in its middle was taken for little: 5e-13 off in full cells."""
    module = emit("erf(x) + erf(x - 10)").load()
    assert module.KERNEL["promise"]["second_moment"] <= 1e-13
    point = 3.7209933702666476, 0.7483885030063502
    with mpmath.workdps(40):
        mu, sigma = map(mpmath.mpf, point)
        ends = mpmath.linspace(-8, 16, 49)
        wanted = mpmath.quad(lambda y: (mpmath.erfc(10 - y) - mpmath.erfc(y)) ** 2 * mpmath.npdf(y, mu, sigma), ends)
    for rows in (1, 40, 2000):
        found = module.second_moment(*(np.full(rows, one) for one in point))
        np.testing.assert_allclose(found, float(wanted), rtol=2e-14)
