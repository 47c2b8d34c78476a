"""Rows under Gaussians far narrower than the function: what they are made of, and that nothing else is computed."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.decided_branches import with_decided_branches
from symbolic_moments.symbols import x

FUNCTIONS = {
    "exp(x)*tanh(x)": lambda t: mpmath.exp(t) * mpmath.tanh(t),
    "tanh(3*x) - tanh(x)": lambda t: mpmath.sinh(2 * t) / (mpmath.cosh(3 * t) * mpmath.cosh(t)),
    "sin(x)/x": mpmath.sinc,
    "elu(x**3)": lambda t: mpmath.expm1(t**3) if t < 0 else t**3,
}
GROWING, STEPS, FILLED, BARELY_BENT = FUNCTIONS


@cache
def kernel(text):
    return emit(text).load()


def hermite(k, z):
    """``He_k(z)``."""
    before, value = mpmath.mpf(0), mpmath.mpf(1)
    for n in range(k):
        before, value = value, z * value - n * before
    return value


@cache
def rule(count):
    """Nodes and weights for the normal density."""
    nodes = []
    for z in map(mpmath.mpf, np.polynomial.hermite_e.hermegauss(count)[0].tolist()):
        for _ in range(4):
            z = z - hermite(count, z) / (count * hermite(count - 1, z))
        nodes.append((z, mpmath.factorial(count - 1) / (count * hermite(count - 1, z) ** 2)))
    return nodes


def coefficients(text, mu, sigma, degree):
    """``c_k``, k = 0 .. degree, from the definition, by two rules; and the standard deviation of g."""
    with mpmath.workdps(50):
        sums = []
        for count in (40, 50):
            places = [(z, w, FUNCTIONS[text](mpmath.mpf(mu) + mpmath.mpf(sigma) * z)) for z, w in rule(count)]
            values = [mpmath.fsum(w * v * hermite(k, z) for z, w, v in places) for k in range(degree + 1)]
            sums.append([*values, mpmath.fsum(w * v * v for _, w, v in places)])
        spread = mpmath.sqrt(sums[1][-1] - sums[1][0] ** 2)
        assert max(abs(a - b) for a, b in zip(*(one[:-1] for one in sums), strict=True)) < 1e-18 * spread
        return sums[1][:-1], spread


def in_spreads(text, mu, sigma, degree):
    """Errors of ``c_k``, k >= 1, in units of ``sd(g) sqrt(k!)``."""
    wanted, spread = coefficients(text, mu, sigma, degree)
    found = kernel(text).hermite_coefficients(mu, sigma, degree)
    pairs = zip(found[1:], wanted[1:], strict=True)
    return [float(abs(f - w) / spread / mpmath.sqrt(mpmath.factorial(k))) for k, (f, w) in enumerate(pairs, 1)]


def refused(*_, **__):
    raise AssertionError("it was asked for what it does not need")


@pytest.mark.parametrize(
    ("text", "mu", "sigma"),
    [(GROWING, -40.0, 0.1), (GROWING, 40.0, 0.1), (GROWING, 300.0, 1e-3), (STEPS, 40.0, 0.06), (STEPS, -90.0, 2e-3)],
)
def test_exponentials_take_no_nodes_until_they_change_by_a_fifth(text, mu, sigma, monkeypatch):
    for degree in (3, 8):
        assert max(in_spreads(text, mu, sigma, degree)) < 5e-14
    module = kernel(text)
    monkeypatch.setattr(module, "node_sums", refused)
    module.hermite_coefficients(mu, sigma, 3)
    with pytest.raises(AssertionError, match="need"):
        module.hermite_coefficients(mu, 4 * sigma, 3) if sigma > 1e-2 else module.hermite_coefficients(mu, 0.5, 3)


@pytest.mark.parametrize(("mu", "sigma"), [(-3.3, 1e-9), (-3.3, 1e-4), (-3.2, 1e-6), (-2.5, 1e-3)])
def test_slopes_of_expm1_are_those_of_the_exponential(mu, sigma):
    """They were those of the rounded ``1 + expm1``: a tenth off where that is an ulp."""
    assert max(in_spreads(BARELY_BENT, mu, sigma, 2)) < 2e-14


@pytest.mark.parametrize("text", ["Min(Max(x, 0), 6)*sigmoid(x)", "exp(-abs(x - 6))*sin(x)"])
def test_windows_far_narrower_than_an_ulp_of_mu_are_not_empty(text):
    """c_0 next to a kink was 0 as soon as higher orders were asked with it."""
    module = kernel(text)
    sigma = np.array([1e-14, 1e-17, 1e-40, 1e-150])
    for degree in (0, 2):
        found = module.hermite_coefficients(6.0, sigma, degree)
        np.testing.assert_allclose(found[0], module.activation(6.0), rtol=1e-13)
    for moment, power in ((module.raw_moments(6.0, sigma, 0)[0], 1), (module.second_moment(6.0, sigma), 2)):
        np.testing.assert_allclose(moment, module.activation(6.0) ** power, rtol=1e-13)


def test_only_rows_next_to_a_root_have_its_polynomial(monkeypatch):
    module = kernel(FILLED)
    mu = np.array([-400.0, -1.5, -0.4, 0.0, 1e-9, 0.9, 3.0, 60.0])
    seen = []
    plain = module.with_root

    def counted(near, *arguments):
        seen.append(near.coefficients[0].tolist() if hasattr(near, "coefficients") else near.tolist())
        return plain(near, *arguments)

    monkeypatch.setattr(module, "with_root", counted)
    found = module.hermite_coefficients(mu, 1e-3, 3)
    assert seen == [[-0.4, 0.0, 1e-9, 0.9]]
    monkeypatch.undo()
    for row, place in enumerate(mu.tolist()):
        np.testing.assert_array_equal(found[:, row], module.hermite_coefficients(place, 1e-3, 3))
        assert max(in_spreads(FILLED, place, 1e-3, 3)) < 1e-13
    derivatives = module.expected_derivatives(mu, 0.0, 2)
    np.testing.assert_array_equal(derivatives[:, 3], [1, 0, -1 / 3])


def test_only_rows_next_to_0_have_the_difference_of_tangents(monkeypatch):
    module = kernel(STEPS)
    seen = []
    plain = module.rows_of_series
    monkeypatch.setattr(module, "rows_of_series", lambda s, some: seen.append(some.tolist()) or plain(s, some))
    found = module.expected_derivatives(np.array([-2.0, 1e-6, 0.3]), 0.0, 4)
    assert seen == [[1], [1]]
    np.testing.assert_allclose(found[[2, 4], 1], [-5.1999999999354664e-5, 0.0038719999999009012], rtol=1e-13)


def test_what_a_branch_leaves_undecided_is_left():
    inner = sp.Piecewise((sp.exp(x), x < -1), (sp.sin(x), x > 1), (x, True))
    outer = sp.Piecewise((2 * inner, x <= -1), (inner, True))
    expected = (
        "Piecewise((2*Piecewise((exp(x), x < -1), (x, True)), x <= -1), (Piecewise((sin(x), x > 1), (x, True)), True))"
    )
    assert str(with_decided_branches(outer)) == expected
    assert with_decided_branches(inner) == inner
    bounded = sp.Piecewise((inner, x**2 < 1), (0, True))
    assert with_decided_branches(bounded) == bounded


def test_a_slope_written_at_an_end_is_not_written_again_within():
    text = emit(GROWING).source
    slope = text[text.index("def _derivative_as_written(") : text.index("def _value_panels_as_written(")]
    assert slope.count("x < -1") == 1


def test_panels_of_few_terms_have_their_singularities_far_away():
    module = kernel(FILLED)
    panels = [((0, 0), (4, 0), 0, 0, 2, 0, terms) for terms in (60, 30, 12, 5, 87)]
    found = [
        module.smooth_within(module.xp, np.array([2.0]), np.array([1e-9]), [one], 1024, 5, 40, 60) for one in panels
    ]
    np.testing.assert_allclose(np.ravel(found) * 1024 / 4, [1, 4, 25, 25, 1], rtol=1e-15)
    plain = module.smooth_within(module.xp, np.array([2.0]), np.array([1e-9]), panels[1:2], 1024, 5, 40)
    assert plain == 4 / 1024


def test_a_kink_is_not_felt_from_20_sigma_on(monkeypatch):
    module = kernel("abs(sin(x))*tanh(x)")
    mu, sigma = np.array([500 * np.pi + 0.3]), np.array([0.3 / 21])
    expected = module.hermite_coefficients(mu, sigma, 4)
    monkeypatch.setattr(module, "node_sums", refused)
    np.testing.assert_array_equal(module.hermite_coefficients(mu, sigma, 4), expected)
    with mpmath.workdps(30):
        a, s = mpmath.mpf(float(mu[0])), mpmath.mpf(float(sigma[0]))
        sine, cosine = (f(a) * mpmath.exp(-s * s / 2) for f in (mpmath.sin, mpmath.cos))
        wanted = [float(abs(sine)), float(s * cosine * mpmath.sign(sine))]
    np.testing.assert_allclose(expected[:2, 0], wanted, rtol=1e-13)


def test_where_g_is_nothing_the_tail_beyond_a_kink_is_all_there_is():
    half = kernel("relu(sin(x))*sigmoid(x)")
    tail = half.hermite_coefficients(np.pi * 1.0, 0.01, 2)
    assert (tail != 0).all()
    left = half.hermite_coefficients(-0.3, 0.01, 2)
    assert 0 < left[0] < 1e-190


def test_what_is_left_of_an_envelope_does_not_count_beside_a_wave_that_varies():
    module = kernel("abs(sin(x))*tanh(x)")
    mu, sigma = np.array([1.0, 5.0, 60.0, 300.0]), np.full(4, 1e-3)
    terms = module._series_terms(module.xp, mu, sigma)
    assert (terms[:2] > 0).all()
    assert (terms[2:] == 0).all()
    steps = kernel("sign(sin(x))*tanh(x)")
    assert (steps._series_terms(steps.xp, mu, sigma) > 0).all()
    found = steps.hermite_coefficients(60.0, 1e-3, 1)[1]
    assert found == pytest.approx(-4e-3 * np.exp(-120.0), rel=1e-13)


def test_where_an_envelope_is_0_no_panels_are_asked(monkeypatch):
    module = kernel("relu(sin(x))*sigmoid(x)")
    monkeypatch.setattr(module, "node_sums", refused)
    np.testing.assert_array_equal(module.hermite_coefficients([-900.0, -775.0], [0.1, 1e-6], 3), 0)
