"""`polywick.kernel`: a kernel derived, emitted and loaded on demand."""

import dataclasses

import numpy as np
import pytest

import polywick
import polywick.derived
from codegen import KernelSource
from symbolic_moments import activation


def test_the_kernel_of_an_expression_agrees_with_sampling():
    kernel = polywick.kernel("x*erf(x)", name="x_erf")
    mu, sigma, n = 0.4, 0.7, 400_000
    y = np.random.default_rng(2).normal(mu, sigma, n)
    for order, value in enumerate(kernel.raw_moments(mu, sigma, 3)):
        terms = y**order * kernel.activation(y)
        assert abs(terms.mean() - value) < 5 * terms.std() / np.sqrt(n)


def test_an_activation_and_its_expression_give_the_same_kernel():
    made, spelled = polywick.kernel(activation("Max(x, 0)**2")), polywick.kernel("Max(x, 0)**2")
    np.testing.assert_array_equal(made.raw_moments(0.3, 1.5, 4), spelled.raw_moments(0.3, 1.5, 4))


def test_parameters_reach_the_kernel():
    kernel = polywick.kernel("leaky_relu", slope="0.25")
    assert kernel.activation(-2.0) == -0.5


def test_a_parameter_given_is_the_default_of_the_kernel():
    kernel = polywick.kernel("leaky_relu", slope=0.2)
    assert kernel.activation(-1.0) == -0.2
    assert kernel.activation(-1.0, slope=[0.5, 0.25]).tolist() == [-0.5, -0.25]
    network = polywick.MLP([[1.0]], [0.0], [[1.0]], [0.0], kernel)
    P = polywick.approximate(network, polywick.Gaussian.standard(1), degree=1)
    assert network(np.array([[-1.0]])) == [[-0.2]]
    assert P.linear[0, 0] == pytest.approx(0.6, rel=1e-15)
    with pytest.raises(ValueError, match="leaky_relu has no parameter 'alpha'; its parameters are slope"):
        polywick.kernel("leaky_relu", alpha=0.2)


def test_a_kernel_replaces_a_name_in_a_network():
    weights = np.array([[1.0, 0.5], [-0.3, 2.0]]), np.zeros(2), np.ones((1, 2)), np.zeros(1)
    inputs = polywick.Gaussian.standard(2)
    named = polywick.approximate(polywick.MLP(*weights, "gelu"), inputs, degree=3)
    made = polywick.approximate(polywick.MLP(*weights, polywick.kernel("x*Phi(x)")), inputs, degree=3)
    np.testing.assert_allclose(made.linear, named.linear, rtol=1e-14)
    assert made.fvu == pytest.approx(named.fvu, rel=1e-12)


def test_a_verified_kernel_is_handed_over():
    assert polywick.kernel("Max(x, 0)", verify=True, degree=1, digits=25).raw_moments(0.0, 1.0, 1)[1] == 0.5


def test_a_kernel_that_falls_short_is_refused(monkeypatch):
    def emit_wrong(record, target, degree):
        source = emit(record, target=target, degree=degree)
        right = "    return _sequence(_raw_moments, mu, sigma, degree)\n"
        wrong = right.replace("_sequence(", "1.0001 * _sequence(")
        assert source.source.count(right) == 1
        return dataclasses.replace(source, source=source.source.replace(right, wrong))

    emit = polywick.derived.emit
    monkeypatch.setattr(polywick.derived, "emit", emit_wrong)
    with pytest.raises(ValueError, match=r"falls short at 25 digits .*raw_moments"):
        polywick.kernel("Max(x, 0)", verify=True, degree=1, digits=25)
    assert isinstance(emit("relu"), KernelSource)


def test_what_is_no_activation_is_named():
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        polywick.kernel("relv")
    with pytest.raises(NotImplementedError, match="branches at more than 300 places"):
        polywick.kernel("abs(sin(x))*tanh(x) + abs(cos(x))")
    with pytest.raises(ValueError, match="already an activation"):
        polywick.kernel(activation("relu"), name="mine")
