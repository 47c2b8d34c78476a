"""Functions that touch 0 away from 0: the activation keeps its digits, moments but for what a few ulp of mu change."""

from __future__ import annotations

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
