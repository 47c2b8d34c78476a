"""Waves with kinks beside what has no period, against the definition, cut at every kink."""

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import KernelSource, NoKernelError, emit, verify
from codegen.common_terms import with_common_terms_outside
from codegen.envelopes import enveloped_wave
from codegen.families.kinked_wave_subject import KinkedWaveSubject
from codegen.kernel_choice import choose_plan
from codegen.module_text import module_text
from codegen.parameters import run_time, settled
from codegen.periodic_window import period_and_slope
from symbolic_moments import activation
from symbolic_moments.language import parse_expression

mp = mpmath.mp
SATURATED = "abs(sin(x))*tanh(x)"
JUMPING = "relu(x)*sign(cos(x))"
FUNCTIONS = {
    SATURATED: (lambda y: abs(mp.sin(y)) * mp.tanh(y), 0),
    "tanh(x)+abs(sin(x))": (lambda y: abs(mp.sin(y)) + mp.tanh(y), 0),
    JUMPING: (lambda y: max(y, 0) * mp.sign(mp.cos(y)), 1),
}
POINTS = [
    (0.3, 0.1),
    (-14.0, 9.9),
    (314.1592, 1e-3),
    (-5e-6, 1e-6),
    (3.0, 1e-6),
    (20.0, 21.0),
]


@cache
def kernel(text):
    """The kernel; that of but one function with its trial, which takes half of the time."""
    if text == SATURATED:
        return emit(text).load()
    subject = settled(activation(text))
    opened = run_time(subject)
    plan = choose_plan(subject, opened, 8)
    return KernelSource(subject.name, "numpy", module_text(subject, opened, plan, "numpy", 8, laid_out=False)).load()


@cache
def rule():
    return mpmath.calculus.quadrature.GaussLegendre(mp).get_nodes(-1, 1, 4, 110)


def moments(text, mu, sigma, degree):
    """``E[y^n g]``, ``E|y^n g|``, ``E[g He_k]``, ``E[g^2]`` and the variance, between kinks and deviations."""
    function, half = FUNCTIONS[text]
    with mpmath.workdps(32):
        mu, sigma = mp.mpf(mu), mp.mpf(sigma)
        low, high = mu - 13 * sigma, mu + 13 * sigma
        first, last = (int(mp.floor(end / mp.pi)) for end in (low, high))
        cuts = {low, high, *((k + mp.mpf(half) / 2) * mp.pi for k in range(first - 1, last + 2))}
        cuts |= {low + j * sigma for j in range(1, 26)} | {mp.mpf(j) / 2 for j in range(-12, 13)}
        cuts = sorted(cut for cut in cuts if low <= cut <= high)
        rows = []
        for start, end in pairwise(cuts):
            middle, length = (start + end) / 2, (end - start) / 2
            for node, weight in rule():
                y = middle + length * node
                z = (y - mu) / sigma
                rows.append((y, z, weight * length * mp.npdf(z) / sigma, function(y)))
        powers = [mp.fsum(w * v * y**n for y, _, w, v in rows) for n in range(degree + 1)]
        sizes = [mp.fsum(abs(w * v * y**n) for y, _, w, v in rows) for n in range(degree + 1)]
        first = mp.fsum(w * v * z for _, z, w, v in rows)
        second = mp.fsum(w * v * (z * z - 1) for _, z, w, v in rows)
        square = mp.fsum(w * v * v for *_, w, v in rows)
        return powers, sizes, (first, second), square, mp.fsum(w * (v - powers[0]) ** 2 for *_, w, v in rows)


