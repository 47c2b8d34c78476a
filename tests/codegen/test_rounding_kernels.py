import math

import mpmath
import numpy as np
import pytest

from codegen import emit
from codegen.kernel_choice import NoKernelError

STEPS = {
    "floor(x)": (lambda k: k, 0, 1),
    "round(x)": (lambda k: k, -0.5, 1),
    "x // 0.25": (lambda k: k, 0, 0.25),
    "round(10*x)/10": (lambda k: mpmath.mpf(k) / 10, "-0.05", "0.1"),
    "trunc(x)": (lambda k: k + (k < 0), 0, 1),
    "relu(round(x))": (lambda k: max(k, 0), -0.5, 1),
    "clip(round(4*x), -8, 7)/4": (lambda k: min(max(k, -8), 7) / 4, -0.125, 0.25),
}


def _mean(values, first, step, mu, sigma):
    """Of a step function, as the sum of probabilities between its jumps; and of its size."""
    with mpmath.workdps(40):
        first, step = mpmath.mpf(first), mpmath.mpf(step)
        count = int(20 * sigma / step) + 2
        centre = int(mpmath.floor((mu - first) / step))
        total = size = mpmath.mpf(0)
        for k in range(centre - count, centre + count + 1):
            low, high = ((first + step * (k + j) - mpmath.mpf(mu)) / mpmath.mpf(sigma) for j in (0, 1))
            if low > 0:
                low, high = -high, -low
            total += values(k) * (mpmath.ncdf(high) - mpmath.ncdf(low))
            size += abs(values(k)) * (mpmath.ncdf(high) - mpmath.ncdf(low))
        return total, size


@pytest.mark.parametrize("text", STEPS)
def test_means_are_sums_of_probabilities(text):
    kernel = emit(text).load()
    generator = np.random.default_rng(7)
    for sigma in (1e-9, 0.12, 0.17, 7.0):
        for mu in (0.5, 100.0 + sigma, generator.normal(0, 3), generator.uniform(-1000, 1000)):
            exact, size = _mean(*STEPS[text], float(mu), sigma)
            if size > 1e-290:
                assert abs(kernel.raw_moments(mu, sigma, 0)[0] - exact) < 1e-14 * size, (mu, sigma)


def test_ties_are_those_of_numpy():
    places = np.arange(-24, 25) / 4
    for text, function in (("round(x)", np.rint), ("ceil(x)", np.ceil), ("floor(x)", np.floor)):
        kernel = emit(text).load()
        np.testing.assert_array_equal(kernel.activation(places), function(places))
        np.testing.assert_array_equal(kernel.raw_moments(places, 0.0, 1), [function(places), places * function(places)])


def test_where_a_product_rounds_onto_a_tie_it_is_the_product_that_counts():
    places = np.arange(-4000, 4001) / 1000
    kernel = emit("round(100*x)/100").load()
    np.testing.assert_allclose(kernel.activation(places), np.round(100 * places) / 100, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(kernel.raw_moments(places, 0.0, 0)[0], kernel.activation(places))


def test_ties_do_not_double_a_period():
    assert len(emit("round(x)").source) < 1.3 * len(emit("floor(x)").source)


def test_a_saw_tooth_and_its_variance():
    kernel = emit("x % 1").load()
    assert kernel.variance(0.3, 50.0) == pytest.approx(1 / 12, rel=1e-14)
    assert kernel.raw_moments(0.3, 1e-12, 1)[1] == pytest.approx(0.09, rel=1e-13)


def test_what_truncates_far_out():
    kernel = emit("trunc(x)").load()
    # E[(y - frac(y))^2] less the squared mean, where waves are averaged
    assert kernel.variance(688.5, 7.0) == pytest.approx(49 + 1 / 12, rel=1e-13)
    places = np.array([-10.0, -3.0, -0.5, 3.0, 200.0])
    np.testing.assert_array_equal(kernel.raw_moments(places, 0.0, 1)[1], places * np.trunc(places))


@pytest.mark.parametrize("sum_of", [("floor(x)", "tanh(x)"), ("floor(x)", "relu(x)"), ("x - floor(x)", "sigmoid(x)")])
def test_rounding_beside_what_is_smooth(sum_of):
    kernel, *parts = (emit(text).load() for text in (" + ".join(sum_of), *sum_of))
    mu, sigma = np.array([0.3, -2.4, 20.45, -700.2, 5.5]), np.array([0.05, 0.3, 2.0, 7.0, 1e-6])
    deviation = sum(np.sqrt(part.variance(mu, sigma)) for part in parts)
    for name in ("raw_moments", "hermite_coefficients"):
        values, *each = (getattr(one, name)(mu, sigma, 3) for one in (kernel, *parts))
        sizes = np.abs(each[0]) + np.abs(each[1]) + (1e-9 if name == "raw_moments" else deviation)
        assert np.max(np.abs(values - each[0] - each[1]) / sizes) < 1e-13


def test_the_variance_of_a_jump_keeps_what_rounding_took_from_mu():
    kernel = emit("floor(10*x)/10").load()
    mu, sigma = 0.3 + 1e-12, 1e-12
    with mpmath.workdps(40):
        share = mpmath.ncdf((mpmath.mpf(mu) - mpmath.mpf(3) / 10) / sigma)
        exact = share * (1 - share) / 100
    assert abs(kernel.variance(mu, sigma) - exact) < 1e-9 * exact


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("trunc(x) + relu(x)", lambda y, k: y + k if k >= 0 else mpmath.mpf(k + 1)),
        ("x - trunc(x)", lambda y, k: y - k if k >= 0 else y - k - 1),
    ],
)
def test_what_truncates_beside_lines_is_exact_on_each_step(text, function, worst_error):
    kernel = emit(text).load()
    for place in (1e-12, -1e-12, 0.25, -0.75, 6.5):
        with mpmath.workdps(40):
            assert kernel.activation(place) == float(function(mpmath.mpf(place), math.floor(place)))
    for mu, sigma in ((1e-12, 1e-13), (-1e-3, 1e-4), (0.2, 0.5), (-2.0, 0.3), (7.1, 0.1), (300.0, 2.0)):
        assert worst_error(kernel, function, 0, 1, mu, sigma) < 1e-14, (mu, sigma)


@pytest.mark.parametrize(
    "text",
    [
        "elu(round(x))",
        "sin(floor(x))",
        "floor(x)*exp(-x**2)",
        "floor(exp(x))",
        "x*floor(x)*tanh(x)",
    ],
)
def test_rounding_without_end_beside_what_is_no_line_is_refused(text):
    with pytest.raises(NoKernelError, match=r"or a line between two numbers, such as round\(clip"):
        emit(text)
