"""References of what oscillates or grows on the whole line, against published moments and against each other."""

import math

import mpmath
import pytest
from mpmath import libmp

from codegen.verify.definition import read_definition
from codegen.verify.reference import reference
from codegen.verify.whole_line import growth_rates, oscillation, resolvable


def number(raw):
    return mpmath.mp.make_mpf(raw)


@pytest.mark.parametrize("text", ["sin(x)", "x + sin(x)**2", "x*cos(x)"])
def test_uniform_phases_agree_with_panels(text):
    """sigma = 28: at 30 digits the phase counts as uniform, at 90 every period is followed."""
    definition = read_definition(text)
    waves = oscillation(definition.expression)
    assert waves.is_uniform(28.0 / waves.lowest, 30)
    assert not waves.is_uniform(28.0 / waves.lowest, 90)
    sigma = 28.0 / waves.lowest
    fast, slow = (reference(definition, 0.3, sigma, 3, digits) for digits in (30, 90))
    with mpmath.workdps(40):
        for name, size in (("moments", "magnitudes"), ("hermite", "magnitudes")):
            pairs = zip(getattr(fast, name), getattr(slow, name), strict=True)
            for k, (one, two) in enumerate(pairs):
                unit = number(getattr(slow, size)[min(k, 3)]) * math.factorial(k)
                assert abs(number(one) - number(two)) < unit * mpmath.mpf(10) ** -28
        for one, two in ((fast.variance, slow.variance), (fast.second_moment, slow.second_moment)):
            assert abs(number(one) - number(two)) < number(two) * mpmath.mpf(10) ** -28


@pytest.mark.parametrize("sigma", [0.5, 12.0, 40.0, 1e6])
def test_lognormal_moments(sigma):
    """E[exp(y)^m] = exp(m mu + m^2 sigma^2 / 2), the moments of the lognormal law."""
    found = reference(read_definition("exp(x)"), -1.5, sigma, 1, 40)
    with mpmath.workdps(60):
        mean, square = (mpmath.exp(-1.5 * m + m * m * mpmath.mpf(sigma) ** 2 / 2) for m in (1, 2))
        assert abs(number(found.moments[0]) / mean - 1) < mpmath.mpf(10) ** -38
        assert abs(number(found.second_moment) / square - 1) < mpmath.mpf(10) ** -38


def test_a_narrow_gaussian_is_found_under_a_wide_one():
    found = reference(read_definition("exp(-(x - 700)**2)"), 0.0, 1e6, 0, 30)
    with mpmath.workdps(40):
        spread = 1 + 2 * mpmath.mpf(10) ** 12
        wanted = mpmath.exp(-(mpmath.mpf(700) ** 2) / spread) / mpmath.sqrt(spread)
        assert abs(number(found.moments[0]) / wanted - 1) < mpmath.mpf(10) ** -28


def test_what_oscillates_and_grows_is_read_off():
    def parsed(text):
        return read_definition(text).expression

    assert oscillation(parsed("exp(-x**2)*sin(x)")) is None
    assert oscillation(parsed("x**2 + tanh(x)")) is None
    waves = oscillation(parsed("sin(2*x) + cos(3*x)**2"))
    assert (waves.highest, waves.lowest) == (3.0, 1.0)
    assert not oscillation(parsed("sin(x) + sin(sqrt(2)*x)")).phases
    assert resolvable(parsed("sin(x)"), 0.0, 1e6)
    assert not resolvable(parsed("exp(-x)*sin(x)"), 0.0, 1e6)
    assert growth_rates(parsed("sinh(2*x)")) == (-2.0, 2.0)
    assert growth_rates(parsed("tanh(x) + 1/(1 + exp(-x))")) == ()
    assert growth_rates(parsed("exp(-x**2 + 3*x)")) == ()
    assert growth_rates(parsed("log(1 + exp(x))")) == ()  # rounded, it is 0 far out on the left
    assert libmp.mpf_gt(reference(read_definition("sinh(x)"), 0.0, 60.0, 1, 25).moments[1], libmp.fone)
