"""Variances far from where a function bends: waves on ramps, saturation, second structures, algebraic tails."""

from __future__ import annotations

from functools import cache

import mpmath
import pytest

from codegen import emit, resolved_panels
from codegen.emission import KernelSource, run_time, settled
from codegen.kernel_choice import choose_plan
from codegen.sample_trial import SampleTrial
from symbolic_moments import activation

PROMISED = 2e-13
REACH = 400
WAVE = "log(1 + exp(x)) + sin(3*x)"


@cache
def kernel(text):
    return emit(text).load()


def by_definition(function, mu, sigma, places=(0,), digits=60):
    """``Var g(y)`` by quadrature over parts that crowd towards the places where g bends."""
    with mpmath.workdps(digits):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        cuts = {mpmath.mpf(j) / 2 for j in range(-32, 33)}
        steps = [0, *(s * mpmath.mpf(2) ** j for j in range(-2, 12, 2) for s in (-1, 1))]
        cuts |= {(place + step - mu) / sigma for place in places for step in steps}
        ends = sorted(cut for cut in cuts if abs(cut) <= 16)
        centre = function(mu)

        @cache
        def left(z):
            return function(mu + sigma * z) - centre, mpmath.npdf(z)

        def moment(n):
            return mpmath.quad(lambda z: left(z)[0] ** n * left(z)[1], ends, method="gauss-legendre")

        return float(moment(2) - moment(1) ** 2)


def held(found, expected):
    assert expected > 0
    assert abs(found - expected) <= PROMISED * expected


def ramp(t):
    return mpmath.log1p(mpmath.exp(-abs(t))) + max(t, 0)


