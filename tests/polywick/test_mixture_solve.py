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
from polywick.network_variance import network_variance

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


@pytest.mark.parametrize("seed", range(20))
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


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("rank", [0, 2, 4])
def test_one_component_is_the_gaussian(degree, rank):
    network = make_network(4, 6, 2, "relu", seed=1)
    mixture = make_mixture(4, [rank], seed=2)
    gaussian = mixture.components[0]
    polynomial, closed = pw.approximate(network, mixture, degree), pw.approximate(network, gaussian, degree)
    x = gaussian.sample(500, seed=3)
    np.testing.assert_allclose(polynomial(x), closed(x), rtol=1e-10, atol=1e-10)
    assert polynomial.report.dimensions_kept == rank
    assert polynomial.fvu == pytest.approx(closed.fvu, rel=1e-8, abs=1e-12)


def test_one_component_is_the_gaussian_for_conjugate_gradients():
    network = make_network(6, 9, 3, "relu", seed=1)
    mixture = make_mixture(6, [6], seed=2)
    found, closed = iterated(network, mixture), pw.approximate(network, mixture.components[0], 2)
    np.testing.assert_allclose(found.quadratic, closed.quadratic, atol=1e-10)
    np.testing.assert_allclose(found.linear, closed.linear, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_splitting_shuffling_and_empty_components_change_nothing(seed, d, count, degree):
    generator = np.random.default_rng(seed)
    ranks = generator.integers(0, d + 1, size=count)
    network = make_network(d, int(generator.integers(1, 6)), int(generator.integers(1, 3)), "relu", seed)
    mixture = make_mixture(d, ranks, seed)
    order = generator.permutation(count)
    split = pw.GaussianMixture.of(
        np.concatenate([mixture.weights[order] * 0.25, mixture.weights * 0.75, [0.0]]),
        [*(mixture.components[k] for k in order), *mixture.components, pw.Gaussian(np.full(d, 50.0), np.eye(d))],
    )
    x = mixture.sample(200, seed=seed)
    expected, found = pw.approximate(network, mixture, degree)(x), pw.approximate(network, split, degree)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("solve", [lambda n, m: pw.approximate(n, m, 2), iterated])
def test_a_turned_and_stretched_space_gives_the_same_values(solve):
    d = 5
    network, mixture = make_network(d, 7, 2, "gelu", seed=4), make_mixture(d, (5, 3, 5), seed=5)
    generator = np.random.default_rng(6)
    T, shift = generator.normal(size=(d, d)), generator.normal(size=d)
    turned = pw.GaussianMixture(
        mixture.weights, mixture.means @ T.T + shift, [T @ c.covariance @ T.T for c in mixture.components]
    )
    back = np.linalg.inv(T)
    moved = pw.MLP(network.W1 @ back, network.b1 - network.W1 @ back @ shift, network.W2, network.b2, "gelu")
    x = mixture.sample(300, seed=7)
    np.testing.assert_allclose(solve(moved, turned)(x @ T.T + shift), solve(network, mixture)(x), atol=1e-3)


def test_a_linear_layer_in_front_commutes():
    generator = np.random.default_rng(8)
    network, mixture = make_network(3, 6, 2, "relu", seed=9), make_mixture(4, (4, 2, 3), seed=10)
    A = generator.normal(size=(3, 4))
    image = pw.GaussianMixture(
        mixture.weights, mixture.means @ A.T, [A @ c.covariance @ A.T for c in mixture.components]
    )
    front = pw.MLP(network.W1 @ A, network.b1, network.W2, network.b2, "relu")
    x = mixture.sample(500, seed=11)
    narrow, wide = pw.approximate(network, image, 1), pw.approximate(front, mixture, 1)
    # The wide polynomial may use more than A x shows, so it can only be the better one.
    assert wide.fvu <= narrow.fvu + 1e-12
    singular = pw.GaussianMixture(
        image.weights,
        image.means @ np.eye(3, 4),
        [np.eye(4, 3) @ c.covariance @ np.eye(3, 4) for c in image.components],
    )
    padded = pw.MLP(network.W1 @ np.eye(3, 4), network.b1, network.W2, network.b2, "relu")
    np.testing.assert_allclose(
        pw.approximate(padded, singular, 2)(x @ A.T @ np.eye(3, 4)),
        pw.approximate(network, image, 2)(x @ A.T),
        atol=1e-9,
    )


@pytest.mark.parametrize("activation", ["relu", "gelu", "sigmoid"])
def test_the_residual_is_orthogonal_to_all_features_by_sampling(activation):
    network, mixture = make_network(4, 8, 2, activation, seed=12), make_mixture(4, (4, 3, 4), seed=13)
    polynomial = pw.approximate(network, mixture, 2)
    x = mixture.sample(200_000, seed=14)
    products = (network(x) - polynomial(x))[:, :, None] * features(x, 2)[:, None, :]
    error = products.std(axis=0) / np.sqrt(len(x))
    assert (np.abs(products.mean(axis=0)) < 5 * error + 1e-12).all()
    values = network(x)
    left = np.sum((values - polynomial(x)) ** 2, axis=1) / np.sum(values.var(axis=0))
    assert abs(left.mean() - polynomial.fvu) < 5 * left.std() / np.sqrt(len(x)) + 0.01 * polynomial.fvu


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_gated_networks_by_dense_least_squares(degree):
    generator = np.random.default_rng(15)
    network = pw.GLU(
        *(generator.normal(size=(4, 2)), generator.normal(size=4), generator.normal(size=(4, 2))),
        *(generator.normal(size=4), generator.normal(size=(2, 4)), generator.normal(size=2)),
        activation="sin",
    )
    mixture = make_mixture(2, (2, 1, 2), seed=16)
    best, x, mass = least_squares(network, mixture, degree, points=60)
    assert excess(pw.approximate(network, mixture, degree), best, x, mass) < 1e-14
    if degree == 2:
        assert excess(iterated(network, mixture), best, x, mass) < 1e-7


def test_bilinear_networks_are_their_own_quadratics():
    generator = np.random.default_rng(17)
    arrays = [generator.normal(size=shape) for shape in ((5, 6), 5, (5, 6), 5, (3, 5), 3)]
    network, mixture = pw.GLU(*arrays, activation="bilinear"), make_mixture(6, (6, 4, 6), seed=18)
    x = mixture.sample(300, seed=19)
    np.testing.assert_allclose(pw.approximate(network, mixture, 2)(x), network(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(iterated(network, mixture)(x), network(x), rtol=1e-4, atol=1e-3)


def test_many_dimensions_are_solved_by_iteration_and_watched():
    network, mixture = make_network(70, 20, 2, "relu", seed=20), make_mixture(70, (70, 40, 60), seed=21, spread=0.2)
    seen = []
    polynomial = pw.approximate(network, mixture, 2, tolerance=1e-4, progress=lambda *told: seen.append(told))
    report = polynomial.report
    assert (report.method, report.features, report.converged) == ("conjugate gradients", 2556, True)
    assert report.estimated_excess_fvu <= 1e-4
    assert seen[-1] == (report.iterations, pytest.approx(report.estimated_excess_fvu, rel=1e-9), 1e-4)
    assert [step for step, _, _ in seen] == list(range(report.iterations + 1))
    assert report.applications == report.iterations + 2  # the residual at the start, and at the end
    explained = report.explained_variance.sum()
    exact = pw.approximate(network, mixture, 2, tolerance=1e-9).report.explained_variance.sum()
    assert 0 <= exact - explained <= 1e-4 * exact
    assert "conjugate gradients, 2,556 features" in repr(polynomial)
    variance = network_variance(network, mixture).total
    assert polynomial.fvu == pytest.approx(1 - explained / variance, rel=1e-9)


def test_an_interrupted_solve_raises_and_leaves_the_inputs_alone():
    network, mixture = make_network(8, 6, 1, "relu", seed=22), make_mixture(8, (8, 8), seed=23)

    def interrupt(step, excess, tolerance):
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        iterated(network, mixture, progress=interrupt)
    np.testing.assert_allclose(iterated(network, mixture).linear, pw.approximate(network, mixture, 2).linear, atol=1e-4)


def test_a_solve_cut_short_says_so():
    network, mixture = make_network(12, 10, 2, "relu", seed=24), make_mixture(12, (12, 3, 9), seed=25)
    with pytest.warns(UserWarning, match="has not converged after 13 iterations: its excess fraction"):
        polynomial = iterated(network, mixture, steps=13)
    assert not polynomial.report.converged
    assert polynomial.report.iterations == 13
    assert "NOT CONVERGED to 1e-09" in repr(polynomial)


def test_a_constant_network_and_dependent_outputs():
    mixture = make_mixture(5, (5, 4), seed=26)
    constant = pw.MLP(np.zeros((3, 5)), np.ones(3), np.ones((2, 3)), np.zeros(2), "relu")
    for solve in (lambda m: pw.approximate(constant, m, 2), lambda m: iterated(constant, m)):
        found = solve(mixture)
        np.testing.assert_allclose(found(mixture.sample(10, seed=0)), 3.0, rtol=1e-12)
        assert found.report.converged
    one = make_network(5, 7, 1, "relu", seed=27)
    three = pw.MLP(one.W1, one.b1, np.vstack([one.W2, -2 * one.W2, 0 * one.W2]), np.zeros(3), "relu")
    found = iterated(three, mixture)
    np.testing.assert_allclose(found.quadratic[1], -2 * found.quadratic[0], atol=1e-6)
    np.testing.assert_allclose(found.quadratic[2], 0, atol=1e-9)


def test_only_the_range_of_a_singular_mixture_is_fitted():
    network = make_network(6, 5, 2, "relu", seed=28)
    root = np.random.default_rng(29).normal(size=(6, 3))
    mixture = pw.GaussianMixture(
        [0.4, 0.6], np.zeros((2, 6)), [root @ root.T, root @ np.diag([1.0, 0.2, 3.0]) @ root.T]
    )
    polynomial = pw.approximate(network, mixture, 2)
    assert "the inputs vary in 3 of 6 dimensions: fitted there only" in repr(polynomial)
    kernel = np.linalg.svd(root.T)[2][3:]
    x = mixture.sample(50, seed=30)
    assert polynomial.report.dimensions_kept == mixture.rank == 3
    np.testing.assert_allclose(polynomial(x + kernel.sum(axis=0)), polynomial(x), rtol=1e-9, atol=1e-9)


def test_polynomials_of_mixtures_are_saved_with_them(tmp_path):
    network, mixture = make_network(3, 5, 2, "relu", seed=31), make_mixture(3, (3, 2), seed=32)
    polynomial = pw.approximate(network, mixture, 2)
    polynomial.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    np.testing.assert_array_equal(again.quadratic, polynomial.quadratic)
    np.testing.assert_array_equal(again.inputs.covariance, mixture.covariance)
    np.testing.assert_array_equal(again.inputs.weights, mixture.weights)
    assert again.fvu == polynomial.fvu
    assert again.report == str(polynomial.report)


def test_what_cannot_be_solved_is_refused():
    network = make_network(60, 3, 1, "relu", seed=33)
    mixture = pw.GaussianMixture.of([0.5, 0.5], [pw.Gaussian.standard(60)] * 2)
    with pytest.raises(SizeError, match=r"degree 3 under a mixture in 60 dimensions has 39,711 features.*37.8 GB"):
        pw.approximate(network, mixture, 3)
    with pytest.raises(InputError, match="tolerance is 0"):
        pw.approximate(network, mixture, 2, tolerance=0)
    with pytest.raises(ShapeError, match=r"mean of shape \(60,\) and W1 has shape \(3, 5\)"):
        pw.approximate(make_network(5, 3, 1, "relu", seed=0), mixture, 2)
    with pytest.raises(InputError, match=r"expected a polywick\.Gaussian, .* or a polywick\.GaussianMixture"):
        pw.approximate(network, [mixture], 2)


def test_truncated_inputs_are_fitted_and_read_along_the_principal_directions():
    generator = np.random.default_rng(34)
    network, scales = make_network(5, 8, 2, "relu", seed=35), np.array([1.0, 1.0, 0.5, 1e-3, 1e-3])
    turn = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    roots = turn * scales @ generator.normal(size=(3, 5, 5))
    mixture = pw.GaussianMixture(
        [0.3, 0.3, 0.4], generator.normal(size=(3, 5)) * scales @ turn.T, roots @ roots.transpose(0, 2, 1)
    )
    truncated = mixture.truncate(1e-3)
    assert truncated.rank == 3
    polynomial = pw.approximate(network, truncated, 2)
    x = mixture.sample(500, seed=36)
    _, vectors = np.linalg.eigh(mixture.covariance)
    near = mixture.mean + (x - mixture.mean) @ vectors[:, 2:] @ vectors[:, 2:].T
    np.testing.assert_allclose(polynomial(x), polynomial(near), rtol=1e-8, atol=1e-8)
    left = np.sum((network(x) - polynomial(x)) ** 2) / np.sum((network(x) - network(x).mean(axis=0)) ** 2)
    assert left < 1.1 * polynomial.fvu + 0.01


def dependent_case(seed, weights):
    """A network of two units whose outputs are the combinations given of them, in many dimensions."""
    generator = np.random.default_rng(seed)
    d, h = 63, 20
    units = generator.normal(size=(2, h))
    network = pw.MLP(
        generator.normal(size=(h, d)) / d**0.5, generator.normal(size=h), weights @ units, weights[:, 0], "relu"
    )
    return network, make_mixture(d, (40, 63, 63, 20), seed=seed + 1, spread=0.3)


@pytest.mark.parametrize(
    "weights",
    [
        [[1, 0], [0, 1], [0, 1]],
        [[1, 0], [1, 0], [0, 1], [0, 1]],
        [[0.3, 0.7], [1.2, -0.4], [-0.5, 0.2], [2.0, 1.0], [0.1, 0.1]],
        [[2, -1], [-1, 2], [-1, -1]],
    ],
    ids=["twice", "pairs", "more than units", "centred"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_dependent_outputs_are_those_of_independent_ones(weights, seed):
    """Rounding in the Gram matrix of dependent right-hand sides was a direction: 40 times the linear error."""
    weights = np.array(weights, dtype=float)
    apart, mixture = dependent_case(seed, np.eye(2))
    network, _ = dependent_case(seed, weights)
    base, found = pw.approximate(apart, mixture, 2), pw.approximate(network, mixture, 2)
    assert found.report.method == "conjugate gradients"
    assert found.report.converged
    x = mixture.sample(4000, seed=5)
    gap = found(x) - (base(x) - [1.0, 0.0]) @ weights.T - weights[:, 0]
    variance = np.var(network(x), axis=0).sum()
    assert np.mean(np.sum(gap**2, axis=1)) < 1e-5 * variance
    assert found.fvu < pw.approximate(network, mixture, 1).fvu


def test_an_exact_quadratic_is_recognised_at_the_start():
    generator = np.random.default_rng(3)
    network = pw.MLP(
        generator.normal(size=(4, 63)), generator.normal(size=4), generator.normal(size=(3, 4)), np.ones(3), "square"
    )
    found = pw.approximate(network, make_mixture(63, (63, 30, 40), seed=4, spread=0.2), 2)
    assert found.report.converged
    assert found.fvu < 1e-12
