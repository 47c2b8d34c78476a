"""Variances under mixtures, and what any polynomial leaves of them, against quadrature."""

from itertools import combinations_with_replacement, permutations

import numpy as np
import pytest

import polywick as pw
from polywick.dense_polynomial import DensePolynomial
from polywick.network_variance import network_variance, unexplained_of

COMPONENTS = (
    pw.Gaussian([1.0, -1.0], [[1.0, 0.3], [0.3, 0.5]]),
    pw.Gaussian([-1.0, 2.0], [[1.0, 1.0], [1.0, 1.0]]),
    pw.Gaussian([3.0, 0.0], np.zeros((2, 2))),
    pw.Gaussian([9.0, 9.0], np.eye(2)),
)
WEIGHTS = np.array([0.5, 0.3, 0.2, 0.0])
MIXTURE = pw.GaussianMixture.of(WEIGHTS, COMPONENTS)


def network(kind, activation, h=5):
    rng = np.random.default_rng(3)
    W, V = rng.normal(size=(2, h, 2))
    b, c, W2, b2 = rng.normal(size=h), rng.normal(size=h), rng.normal(size=(2, h)), rng.normal(size=2)
    return pw.GLU(W, b, V, c, W2, b2, activation) if kind == "GLU" else pw.MLP(W, b, W2, b2, activation)


NETWORKS = [("GLU", "relu"), ("MLP", "relu"), ("MLP", "gelu"), ("GLU", "gelu")]


def mixture_rule(net, plane_rule):
    W, b = (net.W, net.b) if isinstance(net, pw.GLU) else (net.W1, net.b1)
    parts = [
        (points, weight * weights)
        for weight, component in zip(WEIGHTS[:3], COMPONENTS[:3], strict=True)
        for points, weights in [plane_rule(component, [(*w, c) for w, c in zip(W, b, strict=True)])]
    ]
    return np.concatenate([points for points, _ in parts]), np.concatenate([weights for _, weights in parts])


def dense(degree, seed=0):
    rng = np.random.default_rng(seed)
    tensors = [0.1 * rng.normal(size=(2, *(2 for _ in range(k)))) for k in range(degree + 1)]
    orders = [[(0, *(1 + p for p in places)) for places in permutations(range(k))] for k in range(degree + 1)]
    symmetric = [
        np.mean([np.transpose(t, order) for order in of], axis=0) for t, of in zip(tensors, orders, strict=True)
    ]
    return DensePolynomial(rng.normal(size=2), symmetric, inputs=COMPONENTS[0])


@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_against_quadrature(kind, activation, plane_rule):
    net = network(kind, activation)
    points, weights = mixture_rule(net, plane_rule)
    values = net(points)
    mean = weights @ values
    variance = weights @ (values - mean) ** 2
    found = network_variance(net, MIXTURE)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-11)
    np.testing.assert_allclose(found.per_output, variance, rtol=1e-11)
    np.testing.assert_array_equal(found.bound, 0.0)
    assert found.total == pytest.approx(variance.sum(), rel=1e-11)
    for P in (*(dense(degree) for degree in range(4)), pw.approximate(net, COMPONENTS[0], 3)):
        residual = weights @ (values - P(points)) ** 2
        left = unexplained_of(P, net, MIXTURE)
        np.testing.assert_allclose(left.residual, residual, rtol=1e-11)
        np.testing.assert_allclose(left.per_output, residual / variance, rtol=1e-11)
        assert left.overall == pytest.approx(residual.sum() / variance.sum(), rel=1e-11)
        assert left.interval == (left.overall, left.overall)


def test_a_fraction_above_one_says_that_the_mean_does_better():
    net = network("MLP", "relu")
    assert unexplained_of(dense(2), net, MIXTURE).overall > 1.5
    constant = pw.MLP([[0.0, 0.0]], [1.0], [[1.0], [0.0]], [0.0, 0.0], "relu")
    left = unexplained_of(dense(1), constant, MIXTURE)
    assert left.overall == np.inf
    assert (left.residual > 0).all()


