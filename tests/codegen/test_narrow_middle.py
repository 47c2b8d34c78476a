"""Exponentials that decay away from a narrow middle: kernels against quadrature of the definition."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit
from codegen.families.narrow_middle import NarrowMiddle, has_narrow_middle
from codegen.verify import verify
from symbolic_moments import activation

PROMISE = 2e-14
NODES = GaussLegendre(mpmath.mp).calc_nodes(4, 200)
BOTH = "Piecewise((1 - exp(-x), x > 1/1000000), (2*x, x > -1/1000000), (exp(x) - 1, True))"


def corner():
    return mpmath.mpf(1) / 10**6


def xielu(y):
    if y > 0:
        return mpmath.mpf(4) / 5 * y * y + y / 2
    return mpmath.mpf(4) / 5 * mpmath.expm1(min(y, -corner())) - mpmath.mpf(3) / 10 * y


def steeper_next_to_zero(y):
    return 2 * y if abs(y) <= corner() else mpmath.sign(y) * -mpmath.expm1(-abs(y))


FUNCTIONS = {"xielu": (xielu, (-1, 0)), BOTH: (steeper_next_to_zero, (-1, 0, 1))}
POINTS = [
    (-3e-12, 1e-12),
    (-5e-7, 1e-9),
    (-5e-7, 3e-7),
    (2e-6, 1e-6),
    (-1e-6, 2e-5),
    (1e-4, 3e-4),
    (-5e-4, 4e-4),
    (-0.9808292530117263, 1e-8),
    (-0.9808292530117263, 1e-3),
    (-0.98, 0.05),
    (0.3, 0.9),
    (-2.0, 1.1),
    (4.0, 3.0),
]


def defined(function, kinks, mu, sigma):
    """E[y^n g], E|y^n g| to n = 4, E[g He_k], 1 <= k <= 8, and Var g: Gauss-Legendre rules between kinks and sigmas."""
    mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
    places = {mpmath.mpf(z) for z in range(-18, 19, 2)}
    places |= {z for k in kinks if abs(z := (k * corner() - mu) / sigma) < 18}
    raw, absolute, hermite = [mpmath.mpf(0)] * 5, [mpmath.mpf(0)] * 5, [mpmath.mpf(0)] * 9
    square, centre = mpmath.mpf(0), function(mu)
    for a, b in itertools.pairwise(sorted(places)):
        for node, weight in NODES:
            z = (a + b) / 2 + (b - a) / 2 * node
            y, share = mu + sigma * z, weight * (b - a) / 2 * mpmath.npdf(z)
            value = function(y)
            for n in range(5):
                raw[n] += share * value * y**n
                absolute[n] += share * abs(value * y**n)
            before, polynomial = mpmath.mpf(0), mpmath.mpf(1)
            for k in range(9):
                hermite[k] += share * (value - centre) * polynomial
                before, polynomial = polynomial, z * polynomial - k * before
            square += share * (value - centre) ** 2
    return raw, absolute, hermite[1:], square - hermite[0] ** 2


@pytest.fixture(scope="module", params=FUNCTIONS)
def case(request):
    return *FUNCTIONS[request.param], emit(request.param).load()


@pytest.mark.parametrize(("mu", "sigma"), POINTS)
def test_kernels_agree_with_quadrature_of_the_definition(case, mu, sigma):
    function, kinks, kernel = case
    with mpmath.workdps(60):
        raw, scale, hermite, variance = defined(function, kinks, mu, sigma)
        deviation = mpmath.sqrt(variance)
        for n, value in enumerate(kernel.raw_moments(mu, sigma, 4)):
            assert abs(value - raw[n]) <= PROMISE * scale[n]
        # what 4 ulp of mu change, where that is more: next to the minimum of xielu
        change = 4 * math.ulp(mu) / mpmath.mpf(sigma)
        coefficients = kernel.hermite_coefficients(mu, sigma, 8)[1:]
        derivatives = kernel.expected_derivatives(mu, sigma, 8)[1:]
        for k in range(1, 9):
            allowed = max(PROMISE * deviation * mpmath.sqrt(mpmath.factorial(k)), change * abs(hermite[min(k, 7)]))
            assert abs(coefficients[k - 1] - hermite[k - 1]) <= allowed
            assert abs(derivatives[k - 1] * mpmath.mpf(sigma) ** k - hermite[k - 1]) <= allowed
        assert abs(kernel.variance(mu, sigma) - variance) <= PROMISE * variance
        second = variance + raw[0] ** 2
        assert abs(kernel.second_moment(mu, sigma) - second) <= PROMISE * second


def test_verify_passes_where_the_middle_has_jumps_at_both_ends():
    certificate = verify(emit(BOTH), digits=40, degree=6, points=[(3e-7, 2e-7), (-1e-6, 0.0), (0.0, 0.0), (1e-3, 0.2)])
    assert certificate.passed, str(certificate)


def test_derivatives_without_spread():
    """-1e-6 is a double right of the corner; at 0 xielu jumps."""
    kernel = emit("xielu").load()
    np.testing.assert_allclose(kernel.expected_derivatives(-1e-6, 0.0, 3), [kernel.activation(-1e-6), -0.3, 0, 0])
    below = np.nextafter(-1e-6, -1)
    np.testing.assert_allclose(kernel.expected_derivatives(below, 0.0, 2)[1:], [0.5 - 8e-7, 0.8], rtol=1e-6)
    assert np.isnan(kernel.expected_derivatives(0.0, 0.0, 4)[2:]).all()
    corner = emit("Piecewise((1 - exp(-x), x > 2**(-20)), (2*x, x > -2**(-20)), (exp(x) - 1, True))").load()
    for place in (-(2.0**-20), 2.0**-20):
        assert np.isnan(corner.expected_derivatives(place, 0.0, 4)[2:]).all()
    np.testing.assert_array_equal(corner.expected_derivatives(0.0, 0.0, 3), [0, 2, 0, 0])


def test_which_functions_have_a_narrow_middle():
    assert has_narrow_middle(activation(BOTH).decomposition)
    for text in (
        "exp(-abs(x))",  # no breakpoint but 0
        "Max(exp(-abs(x)), 1/2)",  # a middle as wide as the range of the exponentials
        "Piecewise((exp(x), x > 1/1000000), (x, x > 0), (exp(x) - 1, True))",  # grows
        "Piecewise((1 - exp(-x), x > 1/1000000), (0, x > 0), (exp(x) - 1, True))",  # 0 in the middle
    ):
        assert not has_narrow_middle(activation(text).decomposition)


def test_the_middle_of_xielu_is_what_it_is_more_than_its_sides():
    shape = NarrowMiddle(activation("xielu").decomposition)
    assert [float(place) for place in shape.breakpoints] == [-1e-6, 0]
    assert [shape.first_jump(number) for number in (0, 1)] == [1, 0]
    (middle,) = shape.middles
    assert (middle.side, middle.root) == (-1, 1)