@pytest.mark.parametrize("text", [SATURATED, JUMPING])
@pytest.mark.parametrize(("mu", "sigma"), POINTS)
def test_moments_coefficients_and_variance(text, mu, sigma):
    powers, sizes, hermite, square, variance = moments(text, mu, sigma, 2)
    assert sizes[0] > 0
    found = kernel(text).raw_moments(mu, sigma, 2)
    assert max(abs(f - p) / s for f, p, s in zip(found.tolist(), powers, sizes, strict=True)) < 1e-14
    assert abs(float(kernel(text).second_moment(mu, sigma)) - square) < 2e-14 * square
    assert abs(float(kernel(text).variance(mu, sigma)) - variance) < 2e-13 * variance
    coefficients = kernel(text).hermite_coefficients(mu, sigma, 2)
    assert abs(coefficients[1] - hermite[0]) < 3e-14 * mp.sqrt(variance)
    assert abs(coefficients[2] - hermite[1]) < 5e-14 * mp.sqrt(variance)


@pytest.mark.parametrize("turns", [100, -3])
def test_a_narrow_gaussian_next_to_a_kink_that_is_no_double(turns):
    mu, sigma = float(turns * mp.pi), 1e-9
    with mpmath.workdps(40):
        t = (mp.mpf(mu) - turns * mp.pi) / sigma
        mean = mp.tanh(mu) * sigma * (2 * mp.npdf(t) + t * mp.erf(t / mp.sqrt(2)))
        square = mp.mpf(sigma) ** 2 * mp.tanh(mu) ** 2 * (1 + t * t)
        variance = square - mean**2
    found = kernel(SATURATED)
    assert abs(found.hermite_coefficients(mu, sigma, 0)[0] - mean) < 1e-13 * abs(mean)
    assert abs(found.variance(mu, sigma) - variance) < 2e-13 * variance


@pytest.mark.parametrize(("mu", "sigma"), [(-1e-3, 1e-9), (-0.02, 1e-3), (-0.3, 0.01), (-5e-3, 1e-3)])
def test_terms_that_cancel_beside_a_kink_at_0(mu, sigma):
    """``tanh(x) - sin(x)`` is ``-x^3/6`` there."""
    test_moments_coefficients_and_variance("tanh(x)+abs(sin(x))", mu, sigma)


def test_a_narrow_gaussian_next_to_a_kink_between_multiples_of_the_period():
    """At an odd multiple of pi the wave's own kernel has coordinates that start half a period away."""
    mu, sigma = float(101 * mp.pi), 1e-9
    with mpmath.workdps(40):
        t = (101 * mp.pi - mp.mpf(mu)) / sigma
        mean = sigma * (mp.npdf(t) + t * mp.ncdf(t))
        variance = mp.mpf(sigma) ** 2 * (t * mp.npdf(t) + (1 + t * t) * mp.ncdf(t)) - mean**2
    found = kernel("Max(0, sin(x))*tanh(x)")
    assert abs(found.hermite_coefficients(mu, sigma, 0)[0] - mean) < 1e-13 * mean
    assert abs(found.variance(mu, sigma) - variance) < 2e-13 * variance


def test_a_gaussian_much_wider_than_all_periods():
    """Beside ``2/pi E|y|`` stands what the density at 0 sees of ``|y sin(y)| tanh|y|``, in the sense of Abel."""
    mu, sigma = 7.0, 1e5
    with mpmath.workdps(30):
        t = mp.mpf(mu) / sigma
        size = sigma * (2 * mp.npdf(t) + t * mp.erf(t / mp.sqrt(2)))
        near = mp.quad(lambda y: y * abs(mp.sin(y)) * (mp.tanh(y) - 1), [0, 1, *(k * mp.pi for k in range(1, 14))])
        wanted = 2 / mp.pi * size + 2 * mp.npdf(t) / sigma * (near + (2 - mp.pi**2 / 6) / mp.pi)
        assert abs(kernel(SATURATED).raw_moments(mu, sigma, 1)[1] - wanted) < 2e-15 * wanted


