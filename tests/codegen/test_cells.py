"""Rows of like mu and sigma share nodes: the same values as nodes of their own, for less work."""

from __future__ import annotations

import math
from contextlib import contextmanager

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import emit, verify
from codegen.emission import KernelSource
from codegen.families import moved_origin
from codegen.plan_check import Sample
from codegen.primitives.graded_rule import smoothed_shares
from codegen.quadrature import unit_interval_rule
from codegen.sample_trial import SampleTrial
from codegen.structures import Structure
from codegen.verify.arithmetic import namespaces

FUNCTIONS = ("tanh(x**3)", "sqrt(abs(x))", "sin(x)/x", "exp(x)*tanh(x)", "1/(1+x**8)")
SOURCES: dict[str, str] = {}


def fresh(text):
    """A kernel of its own: the tests change constants."""
    if text not in SOURCES:
        SOURCES[text] = emit(text).source
    return KernelSource("kernel", "numpy", SOURCES[text]).load()


@contextmanager
def cells_of(module, rows):
    before, module.METHOD["cell_rows"] = module.METHOD["cell_rows"], rows
    try:
        yield module
    finally:
        module.METHOD["cell_rows"] = before


def scattered(count=400, widest=2.5):
    draw = np.random.default_rng(11)
    sigma = 10 ** draw.uniform(-2, widest, count)
    return draw.normal(size=count) * 2 + sigma * draw.uniform(-3, 3, count), sigma


@pytest.mark.parametrize("text", FUNCTIONS)
def test_a_cell_gives_what_nodes_of_its_own_give(text):
    module = fresh(text)
    mu, sigma = scattered(widest=1 if text == "exp(x)*tanh(x)" else 2.5)
    values = []
    for rows in (1, 10**9):
        with cells_of(module, rows):
            coefficients = module.hermite_coefficients(mu, sigma, 4)
            values.append((coefficients, module.variance(mu, sigma), module.raw_moments(mu, sigma, 4)))
    (one, spread, moments), (other, own_spread, own_moments) = values
    with cells_of(module, 10**9):
        size = np.sqrt(module.second_moment(mu, sigma))
    roots = np.sqrt([math.factorial(k) for k in range(1, 5)])[:, None]
    by_mu = 4 * np.spacing(np.abs(mu)) / sigma
    np.testing.assert_array_less(np.abs(one[0] - other[0]), (1e-14 + by_mu) * size)
    clear = own_spread > 0
    error = np.abs(one[1:] - other[1:]) / (np.sqrt(np.where(clear, own_spread, 1)) * roots)
    assert clear.any()
    assert (error[:, clear] <= (1e-13 + 4 * by_mu)[clear]).all()
    if text != "1/(1+x**8)":
        assert (np.abs(spread - own_spread)[clear] <= 4e-13 * own_spread[clear]).all()
    powers = size * np.array([np.sqrt(np.mean((mu + sigma * 2) ** (2 * n))) for n in range(5)])[:, None]
    assert (np.abs(moments - own_moments) <= 1e-13 * np.maximum(powers, np.abs(own_moments))).all()


@pytest.mark.parametrize(("text", "power"), [("sqrt(abs(x))", 0.5), ("abs(x)**1.5", 1.5)])
@pytest.mark.parametrize("degree", [7, 8])
def test_a_crowd_whose_window_ends_next_to_a_root(text, power, degree):
    """The nodes that crowd at 0 were taken for a span that began where the window does: 6 instead of 8e-5."""
    module, sigma = fresh(text), 0.0714
    mu = 1.25 + sigma * np.linspace(-1, 1, 401)
    got = module.hermite_coefficients(mu, sigma, degree)[:4, 200]
    cuts = [-1.25 / sigma + d for d in (-2, 0, 1, 4, 8, 12, 15, 18, 21, 26, 32)]
    with mpmath.workdps(25):
        hermite = [lambda z: 1, lambda z: z, lambda z: z**2 - 1, lambda z: z**3 - 3 * z]
        wanted = [
            float(mpmath.quad(lambda z, h=h: abs(1.25 + sigma * z) ** power * h(z) * mpmath.npdf(z), cuts))
            for h in hermite
        ]
    assert (np.abs(got - wanted) <= 2e-13 * np.array([wanted[0], *[wanted[1] * 3] * 3])).all()


