"""Functions that touch 0 away from 0: the activation keeps its digits, moments but for what a few ulp of mu change."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest

from codegen import emit


@pytest.mark.parametrize(
    ("text", "place", "function"),
    [
        ("exp(x - 1) - x", 1, lambda t: mpmath.expm1(t) - t),
        ("exp(2*x - 4) - 2*x + 3", 2, lambda t: mpmath.expm1(2 * t) - 2 * t),
        ("cosh(x + 3) - 1", -3, lambda t: 2 * mpmath.sinh(t / 2) ** 2),
    ],
)
def test_values_and_moments_next_to_the_place(text, place, function):
    kernel = emit(text).load()
    steps = np.array([2.0**-n for n in (2, 5, 8, 12, 16, 20, 24)])
    away = np.concatenate([-steps, steps])
    with mpmath.workdps(60):
        expected = np.array([float(function(mpmath.mpf(float(d)))) for d in away])
        mean = mpmath.quad(lambda z: function(z / 1024) * mpmath.npdf(z), range(-16, 17), method="gauss-legendre")
    assert kernel.activation(place + away) == pytest.approx(expected, rel=2e-14, abs=0)
    ulps = kernel.KERNEL["near_roots"] * np.spacing(abs(place)) * 1024
    assert float(kernel.raw_moments(place, 1 / 1024, 0)[0]) == pytest.approx(float(mean), rel=1e-13 + ulps, abs=0)


@pytest.mark.parametrize("text", ["exp(x - 1) - x", "cosh(x + 3) - 1"])
def test_closed_forms_keep_their_promise_and_their_reach(text):
    """They had made way for panels everywhere: a promise of 1e-13, and E[g] infinite from sigma = 21 on."""
    kernel = emit(text).load()
    assert kernel.KERNEL["promise"]["hermite_coefficients"] == 2e-14
    assert np.isfinite(kernel.raw_moments(0.0, [21.0, 30.0, 36.0], 0)).all()


@cache
def touching_at_1():
    return emit("exp(x - 1) - x").load()


@pytest.mark.parametrize("sigma", [1e-9, 1e-4, 0.3, 0.999, 1.001, 4.0])
@pytest.mark.parametrize("away", [0.0, 1e-9, -0.02, 0.999, 1.001, -3.0])
def test_both_sides_of_the_seam_against_the_formula_in_many_digits(sigma, away):
    """g = exp(y - 1) - y, m = mu - 1: ``E[g] = exp(m + s^2/2) - m - 1``, ``c_k = s^k exp(m + s^2/2)``, c_1 less s."""
    kernel = touching_at_1()
    mu = 1 + away
    with mpmath.workdps(60):
        m, s = mpmath.mpf(mu) - 1, mpmath.mpf(sigma)
        high = mpmath.exp(m + s * s / 2)
        mean, wanted = high - m - 1, [high * s - s, high * s**2, high * s**3]
        variance = high**2 * mpmath.expm1(s * s) - 2 * s * s * high + s * s
        moment = (m + 1 + s * s) * high - (m + 1) ** 2 - s * s
        wanted = [float(one) for one in (mean, *wanted)]
        variance, moment = float(variance), float(moment)
    ulps = 4 * np.spacing(abs(mu)) * abs(np.expm1(away + sigma**2 / 2))
    got = kernel.hermite_coefficients(mu, sigma, 3)
    assert abs(got[0] - wanted[0]) <= 2e-14 * wanted[0] + ulps
    scales = np.sqrt(variance * np.array([1, 2, 6]))
    assert (np.abs(got[1:] - wanted[1:]) <= 2e-14 * scales + ulps).all()
    assert abs(kernel.raw_moments(mu, sigma, 1)[1] - moment) <= 2e-13 * wanted[0] + 4 * ulps
    assert abs(kernel.variance(mu, sigma) - variance) <= 2e-14 * variance + 4 * np.spacing(abs(mu)) * sigma**2