def test_an_envelope_that_underflows_at_mu_is_seen_where_the_gaussian_meets_it():
    """``exp(-y^2/50)`` under a Gaussian is another Gaussian."""
    mu, sigma = -200, 8
    with mpmath.workdps(30):
        mean, deviation = mp.mpf(mu) * 25 / (25 + sigma**2), mp.sqrt(25 * sigma**2 / mp.mpf(25 + sigma**2))
        cuts = [k * mp.pi for k in range(-34, 0)]
        wanted = mp.quad(lambda y: abs(mp.sin(y)) * mp.npdf(y, mean, deviation), cuts)
        wanted *= mp.exp(-(mp.mpf(mu) ** 2) / (50 + 2 * sigma**2)) * 5 / mp.sqrt(25 + sigma**2)
    found = kernel("exp(-x**2/50)*abs(sin(x))").raw_moments(mu, sigma, 0)[0]
    assert abs(found - wanted) < 1e-13 * wanted


def test_signs_of_products_do_not_underflow():
    assert emit("sign(gelu(x))").load().activation(-1000.0) == -1


def test_rows_are_served_one_by_one_and_together():
    draw = np.random.default_rng(7)
    mu, sigma = draw.uniform(-1000, 1000, 300), 10 ** draw.uniform(-9, 5, 300)
    mu[::3] = draw.uniform(-30, 30, 100)
    found = kernel(SATURATED).variance(mu, sigma)
    assert (found > 0).all()
    some = slice(0, 300, 25)
    alone = [kernel(SATURATED).variance(m, s) for m, s in zip(mu[some], sigma[some], strict=True)]
    np.testing.assert_allclose(found[some], alone, rtol=2e-13)


def test_verify_knows_its_kinks():
    assert verify(kernel(SATURATED), digits=20, degree=1, points=[(3.0, 1e-3), (0.3, 0.5), (0.0, 0.0)]).passed


def test_a_point_mass_on_a_kink():
    found = kernel(SATURATED).expected_derivatives([0.0, 2.0], 0.0, 3)
    np.testing.assert_array_equal(found[:3, 0], 0)
    assert np.isnan(found[3, 0])
    wave, envelope = np.sin(2.0), np.tanh(2.0)
    np.testing.assert_allclose(found[1, 1], np.cos(2.0) * envelope + wave * (1 - envelope**2), rtol=1e-15)


def test_terms_that_both_sides_share_stand_beside_a_maximum():
    plain = with_common_terms_outside(parse_expression("Max(x, x + sin(x))"))
    assert period_and_slope(plain) == (2 * sp.pi, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Max(sin(x), tanh(x))",
        "tanh(x)*abs(sin(x)) + abs(cos(x))",
        "sqrt(abs(sin(x)))*tanh(x)",
        "abs(sin(x + tanh(x)))",
    ],
)
def test_what_is_no_such_product(text):
    assert enveloped_wave(parse_expression(text)) is None


def test_envelopes_that_grow_like_exponentials_are_refused():
    with pytest.raises(NoKernelError, match="grows exponentially"):
        emit("exp(x)*abs(sin(x))")


def test_a_wave_that_vanishes_in_the_middle_between_its_kinks_is_not_nothing():
    parts = enveloped_wave(parse_expression("tanh(x)*(abs(sin(x)) + cos(2*x))"))
    assert all(degree > 0 for *_, degree in KinkedWaveSubject(parts).pieces)


def test_narrow_gaussians_pay_for_the_terms_they_see(monkeypatch):
    """Where the envelope is constant to the last digit its series has none; far from kinks panels are not asked."""
    module = kernel(SATURATED)
    mu, sigma = np.array([1000.0, 12.0, 12.0, 0.3]), np.array([1e-3, 1e-6, 0.1, 0.2])
    terms = module._series_terms(module.xp, mu, sigma)
    assert terms[0] == 0
    assert 0 < terms[1] <= 4
    assert 4 < terms[2] <= 13
    assert terms[3] == -1
    expected = module.hermite_coefficients(61.0, 1e-6, 4)

    def refused(*_):
        raise AssertionError("panels were asked")

    monkeypatch.setattr(module, "enveloped_sums", refused)
    assert module.hermite_coefficients(61.0, 1e-6, 4).tolist() == expected.tolist()
