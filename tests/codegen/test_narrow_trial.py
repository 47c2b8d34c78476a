"""Narrow Gaussians next to kinks away from 0: what rounded nodes cost is found at emission, mended or put on record."""

import math
from functools import cache, partial

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mpf

from codegen import NoKernelError, delicate_places, emit
from codegen.narrow_trial import NarrowMiss, narrow_misses
from codegen.series_expectations import SidedSeries
from codegen.verify import verify
from symbolic_moments import activation
from symbolic_moments.symbols import x

DIGITS = 50
FELT = 14


@cache
def kernel_of(expression):
    return emit(expression).load()


def relu(u):
    return max(u, mpf(0))


def shifted_square(y):
    return relu(y + 40) ** 2 + mpmath.erf(y - 3)


def line_beside_bump(y):
    return relu(1702 * y / mpf(1000) - 2) + 3 * mpmath.exp(-((10 * y - 7) ** 2))


def clipped_wave(y):
    return relu(mpmath.sin(y) * mpmath.exp(-(y**2) / 4) - mpf(1) / 4)


def clipped_square(y):
    return relu(mpmath.tanh(y) - mpf(3) / 10) ** 2


def wave_kink():
    return mpmath.findroot(lambda y: mpmath.sin(y) * mpmath.exp(-(y**2) / 4) - mpf(1) / 4, 2.18)


KERNELS = [
    ("relu(x + 40)**2 + erf(x - 3)", shifted_square, lambda: mpf(-40)),
    ("relu(1.702*x - 2) + 3*exp(-((x - 0.7)/0.1)**2)", line_beside_bump, lambda: mpf(2000) / 1702),
    ("Max(sin(x)*exp(-x**2/4) - 1/4, 0)", clipped_wave, wave_kink),
    ("relu(tanh(x) - 0.3)**2", clipped_square, lambda: mpmath.atanh(mpf(3) / 10)),
]


def hermite_and_size(function, kink, mu, sigma, degree):
    """c_0 .. c_degree, E|g| and sd(g) from the definition, split at the kink."""
    mu, sigma = mpf(mu), mpf(sigma)
    ends = sorted({mpf(-FELT), mpf(0), mpf(FELT), min(max((kink - mu) / sigma, -FELT), FELT)})

    def mean(of):
        return mpmath.quad(lambda z: of(z, function(mu + sigma * z)) * mpmath.npdf(z), ends)

    values = [mean(lambda z, g: g)]
    values += [mean(partial(weighted, k, values[0])) for k in range(1, degree + 1)]
    return values, mean(lambda z, g: abs(g)), mpmath.sqrt(mean(lambda z, g: (g - values[0]) ** 2))


def weighted(k, level, z, g):
    polynomials = [mpf(1), z]
    for n in range(1, k):
        polynomials.append(z * polynomials[-1] - n * polynomials[-2])
    return (g - level) * polynomials[k]


@pytest.mark.parametrize(("expression", "function", "kink"), KERNELS)
@pytest.mark.parametrize("sigma", [6e-9, 1e-4])
def test_coefficients_beside_delicate_kinks(expression, function, kink, sigma):
    kernel = kernel_of(expression)
    assert "near_places" not in kernel.KERNEL
    with mpmath.workdps(DIGITS):
        place = kink()
        for deviations in (-1.0, 0.0, 1.75):
            mu = float(place) + deviations * sigma
            own = kernel.hermite_coefficients(mu, sigma, 4)
            values, size, deviation = hermite_and_size(function, place, mu, sigma, 5)
            ulps = 4 * math.ulp(mu) / sigma
            assert abs(own[0] - values[0]) <= 1e-13 * size + (kernel.KERNEL.get("near_roots", 0) > 0) * ulps * abs(
                values[1]
            )
            for k in range(1, 5):
                allowed = max(1e-13 * deviation * mpmath.sqrt(mpmath.factorial(k)), ulps * abs(values[k + 1]))
                assert abs(own[k] - values[k]) <= allowed, (mu, k)
            assert abs(kernel.variance(mu, sigma) - deviation**2) <= deviation**2 * (2e-13 + 12 * ulps)


