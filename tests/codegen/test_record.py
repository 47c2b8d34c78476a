"""What a kernel's record says of its exponentials, for the code that runs without symbols."""

import numpy as np
import pytest

from codegen.record import plain_decomposition
from numeric_backend import two_point_covariance
from polywick import kernel
from symbolic_moments import activation


def exponentials(text):
    return plain_decomposition(activation(text).decomposition).get("exponential_terms")


def test_constants_times_exponentials_are_recorded():
    assert exponentials("3*exp(-x/2)") == [{"side": 0, "rate": -0.5, "coefficient": 3.0}]
    assert exponentials("Piecewise((exp(-x), x > 0), (2*exp(3*x) - 1, True))") == [
        {"side": -1, "rate": 3.0, "coefficient": 2.0},
        {"side": 1, "rate": -1.0, "coefficient": 1.0},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x*exp(x)",
        "exp(-x**2)",
        "exp(-abs(x - 1))",
        "Piecewise((x, x > 0), (x*exp(x), True))",
        "Max(x, 0)",
        "exp(x)*Phi(x)",
    ],
)
def test_others_are_not(text):
    assert exponentials(text) is None


@pytest.mark.parametrize("alpha", [2.0, 0.5])
def test_a_change_of_units_reaches_two_points(alpha):
    """``celu_alpha(y) = alpha celu(y/alpha)``."""
    mu, sigma, rho = np.array([0.4, -1.5, 2.0]), np.array([0.8, 1.5, 6.0]), np.array([0.7, -0.9, 0.95])
    scaled = two_point_covariance(kernel("celu", alpha=alpha), alpha * mu, alpha * sigma, alpha, alpha * 3.0, rho)
    plain = two_point_covariance(kernel("celu"), mu, sigma, 1.0, 3.0, rho)
    np.testing.assert_allclose(scaled.value, alpha**2 * plain.value, rtol=1e-14)
    np.testing.assert_array_equal(scaled.bound, 0.0)


def test_the_slope_of_elu_jumps_with_its_parameter():
    """elu with alpha is a sum of relu and of what alpha multiplies: its covariance is a quadratic in alpha."""
    at = (0.3, 1.2, -0.5, 2.5, -0.8)
    one, two, three, five = (float(two_point_covariance(kernel("elu", alpha=a), *at).value) for a in (1, 2, 3, 5))
    np.testing.assert_allclose(five, three + 2 * (three - two) + 3 * (three - 2 * two + one), rtol=1e-13)
