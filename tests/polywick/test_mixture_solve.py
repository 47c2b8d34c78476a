"""Least-squares polynomials under mixtures: against dense least squares by tensor Gauss-Hermite quadrature."""

import warnings
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend.errors import InputError, ShapeError, SizeError
from polywick.mixture_solve import project_on_mixture

SMOOTH = "sin"  # entire and bounded on the line: Gauss-Hermite rules integrate it to rounding


def make_network(d, h, o, activation, seed):
    generator = np.random.default_rng(seed)
    return pw.MLP(
        generator.normal(size=(h, d)) / np.sqrt(d),
        generator.normal(size=h) / 2,
        generator.normal(size=(o, h)),
        generator.normal(size=o),
        activation,
    )


def make_mixture(d, ranks, seed, weights=None, spread=1.0):
    """Components of the given ranks; rank 0 is a point mass."""
    generator = np.random.default_rng(seed)
    k = len(ranks)
    weights = generator.dirichlet(np.full(k, 3.0)) if weights is None else np.asarray(weights)
    means = spread * generator.normal(size=(k, d))
    roots = [generator.normal(size=(d, rank)) / np.sqrt(max(rank, 1)) for rank in ranks]
    return pw.GaussianMixture(weights, means, [root @ root.T for root in roots])


def quadrature(mixture, points):
    """Nodes and weights that integrate polynomials times smooth functions under the mixture."""
    nodes, masses = np.polynomial.hermite_e.hermegauss(points)
    masses = masses / masses.sum()
    rows, shares = [], []
    for weight, component in zip(mixture.weights, mixture.components, strict=True):
        values, vectors = np.linalg.eigh(component.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        grid = np.stack(np.meshgrid(*[nodes] * mixture.d, indexing="ij"), axis=-1).reshape(-1, mixture.d)
        mass = np.stack(np.meshgrid(*[masses] * mixture.d, indexing="ij"), axis=-1).reshape(-1, mixture.d).prod(axis=1)
        rows.append(component.mean + grid @ root.T)
        shares.append(weight * mass)
    return np.concatenate(rows), np.concatenate(shares)


def features(x, degree):
    columns = [np.ones(len(x))]
    for k in range(1, degree + 1):
        columns += [np.prod(x[:, word], axis=1) for word in combinations_with_replacement(range(x.shape[1]), k)]
    return np.stack(columns, axis=1)


def least_squares(network, mixture, degree, points=24):
    """Values of the least-squares polynomial at the nodes, the nodes and their weights."""
    x, mass = quadrature(mixture, points)
    root = np.sqrt(mass)[:, None]
    found = np.linalg.lstsq(root * features(x, degree), root * network(x), rcond=1e-13)[0]
    return features(x, degree) @ found, x, mass


def excess(polynomial, best, x, mass):
    return float(mass @ np.sum((polynomial(x) - best) ** 2, axis=1))


def iterated(network, mixture, tolerance=1e-9, **options):
    """The quadratic by conjugate gradients, however small the system is."""
    return project_on_mixture(network, mixture, 2, tolerance=tolerance, direct_features=0, **options)


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("ranks", [(2, 2), (2, 1, 2), (2, 0, 1)])
def test_the_polynomial_is_the_one_of_dense_least_squares(degree, ranks):
    network = make_network(2, 6, 3, SMOOTH, seed=degree)
    mixture = make_mixture(2, ranks, seed=7 + degree)
    polynomial = pw.approximate(network, mixture, degree)
    best, x, mass = least_squares(network, mixture, degree, points=60)
    np.testing.assert_allclose(polynomial(x[mass > 1e-12]), best[mass > 1e-12], rtol=1e-8, atol=1e-8)
    assert polynomial.report.converged


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_three_dimensions_agree_too(degree):
    network = make_network(3, 5, 2, SMOOTH, seed=3)
    mixture = make_mixture(3, (3, 2, 3), seed=11, spread=0.5)
    polynomial = pw.approximate(network, mixture, degree)
    best, x, mass = least_squares(network, mixture, degree, points=30)
    assert excess(polynomial, best, x, mass) < 1e-16


def test_conjugate_gradients_find_the_same_quadratic():
    network = make_network(3, 8, 4, "relu", seed=5)
    mixture = make_mixture(3, (3, 2, 1, 3), seed=6)
    direct = pw.approximate(network, mixture, 2)
    found = iterated(network, mixture)
    assert direct.report.method == "direct"
    assert found.report.method == "conjugate gradients"
    x = mixture.sample(2000, seed=1)
    np.testing.assert_allclose(found(x), direct(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.report.explained_variance, direct.report.explained_variance, rtol=1e-8)


def excess_of(found, direct, mixture):
    """``E||P - P*||^2`` of two quadratics, exactly: a sum over the components of closed-form moments."""
    total = 0.0
    for weight, component in zip(mixture.weights, mixture.components, strict=True):
        m, S = component.mean, component.covariance
        constant = found.intercept - direct.intercept
        linear, form = found.linear - direct.linear, found.quadratic - direct.quadratic
        for c, b, G in zip(constant, linear, form, strict=True):
            value, slope = c + b @ m + m @ G @ m + np.trace(G @ S), b + 2 * G @ m
            total += weight * (value**2 + slope @ S @ slope + 2 * np.trace(G @ S @ G @ S))
    return total


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("steps", [12, 17, 25])
def test_the_estimated_excess_is_not_below_the_true_one(seed, steps):
    d = 12
    ranks = np.random.default_rng(seed).integers(2, d + 1, size=4)
    network = make_network(d, 20, 1 + seed % 3, "relu", seed=seed)
    mixture = make_mixture(d, ranks, seed=seed, spread=0.3 + 0.2 * (seed % 5))
    direct = pw.approximate(network, mixture, 2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = iterated(network, mixture, tolerance=1e-9, steps=steps)
    report = found.report
    true = excess_of(found, direct, mixture) / report.explained_variance.sum()
    assert true <= report.estimated_excess_fvu
    assert report.converged == (report.estimated_excess_fvu <= 1e-9)
    assert report.converged or report.iterations == steps
    assert len(told) == (not report.converged)
