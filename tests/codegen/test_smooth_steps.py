"""Smooth functions of one rounded line, against sums over the steps in many digits."""

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import NoKernelError, emit

FUNCTIONS = {
    "gelu(round(x))": (lambda k: k * mp.ncdf(k), (-1, 2), (1, 1)),
    "silu(round(16*x)/16)": (lambda k: mpf(k) / 16 / (1 + mp.exp(-mpf(k) / 16)), (-1, 32), (1, 16)),
    "softplus(round(x))": (lambda k: mp.log1p(mp.exp(k)), (-1, 2), (1, 1)),
    "tanh(round(100*x)/100)": (lambda k: mp.tanh(mpf(k) / 100), (-1, 200), (1, 100)),
    "sigmoid(floor(x))*floor(x)": (lambda k: k / (1 + mp.exp(-k)), (0, 1), (1, 1)),
    "sigmoid(round(127*x)/127)": (lambda k: 1 / (1 + mp.exp(-mpf(k) / 127)), (-1, 254), (1, 127)),
}
"""Heights of steps, where step 0 begins, and their length, as quotients."""
NARROW = [(0.2, 0.1), (0.0, 1.0), (0.3, 2.1), (-12.0, 3.9), (8.5 + 1e-9, 1e-9), (-30.5, 0.3), (3.3, 5.0), (-21.0, 4.5)]
"""Mean and deviation, in steps."""
WIDE = [(0.3, 4.0), (-33.0, 5.0), (60.0, 9.0), (-25.2, 30.0)]
PLACES = [(-2.0, 0.7), (4.0, 0.6), (9.0, 1.5), (-300.0, 3.0), (1000.0, 2.0)]
"""Mean and deviation in x, which see many fine steps."""

kernel_of = cache(lambda text: emit(text).load())


def _sides(y, mu, sigma, degree):
    """``E[z^k; z < y]``, less ``E[z^k]`` to the right of mu, and ``He_k phi`` at the same place, k = 0 .. degree."""
    z = (y - mu) / sigma
    density = mp.npdf(z)
    below, hermite = [mp.ncdf(z) if z <= 0 else -mp.ncdf(-z), -density], [mpf(1), z]
    for k in range(2, degree + 1):
        below.append((k - 1) * below[k - 2] - z ** (k - 1) * density)
        hermite.append(z * hermite[-1] - (k - 1) * hermite[-2])
    return below[: degree + 1], [one * density for one in hermite]


def _steps(text):
    """The parts of a function, to the digits in use."""
    height, first, step = FUNCTIONS[text]
    return height, mpf(first[0]) / first[1], mpf(step[0]) / step[1]


def _sums(text, mu, sigma, degree):
    """``E[y^n g]``, ``E|y^n g|`` but next to 0, ``c_k`` and ``Var g`` from the probabilities of the steps."""
    height, first, step = _steps(text)
    mu, sigma = mpf(mu), mpf(sigma)
    low, high = (int(mp.floor((mu + side * (16 * sigma + 40 * step) - first) / step)) for side in (-1, 1))
    ends = [_sides(first + step * k, mu, sigma, degree) for k in range(low, high + 2)]
    level = height(int(mp.floor((mu - first) / step)))
    moments, sizes, coefficients = ([mpf(0)] * (degree + 1) for _ in range(3))
    square = mpf(0)
    for k, (start, end) in zip(range(low, high + 1), pairwise(ends), strict=True):
        value = height(k)
        central = [after - before for before, after in zip(start[0], end[0], strict=True)]
        if first + step * k <= mu < first + step * (k + 1):
            central = [one + (0 if j % 2 else mp.fac2(max(j - 1, 0))) for j, one in enumerate(central)]
        for n in range(degree + 1):
            part = sum(mp.binomial(n, j) * mu ** (n - j) * sigma**j * central[j] for j in range(n + 1))
            moments[n] += value * part
            sizes[n] += abs(value * part)
        coefficients[0] += (value - level) * central[0]
        square += (value - level) ** 2 * central[0]
        for n in range(1, degree + 1):
            coefficients[n] += (value - level) * (start[1][n - 1] - end[1][n - 1])
    return moments, sizes, [moments[0], *coefficients[1:]], square - coefficients[0] ** 2


