"""Functions without a closed form that jump: the jump is part of every coefficient from the first on."""

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import NoKernelError, emit
from codegen.verify import verify

JUMPY = "Piecewise((tanh(x), x > 1/2), (exp(x) - 2, True))"


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 1.0), (-2.0, 0.7), (0.5, 1e-3), (3.0, 40.0)])
def test_coefficients_are_those_of_the_definition(mu, sigma):
    found = kernel(JUMPY).hermite_coefficients(mu, sigma, 4)
    with mpmath.workdps(30):

        def value(y):
            return mpmath.tanh(y) if y > 0.5 else mpmath.exp(y) - 2

        place = (mpmath.mpf(0.5) - mu) / sigma
        ends = sorted({place, -mpmath.mpf(mu) / sigma, *(mpmath.mpf(k) / 2 for k in range(-30, 31))})
        for k, polynomial in enumerate(
            (lambda z: 1, lambda z: z, lambda z: z**2 - 1, lambda z: z**3 - 3 * z, lambda z: z**4 - 6 * z**2 + 3)
        ):
            wanted = mpmath.quad(lambda z, p=polynomial: value(mu + sigma * z) * p(z) * mpmath.npdf(z), ends)
            assert abs(mpmath.mpf(float(found[k])) - wanted) < 1e-13 * mpmath.sqrt(mpmath.factorial(k))


def test_a_small_jump_is_seen_too():
    for subject in ("xielu", emit("Piecewise((tanh(x) + 1/1000000, x > 0), (tanh(x), True))")):
        assert verify(subject, digits=30, degree=2, points=[(0.3, 1.0), (-1e-6, 1e-3), (0.0, 1e-9)]).passed


def test_at_the_jump_no_derivative_exists():
    limits = kernel(JUMPY).expected_derivatives(0.5, 0.0, 3)
    assert np.isfinite(limits[0])
    assert np.isnan(limits[1:]).all()


@pytest.mark.parametrize("place", [0.001, 0.1, 1 / 3, 2.3, 1e-12])
def test_a_double_with_a_short_neighbour_is_not_taken_for_it(place):
    text = sp.sstr(sp.Rational(place))
    jump = emit(f"Piecewise((x, x > {text}), (0, True))").load()
    assert jump.activation(place) == 0
    assert jump.activation(np.nextafter(place, 3)) > 0
    corner = emit(f"Max(x - {text}, 0)").load()
    assert corner.activation(place) == 0
    assert corner.raw_moments(place, 0.0, 0)[0] == 0
    expected = np.nextafter(place, 3) - place
    assert corner.raw_moments(np.nextafter(place, 3), 0.0, 0)[0] == expected


@pytest.mark.parametrize(
    ("text", "jump"),
    [
        ("sign(x)*exp(-x**2)", 0.0),
        ("Heaviside(x)*sin(x)*exp(-(x**2))", 0.0),
        ("Heaviside(x - 1)*exp(-x)", 1.0),
        ("Heaviside(x - 1)*x*exp(-x)", 1.0),
    ],
)
def test_a_step_times_a_smooth_function(text, jump):
    points = [(0.3, 1.0), (jump, 1e-3), (-2.0, 0.7), (3.0, 5.0)]
    assert verify(emit(text).load(), digits=30, degree=3, points=points).passed


@pytest.mark.parametrize("text", ["log(1 + abs(x))", "sign(x)*log(1 + abs(x))", "log(1 + exp(-abs(x)))"])
def test_kinks_inside_a_logarithm_that_does_not_vanish(text):
    points = [(0.3, 1.0), (0.0, 1e-3), (-2.0, 0.7), (30.0, 9.0)]
    assert verify(emit(text).load(), digits=30, degree=3, points=points).passed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abs(sin(x))*tanh(x) + abs(cos(x))", "it branches at more than 300 places between -2000 and 2000"),
        ("tanh(x*sin(x))", "it oscillates too often"),
    ],
)
def test_a_refusal_is_one_line_and_says_why(text, reason):
    with pytest.raises(NoKernelError) as refused:
        emit(text)
    said = str(refused.value)
    assert f"has no kernel: {reason}" in said
    assert "sin(x)" in said.partition("has no kernel")[0]
    assert "\n" not in said
    assert "polywick derive" in said


def test_a_jump_that_is_a_sum_counts_as_a_whole():
    """``tanh(1/2) + 2 - exp(1/2)`` stood before its share without brackets in the family of last resort."""
    found = kernel(JUMPY).hermite_coefficients(-1.27, 0.142, 2)
    assert np.abs(found[1:] - 0.142 ** np.arange(1, 3) * np.exp(-1.27 + 0.142**2 / 2)).max() < 1e-14


BESIDE = {
    "sign(x) + tanh(x)": (lambda t: mpmath.sign(t) + mpmath.tanh(t), (0,)),
    "sign(x) + x**2*tanh(x)": (lambda t: mpmath.sign(t) + t * t * mpmath.tanh(t), (0,)),
    "sign(x) - sign(x - 1)/3 + atan(x)": (lambda t: mpmath.sign(t) - mpmath.sign(t - 1) / 3 + mpmath.atan(t), (0, 1)),
}


@pytest.mark.parametrize("text", BESIDE)
@pytest.mark.parametrize(
    ("mu", "sigma"), [(-1e-4, 1.2e-5), (1e-5, 1e-6), (1e-3, 2e-3), (1.0 - 2.0**-20, 2.0**-23), (0.45, 0.06)]
)
def test_a_jump_seven_to_ten_sigma_away_is_seen_by_the_variance(text, mu, sigma):
    function, places = BESIDE[text]
    with mpmath.workdps(50):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        jumps = [(place - m) / s for place in places]
        ends = sorted({*(mpmath.mpf(j) for j in range(-20, 21)), *(z for z in jumps if abs(z) < 20)})

        def average(f):
            return mpmath.quad(lambda z: f(function(m + s * z)) * mpmath.npdf(z), ends, maxdegree=5)

        mean = average(lambda value: value)
        variance = average(lambda value: (value - mean) ** 2)
        assert abs(kernel(text).variance(mu, sigma) / variance - 1) < 2e-13
