"""Networks with polynomial activations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

import polywick as pw
from numeric_backend.errors import InputError, KernelError
from polywick.dense_polynomial import DensePolynomial


def network_of(gated, generator, activation="gelu", d=3, h=5, o=2):
    W, V = generator.normal(size=(2, h, d))
    b, c = generator.normal(size=(2, h))
    W[1] = 0.0
    W2, b2 = generator.normal(size=(o, h)), generator.normal(size=o)
    return pw.GLU(W, b, V, c, W2, b2, activation) if gated else pw.MLP(W, b, W2, b2, activation)


def inputs_of(generator, d=3):
    root = generator.normal(size=(d, d))
    return pw.Gaussian(generator.normal(size=d), root @ root.T)


@pytest.mark.parametrize("gated", [False, True])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 7))
def test_it_has_the_values_of_the_polynomial(gated, seed, degree):
    generator = np.random.default_rng(seed)
    P = pw.approximate(network_of(gated, generator), inputs_of(generator), degree)
    x = P.inputs.sample(50, generator)
    expected = P(x)
    np.testing.assert_allclose(P.as_network()(x), expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_the_three_bases_are_one_polynomial(seed, degree):
    generator = np.random.default_rng(seed)
    units = pw.approximate(network_of(False, generator), inputs_of(generator), degree).as_network(4).units
    y = generator.uniform(units.interval[:, 0], units.interval[:, 1], size=(30, units.mu.size))
    expected = units(y)
    size = np.abs(expected).max()
    low, high = units.interval.T
    s = (2 * y - low - high) / np.where(high > low, high - low, 1.0)
    for j in range(units.mu.size):
        powers = y[:, j, None] ** np.arange(degree + 1)
        cancelling = np.abs(powers * units.monomial[:, j]).sum(axis=1).max()
        np.testing.assert_allclose(powers @ units.monomial[:, j], expected[:, j], rtol=0, atol=1e-12 * cancelling)
        values = chebyshev.chebval(s[:, j], units.chebyshev[:, j])
        np.testing.assert_allclose(values, expected[:, j], rtol=0, atol=1e-12 * size)


def test_single_precision_is_kept():
    generator = np.random.default_rng(4)
    arrays = (generator.normal(size=shape).astype(np.float32) for shape in ((5, 3), 5, (2, 5), 2))
    P = pw.approximate(pw.MLP(*arrays, "gelu"), inputs_of(generator), 2)
    x = np.zeros((1, 3))
    assert P(x).dtype == P.as_network()(x).dtype == np.float32


def test_the_halves_of_a_gated_network_are_given_back():
    generator = np.random.default_rng(5)
    network = network_of(True, generator)
    made = pw.approximate(network, inputs_of(generator), 3).as_network()
    np.testing.assert_allclose(made.V, network.V, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.c, network.c, rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh", "hardtanh"])
@pytest.mark.parametrize("stretch", [1.0, 2.0])
def test_the_largest_error_is_that_of_a_fine_grid(activation, stretch):
    generator = np.random.default_rng(9)
    network = network_of(False, generator, activation)
    made = pw.approximate(network, inputs_of(generator), 4).as_network(deviations=3)
    low, high = made.units.interval.T
    centre, radius = (low + high) / 2, stretch * (high - low) / 2
    y = centre + radius * np.linspace(-1, 1, 200_001)[:, None]
    on_grid = np.abs(network.kernel.activation(y) - made.units(y)).max(axis=0)
    found = made.sup_error(stretch)
    assert (found >= on_grid * (1 - 1e-12)).all()
    np.testing.assert_allclose(found, on_grid, rtol=1e-3, atol=1e-14)


def test_the_largest_error_of_a_gated_unit_is_over_both_arguments():
    generator = np.random.default_rng(13)
    network = network_of(True, generator)
    inputs = inputs_of(generator)
    made = pw.approximate(network, inputs, 3).as_network(deviations=2)
    low, high = made.units.interval.T
    y = np.linspace(low, high, 4001)
    deviation = np.sqrt(np.einsum("hi,ij,hj->h", network.V, inputs.covariance, network.V))
    mean = network.V @ inputs.mean + network.c
    largest = np.zeros(low.size)
    for z in np.linspace(mean - 2 * deviation, mean + 2 * deviation, 21):
        error = network.kernel.activation(y) * z - made.units(y) - z * made.gates(y)
        largest = np.maximum(largest, np.abs(error).max(axis=0))
    np.testing.assert_allclose(made.sup_error(), largest, rtol=1e-5)


def test_far_out_the_leading_coefficient_is_all():
    P = pw.approximate(pw.MLP([[2.0]], [0.3], [[1.0]], [0.0], "gelu"), pw.Gaussian.standard(1), 4)
    units = P.as_network().units
    assert units(np.array([1e6]))[0] == pytest.approx(units.leading[0] * 1e24, rel=1e-5)


def test_the_table_tells_how_the_error_grows_outside():
    P = pw.approximate(network_of(False, np.random.default_rng(2)), inputs_of(np.random.default_rng(3)), 4)
    lines = repr(P.as_network()).splitlines()
    assert lines[0] == "PolynomialNetwork of degree 4: 3 -> 5 hidden units -> 2"
    errors = [float(line.split()[-2]) for line in lines[2:]]
    assert errors == sorted(errors)
    assert errors[-1] > 10 * errors[0]


def test_what_cannot_be_is_refused():
    generator = np.random.default_rng(1)
    P = pw.approximate(network_of(False, generator), inputs_of(generator), 2)
    with pytest.raises(InputError, match="deviations is -1; expected a positive number of standard deviations"):
        P.as_network(-1)
    with pytest.raises(InputError, match="stretch is nan; expected a positive factor"):
        P.as_network().sup_error(float("nan"))
    with pytest.raises(KernelError, match="whose kernel this network came without"):
        P.restrict(np.eye(3)[:, :2]).as_network().sup_error()


def test_a_polynomial_written_out_has_no_units():
    inputs = inputs_of(np.random.default_rng(1))
    written = DensePolynomial(np.zeros(3), [np.ones(2)], inputs=inputs)
    with pytest.raises(
        InputError, match="has no units to give polynomial activations to; expected one of a single Gau"
    ):
        written.as_network()
