"""Powers with broken exponents, repeated roots, hyperbolic functions: digits where bases are tiny or terms cancel."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from codegen import emit


@pytest.mark.parametrize("base", [1e-100, 1e-170, 3.0, 1e150])
def test_a_power_of_a_tiny_or_huge_base(base):
    """An ulp of its logarithm was 2e-14 of the power."""
    with mpmath.workdps(40):
        wanted = mpmath.mpf(base) ** (mpmath.mpf(1702) / 1000)
    assert emit("relu(x)**1.702").load().activation(base) == pytest.approx(float(wanted), rel=1e-15, abs=0)


def test_derivatives_of_a_power_of_what_has_left_the_doubles():
    """The power series of 0 to a power is none: NaN at -1000, where g is 1e-536."""
    module = emit("softplus(x)**1.234").load()
    np.testing.assert_array_equal(module.expected_derivatives([-1000.0, -760.0], 0.0, 4), 0)
    got = module.expected_derivatives(-300.0, 0.0, 3)
    with mpmath.workdps(30):
        rate = mpmath.mpf(1234) / 1000
        wanted = [float(rate**k * mpmath.exp(-300 * rate)) for k in range(4)]
    np.testing.assert_allclose(got, wanted, rtol=1e-14)


def test_an_expanded_polynomial_next_to_a_repeated_root():
    steps = np.array([2.0**-30, -(2.0**-20), 1e-3])
    np.testing.assert_allclose(emit("x**2 - 2*x + 1").load().activation(1 + steps), (1 + steps - 1) ** 2, rtol=1e-15)
    cubic = emit("x**3 - 3*x**2 + 4").load().activation(2 + steps)
    np.testing.assert_allclose(cubic, (2 + steps - 2) ** 2 * (3 + steps), rtol=1e-15)


def test_even_derivatives_of_an_odd_quotient_next_to_0():
    """Those of sinh were differences of exponentials: 8e-8 of the second derivative at 1e-10."""
    got = emit("sinh(x)/cosh(2*x)").load().expected_derivatives(1e-10, 0.0, 4)
    np.testing.assert_allclose(got[[2, 4]], [-11e-10, 361e-10], rtol=1e-14)