@pytest.mark.parametrize("text", ["sqrt(abs(x))", "tanh(x**3)"])
@given(away=st.floats(-30, 30), octave=st.floats(-9, 6), degree=st.integers(0, 8))
@settings(max_examples=15)
def test_a_crowd_and_a_few_agree(text, away, octave, degree):
    module, sigma = fresh(text), 2.0**octave
    mu = away * sigma + sigma * np.linspace(-1, 1, 500)
    crowd = module.hermite_coefficients(mu, sigma, degree)[:, ::50]
    few = module.hermite_coefficients(mu[::50], sigma, degree)
    spread = np.sqrt(module.variance(mu[::50], sigma) + (1e-14 * few[0]) ** 2)
    scale = np.array([np.abs(few[0]) + spread] + [math.sqrt(math.factorial(k)) * spread for k in range(1, degree + 1)])
    assert (np.abs(crowd - few) <= 1e-12 * scale).all()


def test_the_certificate_holds_in_cells():
    points = [(0.3, 0.7), (-2.0, 0.05), (1.0, 30.0), (2.5, 3.0), (100.0, 1.0)]
    with cells_of(fresh("tanh(x**3)"), 1) as module:
        assert verify(module, digits=20, degree=4, points=points).passed


def test_too_few_nodes_in_a_cell_are_found():
    module = fresh("tanh(x**3)")
    module.METHOD["graded_need"] = (1, 4, 1, 8, 0)
    with cells_of(module, 1):
        certificate = verify(module, digits=20, degree=2, points=[(0.3, 0.7)])
    assert not certificate.passed
    assert next(row for row in certificate.table if row.function == "raw_moments").truncation > 1e-12


@pytest.mark.parametrize("text", ["sin(x)/x", "1/(1+x**8)", "sqrt(abs(x))"])
def test_many_short_panels_are_replaced_by_what_the_density_takes(text):
    """200 rows sum over spans, 40 over all nodes: panels of a wave, steep ones far from the rows, those at a root."""
    module = fresh(text)
    mu, sigma = np.linspace(-20, 20, 200), np.linspace(100, 105, 200)
    spans = module.hermite_coefficients(mu, sigma, 3)[:, 80:120]
    nodes = module.hermite_coefficients(mu[80:120], sigma[80:120], 3)
    assert not np.array_equal(spans, nodes)
    scale = np.sqrt(module.second_moment(mu[80:120], sigma[80:120]))
    assert (np.abs(spans - nodes) <= 2e-15 * scale).all()


def test_the_function_is_made_once_for_a_cell():
    module = fresh("tanh(x**3)")
    made = []
    inner = module._activation

    def counted(xp, x):
        made.append(np.size(x))
        return inner(xp, x)

    module._activation = counted
    draw = np.random.default_rng(5)
    count = 20_000
    module.raw_moments(2 * draw.normal(size=count), draw.uniform(0.1, 3, count), 2)
    assert sum(made) < 16 * count


def test_weights_at_few_nodes_integrate_smooth_functions():
    module = fresh("sin(x)/x")
    arrays = [tuple(np.array(rule).T) for rule in module.METHOD["graded_rules"]]
    places, weights = np.array(unit_interval_rule(400, 15)).T
    shares = np.stack([weights * np.sin(300 * places), weights * places**3])
    few = module.smoothed_shares(module.xp, arrays, 1, places, shares)
    nodes = arrays[1][0]
    for power in range(len(nodes)):
        wanted = shares @ places**power
        np.testing.assert_allclose(few @ nodes**power, wanted, atol=1e-15)


def test_a_node_that_would_round_to_an_infinite_slope():
    """The nodes next to 1 are closer to it than doubles are: g' was infinite there, and the sums NaN."""
    module = fresh("abs(x - 1)**(1/3)")
    point = -1.4658747674983872, 0.14178331145876197
    with cells_of(module, 10**9):
        wanted = module.hermite_coefficients(*point, 3)
    with cells_of(module, 1):
        np.testing.assert_allclose(module.hermite_coefficients(*point, 3), wanted, rtol=1e-12)


def test_coefficients_about_the_mean_are_those_of_nodes_of_its_own():
    """Cells knew rows with a centre of their own for the first sum alone."""
    module = fresh("log(x**2)")
    sigma = np.geomspace(6e-12, 8e-12, 40)
    mu = -10.24 * sigma
    with cells_of(module, 10**9):
        wanted, spread = module.hermite_coefficients(mu, sigma, 6), module.variance(mu, sigma)
    with cells_of(module, 1):
        got = module.hermite_coefficients(mu, sigma, 6)
    assert not np.array_equal(got, wanted)
    roots = np.sqrt([math.factorial(k) for k in range(1, 7)])[:, None]
    assert (np.abs(got[1:] - wanted[1:]) <= 1e-13 * np.sqrt(spread) * roots).all()