@pytest.fixture(scope="module")
def waves():
    """A kernel of waves without end, which are followed less far than usual: the test needs no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolved_panels, "FOLLOWED", REACH)
        subject = settled(activation(WAVE))
        return kernel(WAVE), choose_plan(subject, run_time(subject), 2).sample


def test_a_wave_on_a_ramp_between_kinks():
    held(
        float(kernel("Max(x, 0) + sin(x)/10").variance(100.0, 10.0)),
        by_definition(lambda t: max(t, 0) + mpmath.sin(t) / 10, 100, 10),
    )


@pytest.mark.parametrize(("mu", "sigma"), [(30.0, 3.0), (-20.0, 5.0), (60.0, 6.0), (90.0, 0.25)])
def test_a_wave_on_a_ramp(waves, mu, sigma):
    held(float(waves[0].variance(mu, sigma)), by_definition(lambda t: ramp(t) + mpmath.sin(3 * t), mu, sigma))


def test_the_trial_sees_a_wave_that_is_lost(waves):
    whole, sample = waves
    text = whole.__source__
    assert text.count("> smooth_within(") == 2
    spoilt = text.replace("> smooth_within(", "< 0 * smooth_within(")
    miss = SampleTrial(KernelSource("spoilt", "numpy", spoilt).load(), sample, 2).first_miss()
    assert miss is not None
    assert miss.startswith("variance")


@pytest.mark.parametrize(
    ("text", "function", "kink"),
    [
        ("Max(tanh(x), 1/2)", lambda t: max(mpmath.tanh(t), 0.5), mpmath.atanh(0.5)),
        ("Min(sigmoid(x), 9/10)", lambda t: min(1 / (1 + mpmath.exp(-t)), mpmath.mpf(9) / 10), mpmath.log(9)),
    ],
)
@pytest.mark.parametrize(("mu", "sigma"), [(10.0, 0.1), (-10.0, 0.1), (30.0, 0.5), (-30.0, 3.0)])
def test_a_branch_that_saturates(text, function, kink, mu, sigma):
    expected = by_definition(function, mu, sigma, (0, kink), 90)
    if expected > 1e-200:
        held(float(kernel(text).variance(mu, sigma)), expected)


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (18.0, 1.0), (12.0, 0.5), (60.0, 3.0), (30.0, 0.1)])
def test_a_second_structure_far_away(mu, sigma):
    expected = by_definition(lambda t: mpmath.exp(-((t - 30) ** 2)) + mpmath.tanh(t), mu, sigma, (0, 30))
    held(float(kernel("exp(-(x - 30)**2) + tanh(x)").variance(mu, sigma)), expected)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("atan(x)", mpmath.atan),
        ("atan(x**3)", lambda t: mpmath.atan(t**3)),
        ("x/sqrt(1 + x**2)", lambda t: t / mpmath.sqrt(1 + t * t)),
        ("x**2/(1 + x**2)", lambda t: t * t / (1 + t * t)),
        ("Piecewise((tanh(x), x < 0), (x, True))", lambda t: mpmath.tanh(t) if t < 0 else t),
        ("exp(tanh(x))", lambda t: mpmath.exp(mpmath.tanh(t))),
        ("sin(5*tanh(x))", lambda t: mpmath.sin(5 * mpmath.tanh(t))),
    ],
)
@pytest.mark.parametrize(("mu", "sigma"), [(-1000.0, 100.0), (-1000.0, 1e-3), (-30.0, 3.0)])
def test_tails_that_approach_a_constant_slowly(text, function, mu, sigma):
    if "tanh" in text and sigma < 1:
        sigma = 120.0
    held(float(kernel(text).variance(mu, sigma)), by_definition(function, mu, sigma))


@pytest.mark.parametrize(("mu", "sigma"), [(-40.0, 10.0), (-1000.0, 100.0), (300.0, 30.0)])
def test_two_steps_that_are_added(mu, sigma):
    expected = by_definition(lambda t: mpmath.tanh(t - 5) + mpmath.tanh(t + 5), mu, sigma, (-5, 5), 90)
    held(float(kernel("tanh(x - 5) + tanh(x + 5)").variance(mu, sigma)), expected)


def test_a_bump_on_a_line_under_a_wide_gaussian():
    """``Var(x - x/(1 + x^2))`` by Stein's identity, ``E[x h] = E[1] - E[1/(1 + x^2)]``, and moments of 1/(1 + x^2)."""
    sigma = 8542.0
    with mpmath.workdps(40):
        s = mpmath.mpf(sigma)
        first = mpmath.sqrt(mpmath.pi / 2) / s * mpmath.exp(1 / (2 * s * s)) * mpmath.erfc(1 / (s * mpmath.sqrt(2)))
        second = (first * (1 - 1 / s**2) + 1 / s**2) / 2
        expected = s * s - 2 * (1 - first) + first - second
    held(float(kernel("x**3/(1 + x**2)").variance(0.0, sigma)), float(expected))


def test_derivatives_of_an_algebraic_function_do_not_cancel():
    found = kernel("x/sqrt(1 + x**2)").expected_derivatives(1000.0, 0.0, 2)
    with mpmath.workdps(40):
        square = mpmath.mpf(1) + 10**6
        expected = [1000 / mpmath.sqrt(square), square**-1.5, -3000 * square**-2.5]
    assert found == pytest.approx([float(value) for value in expected], rel=1e-13)


@pytest.mark.parametrize(("mu", "sigma"), [(-1.1e-5, 2.9e-6), (0.0, 1e-7), (0.02, 1e-9)])
def test_a_flat_top_with_a_kink(mu, sigma):
    """Its values are 1 to all digits there, and no Taylor series is left of 0 and right of it: 1 % of the variance."""
    with mpmath.workdps(60):
        places = sorted({mu + k * sigma for k in range(-14, 15, 2)} | {0.0})

        def moment(n):
            return mpmath.quad(lambda y: (abs(y) ** 3 / (1 + abs(y) ** 3)) ** n * mpmath.npdf(y, mu, sigma), places)

        wanted = moment(2) - moment(1) ** 2
    assert kernel("1/(1 + abs(x)**3)").variance(mu, sigma) == pytest.approx(float(wanted), rel=2e-13, abs=0)