def test_a_planted_error_is_seen():
    kernel = emit("abs(x - 3)*tanh(x)").load()
    expression, kinks = activation("abs(x - 3)*tanh(x)").expression, [sp.Integer(3)]
    assert narrow_misses(kernel, expression, x, kinks, 4) == ()
    exact = kernel.hermite_coefficients
    kernel.hermite_coefficients = lambda mu, sigma, degree: exact(np.asarray(mu) + 1e-14, sigma, degree)
    (found,) = narrow_misses(kernel, expression, x, kinks, 4)
    assert found.coefficients > 4
    assert found.variances == 0


def test_what_stays_is_on_record_and_granted_as_recorded():
    kernel = emit("abs(x**2 - 2)*abs(x**2 - 3)*exp(-x**2)").load()
    places = [one["place"] for one in kernel.KERNEL["near_places"]]
    assert sorted(places) == pytest.approx([-(3**0.5), -(2**0.5), 2**0.5, 3**0.5])
    assert sum("ulp of that place over sigma" in regime for regime in kernel.KERNEL["regimes"]) == 4
    points = [(2**0.5 + d * sigma, sigma) for sigma in (1e-9, 1e-6) for d in (-1, 0, 2.5)]
    assert verify(kernel, digits=25, degree=4, points=points).passed
    kernel.KERNEL["near_places"] = [{**one, "means": one["means"] / 64} for one in kernel.KERNEL["near_places"]]
    assert not verify(kernel, digits=25, degree=4, points=points).passed
    del kernel.KERNEL["near_places"]
    assert not verify(kernel, digits=25, degree=4, points=points).passed


@pytest.mark.parametrize("place", [0, 1])
def test_levels_at_vertical_places_are_on_record(place):
    kernel = kernel_of(f"tanh(1 + sqrt(abs(x - {place})))")
    assert kernel.KERNEL["near_places"] == [{"place": float(place), "levels": 4.0}]
    points = [(place + d * sigma, sigma) for sigma in (1e-9, 1e-6) for d in (-8, 0, 3)]
    assert verify(kernel, digits=25, degree=4, points=points).passed
    kernel.KERNEL["near_places"] = [{"place": float(place), "levels": 1 / 256}]
    assert not verify(kernel, digits=25, degree=4, points=points).passed
    kernel.KERNEL["near_places"] = [{"place": float(place), "levels": 4.0}]


@pytest.mark.parametrize("deviations", [-6.0, -0.5, 0.0, 3.0])
def test_expectations_of_sided_series(deviations):
    with mpmath.workdps(DIGITS):
        left, right = (mpf(1), mpf(-2), mpf(0), mpf(5)), (mpf(1.5), mpf(0.25), mpf(3), mpf(-1))
        place, sigma = mpmath.sqrt(2), 0.125
        mu = float(place) + deviations * sigma

        def function(y):
            return mpmath.polyval((left if y < place else right)[::-1], y - place)

        values, _, deviation = hermite_and_size(function, place, mu, sigma, 4)
        series = SidedSeries(mpmath.mp, place, left, right)
        for one, other in zip(series.coefficients(mu, sigma, 4), values, strict=True):
            assert abs(one - other) < 1e-30 * max(abs(other), 1)
        assert abs(series.variance(mu, sigma) - deviation**2) < 1e-30


def test_a_value_that_is_no_number_is_a_miss_beyond_measure():
    """It was passed over: a kernel with NaN next to its kink kept its promise there."""
    text = "relu(x - 2)**2 + erf(x)"
    kernel = emit(text).load()
    expression = activation(text).expression
    assert narrow_misses(kernel, expression, x, [sp.Integer(2)], 3) == ()
    true_variance = kernel.variance
    kernel.variance = lambda mu, sigma: np.where(sigma > 1e-6, np.nan, true_variance(mu, sigma))
    (miss,) = narrow_misses(kernel, expression, x, [sp.Integer(2)], 3)
    assert math.isinf(miss.times)
    assert math.isinf(miss.variances)
    assert miss.means == 0


def test_a_kernel_with_a_value_that_is_no_number_is_not_written(monkeypatch):
    """Such a miss cannot go on record."""
    beyond = NarrowMiss(sp.Integer(2), 0.0, 0.0, math.inf, 0.0, times=math.inf)
    monkeypatch.setattr(delicate_places, "narrow_misses", lambda *_: (beyond,))
    with pytest.raises(NoKernelError, match="gives no number next to x = 2 under narrow Gaussians"):
        emit("relu(x - 2)**2 + erf(x - 1/3)")