@pytest.fixture
def unmoved(monkeypatch):
    monkeypatch.setattr(moved_origin, "infinite_places", lambda *given: ())


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("rows", [1, 10**9])
def test_an_infinite_place_away_from_0_is_not_a_node(rows):
    """Nodes that crowd next to 3 rounded to it: the sums were infinite. What is left is what g does within an ulp."""
    at_0, at_3 = fresh("log(abs(x))"), fresh("log(abs(x - 3))")
    mu, sigma = np.array([0.5, -0.0625, 2**-10, 2.0]), np.array([0.25, 0.5, 2**-9, 1.0])
    with cells_of(at_3, rows):
        got, spread = at_3.hermite_coefficients(3 + mu, sigma, 3), at_3.variance(3 + mu, sigma)
    wanted = at_0.variance(mu, sigma)
    ulp = np.spacing(3.0)
    unseen = 4 * ulp * -np.log(ulp) / sigma
    assert (np.abs(spread - wanted) <= 4e-13 * wanted + unseen).all()
    away = np.abs(got - at_0.hermite_coefficients(mu, sigma, 3))
    assert (away <= 1e-13 * np.sqrt(wanted) + unseen).all()


@pytest.mark.usefixtures("unmoved")
def test_the_trial_sees_nodes_that_round_to_an_infinite_place():
    """Its own nodes rounded to the place too, and what was then not a number was not held to anything."""
    three = sp.Integer(3)
    sample = Sample((Structure(three, sp.Integer(1)),), (three,), ends=(2.0, 3.0, 4.0), singular=(three,))
    source = emit("log(abs(x - 3))").source
    assert SampleTrial(KernelSource("whole", "numpy", source).load(), sample, 2).first_miss(10) is None
    spoilt = source.replace("xp.maximum(unit[part, None] * places, least)", "unit[part, None] * places")
    assert spoilt != source
    assert SampleTrial(KernelSource("spoilt", "numpy", spoilt).load(), sample, 2).first_miss(10) is not None


@pytest.mark.parametrize("text", ["sqrt(abs(x))", "log(abs(x))"])
@given(mu=st.floats(-5, 5).filter(lambda mu: abs(mu) > 0.01), decade=st.floats(-10, -4))
@settings(max_examples=15, deadline=None)
def test_a_crowd_of_narrow_rows_far_from_a_vertical_place_is_each_of_them(text, mu, decade):
    """Their nodes were measured from that place, not from the rows: 1e-8 of the density was lost."""
    module, sigma = fresh(text), 10.0**decade
    crowd = module.raw_moments(np.full(64, mu), np.full(64, sigma), 2)
    np.testing.assert_allclose(crowd[:, 5], module.raw_moments(mu, sigma, 2), rtol=2e-14, atol=1e-15)


@pytest.mark.parametrize("sigma", [1e-12, 1e-18, 1e-170])
def test_gaussians_narrower_than_an_ulp_are_not_lost(sigma):
    module = fresh("1/(1+x**8)")
    value = 1 / (1 + 0.3**8)
    np.testing.assert_allclose(module.raw_moments(0.3, sigma, 1), [value, 0.3 * value], rtol=1e-14)
    np.testing.assert_allclose(module.second_moment(0.3, sigma), value**2, rtol=1e-14)


@pytest.mark.parametrize("kind", namespaces())
def test_smoothed_weights_are_exact_for_polynomials_in_many_digits(kind):
    """A certificate's runs of many digits sum over all nodes instead: what they do not look at is looked at here."""
    xp = kind(40)
    few, many = (unit_interval_rule(count, 40) for count in (24, 70))
    nodes, places = (xp.asarray([xp.made(node._mpf_) for node, _ in rule]) for rule in (few, many))
    weights = xp.asarray([xp.made(weight._mpf_) for _, weight in few])
    shares = xp.stack([xp.sin(9 * places), 1 / (1 + places)])
    smoothed = smoothed_shares(xp, [(nodes, weights)], 0, places, shares)
    for power in range(24):
        for row, plain in zip(smoothed, shares, strict=True):
            gap = row @ nodes**power - plain @ places**power
            assert -1 < gap * 10**36 < 1