def test_series_come_with_an_interval(plane_rule):
    net = network("GLU", "silu")
    points, weights = mixture_rule(net, plane_rule)
    values = net(points)
    variance = weights @ (values - weights @ values) ** 2
    found = network_variance(net, MIXTURE)
    assert (np.abs(found.per_output - variance) <= found.bound + 1e-12 * variance).all()
    P = dense(2)
    low, high = unexplained_of(P, net, MIXTURE).interval
    fraction = (weights @ (values - P(points)) ** 2).sum() / variance.sum()
    assert low - 1e-12 <= fraction <= high + 1e-12
    assert 0 < high - low < 1e-6


@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_one_component_is_the_gaussian(kind, activation):
    net, gaussian = network(kind, activation), COMPONENTS[0]
    single = pw.GaussianMixture.of([1.0], [gaussian])
    twice = pw.GaussianMixture.of([0.25, 0.75], [gaussian, gaussian])
    for degree in range(4):
        P = pw.approximate(net, gaussian, degree)
        for law in (gaussian, single, twice):
            left = unexplained_of(P, net, law)
            np.testing.assert_allclose(left.per_output, P.fvu_per_output, rtol=1e-11)
            np.testing.assert_allclose(left.residual, P.residual_variance, rtol=1e-11)


def test_the_least_squares_polynomial_is_the_best_one():
    """Pythagoras: moving a coefficient by delta adds delta^2 times the variance of its term."""
    net, gaussian = network("GLU", "relu"), COMPONENTS[0]
    P = pw.approximate(net, gaussian, 2)
    moved = DensePolynomial(np.zeros(2), [P.intercept, P.linear + 0.01, P.quadratic], inputs=gaussian)
    added = 1e-4 * (gaussian.covariance.sum() + gaussian.mean.sum() ** 2)
    left = unexplained_of(moved, net, gaussian).residual
    np.testing.assert_allclose(left, P.residual_variance + added, rtol=1e-11)


def least_squares_residual(points, weights, values, degree):
    """Of the best polynomial in two variables on weighted points, by QR."""
    words = [word for k in range(degree + 1) for word in combinations_with_replacement(range(2), k)]
    features = np.stack([np.prod(points[:, list(word)], axis=1) for word in words], axis=1)
    root = np.sqrt(weights)[:, None]
    q, _ = np.linalg.qr(root * features)
    left = root * values
    return np.sum((left - q @ (q.T @ left)) ** 2, axis=0)


@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_the_curve_of_a_mixture_is_that_of_least_squares(kind, activation, plane_rule):
    net = network(kind, activation)
    points, weights = mixture_rule(net, plane_rule)
    values = net(points)
    variance = weights @ (values - weights @ values) ** 2
    degrees = range(4)
    curve = pw.fvu_curve(net, MIXTURE, degrees)
    for place, degree in enumerate(degrees):
        residual = least_squares_residual(points, weights, values, degree)
        np.testing.assert_allclose(curve.fvu_per_output[place], residual / variance, rtol=1e-9, atol=1e-10)
        P = pw.approximate(net, MIXTURE, degree)
        assert curve.fvu[place] == pytest.approx(P.fvu, rel=1e-9, abs=1e-12)
        np.testing.assert_allclose(P.residual_variance, residual, rtol=1e-9, atol=1e-10 * variance.max())
    assert curve.fvu[0] == pytest.approx(1.0, rel=1e-12)
    assert (np.diff(curve.fvu) < 0).all()


@pytest.mark.parametrize("degree", range(6))
@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_what_each_degree_adds_under_a_mixture(kind, activation, degree, plane_rule):
    net = network(kind, activation)
    points, weights = mixture_rule(net, plane_rule)
    values = net(points)
    variance = weights @ (values - weights @ values) ** 2
    left = [least_squares_residual(points, weights, values, k) / variance for k in range(degree + 1)]
    found = pw.approximate(net, MIXTURE, degree).explained_by_degree
    assert found.shape == (degree + 1, 2)
    np.testing.assert_array_equal(found[0], 0.0)
    np.testing.assert_allclose(found[1:], -np.diff(left, axis=0), rtol=1e-9, atol=1e-10)