def _worst(text, mu, sigma, degree=4):
    kernel = kernel_of(text)
    with mp.workdps(80):
        moments, sizes, coefficients, variance = _sums(text, mu, sigma, degree)
        deviation = mp.sqrt(variance)
        scales = [sizes[0], *(deviation * mp.sqrt(mp.factorial(k)) for k in range(1, degree + 1))]
        pairs = [
            *zip(kernel.raw_moments(mu, sigma, degree), moments, sizes, strict=True),
            *zip(kernel.hermite_coefficients(mu, sigma, degree), coefficients, scales, strict=True),
            (kernel.variance(mu, sigma), variance, variance),
            (kernel.second_moment(mu, sigma), variance + moments[0] ** 2, variance + moments[0] ** 2),
        ]
        told = (abs(mpf(float(found)) - wanted) / scale for found, wanted, scale in pairs if scale > 1e-280)
        return float(max(told, default=0))


@pytest.mark.parametrize("text", FUNCTIONS)
def test_expectations_are_sums_over_the_steps(text):
    step = _steps(text)[2]
    for mu, sigma in NARROW + WIDE:
        assert _worst(text, float(mu * step), float(sigma * step)) < 1e-13, (mu, sigma)


@pytest.mark.parametrize("text", FUNCTIONS)
def test_where_it_bends_and_far_from_there(text):
    for mu, sigma in PLACES:
        if sigma < 40 * _steps(text)[2]:
            assert _worst(text, mu, sigma, degree=2) < 1e-13, (mu, sigma)


@pytest.mark.parametrize("text", ["gelu(round(x))", "silu(round(16*x)/16)"])
def test_quadrature_cut_at_every_jump_agrees(text):
    with mp.workdps(30):
        height, first, step = _steps(text)
        mu, sigma = float(mpf("0.7") * step), float(mpf("4.25") * step)
        numbers = range(-70, 72)
        cuts = [first + step * k for k in numbers]
        panels = list(zip(numbers, pairwise(cuts), strict=False))
        values = [
            mp.fsum(
                height(k) * mpmath.quad(lambda y, n=n: y**n * mp.npdf(y, mu, sigma), [a, b]) for k, (a, b) in panels
            )
            for n in range(3)
        ]
    np.testing.assert_allclose(kernel_of(text).raw_moments(mu, sigma, 2), [float(v) for v in values], rtol=4e-15)


@pytest.mark.parametrize("sigma", [1e5, 1e6])
def test_very_wide_gaussians_see_a_ramp_and_what_is_between(sigma):
    found = kernel_of("softplus(round(x))").raw_moments(0.0, sigma, 0)[0]
    with mp.workdps(40):
        ramp = mpf(sigma) / mp.sqrt(2 * mp.pi)
        beside = mp.nsum(lambda k: 2 * mp.log1p(mp.exp(-k)), [1, mp.inf]) + mp.log(2)
        # Euler and Maclaurin: probabilities of n and more, summed over n > 0, are the ramp less 1/24 of the density
        exact = ramp + (beside - mpf(1) / 24) * mp.npdf(0) / sigma
    assert abs(found - float(exact)) < 1e-13 * float(exact)


def test_ties_and_point_masses():
    places = np.arange(-24, 25) / 4
    kernel = kernel_of("softplus(round(x))")
    np.testing.assert_allclose(kernel.activation(places), np.logaddexp(0, np.rint(places)), rtol=4e-16)
    np.testing.assert_allclose(kernel.raw_moments(places, 0.0, 1)[1], places * np.logaddexp(0, np.rint(places)))
    slopes = kernel.expected_derivatives([0.5, 0.25], 0.0, 2)[1:]
    assert np.isnan(slopes[:, 0]).all()
    assert (slopes[:, 1] == 0).all()


@pytest.mark.parametrize("text", ["sin(6*round(x))", "exp(9*round(x))", "tanh(40*round(x))*round(x)"])
def test_what_bends_or_grows_within_a_step_is_refused(text):
    with pytest.raises(NoKernelError, match=r"has no kernel"):
        emit(text)
